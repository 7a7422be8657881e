#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Resamples x to another size along any axes. The output size is `sizes` (one per axis), or the optional input 1 (an
/// integer tensor whose value is known), or floor(x * scales). A scale left out is output size / input size. Linear and
/// cubic values of integers are truncated and kept inside the type's range. Inputs: x, sizes unless they are
/// attributes, then, where its flag is set, floating vectors of scales and of the crop (all begins, then all ends);
/// computed scales need sizes.
struct Resize {
  static constexpr OpId kId = OpId::resize;
  enum class Mode { nearest, linear, cubic };
  /// Where output position o lies in the input, with s the scale.
  enum class Coordinate {
    half_pixel,            ///< (o + 0.5) / s - 0.5
    pytorch_half_pixel,    ///< The same, but 0 when the output size is 1.
    half_pixel_symmetric,  ///< The same, centred when floor() made the output smaller than asked.
    align_corners,         ///< o * (in - 1) / (out - 1), where out is s * in if scales are given.
    asymmetric,            ///< o / s
    crop,                  ///< As align_corners, between the parts `crop_begin` and `crop_end` of the input.
  };
  enum class Nearest { round_prefer_floor, round_prefer_ceil, floor, ceil };
  Mode mode = Mode::nearest;
  Coordinate coordinate = Coordinate::half_pixel;
  Nearest nearest = Nearest::round_prefer_floor;
  double cubic_coeff = -0.75;
  bool exclude_outside = false;  ///< cubic: weights of positions outside are 0 and the others rescaled.
  /// linear and cubic: where the output is smaller, the kernel is as much wider, so that it averages.
  bool antialias = false;
  std::vector<double> crop_begin, crop_end;  ///< crop: one per axis, 0 and 1 being the first and the last element.
  double outside = 0;                        ///< crop: what positions outside the input give.
  std::vector<Dim> sizes;                    ///< Empty, or one per axis.
  std::vector<double> scales;                ///< Empty, or one per axis.
  bool has_scales_input = false, has_crop_input = false;
  friend bool operator==(const Resize&, const Resize&) = default;
};
DECLARE_OP(Resize);

}  // namespace dvt::ops
