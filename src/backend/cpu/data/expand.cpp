#include "ops/data/expand.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Expand>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([element = mover_element(p.outputs[0].dtype), from = p.inputs[0].layout,
                      to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    int64_t in_strides[kMaxRank], strides[kMaxRank] = {};
    element_strides(in, from, in_strides);
    const int lead = out.rank - in.rank;  // broadcasting aligns to the right
    for (int i = 0; i < in.rank; ++i) strides[lead + i] = in.dims[i] == 1 ? 0 : in_strides[i];
    strided_copy(*args.pool, nest_of(out, to, strides), element, out.data, in.data);
  });
}

}  // namespace

Tactic expand_strided() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
