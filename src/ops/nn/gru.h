#pragma once
#include <string>

#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace dvt::ops {

/// Gated recurrent unit over a sequence, ONNX meaning and gate order (z, r, h), layout 0, D directions.
/// Inputs: x[T, B, I], w[D, 3H, I], r[D, 3H, H], then those whose flag is set: bias[D, 6H], sequence lengths i32[B],
/// initial h[D, B, H]. Outputs: y[T, D, B, H], h[D, B, H]. Gates are sigmoid and the candidate tanh, unless
/// `activations` says otherwise (recurrent_activation.h).
struct Gru {
  static constexpr OpId kId = OpId::gru;
  int64_t hidden_size = 0;
  Direction direction = Direction::forward;
  double clip = 0;                   ///< Not 0: gate inputs are limited to [-clip, clip].
  std::string activations;           ///< Of the gates and the candidate, for each direction; empty: the usual.
  bool linear_before_reset = false;  ///< The reset gate multiplies r h + bias instead of h.
  bool has_bias = false, has_sequence_lengths = false, has_initial_h = false;
  friend bool operator==(const Gru&, const Gru&) = default;
};
DECLARE_OP(Gru);

}  // namespace dvt::ops
