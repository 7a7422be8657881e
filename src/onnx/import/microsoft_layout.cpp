// Operators whose channels are not in axis 1: the last axis in com.ms.internal.nhwc and Nhwc*, blocks in
// com.microsoft.nchwc. A tensor in blocks is one in the usual order here, its channels filled up with others to whole
// blocks: what reads it gives those no weight, and ReorderOutput takes them away.
#include "onnx/constants.h"
#include "onnx/import/fused_parts.h"
#include "onnx/import/importers.h"
#include "onnx/import/layout.h"

namespace dvt::onnx {
namespace {

/// Where element (o, i, at) of a kernel [O, I, spatial] stands in blocks of output (and input) channels.
struct BlockedKernel {
  int64_t block, outputs, inputs, spatial;
  bool input_blocks;
  int64_t offset(int64_t o, int64_t i, int64_t at) const {
    if (!input_blocks) return ((o / block * inputs + i) * spatial + at) * block + o % block;
    return (((o / block * (inputs / block) + i / block) * spatial + at) * block + i % block) * block + o % block;
  }
};

/// The kernel in the usual order.
ConstantPtr unblocked(ImporterContext& c, const Constant& kernel) {
  if (kernel.type != DataType::kFLOAT || kernel.dims.size() < 3)
    refuse(ParserCode::kINVALID_NODE)("the kernel must be floats of rank 3 or more, got ", type_name(kernel.type),
                                      " of rank ", kernel.dims.size());
  const int64_t block = c.channel_block(), group = c.attribute_int("group", 1);
  BlockedKernel at{block, kernel.dims[0], kernel.dims[1], 1, false};
  if (at.outputs < 1 || at.inputs < 1 || kernel.volume() == 0) refuse(ParserCode::kINVALID_NODE)("the kernel is empty");
  at.spatial = kernel.volume() / at.outputs / at.inputs;
  // Each channel by itself, and inputs of fewer channels than a block, have blocks of outputs only.
  at.input_blocks = group > 1 ? at.inputs > 1 : at.inputs >= block;
  if (at.outputs % block != 0 || (at.input_blocks && at.inputs % block != 0))
    refuse(ParserCode::kINVALID_NODE)("a kernel of ", at.outputs, " by ", at.inputs,
                                      " channels does not divide into blocks of ", block);
  std::vector<float> values(static_cast<size_t>(kernel.volume()));
  const auto* source = reinterpret_cast<const float*>(kernel.data.data());
  size_t to = 0;
  for (int64_t o = 0; o < at.outputs; ++o)
    for (int64_t i = 0; i < at.inputs; ++i)
      for (int64_t s = 0; s < at.spatial; ++s) values[to++] = source[at.offset(o, i, s)];
  return make_constant(kernel.name, kernel.type, kernel.dims, std::as_bytes(std::span(values)));
}

}  // namespace

/// activation(conv(x, w) + b + z).
void import_blocked_conv(ImporterContext& c) {
  if (!c.constant(1)) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("a kernel in blocks must be constant");
  Value kernel;
  kernel.constant = unblocked(c, *c.constant(1));
  Term y = convolved(c, Term(c, 0), kernel, 2);
  if (c.has_input(3)) y = y + Term(c, 3);
  c.set_output(0, activated(c, y));
}

void import_reorder_input(ImporterContext& c) {
  Term x(c, 0);
  if (c.attribute_bool("channels_last", false)) x = channels_first(x);
  const int64_t block = c.channel_block();
  const Extent channels = x.extent(1), whole = multiply(c, divide_up(c, channels, block), block);
  c.set_output(0, pad(x, 1, 0, subtract(c, whole, channels)));
}

void import_reorder_output(ImporterContext& c) {
  const Term x(c, 0);
  const int64_t channels = c.attribute_int("channels", 0);
  const Extent given = x.extent(1);
  if (channels < 1 || (given.value && *given.value < channels))
    refuse(ParserCode::kINVALID_NODE)("the attribute 'channels' is ", channels, " for ", given.value.value_or(-1),
                                      " channels");
  const Term y = given.value == channels ? x : slice(x, 1, 0, channels);
  c.set_output(0, c.attribute_bool("channels_last", false) ? channels_last(y) : y);
}

/// Every scale is whole.
void import_blocked_upsample(ImporterContext& c) {
  const std::vector<int64_t> scales = c.attribute_ints("scales");
  const Term x(c, 0);
  if (static_cast<int>(scales.size()) != x.rank())
    refuse(ParserCode::kINVALID_NODE)("the attribute 'scales' has ", scales.size(), " values for rank ", x.rank());
  const std::string mode = c.attribute_string("mode", "nearest"),
                    coordinates = c.attribute_string("coordinate_transformation_mode", "asymmetric");
  if (mode != "nearest" && mode != "linear")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be nearest or linear, got '", mode, "'");
  std::vector<float> factors;
  for (const int64_t s : scales) {
    if (s < 1) refuse(ParserCode::kINVALID_NODE)("a scale is ", s);
    factors.push_back(static_cast<float>(s));
  }
  IResizeLayer& layer = c.added(c.network().addResize(x));
  layer.setResizeMode(mode == "nearest" ? InterpolationMode::kNEAREST : InterpolationMode::kLINEAR);
  layer.setScales(factors.data(), static_cast<int32_t>(factors.size()));
  using Transformation = ResizeCoordinateTransformation;
  layer.setNearestRounding(ResizeRoundMode::kFLOOR);
  layer.setCoordinateTransformation(Transformation::kASYMMETRIC);
  if (mode == "linear" && coordinates == "align_corners")
    layer.setCoordinateTransformation(Transformation::kALIGN_CORNERS);
  else if (mode == "linear" && coordinates == "half_pixel")
    layer.setCoordinateTransformation(Transformation::kHALF_PIXEL);
  else if (coordinates != "asymmetric")
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the coordinate transformation '", coordinates, "' is not supported");
  c.set_output(0, first_output(layer));
}

namespace {

/// What an importer of channels in axis 1 makes of channels in the last axis. Kernels are as there.
void import_transposed(ImporterContext& c, Importer importer) {
  for (int i = 1; i < c.num_outputs(); ++i)
    if (c.wants_output(i)) refuse(ParserCode::kUNSUPPORTED_NODE)("only the first output is supported");
  std::vector<Value> inputs = c.inputs();
  inputs[0] = Value{&channels_first(Term(c, 0)).tensor()};
  const std::vector<Value> outputs = c.import_as(importer, std::move(inputs));
  c.set_output(0, channels_last(Term(c, c.tensor_of(outputs.at(0)))));
}

}  // namespace

/// The operator of ai.onnx of the same name.
void import_channels_last(ImporterContext& c) {
  const Importer importer = find_importer("", c.node().op_type, c.opset());
  if (!importer)
    refuse(ParserCode::kUNSUPPORTED_NODE)(c.node().op_type, " of operator set ", c.opset(), " is not supported");
  import_transposed(c, importer);
}

/// com.microsoft.
void import_qlinear_conv_microsoft(ImporterContext& c) {
  c.attribute_bool("channels_last", false) ? import_transposed(c, &import_qlinear_conv) : import_qlinear_conv(c);
}

/// com.microsoft: the kernel is in the usual order, the addend like the output.
void import_nhwc_fused_conv(ImporterContext& c) {
  Term y = convolved(c, channels_first(Term(c, 0)), c.value(1), 2);
  if (c.has_input(3)) y = y + channels_first(Term(c, 3));
  c.set_output(0, channels_last(activated(c, y)));
}

/// com.microsoft: the kernel has its channels in the last axis too.
void import_nhwc_conv(ImporterContext& c) {
  const Value kernel{&channels_first(Term(c, 1)).tensor()};
  c.set_output(0, channels_last(convolved(c, channels_first(Term(c, 0)), kernel, 2)));
}

}  // namespace dvt::onnx
