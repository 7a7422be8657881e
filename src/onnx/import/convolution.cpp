#include <algorithm>

#include "onnx/import/importers.h"
#include "onnx/import/window.h"

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

void import_conv_integer(ImporterContext& c) {
  for (const int i : {2, 3}) {
    if (!c.has_input(i)) continue;
    for (const double zero : c.constant_numbers(i, "zero point"))
      if (zero != 0) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("ConvInteger with zero points is not supported");
  }
  const WindowAttributes w = read_window(c, spatial_kernel(c, kernel_dims(c, 1)));
  check_rank(c, 0, w.kernel.size());
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", c.attribute_int("group", 1));
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
  c.set_output(0, add_operator(c, "conv", fields, {&c.tensor(0), &c.tensor(1)}));
}

}  // namespace dvt::onnx
