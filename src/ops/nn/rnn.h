#pragma once
#include <string>

#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace dvt::ops {

/// Elman's recurrent network, ONNX meaning, layout 0, D directions: h = f(W x + R h + bias), f being tanh unless
/// `activations` says otherwise (recurrent_activation.h). Inputs: x[T, B, I], w[D, H, I], r[D, H, H], then those whose
/// flag is set: bias[D, 2H], sequence lengths i32[B], initial h[D, B, H]. Outputs: y[T, D, B, H], h[D, B, H].
struct Rnn {
  static constexpr OpId kId = OpId::rnn;
  int64_t hidden_size = 0;
  Direction direction = Direction::forward;
  double clip = 0;          ///< Not 0: what f is applied to is limited to [-clip, clip].
  std::string activations;  ///< One for each direction; empty: tanh.
  bool has_bias = false, has_sequence_lengths = false, has_initial_h = false;
  friend bool operator==(const Rnn&, const Rnn&) = default;
};
DECLARE_OP(Rnn);

}  // namespace dvt::ops
