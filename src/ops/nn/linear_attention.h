#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Attention as a recurrence. Per key head, with a state S[dk, dv], each step t does
///   S = exp(decay) S;  S = S + beta k (v - S^T k)  (without beta: S + k v);  y = scale S^T q.
/// Inputs: q[B, T, heads * dk], k[B, T, groups * dk], v[B, T, groups * dv], then those whose flag is set: the first
/// state[B, groups, dk, dv], decay[B, T, groups or groups * dk], beta[B, T, groups or 1]. Query head h reads key head
/// h / (heads / groups). Outputs: y[B, T, heads * dv], the last state, of the first one's type or else q's.
struct LinearAttention {
  static constexpr OpId kId = OpId::linear_attention;
  int64_t heads = 1, groups = 1;
  double scale = 0;  ///< 0: 1 / sqrt(dk).
  bool has_state = false, has_decay = false, has_beta = false;
  friend bool operator==(const LinearAttention&, const LinearAttention&) = default;
};
DECLARE_OP(LinearAttention);

}  // namespace dvt::ops
