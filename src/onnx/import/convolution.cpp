#include <algorithm>

#include "onnx/import/importers.h"
#include "onnx/import/window.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// The kernel's dimensions, all of which must be known: [M, C / groups, spatial…], or [C, M / groups, spatial…].
std::vector<int64_t> kernel_dims(ImporterContext& c, int input) {
  const Dims dims = c.dims(input);
  if (dims.nbDims < 3)
    refuse(ParserCode::kINVALID_NODE)("the kernel has rank ", dims.nbDims, "; it needs at least one spatial dimension");
  if (!is_static(dims)) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the kernel's shape must be known");
  return to_vector(dims);
}

std::vector<int64_t> spatial_kernel(ImporterContext& c, const std::vector<int64_t>& weight_dims) {
  const std::vector<int64_t> spatial(weight_dims.begin() + 2, weight_dims.end());
  const std::vector<int64_t> given = c.attribute_ints("kernel_shape", spatial);
  if (given != spatial)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'kernel_shape' does not agree with the kernel's shape");
  return spatial;
}

void check_rank(ImporterContext& c, int input, size_t spatial) {
  const int rank = c.dims(input).nbDims;
  if (rank != static_cast<int>(spatial) + 2)
    refuse(ParserCode::kINVALID_NODE)("the input has rank ", rank, ", the kernel ", spatial + 2);
}

/// Kernel and bias: constants become the layer's weights, computed ones its inputs.
template <class Layer>
void set_operands(ImporterContext& c, Layer& layer, const WindowAttributes& w, int64_t groups) {
  set_window(layer, w);
  layer.setDilationNd(to_dims(w.dilations));
  layer.setNbGroups(groups);
  if (!c.constant(1)) layer.setInput(1, c.tensor(1));
  if (c.has_input(2) && !c.constant(2)) layer.setInput(2, c.tensor(2));
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_conv(ImporterContext& c) {
  const std::vector<int64_t> dims = kernel_dims(c, 1);
  const WindowAttributes w = read_window(c, spatial_kernel(c, dims));
  check_rank(c, 0, w.kernel.size());
  IConvolutionLayer& layer =
      c.added(c.network().addConvolutionNd(c.tensor(0), dims[0], to_dims(w.kernel), c.weights(1), c.weights(2)));
  set_operands(c, layer, w, c.attribute_int("group", 1));
}

namespace {

/// With output_shape, the padding follows from it: total = stride * (in - 1) + output_padding + extent - out. A total
/// below 0 becomes output padding.
void pads_from_output_shape(ImporterContext& c, WindowAttributes& w, std::vector<int64_t>& output_padding) {
  std::vector<int64_t> shape = c.attribute_ints("output_shape");
  const Dims x = c.dims(0);
  const size_t n = w.kernel.size();
  if (shape.size() == n + 2) shape.erase(shape.begin(), shape.begin() + 2);
  if (shape.size() != n)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'output_shape' has ", shape.size(), " values");
  for (size_t i = 0; i < n; ++i) {
    const int64_t in = x.d[i + 2];
    if (in < 0)
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("'output_shape' needs an input whose spatial size is known");
    const int64_t total =
        w.strides[i] * (in - 1) + output_padding[i] + (w.kernel[i] - 1) * w.dilations[i] + 1 - shape[i];
    const int64_t half = std::max<int64_t>(total, 0) / 2, rest = std::max<int64_t>(total, 0) - half;
    output_padding[i] += std::max<int64_t>(-total, 0);
    const bool upper = c.attribute_string("auto_pad", "NOTSET") == "SAME_UPPER";
    w.pads_begin[i] = upper ? half : rest;
    w.pads_end[i] = upper ? rest : half;
  }
  w.padding = PaddingMode::kEXPLICIT_ROUND_DOWN;
}

}  // namespace

void import_conv_transpose(ImporterContext& c) {
  const std::vector<int64_t> dims = kernel_dims(c, 1);
  WindowAttributes w = read_window(c, spatial_kernel(c, dims));
  check_rank(c, 0, w.kernel.size());
  const int64_t groups = c.attribute_int("group", 1);
  std::vector<int64_t> output_padding = c.attribute_ints("output_padding");
  if (output_padding.empty()) output_padding.assign(w.kernel.size(), 0);
  if (output_padding.size() != w.kernel.size())
    refuse(ParserCode::kINVALID_NODE)("the attribute 'output_padding' has ", output_padding.size(), " values for ",
                                      w.kernel.size(), " spatial dimensions");
  if (c.has_attribute("output_shape")) pads_from_output_shape(c, w, output_padding);
  const bool padded_output =
      std::any_of(output_padding.begin(), output_padding.end(), [](int64_t p) { return p != 0; });
  if (!padded_output) {
    IDeconvolutionLayer& layer = c.added(
        c.network().addDeconvolutionNd(c.tensor(0), dims[1] * groups, to_dims(w.kernel), c.weights(1), c.weights(2)));
    return set_operands(c, layer, w, groups);
  }
  // The layer has no output padding; the operator has.
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", groups);
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("output_padding", output_padding);
  fields.add("padding", padding_name(w.padding));
  const bool has_bias = c.has_input(2);
  ITensor& y = add_operator(c, "deconv", fields, {&c.tensor(0), &c.tensor(1)}, has_bias ? "deconv" : "");
  if (!has_bias) return c.set_output(0, y);
  std::vector<int64_t> axes{0};
  for (size_t i = 0; i < w.kernel.size(); ++i) axes.push_back(static_cast<int64_t>(i) + 2);
  c.set_output(0, elementwise(c, y, unsqueeze(c, c.tensor(2), axes, "bias"), ElementWiseOperation::kSUM));
}

namespace {

bool has_zero_point(ImporterContext& c, int i) {
  if (!c.has_input(i)) return false;
  const Constant* constant = c.constant(i);
  if (!constant) return true;
  const std::vector<double> values = constant->numbers();
  return std::any_of(values.begin(), values.end(), [](double v) { return v != 0; });
}

/// What same padding adds, as numbers.
void resolve_padding(ImporterContext& c, WindowAttributes& w) {
  if (w.padding != PaddingMode::kSAME_UPPER && w.padding != PaddingMode::kSAME_LOWER) return;
  for (size_t i = 0; i < w.kernel.size(); ++i) {
    const int64_t size = c.dims(0).d[i + 2];
    if (size < 0) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("auto_pad needs an input whose spatial size is known");
    const int64_t outputs = (size + w.strides[i] - 1) / w.strides[i];
    const int64_t total =
        std::max<int64_t>(0, (outputs - 1) * w.strides[i] + (w.kernel[i] - 1) * w.dilations[i] + 1 - size);
    w.pads_begin[i] = w.padding == PaddingMode::kSAME_UPPER ? total / 2 : total - total / 2;
    w.pads_end[i] = total - w.pads_begin[i];
  }
  w.padding = PaddingMode::kEXPLICIT_ROUND_DOWN;
}

/// sum (x - a)(w - b) = sum x w - a sum w - b sum x + n a b, whose first and third sums are convolutions of bytes; x is
/// padded with a.
Term conv_of_centred(ImporterContext& c, WindowAttributes w) {
  resolve_padding(c, w);
  const int rank = c.dims(0).nbDims;
  Term x(c, 0);
  const Term kernel(c, 1);
  std::vector<int64_t> before(2, 0), after(2, 0), behind_channels;
  for (size_t i = 0; i < w.kernel.size(); ++i) {
    before.push_back(w.pads_begin[i]);
    after.push_back(w.pads_end[i]);
    behind_channels.push_back(static_cast<int64_t>(i) + 1);
  }
  const auto number = [&](int i) {
    return c.has_input(i) ? cast(Term(c, i), DataType::kINT32) : Term(c, scalar(c, 0, DataType::kINT32));
  };
  Fields pads;
  pads.add("pads_begin", before).add("pads_end", after).add("has_value", true);
  const Term value = c.has_input(2) ? reshape(Term(c, 2), Extents{}) : x.number(0);
  x = Term(c, add_operator(c, "pad", pads, {&x.tensor(), &value.tensor()}, "padded"));
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", c.attribute_int("group", 1));
  const auto conv = [&](Term weights) {
    return Term(c, add_operator(c, "conv", fields, {&x.tensor(), &weights.tensor()}, "conv"));
  };
  Term y = conv(kernel);
  const Term a = reshape(number(2), Extents{});
  std::vector<int64_t> per_output;
  for (int i = 1; i < rank; ++i) per_output.push_back(i);
  y = y - a * unsqueeze(sum(cast(kernel, DataType::kINT32), per_output, false), behind_channels);
  if (!c.has_input(3)) return y;
  Term b = number(3);
  if (b.rank() == 1) b = unsqueeze(b, behind_channels);
  double taps = static_cast<double>(c.dims(1).d[1]);
  for (const int64_t k : w.kernel) taps *= static_cast<double>(k);
  return y - b * conv(filled(c, kernel.extents(), 1, kernel.type())) + a * b * taps;
}

}  // namespace

void import_conv_integer(ImporterContext& c) {
  const WindowAttributes w = read_window(c, spatial_kernel(c, kernel_dims(c, 1)));
  check_rank(c, 0, w.kernel.size());
  if (has_zero_point(c, 2) || has_zero_point(c, 3)) return c.set_output(0, conv_of_centred(c, w));
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", c.attribute_int("group", 1));
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
  c.set_output(0, add_operator(c, "conv", fields, {&c.tensor(0), &c.tensor(1)}));
}

}  // namespace dvt::onnx
