#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// The f32 cells of recurrent layers for one target, over n hidden units.
struct RecurrentLoops {
  /// gates: i, o, f, c sums, n each; `cell` is updated, `state` written.
  void (*lstm)(const float* gates, float* cell, float* state, int64_t n);
  /// from_x, from_h: z, r, h sums, n each, reset applied to from_h's; `state` may be `previous`.
  void (*gru)(const float* from_x, const float* from_h, const float* previous, float* state, int64_t n);
};
RecurrentLoops recurrent_loops(const backend::Target& t);

}  // namespace dvt::cpu
