// LSTM and GRU: the inputs' part of all gates as one product over the whole sequence, then step by step the state's
// part and the cell. Directions run side by side; where threads are left over, each takes a part of a step's product. A
// step's state is the previous step's row of the output.
#include <algorithm>
#include <cstring>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/recurrent/gate_product.h"
#include "backend/cpu/recurrent/recurrent_loops.h"
#include "base/concat.h"
#include "ops/nn/gru.h"
#include "ops/nn/lstm.h"

namespace dvt::cpu {
namespace {

using namespace backend;

/// What LSTM and GRU share: which inputs there are, and how many gates.
struct Layer {
  bool is_lstm = false;
  int64_t gates = 0, hidden = 0, directions = 1;
  bool reversed = false;  ///< The only direction runs backwards.
  int bias = -1, initial_h = -1, initial_c = -1;

  explicit Layer(const Problem& p) {
    int next = 3;
    const auto take = [&next](bool has) { return has ? next++ : -1; };
    if (const auto* lstm = op_of<ops::Lstm>(p)) {
      is_lstm = true;
      gates = 4;
      set(lstm->hidden_size, lstm->direction);
      bias = take(lstm->has_bias);
      initial_h = take(lstm->has_initial_h);
      initial_c = take(lstm->has_initial_c);
    } else if (const auto* gru = op_of<ops::Gru>(p)) {
      gates = 3;
      set(gru->hidden_size, gru->direction);
      bias = take(gru->has_bias);
      initial_h = take(gru->has_initial_h);
    }
  }
  void set(int64_t hidden_size, ops::Direction direction) {
    hidden = hidden_size;
    directions = ops::num_directions(direction);
    reversed = direction == ops::Direction::reverse;
  }
};

Support supports(const Problem& p, const Target& t) {
  if (const auto* lstm = op_of<ops::Lstm>(p)) {
    if (!lstm->activations.empty()) return Support::no("has activations of its own");
    if (lstm->clip != 0) return Support::no("gates are clipped");
    if (lstm->input_forget) return Support::no("input and forget gate are coupled");
    if (lstm->has_peepholes) return Support::no("has peepholes");
    if (lstm->has_sequence_lengths) return Support::no("has sequence lengths");
  } else if (const auto* gru = op_of<ops::Gru>(p)) {
    if (!gru->activations.empty()) return Support::no("has activations of its own");
    if (gru->clip != 0) return Support::no("gates are clipped");
    if (!gru->linear_before_reset) return Support::no("the reset gate comes before the product");
    if (gru->has_sequence_lengths) return Support::no("has sequence lengths");
  } else {
    return not_this_op(p);
  }
  return recurrent_supports(p, t);
}

void pack(const Problem& p, const Target& t, const PackArgs& args) {
  const Layer layer(p);
  const GateProduct product(t, layer.gates * layer.hidden);
  product.pack(args, layer.directions, args.input == 1 ? p.inputs[1].dims[2].opt : layer.hidden);
}

size_t packed_bytes(const Problem& p, const Target& t, int input) {
  const Layer layer(p);
  const int64_t depth = input == 1 ? p.inputs[1].dims[2].opt : input == 2 ? layer.hidden : 0;
  if (depth == 0) return 0;
  const GateProduct product(t, layer.gates * layer.hidden);
  return static_cast<size_t>(layer.directions * product.packed_floats(depth)) * sizeof(float);
}

/// Floats for the sums of all steps, the state's sums of one step (GRU) and a row of zeros.
size_t workspace(const Problem& p, const Target& t) {
  const Layer layer(p);
  const GateProduct product(t, layer.gates * layer.hidden);
  const int64_t time = p.inputs[0].dims[0].max, batch = p.inputs[0].dims[1].max;
  const int64_t rows = layer.directions * batch * (time + 1);
  return static_cast<size_t>(rows * product.stride() + batch * layer.hidden) * sizeof(float);
}

class RecurrentKernel final : public Kernel {
 public:
  RecurrentKernel(const Problem& p, const Target& t)
      : layer_(p), product_(t, layer_.gates * layer_.hidden), loops_(recurrent_loops(t)) {}

  void run(const LaunchArgs& args) const noexcept override {
    Run r(args, layer_, product_);
    if (r.time * r.batch == 0) return set_states(r);
    std::fill_n(r.zeros, r.batch * layer_.hidden, 0.0f);
    inputs_part(r, *args.pool);
    const double step_ns = 0.04 * static_cast<double>(r.batch * layer_.hidden * layer_.hidden * layer_.gates);
    const auto wanted = static_cast<int64_t>(step_ns / kStepPartNs);
    const int64_t parts = std::max<int64_t>(1, std::min<int64_t>({wanted, args.pool->threads(), product_.panels()}));
    if (parts > layer_.directions)
      for (int64_t d = 0; d < layer_.directions; ++d) steps(r, d, parts, args.pool);
    else
      parallel_for(*args.pool, layer_.directions, step_ns * static_cast<double>(r.time), [&](int64_t d0, int64_t d1) {
        for (int64_t d = d0; d < d1; ++d) steps(r, d, 1, nullptr);
      });
  }

 private:
  static constexpr double kStepPartNs = 4000;  ///< Less than elsewhere: from step to step threads stay awake.

  struct Run {
    int64_t time, batch, depth;
    const float *x, *w, *r, *bias = nullptr, *initial_h = nullptr, *initial_c = nullptr;
    float *y, *last_h, *last_c = nullptr;
    float *sums, *state_sums, *zeros;

    Run(const LaunchArgs& args, const Layer& layer, const GateProduct& product) {
      const auto input = [&](int i) { return static_cast<const float*>(args.inputs[i].data); };
      time = args.inputs[0].dims[0];
      batch = args.inputs[0].dims[1];
      depth = args.inputs[0].dims[2];
      x = input(0), w = input(1), r = input(2);
      if (layer.bias >= 0) bias = input(layer.bias);
      if (layer.initial_h >= 0) initial_h = input(layer.initial_h);
      if (layer.initial_c >= 0) initial_c = input(layer.initial_c);
      y = static_cast<float*>(args.outputs[0].data);
      last_h = static_cast<float*>(args.outputs[1].data);
      if (layer.is_lstm) last_c = static_cast<float*>(args.outputs[2].data);
      sums = static_cast<float*>(args.workspace);
      state_sums = sums + layer.directions * time * batch * product.stride();
      zeros = state_sums + layer.directions * batch * product.stride();
    }
  };

  int64_t gate_rows() const { return layer_.gates * layer_.hidden; }

  /// sums = bias + w x for every direction, step and sequence. LSTM adds both biases here; GRU's second goes through
  /// the reset gate.
  void inputs_part(const Run& r, ThreadPool& pool) const {
    const int64_t rows = r.time * r.batch, tile = product_.tile_rows(), tiles = (rows + tile - 1) / tile;
    const double tile_ns = 0.02 * static_cast<double>(tile * gate_rows() * r.depth);
    parallel_for(pool, layer_.directions * tiles, tile_ns, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t d = item / tiles, first = item % tiles * tile, count = std::min(tile, rows - first);
        float* sums = r.sums + (d * rows + first) * product_.stride();
        fill_bias(r, d, 0, layer_.is_lstm, sums, count);
        product_.add(r.w + d * product_.packed_floats(r.depth), r.x + first * r.depth, r.depth, count, r.depth, false,
                     sums);
      }
    });
  }

  /// Rows of sums start as bias part `which` (0: of w, 1: of r) or the sum of both, or 0.
  void fill_bias(const Run& r, int64_t d, int64_t which, bool both, float* sums, int64_t rows) const {
    const int64_t n = gate_rows();
    std::fill_n(sums, product_.stride(), 0.0f);
    if (r.bias) {
      const float* bias = r.bias + d * 2 * n;
      for (int64_t i = 0; i < n; ++i) sums[i] = both ? bias[i] + bias[n + i] : bias[which * n + i];
    }
    for (int64_t row = 1; row < rows; ++row)
      std::memcpy(sums + row * product_.stride(), sums, static_cast<size_t>(product_.stride()) * sizeof(float));
  }

  /// sums += matrix * states, in parts: a thread has the same one in each step, so that its cache holds it.
  void add_states(const Run& r, const float* matrix, const float* states, bool turned, float* sums, int64_t parts,
                  ThreadPool* pool) const {
    const int64_t hidden = layer_.hidden, panels = product_.panels();
    if (parts == 1) return product_.add(matrix, states, hidden, r.batch, hidden, turned, sums);
    pool->parallel_for(parts, [&](int64_t part, int) {
      product_.add_panels(part * panels / parts, (part + 1) * panels / parts, matrix, states, hidden, r.batch, hidden,
                          turned, sums);
    });
  }

  void steps(const Run& r, int64_t d, int64_t parts, ThreadPool* pool) const {
    const int64_t hidden = layer_.hidden, states = r.batch * hidden, stride = product_.stride();
    const float* matrix = r.r + d * product_.packed_floats(hidden);
    const float* previous = r.initial_h ? r.initial_h + d * states : r.zeros;
    const bool backwards = layer_.reversed || d == 1;
    if (layer_.is_lstm)
      std::memcpy(r.last_c + d * states, r.initial_c ? r.initial_c + d * states : r.zeros,
                  static_cast<size_t>(states) * sizeof(float));
    for (int64_t i = 0; i < r.time; ++i) {
      const int64_t t = backwards ? r.time - 1 - i : i;
      float* sums = r.sums + (d * r.time + t) * r.batch * stride;
      float* state = r.y + (t * layer_.directions + d) * states;
      if (layer_.is_lstm) {
        add_states(r, matrix, previous, i % 2 == 1, sums, parts, pool);
        for (int64_t b = 0; b < r.batch; ++b)
          loops_.lstm(sums + b * stride, r.last_c + d * states + b * hidden, state + b * hidden, hidden);
      } else {
        float* from_h = r.state_sums + d * r.batch * stride;
        fill_bias(r, d, 1, false, from_h, r.batch);
        add_states(r, matrix, previous, i % 2 == 1, from_h, parts, pool);
        for (int64_t b = 0; b < r.batch; ++b)
          loops_.gru(sums + b * stride, from_h + b * stride, previous + b * hidden, state + b * hidden, hidden);
      }
      previous = state;
    }
    std::memcpy(r.last_h + d * states, previous, static_cast<size_t>(states) * sizeof(float));
  }

  /// An empty sequence leaves the initial states.
  void set_states(const Run& r) const {
    const auto count = static_cast<size_t>(layer_.directions * r.batch * layer_.hidden);
    if (count == 0) return;
    for (const auto& [to, from] : {std::pair{r.last_h, r.initial_h}, std::pair{r.last_c, r.initial_c}}) {
      if (!to) continue;
      if (from)
        std::memcpy(to, from, count * sizeof(float));
      else
        std::fill_n(to, count, 0.0f);
    }
  }

  Layer layer_;
  GateProduct product_;
  RecurrentLoops loops_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<RecurrentKernel>(p, t); }

}  // namespace

Tactic recurrent_tiled() {
  return {.supports = supports, .workspace = workspace, .pack = pack, .create = create, .packed_bytes = packed_bytes};
}

}  // namespace dvt::cpu
