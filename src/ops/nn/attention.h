#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// y = softmax(scale * q k^T + mask) v per head. Inputs: q[B, H, S, D], k[B, G, T, D], v[B, G, T, E] where G divides H
/// (grouped heads: query head h reads key head h / (H / G)) and optionally a mask that broadcasts to [B, H, S, T]:
/// floating is added, b8 keeps where true. Output [B, H, S, E]. A row with every position masked gives 0.
struct Attention {
  static constexpr OpId kId = OpId::attention;
  double scale = 0;                 ///< 0: 1 / sqrt(D).
  bool causal = false;              ///< Query s sees keys t <= s.
  bool causal_lower_right = false;  ///< With causal: query s sees keys t <= s + T - S.
  double softcap = 0;               ///< Not 0: scores become softcap * tanh(score / softcap) before the mask.
  /// Which of q, k, v and the output have their heads inside the positions, as projections leave them: [B, S, H, D].
  bool q_by_position = false, k_by_position = false, v_by_position = false, y_by_position = false;
  static constexpr size_t head_axis(bool by_position) { return by_position ? 2 : 1; }
  static constexpr size_t position_axis(bool by_position) { return by_position ? 1 : 2; }
  friend bool operator==(const Attention&, const Attention&) = default;
};
DECLARE_OP(Attention);

}  // namespace dvt::ops
