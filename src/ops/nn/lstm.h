#pragma once
#include <string>

#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace dvt::ops {

/// Long short-term memory over a sequence, ONNX meaning and gate order (i, o, f, c), layout 0, D directions.
/// Inputs: x[T, B, I], w[D, 4H, I], r[D, 4H, H], then those whose flag is set: bias[D, 8H], sequence lengths i32[B],
/// initial h[D, B, H], initial c[D, B, H], peepholes[D, 3H] (i, o, f). Outputs: y[T, D, B, H], h[D, B, H], c[D, B, H].
/// Gates are sigmoid, cell and hidden activations tanh, unless `activations` says otherwise (recurrent_activation.h).
struct Lstm {
  static constexpr OpId kId = OpId::lstm;
  int64_t hidden_size = 0;
  Direction direction = Direction::forward;
  double clip = 0;            ///< Not 0: gate inputs are limited to [-clip, clip].
  bool input_forget = false;  ///< The forget gate is 1 - i.
  std::string activations;    ///< Of the gates, the cell and the hidden state, for each direction; empty: the usual.
  bool has_bias = false, has_sequence_lengths = false, has_initial_h = false, has_initial_c = false;
  bool has_peepholes = false;
  friend bool operator==(const Lstm&, const Lstm&) = default;
};
DECLARE_OP(Lstm);

}  // namespace dvt::ops
