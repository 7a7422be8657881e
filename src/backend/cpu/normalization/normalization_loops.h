#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// The f32 loops of normalization for one target.
struct NormalizationLoops {
  struct Statistics {
    float mean, inverse;  ///< inverse: 1 / sqrt(variance + epsilon)
  };
  /// Of n contiguous elements; `rms`: around 0.
  Statistics (*statistics)(const float* x, int64_t n, float epsilon, bool rms);
  /// y = (x - mean) * inverse [* scale] [+ bias], elementwise; scale and bias may be nullptr.
  void (*apply_row)(const float* x, float* y, int64_t n, Statistics s, const float* scale, const float* bias);
  /// y = x * a + b with scalars.
  void (*apply_scalar)(const float* x, float* y, int64_t n, float a, float b);
  /// sums[c] = over `rows` rows of `channels` elements, the sum of x (mean nullptr) or of (x - mean[c])^2.
  void (*channel_sums)(const float* x, int64_t rows, int64_t channels, const float* mean, float* sums);
  /// y = x * a[c] + b[c] over rows.
  void (*apply_channels)(const float* x, float* y, int64_t rows, int64_t channels, const float* a, const float* b);
};
NormalizationLoops normalization_loops(const backend::Target& t);

}  // namespace dvt::cpu
