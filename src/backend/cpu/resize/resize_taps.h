#pragma once
#include <cstddef>
#include <cstdint>

#include "ops/nn/resize.h"

namespace dvt::cpu {

/// The one or two input positions that an output position along an axis is made of.
struct ResizeTap {
  int64_t first, second;
  float weight;  ///< Of the second; the first has the rest.
};

/// Taps of all `out` positions of an axis; `scale` 0: out / in. Modes nearest and linear.
void resize_taps(const ops::Resize& op, int64_t in, int64_t out, double scale, ResizeTap* taps);

}  // namespace dvt::cpu
