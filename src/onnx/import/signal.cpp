// Windows and Fourier transforms.
#include <cmath>
#include <numbers>

#include "onnx/computed_axes.h"
#include "onnx/constants.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

constexpr double kPi = std::numbers::pi;

DataType output_type(ImporterContext& c) {
  return to_data_type(static_cast<ElementType>(c.attribute_int("output_datatype", 1)), "output_datatype");
}

double one_number(ImporterContext& c, int i, const char* what) {
  const std::vector<double> numbers = c.constant_numbers(i, what);
  if (numbers.size() != 1)
    refuse(ParserCode::kINVALID_NODE)("input ", i, " (", what, ") must be one number, got ", numbers.size());
  return numbers[0];
}

int64_t one_integer(ImporterContext& c, int i, const char* what, int64_t most) {
  const std::vector<int64_t> values = c.constant_ints(i, what);
  if (values.size() != 1 || values[0] < 0 || values[0] > most)
    refuse(ParserCode::kINVALID_NODE)("input ", i, " (", what, ") must be one number in [0, ", most, "]");
  return values[0];
}

/// f32 values as a tensor of the type that the node asks for.
Term of_output_type(ImporterContext& c, const std::vector<int64_t>& dims, const std::vector<float>& values) {
  return cast(floats(c, dims, values, "values"), output_type(c));
}

/// a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N), where N is the size, or one less of a symmetric window.
void window(ImporterContext& c, double a0, double a1, double a2) {
  const bool periodic = c.attribute_bool("periodic", true);
  if (!c.constant(0)) {  // the size is known when the network runs
    const Term size = cast(Term(c, 0), DataType::kINT64);
    const Term count = size.rank() == 0 ? unsqueeze(size, {0}) : size;
    const Term n = cast(iota(c, Extent(count.tensor())), DataType::kFLOAT);
    const Term length = cast(count, DataType::kFLOAT) - (periodic ? 0.0 : 1.0);
    const Term turn = n / length * (2 * kPi);
    const Term y = unary(turn, UnaryOperation::kCOS) * -a1 + unary(turn * 2, UnaryOperation::kCOS) * a2 + a0;
    return c.set_output(0, cast(y, output_type(c)));
  }
  const int64_t size = one_integer(c, 0, "size", INT32_MAX);
  std::vector<float> values;
  for (int64_t n = 0; n < size; ++n) {
    const double turn = 2 * kPi * static_cast<double>(n) / static_cast<double>(periodic ? size : size - 1);
    values.push_back(static_cast<float>(a0 - a1 * std::cos(turn) + a2 * std::cos(2 * turn)));
  }
  c.set_output(0, of_output_type(c, {size}, values));
}

struct Transform {
  bool inverse = false, onesided = false;
};

/// x[…, 1 or 2] along an axis; `length` pads or cuts it first.
Term transform(ImporterContext& c, Term x, int axis, const Transform& t, const std::optional<Extent>& length) {
  Fields fields;
  fields.add("axis", axis).add("inverse", t.inverse).add("onesided", t.onesided);
  // Of no length is what a kernel finds out; as an attribute it would say "as long as x is".
  const bool is_attribute = length && length->value && *length->value > 0 && *length->value <= INT32_MAX;
  if (is_attribute) fields.add("length", *length->value);
  std::vector<ITensor*> inputs{&x.tensor()};
  if (length && !is_attribute) {
    fields.add("has_length_input", true);
    inputs.push_back(&to_tensor(c, *length));
  }
  return {c, first_output(add_operator(c, "dft", fields, inputs, "dft"))};
}

std::optional<Extent> length_input(ImporterContext& c) {
  return c.has_input(1) ? std::optional(extent_of_input(c, 1, "dft_length")) : std::nullopt;
}

void dft(ImporterContext& c, int axis) {
  const Transform t{c.attribute_bool("inverse", false), c.attribute_bool("onesided", false)};
  c.set_output(0, transform(c, Term(c, 0), axis, t, length_input(c)));
}

/// Along an axis that is computed; never the last one, which holds real and imaginary part.
void dft_along_computed_axis(ImporterContext& c, const ComputedAxes& axis) {
  const Term x(c, 0);
  const Transform t{c.attribute_bool("inverse", false), c.attribute_bool("onesided", false)};
  const Term y = transform(c, around_axis(x, axis), 1, t, length_input(c));
  Extents shape;
  for (int k = 0; k < axis.rank(); ++k) shape.push_back(choose(c, axis.names(k), y.extent(1), x.extent(k)));
  shape.push_back(y.extent(3));
  c.set_output(0, reshape(y, shape));
}

}  // namespace

void import_hann_window(ImporterContext& c) { window(c, 0.5, 0.5, 0); }
void import_hamming_window(ImporterContext& c) { window(c, 25.0 / 46.0, 21.0 / 46.0, 0); }
void import_blackman_window(ImporterContext& c) { window(c, 0.42, 0.5, 0.08); }

void import_dft_17(ImporterContext& c) { dft(c, normalized_axis(c.attribute_int("axis", 1), c.dims(0).nbDims)); }

void import_dft(ImporterContext& c) {
  const int rank = c.dims(0).nbDims;
  const Extent axis = c.has_input(2) ? extent_of_input(c, 2, "axis") : Extent(-2);
  if (axis.value) return dft(c, normalized_axis(*axis.value, rank));
  // Counted from the front before the last axis is left out.
  dft_along_computed_axis(c, ComputedAxes(c, {from_start(c, axis, rank)}, rank - 1));
}

/// signal[B, L(, 1 or 2)] in frames, each times the window, each transformed.
void import_stft(ImporterContext& c) {
  Term signal(c, 0);
  if (signal.rank() == 2) signal = unsqueeze(signal, {2});
  if (signal.rank() != 3) refuse(ParserCode::kINVALID_NODE)("the signal must have rank 2 or 3, got ", signal.rank());
  const Extent step = extent_of_input(c, 1, "frame_step");
  const Extent length = c.has_input(3)   ? extent_of_input(c, 3, "frame_length")
                        : c.has_input(2) ? extent_of(c, c.tensor(2), 0)
                                         : signal.extent(1);
  if ((step.value && *step.value < 1) || (length.value && *length.value < 1))
    refuse(ParserCode::kINVALID_NODE)("frame_step and frame_length must be positive");
  const Extent room = subtract(c, signal.extent(1), length);
  const Extent frames = larger(c, add(c, divide_down(c, room, step), 1), 0);
  // Positions [frames, length] of the elements that each frame reads.
  const Term first = unsqueeze(iota(c, frames) * scalar_of(c, step), {1});
  Term parts = gather(signal, first + iota(c, length), 1);
  if (c.has_input(2)) parts = parts * unsqueeze(Term(c, 2), {1});
  c.set_output(0, transform(c, parts, 2, {false, c.attribute_bool("onesided", true)}, std::nullopt));
}

namespace {

void check_mel(int64_t bins, int64_t rows, int64_t rate) {
  if (bins < 1 || rate < 1 || rows < 1 || bins > (1 << 16) || rows > (1 << 24) || bins * rows > (int64_t{1} << 28))
    refuse(ParserCode::kINVALID_NODE)("a matrix of ", rows, " by ", bins, " at ", rate, " samples a second");
}

void known_mel_weight_matrix(ImporterContext& c, int64_t bins, int64_t dft_length, int64_t rate) {
  const double low = one_number(c, 3, "lower_edge_hertz"), high = one_number(c, 4, "upper_edge_hertz");
  const int64_t rows = dft_length / 2 + 1;
  check_mel(bins, rows, rate);
  const auto to_mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double step = (to_mel(high) - to_mel(low)) / static_cast<double>(bins + 2);
  std::vector<int64_t> edge;  // of the triangles, in spectrogram bins
  for (int64_t i = 0; i < bins + 2; ++i) {
    const double hertz = 700 * (std::pow(10, (to_mel(low) + static_cast<double>(i) * step) / 2595) - 1);
    const double at = std::floor(static_cast<double>(dft_length + 1) * hertz / static_cast<double>(rate));
    if (!(at >= 0 && at <= static_cast<double>(rows)))
      refuse(ParserCode::kINVALID_NODE)("the edge at ", hertz, " Hz is outside the spectrogram of ", rows, " bins");
    edge.push_back(static_cast<int64_t>(at));
  }
  std::vector<float> matrix(static_cast<size_t>(rows * bins), 0.0F);
  const auto set = [&](int64_t row, int64_t bin, double v) {
    if (row < rows) matrix[static_cast<size_t>(row * bins + bin)] = static_cast<float>(v);
  };
  for (int64_t i = 0; i < bins; ++i) {
    const auto k = static_cast<size_t>(i);
    const int64_t left = edge[k], centre = edge[k + 1], right = edge[k + 2];
    if (left == centre) set(centre, i, 1);
    for (int64_t j = left; left < centre && j <= centre; ++j)
      set(j, i, static_cast<double>(j - left) / static_cast<double>(centre - left));
    for (int64_t j = centre; j < right; ++j)
      set(j, i, static_cast<double>(right - j) / static_cast<double>(right - centre));
  }
  c.set_output(0, of_output_type(c, {rows, bins}, matrix));
}

/// The same as a formula.
void computed_mel_weight_matrix(ImporterContext& c, const Extent& bins, const Extent& dft_length, const Extent& rate) {
  const auto number = [&](int i) { return reshape(cast(Term(c, i), DataType::kFLOAT64), Extents{}); };
  const auto as_double = [&](const Extent& e) { return cast(scalar_of(c, e), DataType::kFLOAT64); };
  const auto to_mel = [](Term hertz) { return log(hertz / 700.0 + 1.0) * (2595 / std::numbers::ln10); };
  const Term low = to_mel(number(3)), high = to_mel(number(4));
  const Extent edges = add(c, bins, 2), rows = add(c, divide_down(c, dft_length, 2), 1);
  const Term step = (high - low) / as_double(edges);
  const Term mel = cast(iota(c, edges), DataType::kFLOAT64) * step + low;
  const Term hertz = (exp(mel * (std::numbers::ln10 / 2595)) - 1.0) * 700.0;
  const Term edge = unary(hertz * as_double(add(c, dft_length, 1)) / as_double(rate), UnaryOperation::kFLOOR);
  // A triangle for each bin, from left over centre to right; rows lie along the first axis.
  const Term left = slice(edge, 0, 0, bins), centre = slice(edge, 0, 1, bins), right = slice(edge, 0, 2, bins);
  const Term row = unsqueeze(cast(iota(c, rows), DataType::kFLOAT64), {1});
  const Term rising = (row - left) / maximum(centre - left, centre.number(1));
  const Term falling = (right - row) / maximum(right - centre, centre.number(1));
  const Term zero = centre.number(0);
  const Term beside = select(row < centre, select(row >= left, rising, zero), select(row < right, falling, zero));
  c.set_output(0, cast(select(equal(row, centre), centre.number(1), beside), output_type(c)));
}

}  // namespace

void import_mel_weight_matrix(ImporterContext& c) {
  const Extent bins = extent_of_input(c, 0, "num_mel_bins"), dft_length = extent_of_input(c, 1, "dft_length"),
               rate = extent_of_input(c, 2, "sample_rate");
  if (bins.value && dft_length.value && rate.value && c.constant(3) && c.constant(4))
    return known_mel_weight_matrix(c, *bins.value, *dft_length.value, *rate.value);
  computed_mel_weight_matrix(c, bins, dft_length, rate);
}

}  // namespace dvt::onnx
