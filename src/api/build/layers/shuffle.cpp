#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/reshape.h"
#include "ops/data/transpose.h"

namespace dvt::api {
namespace {

class Shuffle final : public LayerOf<IShuffleLayer> {
 public:
  Shuffle(Network& network, Tensor& input) : LayerOf(network, LayerType::kSHUFFLE, "Shuffle", {&input}) {}
  int max_inputs() const override { return 2; }
  bool is_shape_input(int i) const override { return i == 1; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    if (first_) x = transposed(graph, x, *first_);
    if (graph.optional_input(1) != nullptr)
      x = graph.reshape_to_input(x, 1, !zero_is_placeholder_);
    else if (dims_)
      x = reshaped(graph, x);
    if (second_) x = transposed(graph, x, *second_);
    graph.output(0, x);
  }

  void setFirstTranspose(Permutation order) noexcept override { set(first_, std::optional(order)); }
  Permutation getFirstTranspose() const noexcept override { return shown(first_); }
  void setReshapeDimensions(Dims const& dims) noexcept override { set(dims_, std::optional(dims)); }
  Dims getReshapeDimensions() const noexcept override { return dims_.value_or(invalid_dims()); }
  void setSecondTranspose(Permutation order) noexcept override { set(second_, std::optional(order)); }
  Permutation getSecondTranspose() const noexcept override { return shown(second_); }
  void setZeroIsPlaceholder(bool yes) noexcept override { set(zero_is_placeholder_, yes); }
  bool getZeroIsPlaceholder() const noexcept override { return zero_is_placeholder_; }

 private:
  static Permutation shown(const std::optional<Permutation>& order) {
    if (order) return *order;
    Permutation identity{};
    for (int i = 0; i < Dims::MAX_DIMS; ++i) identity.order[i] = i;
    return identity;
  }

  ir::Value* transposed(Lowering& graph, ir::Value* x, const Permutation& order) const {
    if (x->rank() > Dims::MAX_DIMS)
      throw Error(ErrorCode::kUnsupported, "layer '", name(), "' (Shuffle): a permutation has ", int{Dims::MAX_DIMS},
                  " elements, ", x->type(), " has rank ", x->rank());
    return graph.add(ops::Transpose{.perm = {order.order, order.order + x->rank()}}, {x});
  }

  ir::Value* reshaped(Lowering& graph, ir::Value* x) const {
    std::vector<Dim> shape;
    for (int64_t d : to_vector(*dims_, concat("the reshape dimensions of layer '", name(), "'"))) shape.push_back(d);
    return graph.add(ops::Reshape{.shape = std::move(shape), .allow_zero = !zero_is_placeholder_}, {x});
  }

  std::optional<Permutation> first_, second_;
  std::optional<Dims> dims_;
  bool zero_is_placeholder_ = true;
};

/// Squeeze and unsqueeze: a reshape whose axes are input 1.
template <class Interface, bool kInsert>
class AxesReshape final : public LayerOf<Interface> {
 public:
  AxesReshape(Network& network, Tensor& input, Tensor& axes)
      : LayerOf<Interface>(network, kInsert ? LayerType::kUNSQUEEZE : LayerType::kSQUEEZE,
                           kInsert ? "Unsqueeze" : "Squeeze", {&input, &axes}) {}
  bool is_shape_input(int i) const override { return i == 1; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    const std::vector<int64_t> axes = graph.known_constants(1, "the axes");
    const int rank = x->rank() + (kInsert ? static_cast<int>(axes.size()) : 0);
    std::vector<bool> chosen(static_cast<size_t>(rank), false);
    for (int64_t axis : axes) {
      const std::optional<int> normal = normalize_axis(axis, rank);
      if (!normal || chosen[static_cast<size_t>(*normal)])
        throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): axis ", axis,
                    " is outside rank ", rank, " or there twice");
      chosen[static_cast<size_t>(*normal)] = true;
    }
    graph.output(0, graph.reshape(x, kInsert ? inserted(x, chosen) : removed(x, chosen)));
  }

 private:
  static std::vector<Dim> inserted(const ir::Value* x, const std::vector<bool>& chosen) {
    std::vector<Dim> dims;
    int next = 0;
    for (bool is_new : chosen) dims.push_back(is_new ? Dim(1) : x->shape()[next++]);
    return dims;
  }
  std::vector<Dim> removed(const ir::Value* x, const std::vector<bool>& chosen) const {
    std::vector<Dim> dims;
    for (int i = 0; i < x->rank(); ++i) {
      const Dim& d = x->shape()[i];
      if (!chosen[static_cast<size_t>(i)])
        dims.push_back(d);
      else if (d.is_constant() && d.constant() != 1)
        throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (Squeeze): dimension ", i, " of ", x->type(),
                    " is ", d, ", not 1");
    }
    return dims;
  }
};

using Squeeze = AxesReshape<ISqueezeLayer, false>;
using Unsqueeze = AxesReshape<IUnsqueezeLayer, true>;

}  // namespace

IShuffleLayer* Network::addShuffle(ITensor& input) noexcept {
  return add<Shuffle>([&] { return std::make_unique<Shuffle>(*this, own(input)); });
}
ISqueezeLayer* Network::addSqueeze(ITensor& input, ITensor& axes) noexcept {
  return add<Squeeze>([&] { return std::make_unique<Squeeze>(*this, own(input), own(axes)); });
}
IUnsqueezeLayer* Network::addUnsqueeze(ITensor& input, ITensor& axes) noexcept {
  return add<Unsqueeze>([&] { return std::make_unique<Unsqueeze>(*this, own(input), own(axes)); });
}

}  // namespace dvt::api
