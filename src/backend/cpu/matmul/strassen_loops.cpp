#include "backend/cpu/matmul/strassen_loops.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/matmul/strassen_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

// What is not a number is not below the limit.
inline int32_t too_large(float v) { return !(std::fabs(v) < kStrassenLimit); }

bool sums(const float* a11, const float* a12, const float* a21, const float* a22, int64_t count, float* s,
          int64_t stride) {
  const int n = static_cast<int>(count);
  float *s1 = s, *s2 = s + stride, *s3 = s + 2 * stride, *s4 = s + 3 * stride;
  int32_t large = 0;
  if (a21 == nullptr) {
    DVT_LOOP {
      large |= too_large(a11[i]) | too_large(a12[i]);
      s1[i] = 0, s2[i] = -a11[i], s3[i] = a11[i], s4[i] = a12[i] + a11[i];
    }
  } else {
    DVT_LOOP {
      const float x11 = a11[i], x12 = a12[i], x21 = a21[i], x22 = a22[i], sum = x21 + x22, difference = sum - x11;
      large |= too_large(x11) | too_large(x12) | too_large(x21) | too_large(x22);
      s1[i] = sum, s2[i] = difference, s3[i] = x11 - x21, s4[i] = x12 - difference;
    }
  }
  return large == 0;
}

void combine(const float* x, const float* z, int64_t x_stride, float* y, int64_t y_stride, int64_t rows, int64_t count,
             bool add) {
  const int n = static_cast<int>(count);
  for (int64_t r = 0; r < rows; ++r, x += x_stride, y += y_stride) {
    const float* other = z ? z + r * x_stride : nullptr;
    if (add && other) {
      DVT_LOOP y[i] += x[i] + other[i];
    } else if (add) {
      DVT_LOOP y[i] += x[i];
    } else if (other) {
      DVT_LOOP y[i] = x[i] + other[i];
    } else {
      DVT_LOOP y[i] = x[i];
    }
  }
}

}  // namespace

StrassenLoops make_strassen_loops() { return {&sums, &combine}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

StrassenLoops strassen_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_strassen_loops)(); }

}  // namespace dvt::cpu
#endif
