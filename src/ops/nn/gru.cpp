#include "ops/nn/gru.h"

#include <algorithm>

#include "ops/nn/recurrent_activation.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "gru";

size_t num_inputs(const Gru& op) { return 3u + op.has_bias + op.has_sequence_lengths + op.has_initial_h; }

/// The optional inputs by name; null where the flag is not set.
template <class T>
struct Optional {
  const T *bias = nullptr, *lengths = nullptr, *h = nullptr;
  Optional(const Gru& op, std::span<const T> in) {
    size_t next = 3;
    if (op.has_bias) bias = &in[next++];
    if (op.has_sequence_lengths) lengths = &in[next++];
    if (op.has_initial_h) h = &in[next++];
  }
};

RecurrentActivations activations_of(const Gru& op) {
  return {kName, op.activations, {"sigmoid", "tanh"}, num_directions(op.direction)};
}

}  // namespace

std::vector<TensorType> infer(const Gru& op, std::span<const ValueInfo> in) {
  check_recurrent(kName, in, op.hidden_size, op.direction, 3);
  if (in.size() != num_inputs(op)) reject(kName, "its flags ask for ", num_inputs(op), " inputs, got ", in.size());
  activations_of(op);
  const TensorType& x = in[0].type;
  const Dim directions = num_directions(op.direction);
  const Optional<ValueInfo> optional(op, in);
  if (optional.bias) {
    const TensorType& bias = optional.bias->type;
    require_same_dtype(kName, bias.dtype, x.dtype, "bias");
    require_rank(kName, bias, 2, "bias");
    require_same_dim(kName, bias.shape[0], directions, "directions of bias");
    require_same_dim(kName, bias.shape[1], 6 * op.hidden_size, "length of bias");
  }
  if (optional.lengths) check_sequence_lengths(kName, optional.lengths->type, x);
  if (optional.h) check_state(kName, optional.h->type, x, op.hidden_size, op.direction, "initial h");
  return {{x.dtype, {x.shape[0], directions, x.shape[1], op.hidden_size}},
          {x.dtype, {directions, x.shape[1], op.hidden_size}}};
}

void reference(const Gru& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const RecurrentSizes n = recurrent_sizes(in, op.hidden_size, op.direction);
  const Optional<ReadView> optional(op, in);
  const RecurrentActivations activation = activations_of(op);
  const auto load_or_zero = [](const ReadView* v, int64_t size) {
    return v ? load(*v) : std::vector<double>(static_cast<size_t>(size), 0.0);
  };
  const std::vector<double> x = load(in[0]), w = load(in[1]), r = load(in[2]);
  const std::vector<double> bias = load_or_zero(optional.bias, n.directions * 6 * n.hidden);
  std::vector<double> h = load_or_zero(optional.h, n.directions * n.batch * n.hidden);
  const auto limit = [&](double v) { return op.clip != 0 ? std::clamp(v, -op.clip, op.clip) : v; };
  for (int64_t i = 0; i < out[0].volume(); ++i) out[0].set(i, 0);  // what lies behind a sequence's length

  for_each_step(n, op.direction, optional.lengths, [&](int d, int64_t b, int64_t t) {
    const auto hidden = static_cast<size_t>(n.hidden), rows = 3 * hidden, gate_rows = 2 * hidden;
    const double* bias_d = &bias[d * 2 * rows];
    const std::span<double> state(&h[(d * n.batch + b) * n.hidden], hidden);
    const std::span<const double> r_d(&r[d * rows * hidden], rows * hidden);
    std::vector<double> from_x(bias_d, bias_d + rows), from_h(bias_d + rows, bias_d + rows + gate_rows);
    add_product({&w[d * rows * n.input], rows * n.input}, {&x[(t * n.batch + b) * n.input], size_t(n.input)}, from_x);
    add_product(r_d.first(gate_rows * hidden), state, from_h);
    std::vector<double> update(hidden), reset(hidden), gated(state.begin(), state.end());
    for (size_t u = 0; u < hidden; ++u) {
      update[u] = activation(d, 0, limit(from_x[u] + from_h[u]));
      reset[u] = activation(d, 0, limit(from_x[hidden + u] + from_h[hidden + u]));
      if (!op.linear_before_reset) gated[u] *= reset[u];
    }
    std::vector<double> candidate(bias_d + rows + gate_rows, bias_d + 2 * rows);
    add_product(r_d.subspan(gate_rows * hidden), gated, candidate);
    for (size_t u = 0; u < hidden; ++u) {
      const double recurrent = op.linear_before_reset ? reset[u] * candidate[u] : candidate[u];
      state[u] = (1 - update[u]) * activation(d, 1, limit(from_x[gate_rows + u] + recurrent)) + update[u] * state[u];
      out[0].set(((t * n.directions + d) * n.batch + b) * n.hidden + static_cast<int64_t>(u), state[u]);
    }
  });
  for (size_t i = 0; i < h.size(); ++i) out[1].set(static_cast<int64_t>(i), h[i]);
}

Cost cost(const Gru& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  const double hidden = static_cast<double>(op.hidden_size);
  return traffic(in, out, at, 6 * (dim_at(in[0], 2, at) + hidden) + 50);
}

void visit_fields(Gru& op, FieldVisitor& v) {
  v.field("hidden_size", op.hidden_size);
  v.choice("direction", op.direction, kDirectionNames);
  v.field("clip", op.clip);
  v.field("activations", op.activations);
  v.field("linear_before_reset", op.linear_before_reset);
  v.field("has_bias", op.has_bias);
  v.field("has_sequence_lengths", op.has_sequence_lengths);
  v.field("has_initial_h", op.has_initial_h);
}

}  // namespace dvt::ops
