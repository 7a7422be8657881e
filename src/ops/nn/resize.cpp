#include "ops/nn/resize.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "resize";
constexpr std::string_view kModes[] = {"nearest", "linear", "cubic"};
constexpr std::string_view kCoordinates[] = {"half_pixel",    "pytorch_half_pixel", "half_pixel_symmetric",
                                             "align_corners", "asymmetric",         "crop"};
constexpr std::string_view kNearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};

/// floor(input * scale), as a fraction where the input is symbolic: 0.5 and 1.5 are what networks contain.
Dim scaled(const Dim& input, double scale) {
  if (const auto n = input.as_constant()) {
    const double size = std::floor(static_cast<double>(*n) * scale);
    if (!(size <= static_cast<double>(kMaxAttribute)))
      reject(kName, "scale ", scale, " of ", *n, " elements is too large");
    return static_cast<int64_t>(size);
  }
  for (int64_t denominator = 1; denominator <= 64; ++denominator) {
    const double numerator = scale * static_cast<double>(denominator);
    if (numerator == std::floor(numerator))
      return floordiv(input * Dim(static_cast<int64_t>(numerator)), Dim(denominator));
  }
  throw Error(ErrorCode::kUnsupported, kName, ": scale ", scale, " of the symbolic dimension ", input,
              " is no fraction with a denominator up to 64; give the sizes instead");
}

/// Where output position `o` lies in the input.
double source_position(const Resize& op, size_t axis, double o, double in, double out, double scale) {
  switch (op.coordinate) {
    case Resize::Coordinate::crop: {
      const double begin = op.crop_begin[axis], end = op.crop_end[axis];
      return begin * (in - 1) + (out > 1 ? o * (end - begin) * (in - 1) / (out - 1) : (end - begin) * (in - 1) / 2);
    }
    case Resize::Coordinate::half_pixel:
      return (o + 0.5) / scale - 0.5;
    case Resize::Coordinate::pytorch_half_pixel:
      return out > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case Resize::Coordinate::half_pixel_symmetric:
      return in / 2 * (1 - out / (scale * in)) + (o + 0.5) / scale - 0.5;
    case Resize::Coordinate::align_corners: {
      // The size that a scale asks for, before it was cut to a whole number.
      const double asked = op.scales.empty() ? out : scale * in;
      return asked != 1 ? o * (in - 1) / (asked - 1) : 0;
    }
    case Resize::Coordinate::asymmetric:
      return o / scale;
  }
  return 0;
}

double round_position(Resize::Nearest nearest, double x) {
  switch (nearest) {
    case Resize::Nearest::round_prefer_floor:
      return std::ceil(x - 0.5);
    case Resize::Nearest::round_prefer_ceil:
      return std::floor(x + 0.5);
    case Resize::Nearest::floor:
      return std::floor(x);
    case Resize::Nearest::ceil:
      return std::ceil(x);
  }
  return x;
}

/// The cubic convolution kernel with free parameter a, at a distance of less than 2.
double cubic_weight(double a, double distance) {
  const double t = std::fabs(distance);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

double cubic_kernel(double a, double distance) { return std::fabs(distance) < 2 ? cubic_weight(a, distance) : 0; }

/// One input element that an output element is made of.
struct Tap {
  int64_t index;
  double weight;
};

/// The kernel widened by 1 / scale around x: every element below it counts, and the weights add up to 1.
std::vector<Tap> antialiased_taps(const Resize& op, double x, int64_t in, double scale) {
  const double support = (op.mode == Resize::Mode::cubic ? 2 : 1) / scale;
  std::vector<Tap> taps;
  double sum = 0;
  for (double i = std::floor(x - support) + 1; i < x + support; ++i) {
    const bool is_outside = i < 0 || i > static_cast<double>(in - 1);
    const double distance = (i - x) * scale;
    double weight = op.mode == Resize::Mode::cubic ? cubic_kernel(op.cubic_coeff, distance)
                                                   : std::max(0.0, 1 - std::fabs(distance));
    if (op.exclude_outside && is_outside) weight = 0;
    taps.push_back({static_cast<int64_t>(std::clamp(i, 0.0, static_cast<double>(in - 1))), weight});
    sum += weight;
  }
  if (sum != 0)
    for (Tap& t : taps) t.weight /= sum;
  return taps;
}

std::vector<Tap> taps_of(const Resize& op, size_t axis, int64_t o, int64_t in, int64_t out, double scale) {
  const double x =
      source_position(op, axis, static_cast<double>(o), static_cast<double>(in), static_cast<double>(out), scale);
  if (op.coordinate == Resize::Coordinate::crop && !(x >= 0 && x <= static_cast<double>(in - 1))) return {};
  if (op.antialias && scale < 1 && op.mode != Resize::Mode::nearest) return antialiased_taps(op, x, in, scale);
  const auto inside = [&](double i) { return static_cast<int64_t>(std::clamp(i, 0.0, static_cast<double>(in - 1))); };
  if (op.mode == Resize::Mode::nearest) return {{inside(round_position(op.nearest, x)), 1}};
  const double left = std::floor(x);
  if (op.mode == Resize::Mode::linear) return {{inside(left), 1 - (x - left)}, {inside(left + 1), x - left}};
  std::vector<Tap> taps;
  double sum = 0;
  for (double i = left - 1; i <= left + 2; ++i) {
    const bool outside = i < 0 || i > static_cast<double>(in - 1);
    const double weight = op.exclude_outside && outside ? 0 : cubic_weight(op.cubic_coeff, x - i);
    taps.push_back({inside(i), weight});
    sum += weight;
  }
  if (op.exclude_outside)
    for (Tap& t : taps) t.weight /= sum;
  return taps;
}

/// Resamples one axis of a row-major tensor of `dims`.
std::vector<double> resample(const Resize& op, const std::vector<double>& x, std::vector<int64_t>& dims, size_t axis,
                             int64_t out, double scale) {
  const AxisSplit split = split_at(dims, static_cast<int64_t>(axis));
  std::vector<double> y(static_cast<size_t>(split.outer * out * split.inner));
  for (int64_t o = 0; o < out; ++o) {
    const std::vector<Tap> taps = taps_of(op, axis, o, split.length, out, scale);
    for (int64_t i = 0; i < split.outer; ++i)
      for (int64_t j = 0; j < split.inner; ++j) {
        double sum = taps.empty() ? op.outside : 0;
        for (const Tap& t : taps)
          if (t.weight != 0) sum += t.weight * x[static_cast<size_t>((i * split.length + t.index) * split.inner + j)];
        y[static_cast<size_t>((i * out + o) * split.inner + j)] = sum;
      }
  }
  dims[axis] = out;
  return y;
}

/// The place of the first input that a flag announces.
size_t first_announced(const Resize& op, size_t num_inputs) {
  return num_inputs - op.has_scales_input - op.has_crop_input;
}

void check_announced(const Resize& op, std::span<const ValueInfo> in) {
  const size_t first = first_announced(op, in.size());
  if (first < 1 || first > 2)
    reject(kName, "its flags ask for ", op.has_scales_input + op.has_crop_input, " inputs beside x and sizes, got ",
           in.size());
  const int64_t rank = in[0].type.rank();
  const auto check = [](const TensorType& t, int64_t count, std::string_view what) {
    require_floating(kName, t.dtype, what);
    require_vector(kName, t, count, what);
  };
  if (op.has_scales_input) check(in[first].type, rank, "scales");
  if (op.has_crop_input) check(in.back().type, 2 * rank, "the crop");
  if (op.has_scales_input && (!op.scales.empty() || (first == 1 && op.sizes.empty() && rank > 0)))
    reject(kName, "computed scales need sizes, and no scales as an attribute");
  if (op.has_crop_input && op.coordinate != Resize::Coordinate::crop)
    reject(kName, "an input for the crop goes with coordinate=crop only");
}

void check_scales(const Resize& op) {
  for (double s : op.scales)
    if (!(s > (op.antialias ? 1e-5 : 0) && s <= 65536))
      reject(kName, "scales must be in (0, 65536], with antialias 0.00001 or more, got ", s);
}

/// The operator with what inputs say in its attributes.
Resize with_inputs(const Resize& op, std::span<const ReadView> in) {
  Resize r = op;
  if (op.has_scales_input) r.scales = load(in[first_announced(op, in.size())]);
  check_scales(r);
  if (!op.has_crop_input) return r;
  const std::vector<double> crop = load(in.back());
  const auto middle = crop.begin() + static_cast<std::ptrdiff_t>(crop.size() / 2);
  r.crop_begin.assign(crop.begin(), middle);
  r.crop_end.assign(middle, crop.end());
  return r;
}

}  // namespace

std::vector<TensorType> infer(const Resize& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  check_announced(op, in);
  if (x.dtype == DType::b8 && op.mode != Resize::Mode::nearest)
    reject(kName, kModes[static_cast<size_t>(op.mode)], " mode does not take b8; insert a cast");
  const auto rank = static_cast<size_t>(x.rank());
  const bool has_sizes_input = first_announced(op, in.size()) == 2;
  const std::vector<Dim>& sizes = has_sizes_input ? known_value(kName, in[1], "sizes (input 1)") : op.sizes;
  if (sizes.empty() && op.scales.empty() && rank > 0) reject(kName, "has neither sizes nor scales");
  if (!sizes.empty() && sizes.size() != rank) reject(kName, "sizes must have ", rank, " elements, got ", sizes.size());
  if (!op.scales.empty() && op.scales.size() != rank)
    reject(kName, "scales must have ", rank, " elements, got ", op.scales.size());
  check_scales(op);
  if (op.coordinate == Resize::Coordinate::crop && !op.has_crop_input &&
      (op.crop_begin.size() != rank || op.crop_end.size() != rank))
    reject(kName, "crop_begin and crop_end must have ", rank, " elements");
  TensorType y{x.dtype, {}};
  for (size_t i = 0; i < rank; ++i) {
    const Dim& from = x.shape[static_cast<int>(i)];
    y.shape.push_back(sizes.empty() ? scaled(from, op.scales[i]) : sizes[i]);
    const Dim& to = y.shape[static_cast<int>(i)];
    if (from == Dim(0) && to.is_constant() && to.constant() > 0) reject(kName, "cannot make ", to, " elements of none");
  }
  return {y};
}

namespace {

double scale_of(const Resize& op, const ReadView& x, const WriteView& y, size_t axis) {
  if (!op.scales.empty()) return op.scales[axis];
  return static_cast<double>(y.dims()[axis]) / static_cast<double>(x.dims()[axis]);
}

/// An interpolated value as an element of an integer type: truncated, and kept inside the type's range.
double integer_near(DType t, double v) {
  const bool is_signed = dtype_class(t) == DTypeClass::kSigned;
  const double span = std::ldexp(1.0, bits(t));
  return std::clamp(std::trunc(v), is_signed ? -span / 2 : 0, (is_signed ? span / 2 : span) - 1);
}

/// Every element is a copy of one, whatever its type.
void copy_nearest(const Resize& op, const ReadView& x, const WriteView& y) {
  const std::vector<int64_t> strides = row_major_strides(x.dims());
  std::vector<std::vector<int64_t>> offsets(strides.size());
  for (size_t a = 0; a < offsets.size(); ++a) {
    const int64_t from = x.dims()[a], to = y.dims()[a];
    const double scale = scale_of(op, x, y, a);
    for (int64_t o = 0; o < to; ++o)
      offsets[a].push_back(strides[a] * (from == to && scale == 1 ? o : taps_of(op, a, o, from, to, scale)[0].index));
  }
  for_each_index(y.dims(), [&](std::span<const int64_t> index, int64_t i) {
    int64_t from = 0;
    for (size_t a = 0; a < offsets.size(); ++a) from += offsets[a][static_cast<size_t>(index[a])];
    copy_elements(x, from, y, i);
  });
}

}  // namespace

void reference(const Resize& given, std::span<const ReadView> in, std::span<const WriteView> out) {
  if (out[0].volume() == 0) return;
  const Resize op = with_inputs(given, in);
  // A crop may read outside, which no element can be copied for.
  if (op.mode == Resize::Mode::nearest && op.coordinate != Resize::Coordinate::crop)
    return copy_nearest(op, in[0], out[0]);
  std::vector<double> x = load(in[0]);
  std::vector<int64_t> dims = in[0].dims();
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t from = dims[axis], to = out[0].dims()[axis];
    const double scale = scale_of(op, in[0], out[0], axis);
    const bool crops =
        op.coordinate == Resize::Coordinate::crop && (op.crop_begin[axis] != 0 || op.crop_end[axis] != 1);
    if (from != to || scale != 1 || crops) x = resample(op, x, dims, axis, to, scale);
  }
  const bool whole = !is_floating(out[0].dtype());
  for (size_t i = 0; i < x.size(); ++i)
    out[0].set(static_cast<int64_t>(i), whole ? integer_near(out[0].dtype(), x[i]) : x[i]);
}

Cost cost(const Resize& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  constexpr double kFlops[] = {0, 8, 40};  // the usual two axes
  return traffic(in, out, at, kFlops[static_cast<size_t>(op.mode)]);
}

void visit_fields(Resize& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.choice("coordinate", op.coordinate, kCoordinates);
  v.choice("nearest", op.nearest, kNearest);
  v.field("cubic_coeff", op.cubic_coeff);
  v.field("exclude_outside", op.exclude_outside);
  v.field("antialias", op.antialias);
  v.field("crop_begin", op.crop_begin);
  v.field("crop_end", op.crop_end);
  v.field("outside", op.outside);
  v.field("sizes", op.sizes);
  v.field("scales", op.scales);
  v.field("has_scales_input", op.has_scales_input);
  v.field("has_crop_input", op.has_crop_input);
}

}  // namespace dvt::ops
