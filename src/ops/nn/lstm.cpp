#include "ops/nn/lstm.h"

#include <algorithm>

#include "ops/nn/recurrent_activation.h"
#include "ops/nn/recurrent_inputs.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "lstm";

size_t num_inputs(const Lstm& op) {
  return 3u + op.has_bias + op.has_sequence_lengths + op.has_initial_h + op.has_initial_c + op.has_peepholes;
}

template <class T>
struct Optional : RecurrentOptional<T> {
  const T *c = nullptr, *peepholes = nullptr;
  Optional(const Lstm& op, std::span<const T> in) : RecurrentOptional<T>(op, in) {
    if (op.has_initial_c) c = &in[this->next++];
    if (op.has_peepholes) peepholes = &in[this->next++];
  }
};

RecurrentActivations activations_of(const Lstm& op) {
  return {kName, op.activations, {"sigmoid", "tanh", "tanh"}, num_directions(op.direction)};
}

}  // namespace

std::vector<TensorType> infer(const Lstm& op, std::span<const ValueInfo> in) {
  check_recurrent(kName, in, op.hidden_size, op.direction, 4);
  if (in.size() != num_inputs(op)) reject(kName, "its flags ask for ", num_inputs(op), " inputs, got ", in.size());
  activations_of(op);
  const TensorType& x = in[0].type;
  const Optional<ValueInfo> optional(op, in);
  check_optional(kName, optional, x, op.hidden_size, op.direction, 4);
  if (optional.c) check_state(kName, optional.c->type, x, op.hidden_size, op.direction, "initial c");
  if (optional.peepholes) check_rows(kName, optional.peepholes->type, x, op.direction, 3 * op.hidden_size, "peepholes");
  std::vector<TensorType> types = recurrent_outputs(x, op.hidden_size, op.direction);
  types.push_back(types[1]);
  return types;
}

void reference(const Lstm& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const RecurrentSizes n = recurrent_sizes(in, op.hidden_size, op.direction);
  const Optional<ReadView> optional(op, in);
  const RecurrentActivations activation = activations_of(op);
  const std::vector<double> x = load(in[0]), w = load(in[1]), r = load(in[2]);
  const std::vector<double> bias = load_or_zero(optional.bias, n.directions * 8 * n.hidden);
  const std::vector<double> peepholes = load_or_zero(optional.peepholes, n.directions * 3 * n.hidden);
  std::vector<double> h = load_or_zero(optional.h, n.directions * n.batch * n.hidden);
  std::vector<double> c = load_or_zero(optional.c, n.directions * n.batch * n.hidden);
  const auto limit = [&](double v) { return op.clip != 0 ? std::clamp(v, -op.clip, op.clip) : v; };
  clear(out[0]);

  for_each_step(n, op.direction, optional.lengths, [&](int d, int64_t b, int64_t t) {
    const auto rows = static_cast<size_t>(4 * n.hidden);
    const double* bias_d = &bias[d * 8 * n.hidden];
    const double* peephole = &peepholes[d * 3 * n.hidden];
    double *state = &h[(d * n.batch + b) * n.hidden], *cell = &c[(d * n.batch + b) * n.hidden];
    std::vector<double> sums(rows);
    for (size_t g = 0; g < rows; ++g) sums[g] = bias_d[g] + bias_d[g + rows];
    add_product({&w[d * rows * n.input], rows * n.input}, {&x[(t * n.batch + b) * n.input], size_t(n.input)}, sums);
    add_product({&r[d * rows * n.hidden], rows * n.hidden}, {state, size_t(n.hidden)}, sums);
    for (int64_t u = 0; u < n.hidden; ++u) {
      const double input = activation(d, 0, limit(sums[u] + peephole[u] * cell[u]));
      const double forget =
          op.input_forget ? 1 - input
                          : activation(d, 0, limit(sums[2 * n.hidden + u] + peephole[2 * n.hidden + u] * cell[u]));
      cell[u] = forget * cell[u] + input * activation(d, 1, limit(sums[3 * n.hidden + u]));
      const double output = activation(d, 0, limit(sums[n.hidden + u] + peephole[n.hidden + u] * cell[u]));
      state[u] = output * activation(d, 2, cell[u]);
      out[0].set(((t * n.directions + d) * n.batch + b) * n.hidden + u, state[u]);
    }
  });
  store(h, out[1]);
  store(c, out[2]);
}

Cost cost(const Lstm& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  const double hidden = static_cast<double>(op.hidden_size);
  return traffic(in, out, at, 8 * (dim_at(in[0], 2, at) + hidden) + 60);
}

void visit_fields(Lstm& op, FieldVisitor& v) {
  v.field("hidden_size", op.hidden_size);
  v.choice("direction", op.direction, kDirectionNames);
  v.field("clip", op.clip);
  v.field("input_forget", op.input_forget);
  v.field("activations", op.activations);
  v.field("has_bias", op.has_bias);
  v.field("has_sequence_lengths", op.has_sequence_lengths);
  v.field("has_initial_h", op.has_initial_h);
  v.field("has_initial_c", op.has_initial_c);
  v.field("has_peepholes", op.has_peepholes);
}

}  // namespace dvt::ops
