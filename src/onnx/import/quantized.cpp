// Operators on quantized tensors: real numbers in between, which the builder turns back into integer kernels where it
// has them.
#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/layout.h"
#include "onnx/import/window.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// One number may come as a list of one, which is not the same as one number per channel.
Term per_tensor_or_axis(ImporterContext& c, int i) {
  const Dims dims = c.dims(i);
  if (dims.nbDims != 1 || dims.d[0] != 1) return {c, i};
  if (const Constant* constant = c.constant(i)) return {c, c.constant_tensor(with_dims(*constant, {}))};
  return reshape(Term(c, i), Extents{});
}

/// Input x as real numbers, by the scale and (where it is given) the zero point in other inputs.
Term dequantized(ImporterContext& c, int x, int scale, int zero_point, int axis = 0) {
  const Term unit = per_tensor_or_axis(c, scale);
  IDequantizeLayer& layer = c.added(c.network().addDequantize(c.tensor(x), unit, unit.type()), "real");
  layer.setAxis(unit.rank() == 0 ? 0 : axis);
  if (c.has_input(zero_point)) layer.setInput(2, per_tensor_or_axis(c, zero_point));
  return {c, first_output(layer)};
}

/// The result in 8 bits. Without a zero point its type is `type`.
void set_quantized(ImporterContext& c, Term y, int scale, int zero_point, DataType type) {
  const bool has_zero = c.has_input(zero_point);
  IQuantizeLayer& layer =
      c.added(c.network().addQuantize(y, per_tensor_or_axis(c, scale), has_zero ? c.type(zero_point) : type));
  if (has_zero) layer.setInput(2, per_tensor_or_axis(c, zero_point));
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_qlinear_add(ImporterContext& c) {
  set_quantized(c, dequantized(c, 0, 1, 2) + dequantized(c, 3, 4, 5), 6, 7, c.type(0));
}

void import_qlinear_mul(ImporterContext& c) {
  set_quantized(c, dequantized(c, 0, 1, 2) * dequantized(c, 3, 4, 5), 6, 7, c.type(0));
}

void import_qlinear_where(ImporterContext& c) {
  set_quantized(c, select(Term(c, 0), dequantized(c, 1, 2, 3), dequantized(c, 4, 5, 6)), 7, 8, c.type(1));
}

void import_qlinear_sigmoid(ImporterContext& c) { set_quantized(c, sigmoid(dequantized(c, 0, 1, 2)), 3, 4, c.type(0)); }

void import_qlinear_leaky_relu(ImporterContext& c) {
  const float alpha = c.attribute_float("alpha", 0.01F);
  set_quantized(c, activation(dequantized(c, 0, 1, 2), ActivationType::kLEAKY_RELU, alpha), 3, 4, c.type(0));
}

void import_qlinear_softmax(ImporterContext& c) {
  const Term x = dequantized(c, 0, 1, 2);
  const int64_t opset = c.attribute_int("opset", 13);
  const int axis = normalized_axis(c.attribute_int("axis", opset < 13 ? 1 : -1), x.rank());
  if (opset >= 13 || axis == x.rank() - 1) return set_quantized(c, softmax(x, axis), 3, 4, c.type(0));
  const Extents shape = x.extents();
  const Term rows = reshape(x, Extents{product(c, shape, 0, axis), product(c, shape, axis, x.rank())});
  set_quantized(c, reshape(softmax(rows, 1), shape), 3, 4, c.type(0));
}

/// Inputs: scale and zero point of the result, then three for each part.
void import_qlinear_concat(ImporterContext& c) {
  std::vector<Term> parts;
  for (int i = 2; i + 2 < c.num_inputs(); i += 3) parts.push_back(dequantized(c, i, i + 1, i + 2));
  if (parts.empty()) refuse(ParserCode::kINVALID_NODE)("QLinearConcat without parts");
  const int axis = normalized_axis(c.attribute_int("axis", 0), parts.front().rank());
  set_quantized(c, join(parts, axis), 0, 1, c.type(2));
}

void import_qlinear_reduce_mean(ImporterContext& c) {
  const Term x = dequantized(c, 0, 1, 2);
  std::vector<int64_t> axes = c.attribute_ints("axes");
  for (int i = 0; axes.empty() && i < x.rank(); ++i) axes.push_back(i);
  set_quantized(c, mean(x, axes, c.attribute_bool("keepdims", true)), 3, 4, c.type(0));
}

namespace {

Term pooled(ImporterContext& c, Term x, PoolingType type) {
  const std::vector<int64_t> kernel = c.attribute_ints("kernel_shape");
  if (static_cast<int>(kernel.size()) + 2 != x.rank())
    refuse(ParserCode::kINVALID_NODE)("'kernel_shape' has ", kernel.size(), " values for rank ", x.rank());
  const WindowAttributes w = read_window(c, kernel);
  Fields fields;
  fields.add("kind", type == PoolingType::kMAX ? "max" : "average").add("window", w.kernel);
  fields.add("strides", w.strides).add("dilations", w.dilations).add("ceil_mode", w.ceil_mode);
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
  fields.add("count_include_pad", c.attribute_bool("count_include_pad", false));
  return {c, add_operator(c, "pool", fields, {&x.tensor()}, "pool")};
}

}  // namespace

void import_qlinear_average_pool(ImporterContext& c) {
  const bool last = c.attribute_bool("channels_last", false);
  const Term x = dequantized(c, 0, 1, 2);
  const Term y = pooled(c, last ? channels_first(x) : x, PoolingType::kAVERAGE);
  set_quantized(c, last ? channels_last(y) : y, 3, 4, c.type(0));
}

void import_qlinear_global_average_pool(ImporterContext& c) {
  const Term x = dequantized(c, 0, 1, 2);
  const int first = c.attribute_bool("channels_last", false) ? 1 : 2;
  std::vector<int64_t> axes;
  for (int i = first; i < x.rank() - (first == 1 ? 1 : 0); ++i) axes.push_back(i);
  set_quantized(c, mean(x, axes), 3, 4, c.type(0));
}

void import_nhwc_max_pool(ImporterContext& c) {
  c.set_output(0, channels_last(pooled(c, channels_first(Term(c, 0)), PoolingType::kMAX)));
}

/// alpha * op(A) op(B) + C, where C is in units of the scales of A and B; without a scale of Y it stays real.
void import_qgemm(ImporterContext& c) {
  const bool transpose_b = c.attribute_bool("transB", false);
  const Term a = dequantized(c, 0, 1, 2), b = dequantized(c, 3, 4, 5, transpose_b ? 0 : 1);
  const double alpha = c.attribute_float("alpha", 1);
  Term y = matmul(a, b, c.attribute_bool("transA", false), transpose_b) * alpha;
  if (c.has_input(6)) {
    const Term unit = per_tensor_or_axis(c, 1) * per_tensor_or_axis(c, 4);
    y = y + cast(Term(c, 6), y.type()) * (unit * alpha);
  }
  if (!c.has_input(7)) return c.set_output(0, y);
  set_quantized(c, y, 7, 8, c.type(0));
}

/// A is quantized here, from its own range, and multiplied with the quantized B.
void import_dynamic_quantize_matmul(ImporterContext& c) {
  const Term a(c, 0), b = dequantized(c, 1, 2, 3, 1);
  std::vector<int64_t> axes;
  for (int i = 0; i < a.rank(); ++i) axes.push_back(i);
  const Term zero = a.number(0);
  const Term low = minimum(reduce(a, ReduceOperation::kMIN, axes, false), zero),
             high = maximum(largest(a, axes, false), zero);
  const Term unit = (high - low) / 255.0;
  // A matrix of zeros has no range; any scale does for it.
  const Term scale = select(equal(unit, 0), unit.number(1), unit);
  const Term shift =
      cast(unary(minimum(maximum(-low / scale, zero), a.number(255)), UnaryOperation::kROUND), DataType::kUINT8);
  IQuantizeLayer& quantized = c.added(c.network().addQuantize(a, scale, DataType::kUINT8), "quantized");
  quantized.setInput(2, shift);
  IDequantizeLayer& real =
      c.added(c.network().addDequantize(first_output(quantized), scale, DataType::kFLOAT), "rounded");
  real.setInput(2, shift);
  Term y = matmul(Term(c, first_output(real)), b);
  if (c.has_input(4)) y = y + Term(c, 4);
  c.set_output(0, y);
}

void import_matmul_integer_to_float(ImporterContext& c) {
  Term y = matmul(dequantized(c, 0, 2, 4), dequantized(c, 1, 3, 5, c.dims(1).nbDims - 1));
  if (c.has_input(6)) y = y + Term(c, 6);
  c.set_output(0, y);
}

}  // namespace dvt::onnx
