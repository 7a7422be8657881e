#include <algorithm>

#include "onnx/extent.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

InterpolationMode interpolation(const std::string& mode) {
  if (mode == "nearest") return InterpolationMode::kNEAREST;
  if (mode == "linear") return InterpolationMode::kLINEAR;
  if (mode == "cubic") return InterpolationMode::kCUBIC;
  refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be nearest, linear or cubic, got '", mode, "'");
}

void set_coordinates(IResizeLayer& layer, const std::string& mode) {
  using Transformation = ResizeCoordinateTransformation;
  if (mode == "half_pixel") return layer.setCoordinateTransformation(Transformation::kHALF_PIXEL);
  if (mode == "asymmetric") return layer.setCoordinateTransformation(Transformation::kASYMMETRIC);
  if (mode == "align_corners") return layer.setCoordinateTransformation(Transformation::kALIGN_CORNERS);
  if (mode == "pytorch_half_pixel") {
    layer.setCoordinateTransformation(Transformation::kHALF_PIXEL);
    return layer.setSelectorForSinglePixel(ResizeSelector::kUPPER);
  }
  refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the coordinate transformation '", mode, "' is not supported");
}

ResizeRoundMode rounding(const std::string& mode) {
  if (mode == "round_prefer_floor") return ResizeRoundMode::kHALF_DOWN;
  if (mode == "round_prefer_ceil") return ResizeRoundMode::kHALF_UP;
  if (mode == "floor") return ResizeRoundMode::kFLOOR;
  if (mode == "ceil") return ResizeRoundMode::kCEIL;
  refuse(ParserCode::kINVALID_NODE)("the attribute 'nearest_mode' is '", mode, "'");
}

/// What the node gives for some axes, spread over all of them.
template <class T>
std::vector<T> spread(ImporterContext& c, const std::vector<T>& values, std::vector<T> all) {
  const int rank = static_cast<int>(all.size());
  std::vector<int64_t> axes = c.attribute_ints("axes");
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  axes = normalized_axes(axes, rank);
  if (values.size() != axes.size())
    refuse(ParserCode::kINVALID_NODE)(values.size(), " sizes or scales for ", axes.size(), " axes");
  for (size_t i = 0; i < axes.size(); ++i) all[static_cast<size_t>(axes[i])] = values[i];
  return all;
}

void set_scales(ImporterContext& c, IResizeLayer& layer, const std::vector<double>& numbers, int rank) {
  const std::vector<float> given(numbers.begin(), numbers.end());
  const std::vector<float> scales = spread(c, given, std::vector<float>(static_cast<size_t>(rank), 1.0F));
  for (const float s : scales)
    if (!(s > 0)) refuse(ParserCode::kINVALID_NODE)("a scale is ", s);
  layer.setScales(scales.data(), rank);
}

void set_sizes(ImporterContext& c, IResizeLayer& layer, const Extents& given, ITensor& x) {
  const Extents sizes = spread(c, given, extents_of(c, x));
  if (const auto dims = known(sizes))
    layer.setOutputDimensions(to_dims(*dims));
  else
    layer.setInput(1, to_tensor(c, sizes, "sizes"));
}

void refuse_unsupported(ImporterContext& c) {
  const std::string policy = c.attribute_string("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch")
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute 'keep_aspect_ratio_policy' must be stretch, got '",
                                               policy, "'");
  if (c.attribute_bool("antialias", false)) refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("antialias is not supported");
}

}  // namespace

/// Resize since operator set 11: x, region of interest, scales, sizes.
void import_resize(ImporterContext& c) {
  refuse_unsupported(c);
  ITensor& x = c.tensor(0);
  IResizeLayer& layer = c.added(c.network().addResize(x));
  layer.setResizeMode(interpolation(c.attribute_string("mode", "nearest")));
  set_coordinates(layer, c.attribute_string("coordinate_transformation_mode", "half_pixel"));
  layer.setNearestRounding(rounding(c.attribute_string("nearest_mode", "round_prefer_floor")));
  layer.setCubicCoeff(c.attribute_float("cubic_coeff_a", -0.75F));
  layer.setExcludeOutside(c.attribute_bool("exclude_outside", false));
  const bool has_scales = c.has_input(2) && !(c.constant(2) && c.constant(2)->volume() == 0);
  if (has_scales == c.has_input(3)) refuse(ParserCode::kINVALID_NODE)("Resize needs either scales or sizes");
  if (has_scales)
    set_scales(c, layer, c.constant_numbers(2, "scales"), rank_of(x));
  else
    set_sizes(c, layer, extents_of_input(c, 3), x);
  c.set_output(0, first_output(layer));
}

namespace {

/// The older forms: by scales only, position = output position / scale.
void upsample(ImporterContext& c, const std::vector<double>& scales) {
  ITensor& x = c.tensor(0);
  IResizeLayer& layer = c.added(c.network().addResize(x));
  const std::string mode = c.attribute_string("mode", "nearest");
  layer.setResizeMode(interpolation(mode == "bilinear" ? "linear" : mode));
  layer.setCoordinateTransformation(ResizeCoordinateTransformation::kASYMMETRIC);
  layer.setNearestRounding(ResizeRoundMode::kFLOOR);
  set_scales(c, layer, scales, rank_of(x));
  c.set_output(0, first_output(layer));
}

}  // namespace

void import_resize_10(ImporterContext& c) { upsample(c, c.constant_numbers(1, "scales")); }

void import_upsample_7(ImporterContext& c) {
  const std::vector<float> scales = c.attribute_floats("scales");
  upsample(c, std::vector<double>(scales.begin(), scales.end()));
}

void import_grid_sample(ImporterContext& c) {
  IGridSampleLayer& layer = c.added(c.network().addGridSample(c.tensor(0), c.tensor(1)));
  const std::string mode = c.attribute_string("mode", "linear");
  layer.setInterpolationMode(interpolation(mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode));
  layer.setAlignCorners(c.attribute_bool("align_corners", false));
  const std::string padding = c.attribute_string("padding_mode", "zeros");
  if (padding != "zeros" && padding != "border" && padding != "reflection")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'padding_mode' is '", padding, "'");
  layer.setSampleMode(padding == "zeros"    ? SampleMode::kFILL
                      : padding == "border" ? SampleMode::kCLAMP
                                            : SampleMode::kREFLECT);
  c.set_output(0, first_output(layer));
}

}  // namespace dvt::onnx
