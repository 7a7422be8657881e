// Layers over rows of different lengths, as masks and indices.

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "ops/data/expand.h"
#include "ops/data/gather_elements.h"
#include "ops/data/range.h"
#include "ops/nn/softmax.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

/// 0, 1, … n - 1 as a vector of an integer type.
ir::Value* counted(Lowering& graph, const Dim& n, DType type) {
  return graph.add(ops::Range{.count = {n}}, {graph.scalar(type, 0), graph.scalar(type, 1)});
}

class RaggedSoftMax final : public LayerOf<IRaggedSoftMaxLayer> {
 public:
  RaggedSoftMax(Network& network, Tensor& input, Tensor& bounds)
      : LayerOf(network, LayerType::kRAGGED_SOFTMAX, "RaggedSoftMax", {&input, &bounds}) {}

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    ir::Value* bounds = graph.input(1);
    if (x->rank() < 1 || !is_integer(bounds->dtype()))
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (RaggedSoftMax): got ", x->type(), " and bounds ",
                  bounds->type(), ", expected rows and an integer for each");
    constexpr double kNever = -3e38;  // Its exponential is 0 beside any other element.
    ir::Value* position = counted(graph, x->shape()[x->rank() - 1], bounds->dtype());
    ir::Value* inside = graph.apply(ExprOp::lt, {position, bounds});
    ir::Value* masked = graph.apply(ExprOp::select, {inside, x, graph.scalar(x->dtype(), kNever)});
    ir::Value* y = graph.add(ops::Softmax{.axis = -1}, {masked});
    graph.output(0, graph.apply(ExprOp::select, {inside, y, graph.scalar(x->dtype(), 0)}));
  }
};

class ReverseSequence final : public LayerOf<IReverseSequenceLayer> {
 public:
  ReverseSequence(Network& network, Tensor& input, Tensor& lengths)
      : LayerOf(network, LayerType::kREVERSE_SEQUENCE, "ReverseSequence", {&input, &lengths}) {}

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    const int sequence = axis(sequence_axis_, x->rank()), batch = axis(batch_axis_, x->rank());
    if (sequence == batch)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (ReverseSequence): both axes are ", batch);
    const DType type = graph.input(1)->dtype();
    ir::Value* lengths = along(graph, graph.input(1), batch, x->rank());
    ir::Value* position = along(graph, counted(graph, x->shape()[sequence], type), sequence, x->rank());
    ir::Value* last = graph.apply(ExprOp::sub, {lengths, graph.scalar(type, 1)});
    ir::Value* mirrored = graph.apply(ExprOp::sub, {last, position});
    ir::Value* inside = graph.apply(ExprOp::lt, {position, lengths});
    ir::Value* indices = graph.apply(ExprOp::select, {inside, mirrored, position});
    indices = graph.add(ops::Expand{.shape = dims_of(x)}, {indices});
    graph.output(0, graph.add(ops::GatherElements{.axis = sequence}, {x, indices}));
  }

  void setBatchAxis(int32_t axis) noexcept override { set(batch_axis_, axis); }
  int32_t getBatchAxis() const noexcept override { return batch_axis_; }
  void setSequenceAxis(int32_t axis) noexcept override { set(sequence_axis_, axis); }
  int32_t getSequenceAxis() const noexcept override { return sequence_axis_; }

 private:
  int axis(int32_t given, int rank) const {
    const std::optional<int> normal = normalize_axis(given, rank);
    if (!normal)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (ReverseSequence): axis ", given, " is outside rank ",
                  rank);
    return *normal;
  }
  /// A vector that lies along one axis of a tensor of some rank.
  ir::Value* along(Lowering& graph, ir::Value* vector, int axis, int rank) const {
    if (vector->rank() != 1)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (ReverseSequence): the lengths are ", vector->type(),
                  ", expected a vector");
    std::vector<Dim> dims(static_cast<size_t>(rank), Dim(1));
    dims[static_cast<size_t>(axis)] = vector->shape()[0];
    return graph.reshape(vector, dims);
  }

  int32_t batch_axis_ = 1, sequence_axis_ = 0;
};

}  // namespace

IRaggedSoftMaxLayer* Network::addRaggedSoftMax(ITensor& input, ITensor& bounds) noexcept {
  return add<RaggedSoftMax>([&] { return std::make_unique<RaggedSoftMax>(*this, own(input), own(bounds)); });
}

IReverseSequenceLayer* Network::addReverseSequence(ITensor& input, ITensor& lengths) noexcept {
  return add<ReverseSequence>([&] { return std::make_unique<ReverseSequence>(*this, own(input), own(lengths)); });
}

}  // namespace dvt::api
