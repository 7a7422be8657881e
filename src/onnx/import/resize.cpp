#include <algorithm>
#include <cmath>
#include <optional>

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

std::vector<float> scales_of(ImporterContext& c, const std::vector<double>& numbers, int rank) {
  const std::vector<float> given(numbers.begin(), numbers.end());
  const std::vector<float> scales = spread(c, given, std::vector<float>(static_cast<size_t>(rank), 1.0F));
  for (const float s : scales)
    if (!(s > 0)) refuse(ParserCode::kINVALID_NODE)("a scale is ", s);
  return scales;
}

std::vector<int64_t> resized_axes(ImporterContext& c, int rank) {
  std::vector<int64_t> axes = c.attribute_ints("axes");
  for (int i = 0; axes.empty() && i < rank; ++i) axes.push_back(i);
  return normalized_axes(axes, rank);
}

/// Where the input's proportions are kept, the one factor: the smallest (or largest) that the sizes ask of any axis.
std::optional<double> aspect_factor(ImporterContext& c, const Extents& sizes, ITensor& x) {
  const std::string policy = c.attribute_string("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return std::nullopt;
  if (policy != "not_larger" && policy != "not_smaller")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'keep_aspect_ratio_policy' is '", policy, "'");
  const Dims dims = dims_of(x);
  const std::vector<int64_t> axes = resized_axes(c, dims.nbDims);
  const auto wanted = known(sizes);
  std::optional<double> factor;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (!wanted || wanted->size() != axes.size() || dims.d[axes[i]] < 1)
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)(
          "keep_aspect_ratio_policy needs sizes and an input shape that are known when the model is parsed");
    const double f = static_cast<double>((*wanted)[i]) / static_cast<double>(dims.d[axes[i]]);
    factor = !factor ? f : policy == "not_smaller" ? std::max(*factor, f) : std::min(*factor, f);
  }
  return factor.value_or(1);
}

/// Output sizes of all axes.
Extents sizes_of(ImporterContext& c, ITensor& x) {
  Extents sizes = extents_of_input(c, 3);
  if (const auto factor = aspect_factor(c, sizes, x)) {
    const Dims dims = dims_of(x);
    sizes.clear();
    for (const int64_t axis : resized_axes(c, dims.nbDims))
      sizes.emplace_back(std::llround(*factor * static_cast<double>(dims.d[axis])));
  }
  return spread(c, sizes, extents_of(c, x));
}

/// The coordinate transformation, and the region that tf_crop_and_resize cuts out.
void add_crop(ImporterContext& c, Fields& fields, int rank) {
  const std::string mode = c.attribute_string("coordinate_transformation_mode", "half_pixel");
  fields.add("coordinate", mode == "tf_crop_and_resize" ? "crop" : mode);
  if (mode != "tf_crop_and_resize") return;
  const std::vector<double> region = c.constant_numbers(1, "roi");
  const auto middle = region.begin() + static_cast<std::ptrdiff_t>(region.size() / 2);
  const auto ones = std::vector<double>(static_cast<size_t>(rank), 1), zeros = std::vector<double>(ones.size(), 0);
  fields.add("crop_begin", spread(c, std::vector<double>(region.begin(), middle), zeros));
  fields.add("crop_end", spread(c, std::vector<double>(middle, region.end()), ones));
  fields.add("outside", static_cast<double>(c.attribute_float("extrapolation_value", 0)));
}

/// What the layer has no coordinate transformation, no antialiasing or no scale beside the sizes for.
ITensor& resize_operator(ImporterContext& c, ITensor& x, bool has_scales) {
  Fields fields;
  add_crop(c, fields, rank_of(x));
  fields.add("antialias", c.attribute_bool("antialias", false));
  fields.add("mode", c.attribute_string("mode", "nearest"));
  fields.add("nearest", c.attribute_string("nearest_mode", "round_prefer_floor"));
  fields.add("cubic_coeff", static_cast<double>(c.attribute_float("cubic_coeff_a", -0.75F)));
  fields.add("exclude_outside", c.attribute_bool("exclude_outside", false));
  if (has_scales) {
    const std::vector<float> scales = scales_of(c, c.constant_numbers(2, "scales"), rank_of(x));
    return add_operator(c, "resize", fields.add("scales", std::vector<double>(scales.begin(), scales.end())), {&x});
  }
  const Extents sizes = sizes_of(c, x);
  if (const auto factor = aspect_factor(c, extents_of_input(c, 3), x)) {
    std::vector<double> scales(static_cast<size_t>(rank_of(x)), 1);
    for (const int64_t axis : resized_axes(c, rank_of(x))) scales[static_cast<size_t>(axis)] = *factor;
    fields.add("scales", scales);
  }
  if (const auto dims = known(sizes)) return add_operator(c, "resize", fields.add("sizes", *dims), {&x});
  return add_operator(c, "resize", fields, {&x, &to_tensor(c, sizes, "sizes")});
}

}  // namespace

/// Resize since operator set 11: x, region of interest, scales, sizes.
void import_resize(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const bool has_scales = c.has_input(2) && !(c.constant(2) && c.constant(2)->volume() == 0);
  if (has_scales == c.has_input(3)) refuse(ParserCode::kINVALID_NODE)("Resize needs either scales or sizes");
  const std::string coordinates = c.attribute_string("coordinate_transformation_mode", "half_pixel");
  const bool keeps_aspect = c.attribute_string("keep_aspect_ratio_policy", "stretch") != "stretch" && !has_scales;
  if (coordinates == "half_pixel_symmetric" || coordinates == "tf_crop_and_resize" || keeps_aspect ||
      c.attribute_bool("antialias", false))
    return c.set_output(0, resize_operator(c, x, has_scales));
  IResizeLayer& layer = c.added(c.network().addResize(x));
  layer.setResizeMode(interpolation(c.attribute_string("mode", "nearest")));
  set_coordinates(layer, coordinates);
  layer.setNearestRounding(rounding(c.attribute_string("nearest_mode", "round_prefer_floor")));
  layer.setCubicCoeff(c.attribute_float("cubic_coeff_a", -0.75F));
  layer.setExcludeOutside(c.attribute_bool("exclude_outside", false));
  if (has_scales) {
    layer.setScales(scales_of(c, c.constant_numbers(2, "scales"), rank_of(x)).data(), rank_of(x));
  } else {
    const Extents sizes = sizes_of(c, x);
    if (const auto dims = known(sizes))
      layer.setOutputDimensions(to_dims(*dims));
    else
      layer.setInput(1, to_tensor(c, sizes, "sizes"));
  }
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
  layer.setScales(scales_of(c, scales, rank_of(x)).data(), rank_of(x));
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
