#include "ops/reduce/reduce.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/reduce/cumulative.h"
#include "ops/reduce/topk.h"

namespace dvt::api {
namespace {

class ReduceLayer final : public LayerOf<IReduceLayer> {
 public:
  ReduceLayer(Network& network, Tensor& input, ReduceOperation op, uint32_t axes, bool keep)
      : LayerOf(network, LayerType::kREDUCE, "Reduce", {&input}), op_(op), axes_(axes), keep_(keep) {
    to_kind(op);
  }
  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    const std::vector<int64_t> axes = axes_of(axes_, x->rank(), "reduce");
    if (axes.empty()) return graph.output(0, x);
    graph.output(0, graph.add(ops::Reduce{.kind = to_kind(op_), .axes = axes, .keep_dims = keep_}, {x}));
  }
  void setOperation(ReduceOperation op) noexcept override { set(op_, op); }
  ReduceOperation getOperation() const noexcept override { return op_; }
  void setReduceAxes(uint32_t axes) noexcept override { set(axes_, axes); }
  uint32_t getReduceAxes() const noexcept override { return axes_; }
  void setKeepDimensions(bool keep) noexcept override { set(keep_, keep); }
  bool getKeepDimensions() const noexcept override { return keep_; }

 private:
  static ops::Reduce::Kind to_kind(ReduceOperation op) {
    switch (op) {
      case ReduceOperation::kSUM:
        return ops::Reduce::Kind::sum;
      case ReduceOperation::kPROD:
        return ops::Reduce::Kind::prod;
      case ReduceOperation::kMAX:
        return ops::Reduce::Kind::max;
      case ReduceOperation::kMIN:
        return ops::Reduce::Kind::min;
      case ReduceOperation::kAVG:
        return ops::Reduce::Kind::mean;
      case ReduceOperation::kNONE:
        break;
    }
    throw Error(ErrorCode::kInvalidArgument, "reduce: operation ", static_cast<int>(op), " reduces nothing");
  }
  ReduceOperation op_;
  uint32_t axes_;
  bool keep_;
};

class TopKLayer final : public LayerOf<ITopKLayer> {
 public:
  TopKLayer(Network& network, Tensor& input, TopKOperation op, int32_t k, uint32_t axes, DataType indices)
      : LayerOf(network, LayerType::kTOPK, "TopK", {&input}, 2), op_(op), k_(k), axes_(axes), indices_(indices) {
    check(indices);
    check(op);
  }
  int max_inputs() const override { return 2; }
  bool is_shape_input(int i) const override { return i == 1; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    ops::TopK op{.axis = single_axis(axes_, x->rank(), "topk"), .largest = op_ == TopKOperation::kMAX};
    op.k = graph.optional_input(1) != nullptr ? graph.known(1, "k") : std::vector<Dim>{Dim(k_)};
    if (op.k.size() == 1) op.k[0] = graph.at_most(op.k[0], x->shape()[static_cast<int>(op.axis)]);
    ir::Value* values = graph.add(op, {x});
    graph.output(0, values);
    graph.output(1, graph.cast(values->producer()->output(1), to_dtype(indices_)));
  }

  void setOperation(TopKOperation op) noexcept override {
    guarded(reporter(), [&] {
      check(op);
      set(op_, op);
    });
  }
  TopKOperation getOperation() const noexcept override { return op_; }
  void setK(int32_t k) noexcept override { set(k_, k); }
  int32_t getK() const noexcept override { return k_; }
  void setReduceAxes(uint32_t axes) noexcept override { set(axes_, axes); }
  uint32_t getReduceAxes() const noexcept override { return axes_; }
  bool setIndicesType(DataType type) noexcept override {
    return guarded(reporter(), [&] {
      check(type);
      set(indices_, type);
    });
  }
  DataType getIndicesType() const noexcept override { return indices_; }

 private:
  static void check(TopKOperation op) {
    if (op != TopKOperation::kMAX && op != TopKOperation::kMIN)
      throw Error(ErrorCode::kInvalidArgument, "topk: there is no operation ", static_cast<int>(op));
  }
  static void check(DataType type) {
    if (type != DataType::kINT32 && type != DataType::kINT64)
      throw Error(ErrorCode::kInvalidArgument, "topk: indices must be INT32 or INT64");
  }
  TopKOperation op_;
  int32_t k_;
  uint32_t axes_;
  DataType indices_;
};

class CumulativeLayer final : public LayerOf<ICumulativeLayer> {
 public:
  CumulativeLayer(Network& network, Tensor& input, Tensor& axis, CumulativeOperation op, bool exclusive, bool reverse)
      : LayerOf(network, LayerType::kCUMULATIVE, "Cumulative", {&input, &axis}),
        exclusive_(exclusive),
        reverse_(reverse) {
    check(op);
  }
  bool is_shape_input(int i) const override { return i == 1; }
  void lower(Lowering& graph) const override {
    const std::vector<int64_t> axis = graph.known_constants(1, "the axis");
    if (axis.size() != 1)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Cumulative): the axis has ", axis.size(),
                  " elements, expected 1");
    graph.output(
        0, graph.add(ops::Cumulative{.axis = axis[0], .exclusive = exclusive_, .reverse = reverse_}, {graph.input(0)}));
  }
  bool setOperation(CumulativeOperation op) noexcept override {
    return guarded(reporter(), [&] { check(op); });
  }
  CumulativeOperation getOperation() const noexcept override { return CumulativeOperation::kSUM; }
  void setExclusive(bool yes) noexcept override { set(exclusive_, yes); }
  bool getExclusive() const noexcept override { return exclusive_; }
  void setReverse(bool yes) noexcept override { set(reverse_, yes); }
  bool getReverse() const noexcept override { return reverse_; }

 private:
  static void check(CumulativeOperation op) {
    if (op != CumulativeOperation::kSUM)
      throw Error(ErrorCode::kInvalidArgument, "there is no cumulative operation ", static_cast<int>(op));
  }
  bool exclusive_, reverse_;
};

}  // namespace

IReduceLayer* Network::addReduce(ITensor& input, ReduceOperation op, uint32_t axes, bool keep) noexcept {
  return add<ReduceLayer>([&] { return std::make_unique<ReduceLayer>(*this, own(input), op, axes, keep); });
}

ITopKLayer* Network::addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t axes, DataType indices) noexcept {
  return add<TopKLayer>([&] { return std::make_unique<TopKLayer>(*this, own(input), op, k, axes, indices); });
}

ICumulativeLayer* Network::addCumulative(ITensor& input, ITensor& axis, CumulativeOperation op, bool exclusive,
                                         bool reverse) noexcept {
  return add<CumulativeLayer>(
      [&] { return std::make_unique<CumulativeLayer>(*this, own(input), own(axis), op, exclusive, reverse); });
}

}  // namespace dvt::api
