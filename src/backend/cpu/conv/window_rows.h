#pragma once
#include <optional>

#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/matmul/epilogue.h"

namespace dvt::cpu {

/// A channels-last depthwise convolution row by row, where the width of the images is fixed: tiles are neighbouring
/// pixels, whose windows the generated code knows, edges included.
class WindowRows {
 public:
  /// Why not; empty when the convolution can be done so. Precondition: conv_refusal() is empty.
  static std::string refusal(const backend::Problem& p);
  /// `map` has the images outside, so that rows are pixels of one.
  WindowRows(const backend::Problem& p, const EpilogueMap& map, jit::VectorIsa isa);

  /// Row `y` of a result, pixels `to_stride` floats apart. `x` is the image's first pixel, `loop` has the packed filter
  /// and the operands of the image.
  void run(const ConvShape& s, const TileLoop& loop, const float* x, int64_t y, float* to,
           int64_t to_stride) const noexcept;

 private:
  jit::VectorIsa isa_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

}  // namespace dvt::cpu
