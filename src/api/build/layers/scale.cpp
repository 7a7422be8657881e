#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

class Scale final : public LayerOf<IScaleLayer> {
 public:
  Scale(Network& network, Tensor& input, ScaleMode mode, const Weights& shift, const Weights& scale,
        const Weights& power, int32_t axis)
      : LayerOf(network, LayerType::kSCALE, "Scale", {&input}),
        mode_(mode),
        shift_(shift),
        scale_(scale),
        power_(power),
        axis_(axis) {
    check(mode);
  }

  void lower(Lowering& graph) const override {
    ir::Value* y = graph.input(0);
    y = applied(graph, y, ExprOp::mul, scale_, "scale");
    y = applied(graph, y, ExprOp::add, shift_, "shift");
    y = applied(graph, y, ExprOp::pow, power_, "power");
    graph.output(0, y);
  }

  void setMode(ScaleMode mode) noexcept override {
    guarded(reporter(), [&] {
      check(mode);
      set(mode_, mode);
    });
  }
  ScaleMode getMode() const noexcept override { return mode_; }
  void setShift(Weights shift) noexcept override { set(shift_, shift); }
  Weights getShift() const noexcept override { return shift_; }
  void setScale(Weights scale) noexcept override { set(scale_, scale); }
  Weights getScale() const noexcept override { return scale_; }
  void setPower(Weights power) noexcept override { set(power_, power); }
  Weights getPower() const noexcept override { return power_; }
  void setChannelAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getChannelAxis() const noexcept override { return axis_; }

 private:
  static void check(ScaleMode mode) {
    if (!is_enumerator(mode))
      throw Error(ErrorCode::kInvalidArgument, "scale: there is no mode ", static_cast<int>(mode));
  }
  ir::Value* applied(Lowering& graph, ir::Value* y, ExprOp op, const Weights& weights, std::string_view role) const {
    if (weights.count == 0) return y;
    ir::Value* operand = graph.weights(weights, weight_dims(y, weights.count), role);
    return graph.apply(op, {y, graph.parameter(operand, y->dtype(), role)});
  }

  /// Dims that broadcast to x from the right.
  std::vector<int64_t> weight_dims(const ir::Value* x, int64_t count) const {
    if (mode_ == ScaleMode::kUNIFORM) return {};
    if (axis_ < 0 || axis_ >= x->rank())
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Scale): channel axis ", axis_, " is outside rank ",
                  x->rank());
    if (mode_ == ScaleMode::kCHANNEL) {
      std::vector<int64_t> dims(static_cast<size_t>(x->rank() - axis_), 1);
      dims[0] = count;
      return dims;
    }
    std::vector<int64_t> dims;
    for (int i = axis_; i < x->rank(); ++i) {
      if (!x->shape()[i].is_constant())
        throw Error(ErrorCode::kInvalidModel, "layer '", name(),
                    "' (Scale): elementwise weights need constant dims, got ", x->type());
      dims.push_back(x->shape()[i].constant());
    }
    return dims;
  }

  ScaleMode mode_;
  Weights shift_, scale_, power_;
  int32_t axis_;
};

}  // namespace

IScaleLayer* Network::addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale, Weights power,
                                 int32_t axis) noexcept {
  return add<Scale>([&] { return std::make_unique<Scale>(*this, own(input), mode, shift, scale, power, axis); });
}

}  // namespace dvt::api
