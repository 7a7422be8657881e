#include "onnx/constants.h"
#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// One number may come as a list of one, which is not the same as one number per channel.
ITensor& per_tensor_or_axis(ImporterContext& c, int i) {
  const Dims dims = c.dims(i);
  if (dims.nbDims != 1 || dims.d[0] != 1) return c.tensor(i);
  if (const Constant* constant = c.constant(i)) return c.constant_tensor(with_dims(*constant, {}));
  return reshape(c, c.tensor(i), std::vector<int64_t>{}, "scalar");
}

DataType quantized_type(ImporterContext& c) {
  if (c.has_input(2)) return c.type(2);
  const int64_t type = c.attribute_int("output_dtype", 0);
  return type == 0 ? DataType::kUINT8 : to_data_type(static_cast<ElementType>(type), "output_dtype");
}

int axis_of(ImporterContext& c, const ITensor& x, const ITensor& scale) {
  if (rank_of(scale) == 0) return 0;
  return normalized_axis(c.attribute_int("axis", 1), rank_of(x));
}

/// With blocks along the axis: the operator takes a block's length, the layer the blocks of all axes.
void blocked(ImporterContext& c, const char* name, DataType to) {
  ITensor& x = c.tensor(0);
  Fields fields;
  fields.add("axis", normalized_axis(c.attribute_int("axis", 1), rank_of(x)));
  fields.add("block_size", c.attribute_int("block_size", 0));
  fields.add("has_zero_point", c.has_input(2)).add("to", type_attribute(to));
  std::vector<ITensor*> inputs{&x, &c.tensor(1)};
  if (c.has_input(2)) inputs.push_back(&c.tensor(2));
  c.set_output(0, first_output(add_operator(c, name, fields, inputs)));
}

}  // namespace

void import_quantize_linear(ImporterContext& c) {
  const DataType to = quantized_type(c);
  if (c.attribute_int("block_size", 0) != 0) return blocked(c, "quantize", to);
  ITensor& x = c.tensor(0);
  ITensor& scale = per_tensor_or_axis(c, 1);
  IQuantizeLayer& layer = c.added(c.network().addQuantize(x, scale, to));
  layer.setAxis(axis_of(c, x, scale));
  if (c.has_input(2)) layer.setInput(2, per_tensor_or_axis(c, 2));
  c.set_output(0, first_output(layer));
}

void import_dequantize_linear(ImporterContext& c) {
  // The result has the scale's type.
  if (c.attribute_int("block_size", 0) != 0) return blocked(c, "dequantize", c.type(1));
  ITensor& x = c.tensor(0);
  ITensor& scale = per_tensor_or_axis(c, 1);
  IDequantizeLayer& layer = c.added(c.network().addDequantize(x, scale, c.type(1)));
  layer.setAxis(axis_of(c, x, scale));
  if (c.has_input(2)) layer.setInput(2, per_tensor_or_axis(c, 2));
  c.set_output(0, first_output(layer));
}

void import_dynamic_quantize_linear(ImporterContext& c) {
  // scale = (max(x, 0) - min(x, 0)) / 255; zero point = round(clip(-min / scale)).
  ITensor& x = c.tensor(0);
  const DataType type = x.getType();
  const uint32_t all = (uint32_t{1} << rank_of(x)) - 1;
  const auto extreme = [&](ReduceOperation op, ElementWiseOperation bound, std::string_view role) -> ITensor& {
    ITensor& of_x = first_output(c.added(c.network().addReduce(x, op, all, false), role));
    return elementwise(c, of_x, scalar(c, 0, type), bound, role);
  };
  ITensor& low = extreme(ReduceOperation::kMIN, ElementWiseOperation::kMIN, "min");
  ITensor& high = extreme(ReduceOperation::kMAX, ElementWiseOperation::kMAX, "max");
  ITensor& range = elementwise(c, high, low, ElementWiseOperation::kSUB, "range");
  ITensor& scale = elementwise(c, range, scalar(c, 255, type), ElementWiseOperation::kDIV, "scale");
  ITensor& shift =
      unary(c, elementwise(c, low, scale, ElementWiseOperation::kDIV, "shift"), UnaryOperation::kNEG, "shift");
  ITensor& at_least = elementwise(c, shift, scalar(c, 0, type), ElementWiseOperation::kMAX, "shift");
  ITensor& at_most = elementwise(c, at_least, scalar(c, 255, type), ElementWiseOperation::kMIN, "shift");
  ITensor& zero_point =
      cast(c, unary(c, at_most, UnaryOperation::kROUND, "zero_point"), DataType::kUINT8, "zero_point");
  IQuantizeLayer& layer = c.added(c.network().addQuantize(x, scale, DataType::kUINT8));
  layer.setInput(2, zero_point);
  c.set_output(0, first_output(layer));
  c.set_output(1, scale);
  c.set_output(2, zero_point);
}

}  // namespace dvt::onnx
