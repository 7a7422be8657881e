#include "ops/data/gather.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/gather_elements.h"
#include "ops/data/gather_nd.h"
#include "ops/data/non_zero.h"
#include "ops/data/one_hot.h"
#include "ops/data/scatter_elements.h"
#include "ops/data/scatter_nd.h"
#include "ops/data/transpose.h"

namespace dvt::api {
namespace {

class GatherLayer final : public LayerOf<IGatherLayer> {
 public:
  GatherLayer(Network& network, Tensor& data, Tensor& indices, GatherMode mode)
      : LayerOf(network, LayerType::kGATHER, "Gather", {&data, &indices}), mode_(mode) {}

  void lower(Lowering& graph) const override {
    const std::vector<ir::Value*> inputs{graph.input(0), graph.input(1)};
    switch (mode_) {
      case GatherMode::kDEFAULT:
        if (batch_dims_ != 0) return graph.output(0, batched(graph, inputs[0], inputs[1]));
        return graph.output(0, graph.add(ops::Gather{.axis = axis_}, inputs));
      case GatherMode::kELEMENT:
        if (batch_dims_ != 0)
          fail("a gather of elements has no element-wise dims, got ", batch_dims_,
               "; its indices span every dimension");
        return graph.output(0, graph.add(ops::GatherElements{.axis = axis_}, inputs));
      case GatherMode::kND:
        return graph.output(0, graph.add(ops::GatherNd{.batch_dims = batch_dims_}, inputs));
    }
    throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (Gather): there is no mode ",
                static_cast<int>(mode_));
  }

  void setGatherAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getGatherAxis() const noexcept override { return axis_; }
  void setNbElementWiseDims(int32_t dims) noexcept override { set(batch_dims_, dims); }
  int32_t getNbElementWiseDims() const noexcept override { return batch_dims_; }
  void setMode(GatherMode mode) noexcept override { set(mode_, mode); }
  GatherMode getMode() const noexcept override { return mode_; }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Gather): ", parts...);
  }

  /// data [B..., P..., n, R...] at indices [B..., I...] gives [B..., P..., I..., R...]: the axis moves behind the
  /// batch dimensions, where a gather of tuples of one finds it, and what was before it moves back.
  ir::Value* batched(Lowering& graph, ir::Value* data, ir::Value* indices) const {
    const std::optional<int> axis = normalize_axis(axis_, data->rank());
    if (!axis) fail("axis ", axis_, " is outside ", data->type());
    const int batch = batch_dims_;
    if (batch < 0 || batch > *axis || batch > indices->rank())
      fail(batch, " element-wise dims do not fit indices ", indices->type(), " and axis ", *axis, " of ", data->type());
    ops::Transpose to_front;
    for (int i = 0; i < data->rank(); ++i)
      if (i < batch) to_front.perm.push_back(i);
    to_front.perm.push_back(*axis);
    for (int i = batch; i < data->rank(); ++i)
      if (i != *axis) to_front.perm.push_back(i);
    if (*axis != batch) data = graph.add(to_front, {data});
    std::vector<Dim> tuples = dims_of(indices);
    const int own = indices->rank() - batch;
    tuples.push_back(Dim(1));
    ir::Value* y = graph.add(ops::GatherNd{.batch_dims = batch}, {data, graph.reshape(indices, tuples)});
    if (*axis == batch) return y;
    ops::Transpose back;  // [B..., I..., P..., R...] -> [B..., P..., I..., R...]
    const int before = *axis - batch;
    for (int i = 0; i < batch; ++i) back.perm.push_back(i);
    for (int i = 0; i < before; ++i) back.perm.push_back(batch + own + i);
    for (int i = 0; i < own; ++i) back.perm.push_back(batch + i);
    for (int i = batch + own + before; i < y->rank(); ++i) back.perm.push_back(i);
    return graph.add(back, {y});
  }

  GatherMode mode_;
  int32_t axis_ = 0, batch_dims_ = 0;
};

class ScatterLayer final : public LayerOf<IScatterLayer> {
 public:
  ScatterLayer(Network& network, Tensor& data, Tensor& indices, Tensor& updates, ScatterMode mode)
      : LayerOf(network, LayerType::kSCATTER, "Scatter", {&data, &indices, &updates}), mode_(mode) {
    check(mode);
  }

  void lower(Lowering& graph) const override {
    ops::Op op = ops::ScatterNd{};
    if (mode_ == ScatterMode::kELEMENT) op = ops::ScatterElements{.axis = axis_};
    graph.output(0, graph.add(op, graph.inputs()));
  }

  void setMode(ScatterMode mode) noexcept override {
    guarded(reporter(), [&] {
      check(mode);
      set(mode_, mode);
    });
  }
  ScatterMode getMode() const noexcept override { return mode_; }
  void setAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getAxis() const noexcept override { return axis_; }

 private:
  static void check(ScatterMode mode) {
    if (mode != ScatterMode::kELEMENT && mode != ScatterMode::kND)
      throw Error(ErrorCode::kInvalidArgument, "scatter: there is no mode ", static_cast<int>(mode));
  }
  ScatterMode mode_;
  int32_t axis_ = 0;
};

class OneHotLayer final : public LayerOf<IOneHotLayer> {
 public:
  OneHotLayer(Network& network, Tensor& indices, Tensor& values, Tensor& depth, int32_t axis)
      : LayerOf(network, LayerType::kONE_HOT, "OneHot", {&indices, &values, &depth}), axis_(axis) {}
  bool is_shape_input(int i) const override { return i == 2; }
  void lower(Lowering& graph) const override {
    graph.output(
        0, graph.add(ops::OneHot{.axis = axis_}, {graph.input(0), graph.known_input(2, "the depth"), graph.input(1)}));
  }
  void setAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getAxis() const noexcept override { return axis_; }

 private:
  int32_t axis_;
};

class NonZeroLayer final : public LayerOf<INonZeroLayer> {
 public:
  NonZeroLayer(Network& network, Tensor& input, DataType indices)
      : LayerOf(network, LayerType::kNON_ZERO, "NonZero", {&input}), indices_(indices) {
    check(indices);
  }
  void lower(Lowering& graph) const override {
    ir::Value* indices = graph.add(ops::NonZero{}, {graph.input(0)});
    graph.output(0, graph.cast(indices, to_dtype(indices_)));
  }
  bool setIndicesType(DataType type) noexcept override {
    return guarded(reporter(), [&] {
      check(type);
      set(indices_, type);
    });
  }
  DataType getIndicesType() const noexcept override { return indices_; }

 private:
  static void check(DataType type) {
    if (type != DataType::kINT32 && type != DataType::kINT64)
      throw Error(ErrorCode::kInvalidArgument, "indices must be INT32 or INT64");
  }
  DataType indices_;
};

}  // namespace

IGatherLayer* Network::addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept {
  return add<GatherLayer>([&] { return std::make_unique<GatherLayer>(*this, own(data), own(indices), mode); });
}

IScatterLayer* Network::addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) noexcept {
  return add<ScatterLayer>(
      [&] { return std::make_unique<ScatterLayer>(*this, own(data), own(indices), own(updates), mode); });
}

IOneHotLayer* Network::addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept {
  return add<OneHotLayer>(
      [&] { return std::make_unique<OneHotLayer>(*this, own(indices), own(values), own(depth), axis); });
}

INonZeroLayer* Network::addNonZero(ITensor& input, DataType indices) noexcept {
  return add<NonZeroLayer>([&] { return std::make_unique<NonZeroLayer>(*this, own(input), indices); });
}

}  // namespace dvt::api
