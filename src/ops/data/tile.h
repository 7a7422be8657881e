#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// x repeated along each axis: by the attribute, or the optional input 1 (an integer tensor whose value is known).
struct Tile {
  static constexpr OpId kId = OpId::tile;
  static constexpr bool kTakesText = true;
  std::vector<Dim> repeats;  ///< One per axis; ignored when there is an input 1.
  friend bool operator==(const Tile&, const Tile&) = default;
};
DECLARE_OP(Tile);

}  // namespace dvt::ops
