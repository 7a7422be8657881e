#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Rotary position embedding: turns pairs of elements of the last axis by angles.
///
/// Inputs: x[..., D], then the cosines and sines, of x's rank and type, whose leading axes are 1 or x's, and whose last
/// axis has a number for each of the n elements that are turned, or one for each of the n / 2 pairs. With p the other
/// element of i's pair, y[i] = x[i] * cos[i] + (i is first in its pair ? -x[p] : x[p]) * sin[i]. Pairs are (i, i +
/// n/2), or neighbours when interleaved. The D - n last elements stay as they are. J. Su et al., "RoFormer: Enhanced
/// transformer with rotary position embedding", 2021, equation 34.
struct Rotary {
  static constexpr OpId kId = OpId::rotary;
  int64_t size = 0;  ///< n; 0: all of D.
  bool interleaved = false;
  friend bool operator==(const Rotary&, const Rotary&) = default;

  int64_t turned(int64_t d) const { return size == 0 ? d : size; }
};
DECLARE_OP(Rotary);

}  // namespace dvt::ops
