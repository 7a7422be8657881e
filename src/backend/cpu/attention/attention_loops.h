#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// What turns a row of scores into probabilities.
struct AttentionRow {
  float scale = 1, softcap = 0;   ///< softcap 0: none.
  const float* added = nullptr;   ///< Mask that is added, or
  const uint8_t* kept = nullptr;  ///< mask that keeps where it is not 0;
  int64_t mask_stride = 1;        ///< 0: one element for the whole row.
};

/// The f32 loops of attention for one target.
struct AttentionLoops {
  /// scores[0, visible) become softmax(mask(scale * scores)), scores[visible, keys) become 0; all 0 when none is
  /// finite.
  void (*probabilities)(const AttentionRow& row, float* scores, int64_t visible, int64_t keys);
  /// scores[t] = sum over d of q[d] * k[t * depth + d].
  void (*scores)(const float* q, const float* k, int64_t depth, int64_t keys, float* scores);
  /// out[e] = sum over t of p[t] * v[t * width + e].
  void (*mix)(const float* p, const float* v, int64_t keys, int64_t width, float* out);
};
AttentionLoops attention_loops(const backend::Target& t);

}  // namespace dvt::cpu
