#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Samples x[N, C, H, W] at the places that grid[N, h, w, 2] names, giving y[N, C, h, w]. A place is (across, down)
/// with -1 and 1 at the edges of x: of its corner pixels' centres with align_corners, else of their outer sides.
/// Outside of x, `padding` says what is read: zeros, the nearest edge, or x mirrored at its edges.
struct GridSample {
  static constexpr OpId kId = OpId::grid_sample;
  enum class Mode { linear, nearest, cubic };  ///< cubic: Keys' kernel with a = -0.75. nearest: half to even.
  enum class Padding { zeros, border, reflection };
  Mode mode = Mode::linear;
  Padding padding = Padding::zeros;
  bool align_corners = false;
  friend bool operator==(const GridSample&, const GridSample&) = default;
};
DECLARE_OP(GridSample);

}  // namespace dvt::ops
