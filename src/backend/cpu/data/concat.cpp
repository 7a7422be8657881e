#include "ops/data/concat.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Concat>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const int axis = *normalize_axis(op_of<ops::Concat>(p)->axis, p.outputs[0].rank());
  std::vector<Layout> from;
  for (const Operand& o : p.inputs) from.push_back(o.layout);
  return make_kernel(
      [axis, element = mover_element(p.outputs[0].dtype), from, to = p.outputs[0].layout](const LaunchArgs& args) {
        const TensorRef& out = args.outputs[0];
        int64_t out_strides[kMaxRank], strides[kMaxRank];
        element_strides(out, to, out_strides);
        int64_t offset = 0;
        for (size_t k = 0; k < from.size(); ++k) {
          const TensorRef& in = args.inputs[k];
          element_strides(in, from[k], strides);
          CopyNest nest;
          for (int i = 0; i < out.rank; ++i) {
            const int a = memory_axis(to, out.rank, i);
            nest.strides[0][i] = out_strides[a];
            nest.strides[1][i] = strides[a];
            nest.add_loop(in.dims[a]);
          }
          strided_copy(*args.pool, nest, element, element_at(out.data, offset, element), in.data);
          offset += in.dims[axis] * out_strides[axis];
        }
      });
}

}  // namespace

Tactic concat_strided() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
