#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// Rows of a product that one call of the loop computes at most.
inline constexpr int kProductRows = 4;

/// The loops of products that need no generated code, for one target and one type of sums: float, double,
/// int32_t or int64_t.
/// B lies in panels of `width` columns, each [depth][width], the last one filled up with zeros.
template <class T>
struct ProductLoops {
  int width = 8;
  /// c[r][j] += sum over k of a[r * a_stride + k] * b[k * width + j], for 1 <= rows <= kProductRows and j < width.
  void (*tile)(const T* a, int64_t a_stride, int rows, const T* b, int64_t depth, T* c, int64_t c_stride);
  /// c[j] += a[j] * b[j]
  void (*multiply_add)(const T* a, const T* b, T* c, int n);
};

template <class T>
ProductLoops<T> product_loops(const backend::Target& t);

}  // namespace dvt::cpu
