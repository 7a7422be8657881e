#include "ops/data/gather_elements.h"

#include <algorithm>

#include "backend/cpu/common/index_input.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::GatherElements>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!is_index_type(p.inputs[1].dtype)) return Support::no("indices are not i32 or i64");
  return Support::yes();
}

/// Loops over the indices; operand 0 is the output, operand 1 steps through x along every axis but the gathered one.
template <class T>
void gather(const LaunchArgs& args, const LoopNest<2>& nest, DType type, int64_t length, int64_t stride) {
  const T* x = static_cast<const T*>(args.inputs[0].data);
  T* y = static_cast<T*>(args.outputs[0].data);
  parallel_for(*args.pool, nest.iterations(), 4, [&](int64_t begin, int64_t end) {
    LoopCursor<2> at(nest, nest.rank, begin);
    for (int64_t i = begin; i < end; ++i, at.next()) {
      int64_t index = read_index(type, args.inputs[1].data, i);
      if (index < 0) index += length;
      y[i] = x[at.offset[1] + std::clamp<int64_t>(index, 0, length - 1) * stride];
    }
  });
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const int axis = *normalize_axis(op_of<ops::GatherElements>(p)->axis, p.inputs[0].rank());
  return make_kernel(
      [axis, element = mover_element(p.outputs[0].dtype), type = p.inputs[1].dtype](const LaunchArgs& args) {
        const TensorRef& in = args.inputs[0];
        const TensorRef& out = args.outputs[0];
        if (volume(out) == 0 || volume(in) == 0) return;
        int64_t strides[kMaxRank];
        dense_strides(in.dims, in.rank, Layout::plain, strides);
        const int64_t stride = strides[axis];
        strides[axis] = 0;
        const LoopNest<2> nest = nest_of(out, Layout::plain, strides);
        switch (element) {
          case 1:
            return gather<uint8_t>(args, nest, type, in.dims[axis], stride);
          case 2:
            return gather<uint16_t>(args, nest, type, in.dims[axis], stride);
          case 4:
            return gather<uint32_t>(args, nest, type, in.dims[axis], stride);
          default:
            return gather<uint64_t>(args, nest, type, in.dims[axis], stride);
        }
      });
}

}  // namespace

Tactic gather_elements_walk() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
