#pragma once
#include "backend/cpu/data/strided_copy.h"

namespace dvt::cpu {

/// Loops over the logical dims of `out` in its memory order; operand 0 steps by out's strides, operand 1 by
/// `in_strides` (one per logical dim of out).
inline CopyNest nest_of(const backend::TensorRef& out, backend::Layout layout, const int64_t* in_strides) {
  int64_t out_strides[kMaxRank];
  element_strides(out, layout, out_strides);
  CopyNest nest;
  for (int i = 0; i < out.rank; ++i) {
    const int axis = memory_axis(layout, out.rank, i);
    nest.strides[0][i] = out_strides[axis];
    nest.strides[1][i] = in_strides[axis];
    nest.add_loop(out.dims[axis]);
  }
  return nest;
}

/// Address of element `offset`.
inline void* element_at(void* base, int64_t offset, size_t element) {
  return static_cast<char*>(base) + offset * static_cast<int64_t>(element);
}

}  // namespace dvt::cpu
