#pragma once
#include <optional>
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// What the operators that contain an attention have in common; all of them end in attend().
struct AttentionParts {
  Term q, k, v;              ///< [B, H, S, D], [B, G, T, D], [B, G, T, E].
  std::optional<Term> keep;  ///< Boolean, broadcasts to [B, H, S, T]: false hides a key.
  std::optional<Term> bias;  ///< Is added to the scores; broadcasts likewise.
  std::optional<Term> sink;  ///< [H]: the score of one more key, which has no value. Not with `causal`.
  double scale = 0;          ///< 0: 1 / sqrt(D).
  double softcap = 0;
  bool causal = false;       ///< Query i sees keys up to i …
  bool lower_right = false;  ///< … counted from the end: up to i + T - S.
};

/// [B, H, S, E].
Term attend(const AttentionParts& parts);
/// softcap, where there is one.
Term capped(Term scores, double softcap);
/// scale * q k^T as [B, H, S, T], for those who want the scores themselves.
Term raw_scores(const AttentionParts& parts);
/// Both conditions, where there are two.
void hide(AttentionParts& parts, Term keep);
void add_bias(AttentionParts& parts, Term bias);

/// [B, S, H * D] as [B, H, S, D].
Term split_heads(Term x, int64_t heads);
/// [B, H, S, D] as [B, S, H * D].
Term merge_heads(Term x);
/// Query positions [S, 1] and key positions [1, T], as int64.
Term query_positions(const AttentionParts& parts);
Term key_positions(const AttentionParts& parts);
/// Condition that key j is at most `right` behind and at most `left` before the position; negative: no bound.
void window(AttentionParts& parts, Term position, int64_t left, int64_t right);

/// x[B, S, H, D] with its first `rotated` elements turned by angles given as cos and sin [B or 1, S, 1, rotated / 2].
Term rotate(Term x, Term cosine, Term sine, int64_t rotated, bool interleaved);

}  // namespace dvt::onnx
