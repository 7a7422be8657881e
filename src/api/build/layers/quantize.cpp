#include "ops/data/quantize.h"
#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/dequantize.h"

namespace dvt::api {
namespace {

/// Quantize and dequantize: the same attributes, another operator.
template <class Interface, class Op>
class QuantizeLayer final : public LayerOf<Interface> {
 public:
  QuantizeLayer(Network& network, LayerType type, std::string_view name, Tensor& input, Tensor& scale, DataType to)
      : LayerOf<Interface>(network, type, name, {&input, &scale}), to_(to) {
    to_dtype(to);
  }
  int max_inputs() const override { return 3; }

  void lower(Lowering& graph) const override {
    Op op;
    op.to = to_dtype(to_);
    op.axis = axis_;
    op.has_zero_point = graph.optional_input(2) != nullptr;
    set_blocks(op, graph.input(0)->rank());
    graph.output(0, graph.add(op, graph.inputs()));
  }

  int32_t getAxis() const noexcept override { return axis_; }
  void setAxis(int32_t axis) noexcept override { this->set(axis_, axis); }
  bool setBlockShape(Dims const& blocks) noexcept override {
    this->set(blocks_, blocks);
    return true;
  }
  Dims getBlockShape() const noexcept override { return blocks_; }
  void setToType(DataType to) noexcept override { this->set(to_, to); }
  DataType getToType() const noexcept override { return to_; }

 private:
  /// A block shape has one extent other than 1, along the axis of the blocks.
  void set_blocks(Op& op, int rank) const {
    if (blocks_.nbDims <= 0) return;
    int found = 0;
    for (int i = 0; i < blocks_.nbDims; ++i) {
      if (blocks_.d[i] == 1) continue;
      op.axis = i;
      op.block_size = blocks_.d[i];
      ++found;
    }
    if (blocks_.nbDims != rank || found != 1 || op.block_size < 1)
      throw Error(ErrorCode::kUnsupported, "layer '", this->name(), "' (", this->type_name(),
                  "): the block shape must have one extent per dimension of the input, all but one of them 1");
  }

  DataType to_;
  int32_t axis_ = 1;
  Dims blocks_ = invalid_dims();
};

using Quantizing = QuantizeLayer<IQuantizeLayer, ops::Quantize>;
using Dequantizing = QuantizeLayer<IDequantizeLayer, ops::Dequantize>;

}  // namespace

IQuantizeLayer* Network::addQuantize(ITensor& input, ITensor& scale, DataType to) noexcept {
  return add<Quantizing>([&] {
    return std::make_unique<Quantizing>(*this, LayerType::kQUANTIZE, "Quantize", own(input), own(scale), to);
  });
}

IDequantizeLayer* Network::addDequantize(ITensor& input, ITensor& scale, DataType to) noexcept {
  return add<Dequantizing>([&] {
    return std::make_unique<Dequantizing>(*this, LayerType::kDEQUANTIZE, "Dequantize", own(input), own(scale), to);
  });
}

}  // namespace dvt::api
