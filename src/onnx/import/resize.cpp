#include <algorithm>
#include <cmath>
#include <optional>

#include "onnx/import/importers.h"
#include "onnx/term.h"

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

std::vector<double> scales_of(ImporterContext& c, const std::vector<double>& numbers, int rank) {
  const std::vector<double> scales = spread(c, numbers, std::vector<double>(static_cast<size_t>(rank), 1.0));
  for (const double s : scales)
    if (!(s > 0)) refuse(ParserCode::kINVALID_NODE)("a scale is ", s);
  return scales;
}

bool is_empty(const Dims& dims) { return std::find(dims.d, dims.d + dims.nbDims, 0) != dims.d + dims.nbDims; }

std::vector<int64_t> resized_axes(ImporterContext& c, int rank) {
  std::vector<int64_t> axes = c.attribute_ints("axes");
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  return normalized_axes(axes, rank);
}

/// The numbers of a floating input, one for each axis of x: of all axes, or of those that 'axes' lists. `part` says
/// which of several lists behind each other, `fallback` what axes have that are not listed.
Term spread_numbers(ImporterContext& c, int i, int64_t part, double fallback, int rank) {
  const std::vector<int64_t> axes = resized_axes(c, rank);
  if (axes.empty()) refuse(ParserCode::kINVALID_NODE)("a scalar cannot be resized");
  const Term given = cast(Term(c, i), DataType::kFLOAT64);
  std::vector<Term> numbers;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const auto at = std::find(axes.begin(), axes.end(), axis) - axes.begin();
    const auto count = static_cast<std::ptrdiff_t>(axes.size());
    numbers.push_back(at == count ? unsqueeze(given.number(fallback), {0}) : slice(given, 0, part * count + at, 1));
  }
  return join(numbers, 0);
}

/// What a node asks for: sizes, and scales where the sizes do not say them.
struct Target {
  Extents sizes;                 ///< Of all axes; empty: they follow from known scales.
  std::vector<double> scales;    ///< Of all axes, or empty.
  std::optional<Term> computed;  ///< Scales, where they are computed.
};

Term extents_as_numbers(ImporterContext& c, ITensor& x) {
  return cast(Term(c, to_tensor(c, extents_of(c, x), "shape")), DataType::kFLOAT64);
}

Extents as_extents(ImporterContext& c, Term numbers, int rank) {
  const Term whole = cast(unary(numbers, UnaryOperation::kFLOOR), DataType::kINT64);
  Extents extents;
  for (int axis = 0; axis < rank; ++axis) extents.emplace_back(slice(whole, 0, axis, 1).tensor());
  return extents;
}

Target target_of_scales(ImporterContext& c, int input, ITensor& x) {
  const int rank = rank_of(x);
  if (c.constant(input)) return {{}, scales_of(c, c.constant_numbers(input, "scales"), rank), {}};
  const Term scales = spread_numbers(c, input, 0, 1, rank);
  return {as_extents(c, extents_as_numbers(c, x) * scales, rank), {}, scales};
}

/// Where the input's proportions are kept: one factor, the smallest (or largest) that the sizes ask of any axis.
Target proportional_target(ImporterContext& c, ITensor& x, bool is_smallest) {
  const Dims dims = dims_of(x);
  const std::vector<int64_t> axes = resized_axes(c, dims.nbDims);
  const Extents wanted = extents_of_input(c, 3);
  if (wanted.size() != axes.size() || axes.empty())
    refuse(ParserCode::kINVALID_NODE)(wanted.size(), " sizes for ", axes.size(), " axes");
  if (const auto sizes = known(wanted); sizes && is_static(dims)) {
    std::optional<double> factor;
    for (size_t i = 0; i < axes.size(); ++i) {
      if (dims.d[axes[i]] == 0)
        refuse(ParserCode::kINVALID_NODE)("dimension ", axes[i], " is 0 and has no proportions");
      const double f = static_cast<double>((*sizes)[i]) / static_cast<double>(dims.d[axes[i]]);
      factor = !factor ? f : is_smallest ? std::min(*factor, f) : std::max(*factor, f);
    }
    Target target{extents_of(c, x), std::vector<double>(static_cast<size_t>(dims.nbDims), 1), {}};
    for (const int64_t axis : axes) {
      const double size = *factor * static_cast<double>(dims.d[axis]);
      target.sizes[static_cast<size_t>(axis)] = std::llround(size);
      target.scales[static_cast<size_t>(axis)] = *factor;
    }
    return target;
  }
  std::optional<Term> factor;
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto number = [&](const Extent& e) { return cast(Term(c, to_tensor(c, e)), DataType::kFLOAT64); };
    const Term f = number(wanted[i]) / number(extent_of(c, x, static_cast<int>(axes[i])));
    factor = !factor ? f : is_smallest ? minimum(*factor, f) : maximum(*factor, f);
  }
  std::vector<Term> scales;
  for (int64_t axis = 0; axis < dims.nbDims; ++axis) {
    const bool is_resized = std::find(axes.begin(), axes.end(), axis) != axes.end();
    scales.push_back(is_resized ? *factor : unsqueeze(factor->number(1), {0}));
  }
  const Term all = join(scales, 0);
  return {as_extents(c, extents_as_numbers(c, x) * all + 0.5, dims.nbDims), {}, all};
}

Target target_of_sizes(ImporterContext& c, ITensor& x) {
  const std::string policy = c.attribute_string("keep_aspect_ratio_policy", "stretch");
  if (policy == "not_larger" || policy == "not_smaller") return proportional_target(c, x, policy == "not_larger");
  if (policy != "stretch")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'keep_aspect_ratio_policy' is '", policy, "'");
  return {spread(c, extents_of_input(c, 3), extents_of(c, x)), {}, {}};
}

/// The region that tf_crop_and_resize cuts out, as attributes or as an input.
void add_crop(ImporterContext& c, Fields& fields, std::vector<ITensor*>& inputs, int rank) {
  fields.add("outside", static_cast<double>(c.attribute_float("extrapolation_value", 0)));
  if (!c.constant(1)) {
    fields.add("has_crop_input", true);
    const Term begin = spread_numbers(c, 1, 0, 0, rank), end = spread_numbers(c, 1, 1, 1, rank);
    return inputs.push_back(&join({begin, end}, 0).tensor());
  }
  const std::vector<double> region = c.constant_numbers(1, "roi");
  const auto middle = region.begin() + static_cast<std::ptrdiff_t>(region.size() / 2);
  const auto ones = std::vector<double>(static_cast<size_t>(rank), 1), zeros = std::vector<double>(ones.size(), 0);
  fields.add("crop_begin", spread(c, std::vector<double>(region.begin(), middle), zeros));
  fields.add("crop_end", spread(c, std::vector<double>(middle, region.end()), ones));
}

/// How values between elements are found.
struct Sampling {
  std::string mode, coordinates, nearest;
};

/// What the layer has no coordinate transformation, no antialiasing or no scales beside the sizes for.
ITensor& resize_operator(ImporterContext& c, ITensor& x, const Target& target, const Sampling& sampling) {
  Fields fields;
  std::vector<ITensor*> inputs{&x};
  const auto sizes = known(target.sizes);
  if (!sizes) inputs.push_back(&to_tensor(c, target.sizes, "sizes"));
  if (sizes && !sizes->empty()) fields.add("sizes", *sizes);
  if (!target.scales.empty()) fields.add("scales", target.scales);
  if (target.computed) {
    fields.add("has_scales_input", true);
    inputs.push_back(&target.computed->tensor());
  }
  const bool crops = sampling.coordinates == "tf_crop_and_resize";
  fields.add("coordinate", crops ? "crop" : sampling.coordinates);
  if (crops) add_crop(c, fields, inputs, rank_of(x));
  fields.add("antialias", c.attribute_bool("antialias", false));
  fields.add("mode", sampling.mode).add("nearest", sampling.nearest);
  fields.add("cubic_coeff", static_cast<double>(c.attribute_float("cubic_coeff_a", -0.75F)));
  fields.add("exclude_outside", c.attribute_bool("exclude_outside", false));
  return first_output(add_operator(c, "resize", fields, inputs));
}

ITensor& resize(ImporterContext& c, ITensor& x, const Target& target, const Sampling& sampling) {
  const bool needs_operator = sampling.coordinates == "half_pixel_symmetric" || target.computed ||
                              sampling.coordinates == "tf_crop_and_resize" || c.attribute_bool("antialias", false);
  if (needs_operator || (!target.sizes.empty() && !target.scales.empty()))
    return resize_operator(c, x, target, sampling);
  IResizeLayer& layer = c.added(c.network().addResize(x));
  layer.setResizeMode(interpolation(sampling.mode));
  set_coordinates(layer, sampling.coordinates);
  layer.setNearestRounding(rounding(sampling.nearest));
  layer.setCubicCoeff(c.attribute_float("cubic_coeff_a", -0.75F));
  layer.setExcludeOutside(c.attribute_bool("exclude_outside", false));
  if (!target.scales.empty())
    layer.setScales(std::vector<float>(target.scales.begin(), target.scales.end()).data(), rank_of(x));
  else if (const auto dims = known(target.sizes))
    layer.setOutputDimensions(to_dims(*dims));
  else
    layer.setInput(1, to_tensor(c, target.sizes, "sizes"));
  return first_output(layer);
}

}  // namespace

/// Resize since operator set 11: x, region of interest, scales, sizes.
void import_resize(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const bool has_scales = c.has_input(2) && !is_empty(c.dims(2));
  if (has_scales == c.has_input(3)) refuse(ParserCode::kINVALID_NODE)("Resize needs either scales or sizes");
  const Target target = has_scales ? target_of_scales(c, 2, x) : target_of_sizes(c, x);
  c.set_output(0, resize(c, x, target,
                         {c.attribute_string("mode", "nearest"),
                          c.attribute_string("coordinate_transformation_mode", "half_pixel"),
                          c.attribute_string("nearest_mode", "round_prefer_floor")}));
}

namespace {

/// The older forms: by scales only, position = output position / scale.
void upsample(ImporterContext& c, const Target& target) {
  const std::string mode = c.attribute_string("mode", "nearest");
  c.set_output(0, resize(c, c.tensor(0), target, {mode == "bilinear" ? "linear" : mode, "asymmetric", "floor"}));
}

}  // namespace

void import_resize_10(ImporterContext& c) { upsample(c, target_of_scales(c, 1, c.tensor(0))); }

void import_upsample_7(ImporterContext& c) {
  const std::vector<float> scales = c.attribute_floats("scales");
  upsample(c, {{}, scales_of(c, std::vector<double>(scales.begin(), scales.end()), rank_of(c.tensor(0))), {}});
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
