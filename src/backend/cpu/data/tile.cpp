#include "ops/data/tile.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Tile>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([element = mover_element(p.outputs[0].dtype), from = p.inputs[0].layout,
                      to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0) return;
    int64_t in_strides[kMaxRank], out_strides[kMaxRank];
    element_strides(in, from, in_strides);
    element_strides(out, to, out_strides);
    CopyNest nest;  // two loops per axis: the repeat, then the input's positions
    for (int i = 0; i < out.rank; ++i) {
      const int axis = memory_axis(to, out.rank, i);
      nest.strides[0][nest.rank] = out_strides[axis] * in.dims[axis];
      nest.strides[1][nest.rank] = 0;
      nest.add_loop(out.dims[axis] / in.dims[axis]);
      nest.strides[0][nest.rank] = out_strides[axis];
      nest.strides[1][nest.rank] = in_strides[axis];
      nest.add_loop(in.dims[axis]);
    }
    strided_copy(*args.pool, nest, element, out.data, in.data);
  });
}

}  // namespace

Tactic tile_strided() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
