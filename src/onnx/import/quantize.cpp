#include "onnx/constants.h"
#include "onnx/emit.h"
#include "onnx/import/importers.h"
#include "onnx/import/window.h"

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

namespace {

/// Input i, of 8 bits, as real numbers by the scale and zero point that follow it.
ITensor& dequantized(ImporterContext& c, int i, int axis, std::string_view role) {
  ITensor& scale = per_tensor_or_axis(c, i + 1);
  IDequantizeLayer& layer = c.added(c.network().addDequantize(c.tensor(i), scale, DataType::kFLOAT), role);
  layer.setAxis(rank_of(scale) == 0 ? 0 : axis);
  layer.setInput(2, per_tensor_or_axis(c, i + 2));
  return first_output(layer);
}

/// The result by the scale and zero point in inputs i and i + 1.
void set_quantized(ImporterContext& c, ITensor& y, int i) {
  ITensor& scale = per_tensor_or_axis(c, i);
  IQuantizeLayer& layer = c.added(c.network().addQuantize(y, scale, c.type(i + 1)));
  layer.setAxis(rank_of(scale) == 0 ? 0 : 1);
  layer.setInput(2, per_tensor_or_axis(c, i + 1));
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_qlinear_matmul(ImporterContext& c) {
  ITensor& a = dequantized(c, 0, c.dims(0).nbDims - 2, "a");
  ITensor& b = dequantized(c, 3, c.dims(3).nbDims - 1, "b");
  if (rank_of(a) < 2 || rank_of(b) < 2) refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("the operands must be matrices");
  ITensor& y = first_output(
      c.added(c.network().addMatrixMultiply(a, MatrixOperation::kNONE, b, MatrixOperation::kNONE), "product"));
  set_quantized(c, y, 6);
}

void import_qlinear_conv(ImporterContext& c) {
  ITensor& x = dequantized(c, 0, 1, "x");
  ITensor& w = dequantized(c, 3, 0, "w");
  const std::vector<int64_t> dims = to_vector(dims_of(w));
  if (dims.size() < 3) refuse(ParserCode::kINVALID_NODE)("the kernel has rank ", dims.size());
  const WindowAttributes window = read_window(c, {dims.begin() + 2, dims.end()});
  const Weights none{DataType::kFLOAT, nullptr, 0};
  IConvolutionLayer& conv =
      c.added(c.network().addConvolutionNd(x, dims[0], to_dims(window.kernel), none, none), "conv");
  set_window(conv, window);
  conv.setDilationNd(to_dims(window.dilations));
  conv.setNbGroups(c.attribute_int("group", 1));
  conv.setInput(1, w);
  if (c.has_input(8)) {  // whole numbers of x's scale times w's
    ITensor& whole = cast(c, c.tensor(8), DataType::kFLOAT, "bias");
    ITensor& unit =
        elementwise(c, per_tensor_or_axis(c, 1), per_tensor_or_axis(c, 4), ElementWiseOperation::kPROD, "bias");
    conv.setInput(2, elementwise(c, whole, unit, ElementWiseOperation::kPROD, "bias"));
  }
  set_quantized(c, first_output(conv), 6);
}

}  // namespace dvt::onnx
