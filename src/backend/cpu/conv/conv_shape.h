#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "backend/cpu/common/loop_nest.h"
#include "backend/kernel.h"
#include "backend/problem.h"
#include "backend/target.h"
#include "ops/nn/conv.h"

namespace dvt::cpu {

/// A convolution's sizes in one launch. Always three spatial axes (depth, height, width); lower ranks have leading
/// ones.
struct ConvShape {
  int64_t images = 0, channels = 0, filters = 0, groups = 1;
  ImageStrides x, y;  ///< Of the operands in their layouts.
  std::array<int64_t, 3> in{1, 1, 1}, out{1, 1, 1}, kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, pad{0, 0, 0};

  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t in_pixels() const { return in[0] * in[1] * in[2]; }
  int64_t out_pixels() const { return out[0] * out[1] * out[2]; }
};

/// What is fixed when a kernel is made: attributes, window and channels.
class ConvGeometry {
 public:
  explicit ConvGeometry(const backend::Problem& p);
  /// The shape of one launch, or at given dims of x and y, which are then contiguous.
  ConvShape at(const int64_t* x, const int64_t* y) const noexcept;
  ConvShape at(const backend::LaunchArgs& args) const noexcept;
  ConvShape at(const backend::TensorRef& x, const backend::TensorRef& y) const noexcept;
  ConvShape at_max(const backend::Problem& p) const;
  const ConvShape& fixed() const { return fixed_; }

 private:
  ConvShape fixed_;  // images, in, out and strides are set per launch
  int spatial_ = 2;
  backend::Layout x_layout_, y_layout_;
  ops::Padding padding_ = ops::Padding::explicit_pads;
};

/// Conditions that all f32 convolution tactics share. Why not; empty when met.
std::string conv_refusal(const backend::Problem& p, const backend::Target& t, backend::Isa isa);

/// What does not depend on the sizes of a transposed convolution: windows, channels, groups. Images and in, out stay
/// unset.
ConvShape fixed_deconv_shape(const backend::Problem& p);

}  // namespace dvt::cpu
