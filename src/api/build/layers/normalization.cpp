#include "ops/nn/normalization.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

class NormalizationLayer final : public LayerOf<INormalizationLayer> {
 public:
  NormalizationLayer(Network& network, Tensor& input, Tensor& scale, Tensor& bias, uint32_t axes, bool v2)
      : LayerOf(network, LayerType::kNORMALIZATION, "Normalization", {&input, &scale, &bias}), axes_(axes), v2_(v2) {}

  // Which of the operator's kinds the axes describe; what fits none is written out.
  void lower(Lowering& graph) const override {
    const int rank = graph.input(0)->rank();
    const std::vector<int64_t> axes = axes_of(axes_, rank, "normalization");
    if (axes.empty()) fail("no axes are set");
    const bool trailing = axes.back() == rank - 1 && axes.front() == rank - static_cast<int64_t>(axes.size());
    if (groups_ > 1) {
      if (!trailing || axes.front() != 2)
        fail(groups_, " groups of channels are normalized over all dimensions behind the channels; the axes are ",
             axes_, " for ", graph.input(0)->type());
      return lower_groups(graph, rank);
    }
    if (trailing && axes.front() == 2 && is_per_channel(graph.input(1)) && is_per_channel(graph.input(2)))
      return graph.output(0, per_channel(graph, {.kind = ops::Normalization::Kind::instance, .epsilon = epsilon_}));
    if (trailing && fits(graph.input(1), axes.size()) && fits(graph.input(2), axes.size()))
      return lower_layer(graph, axes.front());
    lower_general(graph, axes);
  }

  void setEpsilon(float epsilon) noexcept override { set(epsilon_, epsilon); }
  float getEpsilon() const noexcept override { return epsilon_; }
  void setAxes(uint32_t axes) noexcept override { set(axes_, axes); }
  uint32_t getAxes() const noexcept override { return axes_; }
  void setNbGroups(int64_t groups) noexcept override {
    guarded(reporter(), [&] {
      if (groups < 1) fail("the number of groups is ", groups, "; it must be 1 or more");
      set(groups_, groups);
    });
  }
  int64_t getNbGroups() const noexcept override { return groups_; }
  // The library always computes statistics in f32 or better.
  void setComputePrecision(DataType type) noexcept override {
    guarded(reporter(), [&] {
      if (!is_floating(to_dtype(type))) fail("statistics are computed in a floating type, not in ", to_dtype(type));
      compute_precision_ = type;
    });
  }
  DataType getComputePrecision() const noexcept override { return compute_precision_; }
  bool isV2() const noexcept override { return v2_; }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Normalization): ", parts...);
  }
  /// [1, C, 1…].
  static bool is_per_channel(const ir::Value* v) {
    if (v->rank() < 2) return false;
    for (int i = 0; i < v->rank(); ++i)
      if (i != 1 && v->shape()[i] != Dim(1)) return false;
    return true;
  }
  /// Only the last `count` dims differ from 1.
  static bool fits(const ir::Value* v, size_t count) {
    for (int i = 0; i < v->rank() - static_cast<int>(count); ++i)
      if (v->shape()[i] != Dim(1)) return false;
    return true;
  }
  /// The trailing dims of a scale or bias: what the operator broadcasts from the right.
  static ir::Value* trailing_dims(Lowering& graph, ir::Value* v, size_t count) {
    if (v->rank() <= static_cast<int>(count)) return v;
    const std::vector<Dim> dims = dims_of(v);
    return graph.reshape(v, {dims.end() - static_cast<std::ptrdiff_t>(count), dims.end()});
  }

  ir::Value* per_channel(Lowering& graph, ops::Normalization op) const {
    op.has_scale = op.has_bias = true;
    const auto vector = [&](ir::Value* v) { return graph.reshape(v, {v->shape()[1]}); };
    return graph.add(op, {graph.input(0), vector(graph.input(1)), vector(graph.input(2))});
  }

  void lower_layer(Lowering& graph, int64_t first) const {
    const size_t count = static_cast<size_t>(graph.input(0)->rank() - first);
    const ops::Normalization op{.kind = ops::Normalization::Kind::layer,
                                .axis = first,
                                .epsilon = epsilon_,
                                .has_scale = true,
                                .has_bias = true};
    graph.output(0, graph.add(op, {graph.input(0), trailing_dims(graph, graph.input(1), count),
                                   trailing_dims(graph, graph.input(2), count)}));
  }

  void lower_groups(Lowering& graph, int rank) const {
    ops::Normalization op{.kind = ops::Normalization::Kind::group, .groups = groups_, .epsilon = epsilon_};
    for (int i : {1, 2})
      if (!is_per_channel(graph.input(i)))
        fail(i == 1 ? "the scale is " : "the bias is ", graph.input(i)->type(), ", expected [1, ",
             v2_ ? "channels" : "groups", ", 1...] with ", groups_, " groups");
    if (v2_ || graph.input(1)->shape()[1] == graph.input(0)->shape()[1]) return graph.output(0, per_channel(graph, op));
    // One scale and bias a group, [1, G, 1…].
    ir::Value* x = graph.input(0);
    ir::Value* y = graph.add(op, {x});
    std::vector<Dim> split = dims_of(x);
    split[1] = floordiv(split[1], Dim(groups_));
    split.insert(split.begin() + 1, Dim(groups_));
    y = graph.reshape(y, split);
    std::vector<Dim> wide(static_cast<size_t>(rank), Dim(1));
    wide[0] = Dim(groups_);
    y = graph.apply(ExprOp::mul, {y, graph.reshape(graph.input(1), wide)});
    y = graph.apply(ExprOp::add, {y, graph.reshape(graph.input(2), wide)});
    graph.output(0, graph.reshape(y, dims_of(x)));
  }

  void lower_general(Lowering& graph, const std::vector<int64_t>& axes) const {
    ir::Value* x = graph.input(0);
    const ops::Reduce mean{.kind = ops::Reduce::Kind::mean, .axes = axes, .keep_dims = true};
    ir::Value* centred = graph.apply(ExprOp::sub, {x, graph.add(mean, {x})});
    ir::Value* variance = graph.add(mean, {graph.apply(ExprOp::mul, {centred, centred})});
    ir::Value* shifted = graph.apply(ExprOp::add, {variance, graph.scalar(x->dtype(), epsilon_)});
    ir::Value* y = graph.apply(ExprOp::mul, {centred, graph.apply(ExprOp::rsqrt, {shifted})});
    y = graph.apply(ExprOp::mul, {y, graph.input(1)});
    graph.output(0, graph.apply(ExprOp::add, {y, graph.input(2)}));
  }

  uint32_t axes_;
  bool v2_;
  float epsilon_ = 1e-5F;
  int64_t groups_ = 1;
  DataType compute_precision_ = DataType::kFLOAT;
};

}  // namespace

INormalizationLayer* Network::addNormalization(ITensor& input, ITensor& scale, ITensor& bias, uint32_t axes) noexcept {
  return add<NormalizationLayer>(
      [&] { return std::make_unique<NormalizationLayer>(*this, own(input), own(scale), own(bias), axes, false); });
}

INormalizationLayer* Network::addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                                 uint32_t axes) noexcept {
  return add<NormalizationLayer>(
      [&] { return std::make_unique<NormalizationLayer>(*this, own(input), own(scale), own(bias), axes, true); });
}

}  // namespace dvt::api
