#include "ops/data/transpose.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Transpose>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([perm = op_of<ops::Transpose>(p)->perm, element = mover_element(p.outputs[0].dtype),
                      from = p.inputs[0].layout, to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    int64_t in_strides[kMaxRank], strides[kMaxRank];
    element_strides(in, from, in_strides);
    for (int i = 0; i < in.rank; ++i) {
      int64_t axis = perm.empty() ? in.rank - 1 - i : perm[static_cast<size_t>(i)];
      if (axis < 0) axis += in.rank;
      strides[i] = in_strides[axis];
    }
    strided_copy(*args.pool, nest_of(out, to, strides), element, out.data, in.data);
  });
}

}  // namespace

Tactic transpose_strided() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
