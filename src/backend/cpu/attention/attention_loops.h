#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// What turns a row of scores into weights.
struct AttentionRow {
  float scale = 1, softcap = 0;   ///< softcap 0: none.
  const float* added = nullptr;   ///< Mask that is added, or
  const uint8_t* kept = nullptr;  ///< mask that keeps where it is not 0;
  int64_t mask_stride = 1;        ///< 0: one element for the whole row.
};

/// The f32 loops of attention for one target.
struct AttentionLoops {
  /// scores[0, visible) become exp(s - max(s)) where s = mask(scale * score), scores[visible, keys) become 0; returns
  /// what makes the row's sum 1, or 0 when no score is finite.
  float (*weights)(const AttentionRow& row, float* scores, int64_t visible, int64_t keys);
  /// scores[t] = sum over d < depth of q[d] * k[t * k_stride + d].
  void (*scores)(const float* q, const float* k, int64_t k_stride, int64_t depth, int64_t keys, float* scores);
  /// out[e] = factor * sum over t of weights[t] * v[t * v_stride + e], for e < width.
  void (*mix)(const float* weights, float factor, const float* v, int64_t v_stride, int64_t keys, int64_t width,
              float* out);
  /// out[e] *= factor.
  void (*scale)(float* out, float factor, int64_t width);
};
AttentionLoops attention_loops(const backend::Target& t);

}  // namespace dvt::cpu
