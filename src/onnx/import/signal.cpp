// Windows and Fourier transforms.
#include <cmath>
#include <numbers>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

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
Term transform(ImporterContext& c, Term x, int axis, const Transform& t, std::optional<int64_t> length) {
  Fields fields;
  fields.add("axis", axis).add("inverse", t.inverse).add("onesided", t.onesided);
  if (length) fields.add("length", *length);
  return {c, add_operator(c, "dft", fields, {&x.tensor()}, "dft")};
}

void dft(ImporterContext& c, int axis) {
  const Term x(c, 0);
  const Transform t{c.attribute_bool("inverse", false), c.attribute_bool("onesided", false)};
  std::optional<int64_t> length;
  if (c.has_input(1)) length = one_integer(c, 1, "dft_length", INT32_MAX);
  c.set_output(0, transform(c, x, axis, t, length));
}

}  // namespace

void import_hann_window(ImporterContext& c) { window(c, 0.5, 0.5, 0); }
void import_hamming_window(ImporterContext& c) { window(c, 25.0 / 46.0, 21.0 / 46.0, 0); }
void import_blackman_window(ImporterContext& c) { window(c, 0.42, 0.5, 0.08); }

void import_dft_17(ImporterContext& c) { dft(c, normalized_axis(c.attribute_int("axis", 1), c.dims(0).nbDims)); }

void import_dft(ImporterContext& c) {
  const std::vector<int64_t> axis = c.has_input(2) ? c.constant_ints(2, "axis") : std::vector<int64_t>{-2};
  if (axis.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number");
  dft(c, normalized_axis(axis[0], c.dims(0).nbDims));
}

/// signal[B, L(, 1 or 2)] in frames, each times the window, each transformed.
void import_stft(ImporterContext& c) {
  Term signal(c, 0);
  if (signal.rank() == 2) signal = unsqueeze(signal, {2});
  if (signal.rank() != 3) refuse(ParserCode::kINVALID_NODE)("the signal must have rank 2 or 3, got ", signal.rank());
  const int64_t step = one_integer(c, 1, "frame_step", INT32_MAX);
  if (step < 1) refuse(ParserCode::kINVALID_NODE)("frame_step must be positive");
  const Extent length = c.has_input(3)   ? Extent(one_integer(c, 3, "frame_length", INT32_MAX))
                        : c.has_input(2) ? extent_of(c, c.tensor(2), 0)
                                         : signal.extent(1);
  if (!length.value || *length.value < 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the length of a frame must be known while the model is read");
  const Extent frames = add(c, divide_down(c, subtract(c, signal.extent(1), length), step), 1);
  // Positions [frames, length] of the elements that each frame reads.
  const Term first = unsqueeze(iota(c, frames) * static_cast<double>(step), {1});
  Term parts = gather(signal, first + iota(c, length), 1);
  if (c.has_input(2)) parts = parts * unsqueeze(Term(c, 2), {1});
  c.set_output(0, transform(c, parts, 2, {false, c.attribute_bool("onesided", true)}, std::nullopt));
}

void import_mel_weight_matrix(ImporterContext& c) {
  const int64_t bins = one_integer(c, 0, "num_mel_bins", 1 << 16),
                dft_length = one_integer(c, 1, "dft_length", 1 << 24),
                rate = one_integer(c, 2, "sample_rate", INT32_MAX);
  const double low = one_number(c, 3, "lower_edge_hertz"), high = one_number(c, 4, "upper_edge_hertz");
  const int64_t rows = dft_length / 2 + 1;
  if (bins < 1 || rate < 1 || bins * rows > (int64_t{1} << 28))
    refuse(ParserCode::kINVALID_NODE)("a matrix of ", rows, " by ", bins, " at ", rate, " samples a second");
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

}  // namespace dvt::onnx
