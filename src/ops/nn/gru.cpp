#include "ops/nn/gru.h"

#include <algorithm>

#include "ops/nn/recurrent_activation.h"
#include "ops/nn/recurrent_inputs.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "gru";

size_t num_inputs(const Gru& op) { return 3u + op.has_bias + op.has_sequence_lengths + op.has_initial_h; }

RecurrentActivations activations_of(const Gru& op) {
  return {kName, op.activations, {"sigmoid", "tanh"}, num_directions(op.direction)};
}

}  // namespace

std::vector<TensorType> infer(const Gru& op, std::span<const ValueInfo> in) {
  check_recurrent(kName, in, op.hidden_size, op.direction, 3);
  if (in.size() != num_inputs(op)) reject(kName, "its flags ask for ", num_inputs(op), " inputs, got ", in.size());
  activations_of(op);
  const TensorType& x = in[0].type;
  check_optional(kName, {op, in}, x, op.hidden_size, op.direction, 3);
  return recurrent_outputs(x, op.hidden_size, op.direction);
}

void reference(const Gru& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const RecurrentSizes n = recurrent_sizes(in, op.hidden_size, op.direction);
  const RecurrentOptional<ReadView> optional(op, in);
  const RecurrentActivations activation = activations_of(op);
  const std::vector<double> x = load(in[0]), w = load(in[1]), r = load(in[2]);
  const std::vector<double> bias = load_or_zero(optional.bias, n.directions * 6 * n.hidden);
  std::vector<double> h = load_or_zero(optional.h, n.directions * n.batch * n.hidden);
  const auto limit = [&](double v) { return op.clip != 0 ? std::clamp(v, -op.clip, op.clip) : v; };
  clear(out[0]);

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
  store(h, out[1]);
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
