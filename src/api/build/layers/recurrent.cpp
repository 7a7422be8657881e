// RNNv2: a stack of recurrent layers, each an operator of its own.

#include "ops/nn/recurrent.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/concat.h"
#include "ops/data/slice.h"
#include "ops/data/transpose.h"
#include "ops/nn/gru.h"
#include "ops/nn/lstm.h"
#include "ops/nn/rnn.h"

namespace dvt::api {
namespace {

enum Input { kSequence, kLengths, kHidden, kCell, kInputs };

/// The gates of an operation, in the operator's order.
std::span<const RNNGateType> gates_of(RNNOperation op) {
  static constexpr RNNGateType kPlain[] = {RNNGateType::kINPUT};
  static constexpr RNNGateType kLstm[] = {RNNGateType::kINPUT, RNNGateType::kOUTPUT, RNNGateType::kFORGET,
                                          RNNGateType::kCELL};
  static constexpr RNNGateType kGru[] = {RNNGateType::kUPDATE, RNNGateType::kRESET, RNNGateType::kHIDDEN};
  if (op == RNNOperation::kLSTM) return kLstm;
  if (op == RNNOperation::kGRU) return kGru;
  return kPlain;
}

class Recurrent final : public LayerOf<IRNNv2Layer> {
 public:
  Recurrent(Network& network, Tensor& input, int32_t layers, int32_t hidden, int32_t length, RNNOperation op)
      : LayerOf(network, LayerType::kRNN_V2, "RNN", {&input}, op == RNNOperation::kLSTM ? 3 : 2),
        layers_(layers),
        hidden_(hidden),
        length_(length),
        op_(op) {
    if (layers < 1 || hidden < 1 || length < 1)
      throw Error(ErrorCode::kInvalidArgument, "rnn: layers ", layers, ", hidden size ", hidden, " and length ", length,
                  " must be positive");
    check(op);
  }
  int max_inputs() const override { return kInputs; }
  void lower(Lowering& graph) const override;

  int32_t getLayerCount() const noexcept override { return layers_; }
  int32_t getHiddenSize() const noexcept override { return hidden_; }
  int32_t getMaxSeqLength() const noexcept override { return length_; }
  int32_t getDataLength() const noexcept override {
    const Dims d = input(kSequence)->getDimensions();
    return d.nbDims < 1 ? -1 : static_cast<int32_t>(d.d[d.nbDims - 1]);
  }
  void setSequenceLengths(ITensor& lengths) noexcept override { set_input(kLengths, lengths); }
  ITensor* getSequenceLengths() const noexcept override { return input(kLengths); }
  void setOperation(RNNOperation op) noexcept override {
    guarded(reporter(), [&] {
      check(op);
      if ((op == RNNOperation::kLSTM) != (op_ == RNNOperation::kLSTM))
        fail("the operation cannot change between kLSTM, which has a cell state, and the others");
      set(op_, op);
    });
  }
  RNNOperation getOperation() const noexcept override { return op_; }
  void setInputMode(RNNInputMode mode) noexcept override {
    guarded(reporter(), [&] {
      if (mode != RNNInputMode::kLINEAR && mode != RNNInputMode::kSKIP)
        fail("there is no input mode ", static_cast<int>(mode));
      set(mode_, mode);
    });
  }
  RNNInputMode getInputMode() const noexcept override { return mode_; }
  void setDirection(RNNDirection direction) noexcept override {
    guarded(reporter(), [&] {
      if (direction != RNNDirection::kUNIDIRECTION && direction != RNNDirection::kBIDIRECTION)
        fail("there is no direction ", static_cast<int>(direction));
      set(direction_, direction);
    });
  }
  RNNDirection getDirection() const noexcept override { return direction_; }
  void setWeightsForGate(int32_t layer, RNNGateType gate, bool on_input, Weights weights) noexcept override {
    keep(weights_, layer, gate, on_input, weights);
  }
  Weights getWeightsForGate(int32_t layer, RNNGateType gate, bool on_input) const noexcept override {
    return kept(weights_, layer, gate, on_input);
  }
  void setBiasForGate(int32_t layer, RNNGateType gate, bool on_input, Weights bias) noexcept override {
    keep(biases_, layer, gate, on_input, bias);
  }
  Weights getBiasForGate(int32_t layer, RNNGateType gate, bool on_input) const noexcept override {
    return kept(biases_, layer, gate, on_input);
  }
  void setHiddenState(ITensor& hidden) noexcept override { set_input(kHidden, hidden); }
  ITensor* getHiddenState() const noexcept override { return input(kHidden); }
  void setCellState(ITensor& cell) noexcept override { set_input(kCell, cell); }
  ITensor* getCellState() const noexcept override { return input(kCell); }

 private:
  using Key = std::tuple<int32_t, RNNGateType, bool>;
  using Gates = std::map<Key, Weights>;

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (RNN): ", parts...);
  }
  static void check(RNNOperation op) {
    if (!is_enumerator(op))
      throw Error(ErrorCode::kInvalidArgument, "rnn: there is no operation ", static_cast<int>(op));
  }
  /// Weights that no gate of the layer reads would be left out in silence.
  void check_gates(const Gates& gates) const {
    const std::span<const RNNGateType> own = gates_of(op_);
    for (const auto& [key, weights] : gates) {
      const auto& [layer, gate, on_input] = key;
      if (layer >= layers_ * directions())
        fail("there are weights for layer ", layer, ", and only ", layers_ * directions(), " layers and directions");
      if (std::find(own.begin(), own.end(), gate) == own.end())
        fail("there are weights for gate ", static_cast<int>(gate), ", which the operation has not");
    }
  }
  int directions() const { return direction_ == RNNDirection::kBIDIRECTION ? 2 : 1; }
  void keep(Gates& gates, int32_t layer, RNNGateType gate, bool on_input, const Weights& weights) noexcept {
    guarded(reporter(), [&] {
      if (layer < 0 || layer >= 2 * layers_)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (RNN): there is no layer ", layer);
      gates[{layer, gate, on_input}] = weights;
      touch();
    });
  }
  static Weights kept(const Gates& gates, int32_t layer, RNNGateType gate, bool on_input) {
    const auto found = gates.find({layer, gate, on_input});
    return found == gates.end() ? Weights{DataType::kFLOAT, nullptr, 0} : found->second;
  }

  ir::Value* matrix(Lowering& graph, int layer, bool on_input, int64_t columns) const;
  ir::Value* bias(Lowering& graph, int layer) const;
  ir::Value* initial(Lowering& graph, Input which, int layer, const Dim& batch) const;
  const ir::Node* recurrent(Lowering& graph, int layer, ir::Value* x, const Dim& batch) const;

  int32_t layers_, hidden_, length_;
  RNNOperation op_;
  RNNInputMode mode_ = RNNInputMode::kLINEAR;
  RNNDirection direction_ = RNNDirection::kUNIDIRECTION;
  Gates weights_, biases_;
};

/// The gates' matrices of one layer: [directions, gates * H, columns].
ir::Value* Recurrent::matrix(Lowering& graph, int layer, bool on_input, int64_t columns) const {
  const DType type = graph.input(kSequence)->dtype();
  const bool skipped = on_input && layer == 0 && mode_ == RNNInputMode::kSKIP;
  if (skipped && columns != hidden_)
    fail("input mode kSKIP needs a width of the hidden size ", hidden_, ", got ", columns);
  std::vector<ir::Value*> parts;
  for (int d = 0; d < directions(); ++d)
    for (RNNGateType gate : gates_of(op_)) {
      const Weights w = kept(weights_, layer * directions() + d, gate, on_input);
      if (skipped) {
        parts.push_back(graph.identity_matrix(type, hidden_));
        continue;
      }
      if (w.count == 0)
        fail("gate ", static_cast<int>(gate), " of layer ", layer * directions() + d, " has no weights on the ",
             on_input ? "input" : "hidden state");
      parts.push_back(graph.cast(graph.weights(w, {hidden_, columns}, "weights"), type));
    }
  const auto rows = static_cast<int64_t>(gates_of(op_).size()) * hidden_;
  return graph.reshape(graph.add(ops::Concat{.axis = 0}, parts), {Dim(directions()), Dim(rows), Dim(columns)});
}

/// [directions, 2 * gates * H], those on the input first; gates without a bias have 0.
ir::Value* Recurrent::bias(Lowering& graph, int layer) const {
  const DType type = graph.input(kSequence)->dtype();
  std::vector<ir::Value*> parts;
  for (int d = 0; d < directions(); ++d)
    for (const bool on_input : {true, false})
      for (RNNGateType gate : gates_of(op_)) {
        const Weights b = kept(biases_, layer * directions() + d, gate, on_input);
        parts.push_back(b.count == 0 ? graph.zeros(type, hidden_)
                                     : graph.cast(graph.weights(b, {hidden_}, "bias"), type));
      }
  const auto width = 2 * static_cast<int64_t>(gates_of(op_).size()) * hidden_;
  return graph.reshape(graph.add(ops::Concat{.axis = 0}, parts), {Dim(directions()), Dim(width)});
}

/// [directions, B, H] of one layer from [N..., L, H].
ir::Value* Recurrent::initial(Lowering& graph, Input which, int layer, const Dim& batch) const {
  const Dim all(int64_t{layers_} * directions()), h(hidden_);
  ir::Value* state = graph.add(ops::Transpose{.perm = {1, 0, 2}}, {graph.reshape(graph.input(which), {batch, all, h})});
  const ops::Slice own{.start = {Dim(layer * directions()), Dim(0), Dim(0)}, .size = {Dim(directions()), batch, h}};
  return graph.add(own, {state});
}

const ir::Node* Recurrent::recurrent(Lowering& graph, int layer, ir::Value* x, const Dim& batch) const {
  const ops::Direction direction = directions() == 2 ? ops::Direction::bidirectional : ops::Direction::forward;
  const Dim& width = x->shape()[2];
  if (!width.is_constant()) fail("the width of the input ", x->type(), " must be constant");
  std::vector<ir::Value*> inputs{x, matrix(graph, layer, true, width.constant()), matrix(graph, layer, false, hidden_),
                                 bias(graph, layer)};
  const auto common = [&](auto op) {
    op.hidden_size = hidden_;
    op.direction = direction;
    op.has_bias = true;
    if (ir::Value* lengths = graph.optional_input(kLengths)) {
      op.has_sequence_lengths = true;
      inputs.push_back(graph.cast(graph.reshape(lengths, {batch}), DType::i32));
    }
    if (graph.optional_input(kHidden) != nullptr) {
      op.has_initial_h = true;
      inputs.push_back(initial(graph, kHidden, layer, batch));
    }
    return op;
  };
  if (op_ == RNNOperation::kLSTM) {
    auto lstm = common(ops::Lstm{});
    if (graph.optional_input(kCell) != nullptr) {
      lstm.has_initial_c = true;
      inputs.push_back(initial(graph, kCell, layer, batch));
    }
    return graph.add(lstm, inputs)->producer();
  }
  if (op_ == RNNOperation::kGRU) {
    auto gru = common(ops::Gru{});
    gru.linear_before_reset = true;
    return graph.add(gru, inputs)->producer();
  }
  auto plain = common(ops::Rnn{});
  if (op_ == RNNOperation::kRELU) plain.activations = directions() == 2 ? "relu,relu" : "relu";
  return graph.add(plain, inputs)->producer();
}

void Recurrent::lower(Lowering& graph) const {
  ir::Value* x = graph.input(kSequence);
  check_gates(weights_);
  check_gates(biases_);
  if (x->rank() < 2) fail("the input is ", x->type(), ", expected [N..., S, E]");
  std::vector<Dim> outer = dims_of(x);
  const Dim width = outer.back(), length = outer[outer.size() - 2];
  outer.resize(outer.size() - 2);
  if (length.is_constant() && length.constant() != length_)
    fail("the sequences have length ", length, ", the layer was made for ", length_);
  Dim batch(1);
  for (const Dim& d : outer) batch = batch * d;

  x = graph.add(ops::Transpose{.perm = {1, 0, 2}}, {graph.reshape(x, {batch, length, width})});
  const Dim wide(int64_t{directions()} * hidden_);
  std::vector<ir::Value*> hidden, cell;
  for (int layer = 0; layer < layers_; ++layer) {
    const ir::Node* node = recurrent(graph, layer, x, batch);
    hidden.push_back(node->output(1));
    if (op_ == RNNOperation::kLSTM) cell.push_back(node->output(2));
    // [S, directions, B, H] -> [S, B, directions * H], what the next layer takes.
    x = graph.add(ops::Transpose{.perm = {0, 2, 1, 3}}, {node->output(0)});
    x = graph.reshape(x, {length, batch, wide});
  }
  const auto with_outer = [&](ir::Value* v, const Dim& rows, const Dim& columns) {
    std::vector<Dim> dims = outer;
    dims.insert(dims.end(), {rows, columns});
    return graph.reshape(graph.add(ops::Transpose{.perm = {1, 0, 2}}, {v}), dims);
  };
  const auto joined = [&](const std::vector<ir::Value*>& states) {
    return with_outer(graph.add(ops::Concat{.axis = 0}, states), Dim(int64_t{layers_} * directions()), Dim(hidden_));
  };
  graph.output(0, with_outer(x, length, wide));
  graph.output(1, joined(hidden));
  if (op_ == RNNOperation::kLSTM) graph.output(2, joined(cell));
}

}  // namespace

IRNNv2Layer* Network::addRNNv2(ITensor& input, int32_t layers, int32_t hidden, int32_t length,
                               RNNOperation op) noexcept {
  return add<Recurrent>([&] { return std::make_unique<Recurrent>(*this, own(input), layers, hidden, length, op); });
}

}  // namespace dvt::api
