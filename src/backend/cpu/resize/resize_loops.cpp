#include "backend/cpu/resize/resize_loops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/resize/resize_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

void blend(const float* a, const float* b, float weight, float* y, int64_t n) {
  DVT_LOOP y[i] = a[i] + (b[i] - a[i]) * weight;
}

void blend_square(const float* tl, const float* tr, const float* bl, const float* br, float wx, float wy, float* y,
                  int64_t n) {
  DVT_LOOP {
    const float top = tl[i] + (tr[i] - tl[i]) * wx, bottom = bl[i] + (br[i] - bl[i]) * wx;
    y[i] = top + (bottom - top) * wy;
  }
}

void pick(const float* x, const ResizeTap* taps, float* y, int64_t n) {
  for (int64_t o = 0; o < n; ++o) {
    const ResizeTap t = taps[o];
    y[o] = x[t.first] + (x[t.second] - x[t.first]) * t.weight;
  }
}

}  // namespace

ResizeLoops make_resize_loops() { return {&blend, &blend_square, &pick}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

ResizeLoops resize_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_resize_loops)(); }

}  // namespace dvt::cpu
#endif
