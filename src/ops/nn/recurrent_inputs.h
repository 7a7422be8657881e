#pragma once
// The inputs of recurrent layers beyond x, w, r, and what rnn and gru, which carry one state, infer alike.
#include <vector>

#include "ops/nn/recurrent.h"

namespace dvt::ops {

/// The optional inputs that rnn, gru and lstm share, in their order; null where the op's flag is not set.
template <class T>
struct RecurrentOptional {
  const T *bias = nullptr, *lengths = nullptr, *h = nullptr;
  size_t next = 3;  ///< Index of the first input behind them.
  template <class Op>
  RecurrentOptional(const Op& op, std::span<const T> in) {
    if (op.has_bias) bias = &in[next++];
    if (op.has_sequence_lengths) lengths = &in[next++];
    if (op.has_initial_h) h = &in[next++];
  }
};

/// Checks a matrix with a row a direction of `length` elements of x's type.
void check_rows(std::string_view op, const TensorType& t, const TensorType& x, Direction d, int64_t length,
                std::string_view what);
/// Checks what is there of bias (two rows a gate and hidden unit), lengths and initial h.
void check_optional(std::string_view op, const RecurrentOptional<ValueInfo>& optional, const TensorType& x,
                    int64_t hidden, Direction d, int gates);
/// Types of the states over time, [T, D, B, H], and of the last one, [D, B, H].
std::vector<TensorType> recurrent_outputs(const TensorType& x, int64_t hidden, Direction d);

/// The elements of `view`, or `size` zeros where it is null.
std::vector<double> load_or_zero(const ReadView* view, int64_t size);
/// Zeros, for what lies behind a sequence's length.
void clear(const WriteView& out);
void store(const std::vector<double>& values, const WriteView& out);

}  // namespace dvt::ops
