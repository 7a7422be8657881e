#include "ops/nn/rnn.h"

#include <algorithm>

#include "ops/nn/recurrent_activation.h"
#include "ops/nn/recurrent_inputs.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "rnn";

RecurrentActivations activations_of(const Rnn& op) {
  return {kName, op.activations, {"tanh"}, num_directions(op.direction)};
}

}  // namespace

std::vector<TensorType> infer(const Rnn& op, std::span<const ValueInfo> in) {
  check_recurrent(kName, in, op.hidden_size, op.direction, 1);
  const size_t inputs = 3u + op.has_bias + op.has_sequence_lengths + op.has_initial_h;
  if (in.size() != inputs) reject(kName, "its flags ask for ", inputs, " inputs, got ", in.size());
  activations_of(op);
  const TensorType& x = in[0].type;
  check_optional(kName, {op, in}, x, op.hidden_size, op.direction, 1);
  return recurrent_outputs(x, op.hidden_size, op.direction);
}

void reference(const Rnn& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const RecurrentSizes n = recurrent_sizes(in, op.hidden_size, op.direction);
  const RecurrentOptional<ReadView> optional(op, in);
  const RecurrentActivations activation = activations_of(op);
  const auto hidden = static_cast<size_t>(n.hidden), input = static_cast<size_t>(n.input);
  const std::vector<double> x = load(in[0]), w = load(in[1]), r = load(in[2]);
  const std::vector<double> bias = load_or_zero(optional.bias, n.directions * 2 * n.hidden);
  std::vector<double> h = load_or_zero(optional.h, n.directions * n.batch * n.hidden);
  clear(out[0]);

  for_each_step(n, op.direction, optional.lengths, [&](int d, int64_t b, int64_t t) {
    const auto direction = static_cast<size_t>(d);
    double* state = &h[(direction * static_cast<size_t>(n.batch) + static_cast<size_t>(b)) * hidden];
    const double* bias_d = &bias[direction * 2 * hidden];
    std::vector<double> sums(hidden);
    for (size_t u = 0; u < hidden; ++u) sums[u] = bias_d[u] + bias_d[u + hidden];
    add_product({w.data() + direction * hidden * input, hidden * input},
                {x.data() + static_cast<size_t>(t * n.batch + b) * input, input}, sums);
    add_product({r.data() + direction * hidden * hidden, hidden * hidden}, {state, hidden}, sums);
    for (size_t u = 0; u < hidden; ++u) {
      const double limited = op.clip != 0 ? std::clamp(sums[u], -op.clip, op.clip) : sums[u];
      state[u] = activation(d, 0, limited);
      out[0].set(((t * n.directions + d) * n.batch + b) * n.hidden + static_cast<int64_t>(u), state[u]);
    }
  });
  store(h, out[1]);
}

Cost cost(const Rnn& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 2 * (dim_at(in[0], 2, at) + static_cast<double>(op.hidden_size)) + 20);
}

void visit_fields(Rnn& op, FieldVisitor& v) {
  v.field("hidden_size", op.hidden_size);
  v.choice("direction", op.direction, kDirectionNames);
  v.field("clip", op.clip);
  v.field("activations", op.activations);
  v.field("has_bias", op.has_bias);
  v.field("has_sequence_lengths", op.has_sequence_lengths);
  v.field("has_initial_h", op.has_initial_h);
}

}  // namespace dvt::ops
