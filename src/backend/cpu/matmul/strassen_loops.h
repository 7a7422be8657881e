#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// Elements of A and B below this keep every sum of Strassen's method finite and in its own row and column.
inline constexpr float kStrassenLimit = 0x1p120f;

/// Sums of Strassen's method for one target.
struct StrassenLoops {
  /// One row of S1 .. S4, `stride` floats apart from `s` on, of n elements each. Returns whether all elements of A are
  /// below kStrassenLimit. a21 and a22 may both be null: zeros.
  bool (*sums)(const float* a11, const float* a12, const float* a21, const float* a22, int64_t n, float* s,
               int64_t stride);
  /// y = (add ? y : 0) + x + (z ? z : 0) for rows of n elements; x and z have rows `x_stride` floats apart.
  void (*combine)(const float* x, const float* z, int64_t x_stride, float* y, int64_t y_stride, int64_t rows, int64_t n,
                  bool add);
};
StrassenLoops strassen_loops(const backend::Target& t);

}  // namespace dvt::cpu
