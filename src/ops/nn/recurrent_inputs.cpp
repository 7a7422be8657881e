#include "ops/nn/recurrent_inputs.h"

#include "ops/support.h"

namespace dvt::ops {

void check_rows(std::string_view op, const TensorType& t, const TensorType& x, Direction d, int64_t length,
                std::string_view what) {
  require_same_dtype(op, t.dtype, x.dtype, what);
  require_rank(op, t, 2, what);
  require_same_dim(op, t.shape[0], num_directions(d), concat("directions of ", what));
  require_same_dim(op, t.shape[1], length, concat("length of ", what));
}

void check_optional(std::string_view op, const RecurrentOptional<ValueInfo>& optional, const TensorType& x,
                    int64_t hidden, Direction d, int gates) {
  if (optional.bias) check_rows(op, optional.bias->type, x, d, 2 * gates * hidden, "bias");
  if (optional.lengths) check_sequence_lengths(op, optional.lengths->type, x);
  if (optional.h) check_state(op, optional.h->type, x, hidden, d, "initial h");
}

std::vector<TensorType> recurrent_outputs(const TensorType& x, int64_t hidden, Direction d) {
  const Dim directions = num_directions(d);
  return {{x.dtype, {x.shape[0], directions, x.shape[1], hidden}}, {x.dtype, {directions, x.shape[1], hidden}}};
}

std::vector<double> load_or_zero(const ReadView* view, int64_t size) {
  return view ? load(*view) : std::vector<double>(static_cast<size_t>(size), 0.0);
}

void clear(const WriteView& out) {
  for (int64_t i = 0; i < out.volume(); ++i) out.set(i, 0);
}

void store(const std::vector<double>& values, const WriteView& out) {
  for (size_t i = 0; i < values.size(); ++i) out.set(static_cast<int64_t>(i), values[i]);
}

}  // namespace dvt::ops
