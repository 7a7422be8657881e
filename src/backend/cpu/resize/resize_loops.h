#pragma once
#include <cstdint>

#include "backend/cpu/resize/resize_taps.h"
#include "backend/target.h"

namespace dvt::cpu {

/// The f32 loops of linear resizing for one target.
struct ResizeLoops {
  /// y = a + (b - a) * weight, over n contiguous elements.
  void (*blend)(const float* a, const float* b, float weight, float* y, int64_t n);
  /// y = the blend along y of the blends along x of four neighbours.
  void (*blend_square)(const float* top_left, const float* top_right, const float* bottom_left,
                       const float* bottom_right, float weight_x, float weight_y, float* y, int64_t n);
  /// y[o] = blend of x at taps[o].
  void (*pick)(const float* x, const ResizeTap* taps, float* y, int64_t n);
};
ResizeLoops resize_loops(const backend::Target& t);

}  // namespace dvt::cpu
