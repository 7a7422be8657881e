#include "ops/data/quantize.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/build/quantization.h"
#include "api/convert.h"

namespace dvt::api {
namespace {

/// Quantize and dequantize: the same attributes, another operator.
template <class Interface, bool kToInteger>
class QuantizeLayer final : public LayerOf<Interface> {
 public:
  QuantizeLayer(Network& network, Tensor& input, Tensor& scale, DataType to)
      : LayerOf<Interface>(network, kToInteger ? LayerType::kQUANTIZE : LayerType::kDEQUANTIZE,
                           kToInteger ? "Quantize" : "Dequantize", {&input, &scale}),
        to_(to) {
    to_dtype(to);
  }
  int max_inputs() const override { return 3; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    ir::Value* scale = graph.input(1);
    const ScaleLayout layout = scale_layout(x, scale, axis_, blocks_, this->name());
    ir::Value* zero = graph.optional_input(2);
    const DType quantized_type = kToInteger ? to_dtype(to_) : x->dtype();
    // Zero points of a wider type are what programs have at hand; of floating types there are none but 0.
    if (zero != nullptr && is_floating(quantized_type)) {
      check_zero(*zero, quantized_type);
      zero = nullptr;
    }
    if (zero != nullptr) zero = graph.cast(zero, quantized_type);
    graph.output(0, kToInteger ? quantized(graph, x, scale, zero, layout, to_dtype(to_))
                               : dequantized(graph, x, scale, zero, layout, to_dtype(to_)));
  }

  int32_t getAxis() const noexcept override { return axis_; }
  void setAxis(int32_t axis) noexcept override { this->set(axis_, axis); }
  bool setBlockShape(Dims const& blocks) noexcept override {
    return guarded(this->reporter(), [&] {
      for (int64_t extent : to_vector(blocks, "the block shape"))
        if (extent < 1 && extent != -1)
          throw Error(ErrorCode::kInvalidArgument, "layer '", this->name(), "' (", this->type_name(),
                      "): the block shape has extent ", extent, "; extents are positive, or -1 for all");
      this->set(blocks_, blocks);
    });
  }
  Dims getBlockShape() const noexcept override { return blocks_; }
  void setToType(DataType to) noexcept override {
    guarded(this->reporter(), [&] {
      to_dtype(to);
      this->set(to_, to);
    });
  }
  DataType getToType() const noexcept override { return to_; }

 private:
  void check_zero(const ir::Value& zero, DType quantized_type) const {
    if (!zero.is_constant()) return;
    const ops::ReadView view = zero.view();
    for (int64_t i = 0; i < view.volume(); ++i)
      if (view.get(i) != 0)
        throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(),
                    "): the zero point is ", view.get(i), "; floating types such as ", quantized_type,
                    " have none but 0");
  }

  DataType to_;
  int32_t axis_ = -1;
  Dims blocks_{};
};

class DynamicQuantize final : public LayerOf<IDynamicQuantizeLayer> {
 public:
  DynamicQuantize(Network& network, Tensor& input, const Dims& blocks, DataType to, DataType scale_type)
      : LayerOf(network, LayerType::kDYNAMIC_QUANTIZE, "DynamicQuantize", {&input}, 2),
        blocks_(blocks),
        to_(checked(to)),
        scale_type_(checked_scale(scale_type)) {}
  DynamicQuantize(Network& network, Tensor& input, int32_t axis, int32_t size, DataType to, DataType scale_type)
      : DynamicQuantize(network, input, Dims{}, to, scale_type) {
    axis_ = axis;
    size_ = size;
    if (size < 1) throw Error(ErrorCode::kInvalidArgument, "dynamic quantization: the block size is ", size);
  }
  int max_inputs() const override { return 2; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    if (!is_floating(x->dtype()) || x->rank() < 1)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (DynamicQuantize): the input is ", x->type(),
                  ", expected floating point of rank 1 or more");
    const DynamicQuantization q =
        quantize_dynamically(graph, x, blocks(x), graph.optional_input(1), to_dtype(to_), to_dtype(scale_type_));
    graph.output(0, q.values);
    graph.output(1, q.scales);
  }

  void setToType(DataType to) noexcept override {
    guarded(reporter(), [&] { set(to_, checked(to)); });
  }
  DataType getToType() const noexcept override { return to_; }
  void setScaleType(DataType type) noexcept override {
    guarded(reporter(), [&] { set(scale_type_, checked_scale(type)); });
  }
  DataType getScaleType() const noexcept override { return scale_type_; }
  void setAxis(int32_t axis) noexcept override { set(axis_, axis); }
  int32_t getAxis() const noexcept override { return axis_; }
  void setBlockSize(int32_t size) noexcept override { set(size_, size); }
  int32_t getBlockSize() const noexcept override { return size_; }
  void setBlockShape(Dims const& blocks) noexcept override { set(blocks_, blocks); }
  Dims getBlockShape() const noexcept override { return blocks_; }

 private:
  static DataType checked(DataType to) {
    if (to != DataType::kFP4 && to != DataType::kFP8 && to != DataType::kINT8)
      throw Error(ErrorCode::kInvalidArgument, "dynamic quantization: the output type ", static_cast<int>(to),
                  " is none of kFP4, kFP8 and kINT8");
    return to;
  }
  static DataType checked_scale(DataType type) {
    if (type != DataType::kFP8 && type != DataType::kE8M0 && type != DataType::kFLOAT)
      throw Error(ErrorCode::kInvalidArgument, "dynamic quantization: the scale type ", static_cast<int>(type),
                  " is none of kFP8, kE8M0 and kFLOAT");
    return type;
  }
  std::vector<int64_t> blocks(const ir::Value* x) const {
    if (blocks_.nbDims > 0) return block_shape(blocks_, x, name());
    const std::optional<int> axis = normalize_axis(axis_, x->rank());
    if (!axis || size_ < 1)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (DynamicQuantize): axis ", axis_, " with block size ",
                  size_, " does not fit ", x->type());
    std::vector<int64_t> list(static_cast<size_t>(x->rank()), 1);
    list[static_cast<size_t>(*axis)] = size_;
    return list;
  }

  Dims blocks_;
  DataType to_, scale_type_;
  int32_t axis_ = -1, size_ = 0;
};

using Quantizing = QuantizeLayer<IQuantizeLayer, true>;
using Dequantizing = QuantizeLayer<IDequantizeLayer, false>;

}  // namespace

IQuantizeLayer* Network::addQuantize(ITensor& input, ITensor& scale, DataType to) noexcept {
  return add<Quantizing>([&] { return std::make_unique<Quantizing>(*this, own(input), own(scale), to); });
}

IDequantizeLayer* Network::addDequantize(ITensor& input, ITensor& scale, DataType to) noexcept {
  return add<Dequantizing>([&] { return std::make_unique<Dequantizing>(*this, own(input), own(scale), to); });
}

IDynamicQuantizeLayer* Network::addDynamicQuantize(ITensor& input, int32_t axis, int32_t size, DataType to,
                                                   DataType scale_type) noexcept {
  return add<DynamicQuantize>(
      [&] { return std::make_unique<DynamicQuantize>(*this, own(input), axis, size, to, scale_type); });
}

IDynamicQuantizeLayer* Network::addDynamicQuantizeV2(ITensor& input, Dims const& blocks, DataType to,
                                                     DataType scale_type) noexcept {
  return add<DynamicQuantize>(
      [&] { return std::make_unique<DynamicQuantize>(*this, own(input), blocks, to, scale_type); });
}

}  // namespace dvt::api
