#pragma once
#include <cstdint>

#include "backend/kernel.h"
#include "backend/problem.h"
#include "base/shape.h"

namespace dvt::cpu {

inline constexpr int kMaxRank = Shape::kMaxRank;

/// Element stride of each logical dimension of a dense tensor.
void dense_strides(const int64_t* dims, int rank, backend::Layout layout, int64_t* strides);
/// The same of an operand, which may be a slice.
void element_strides(const backend::TensorRef& t, backend::Layout layout, int64_t* strides);
/// A slice's operand at these dims as tuning and support checks imagine it: twice as far apart as its blocks are long.
backend::TensorRef typical_ref(const backend::Operand& o, const std::vector<int64_t>& dims);

/// How far apart images (dim 0) and, in channels_last, positions of a tensor with channels are, in elements. It is
/// contiguous or a slice along its channels: has_image_strides().
struct ImageStrides {
  int64_t image = 0, position = 0;
};
ImageStrides image_strides(const backend::TensorRef& t, backend::Layout layout);
/// A slice along axis 0 is one block.
inline bool has_image_strides(const backend::Operand& o) { return o.slice_axis <= 1; }

/// Whether the rows that begin with memory position `position` are equally far apart, and how far for rows of n
/// elements.
inline bool has_even_rows(const backend::Operand& o, int position) {
  return o.slice_axis <= 0 || memory_position(o.layout, o.rank(), o.slice_axis) == position;
}
inline int64_t row_stride(const backend::TensorRef& t, int64_t n) { return t.slice_axis > 0 ? t.pitch : n; }

inline int64_t volume(const int64_t* dims, int rank) {
  int64_t v = 1;
  for (int i = 0; i < rank; ++i) v *= dims[i];
  return v;
}
inline int64_t volume(const backend::TensorRef& t) { return volume(t.dims, t.rank); }

/// Nested loops, outermost first, over operands that step through memory by their own strides (in elements).
template <int kOperands>
struct LoopNest {
  int rank = 0, operands = kOperands;
  int64_t dims[2 * kMaxRank];
  int64_t strides[kOperands][2 * kMaxRank];

  void add_loop(int64_t dim) { dims[rank++] = dim; }

  int64_t iterations() const { return volume(dims, rank); }

  void remove_loop(int at) {
    for (int i = at; i + 1 < rank; ++i) {
      dims[i] = dims[i + 1];
      for (int k = 0; k < operands; ++k) strides[k][i] = strides[k][i + 1];
    }
    --rank;
  }

  /// Drops loops of one step and joins neighbours that every operand walks as one. Leaves at least one loop.
  void collapse() {
    for (int i = rank - 1; i >= 0 && rank > 1; --i)
      if (dims[i] == 1) remove_loop(i);
    for (int i = rank - 2; i >= 0; --i) {
      bool joined = true;
      for (int k = 0; k < operands && joined; ++k) joined = strides[k][i] == strides[k][i + 1] * dims[i + 1];
      if (!joined) continue;
      dims[i + 1] *= dims[i];
      remove_loop(i);
    }
    if (rank == 0) {
      rank = 1;
      dims[0] = 1;
      for (int k = 0; k < operands; ++k) strides[k][0] = 0;
    }
  }
};

/// Odometer over the first `rank` loops of a nest: position of a linear index, then steps of one.
template <int kOperands>
struct LoopCursor {
  const LoopNest<kOperands>& nest;
  int rank;
  int64_t index[2 * kMaxRank];
  int64_t offset[kOperands];

  LoopCursor(const LoopNest<kOperands>& n, int loops, int64_t start) : nest(n), rank(loops) {
    for (int k = 0; k < nest.operands; ++k) offset[k] = 0;
    for (int i = rank - 1; i >= 0; --i) {
      index[i] = start % nest.dims[i];
      start /= nest.dims[i];
      for (int k = 0; k < nest.operands; ++k) offset[k] += index[i] * nest.strides[k][i];
    }
  }
  void next() {
    for (int i = rank - 1; i >= 0; --i) {
      if (++index[i] < nest.dims[i]) {
        for (int k = 0; k < nest.operands; ++k) offset[k] += nest.strides[k][i];
        return;
      }
      index[i] = 0;
      for (int k = 0; k < nest.operands; ++k) offset[k] -= (nest.dims[i] - 1) * nest.strides[k][i];
    }
  }
};

}  // namespace dvt::cpu
