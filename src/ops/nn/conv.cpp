#include "ops/nn/conv.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "conv";

WindowFields fields(const Conv& op) { return {op.strides, op.dilations, op.pads_begin, op.pads_end, op.padding}; }

}  // namespace

std::vector<TensorType> infer(const Conv& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &w = in[1].type;
  require_rank_at_least(kName, x, 3, "x");
  require_rank(kName, w, x.rank(), "w");
  const bool bytes = is_integer(x.dtype) && is_integer(w.dtype) && bits(x.dtype) == 8 && bits(w.dtype) == 8;
  if (!bytes) {
    require_same_dtype(kName, w.dtype, x.dtype, "w");
    if (x.dtype == DType::b8) reject(kName, "takes numbers, got ", x, "; insert a cast");
  }
  std::vector<int64_t> kernel;
  for (int i = 2; i < w.rank(); ++i) {
    if (!w.shape[i].is_constant()) reject(kName, "window size must be constant, got w ", w);
    kernel.push_back(w.shape[i].constant());
  }
  check_window(kName, fields(op), kernel);
  if (op.groups < 1 || op.groups > kMaxAttribute) reject(kName, "groups must be 1 or more, got ", op.groups);
  require_same_dim(kName, x.shape[1], w.shape[1] * Dim(op.groups), "channels of x (dimension 1 of w times groups)");
  if (w.shape[0].is_constant() && w.shape[0].constant() % op.groups != 0)
    reject(kName, "groups ", op.groups, " does not divide the ", w.shape[0], " output channels");

  const Window window = fill_window(fields(op), kernel);
  TensorType y{bytes ? DType::i32 : x.dtype, {x.shape[0], w.shape[0]}};
  for (int i = 0; i < window.rank(); ++i)
    y.shape.push_back(window_output(kName, window, i, op.padding, x.shape[i + 2], false));
  return {y};
}

Window resolve_window(const Conv& op, std::span<const int64_t> x, std::span<const int64_t> w) {
  Window window = fill_window(fields(op), w.subspan(2));
  resolve_same_padding(window, op.padding, x.subspan(2));
  return window;
}

namespace {

/// T is double or, for integers, uint64_t: sums wrap around.
template <class T, class Store>
void convolve(const Conv& op, std::span<const ReadView> in, const std::vector<T>& x, const std::vector<T>& w,
              const WriteView& y, Store&& store) {
  const Window window = resolve_window(op, in[0].dims(), in[1].dims());
  const int64_t channels = in[1].dim(1), outputs_per_group = in[1].dim(0) / op.groups;
  const auto spatial = std::span(in[0].dims()).subspan(2);
  const auto x_strides = row_major_strides(in[0].dims());
  const int64_t taps = volume_of(window.kernel);

  for_each_index(y.dims(), [&](std::span<const int64_t> at, int64_t linear) {
    const int64_t image = at[0], m = at[1], first_channel = m / outputs_per_group * channels;
    const T* plane = x.data() + image * x_strides[0] + first_channel * x_strides[1];
    const T* filter = w.data() + m * channels * taps;
    T sum = 0;
    for_each_index(window.kernel, [&](std::span<const int64_t> tap, int64_t t) {
      int64_t offset = 0;
      for (size_t a = 0; a < tap.size(); ++a) {
        const int64_t i = at[a + 2] * window.strides[a] + tap[a] * window.dilations[a] - window.pads_begin[a];
        if (i < 0 || i >= spatial[a]) return;
        offset += i * x_strides[a + 2];
      }
      for (int64_t c = 0; c < channels; ++c) sum += plane[c * x_strides[1] + offset] * filter[c * taps + t];
    });
    store(linear, sum);
  });
}

std::vector<uint64_t> load_wrapping(const ReadView& x) {
  const std::vector<int64_t> values = load_ints(x);
  return {values.begin(), values.end()};
}

}  // namespace

void reference(const Conv& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const WriteView& y = out[0];
  if (is_floating(y.dtype()))
    convolve(op, in, load(in[0]), load(in[1]), y, [&](int64_t i, double v) { y.set(i, v); });
  else
    convolve(op, in, load_wrapping(in[0]), load_wrapping(in[1]), y,
             [&](int64_t i, uint64_t v) { y.set_int(i, static_cast<int64_t>(v)); });
}

Cost cost(const Conv&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  const double outputs = dim_at(in[1], 0, at);
  return traffic(in, out, at, outputs > 0 ? 2 * volume_at(in[1], at) / outputs : 0);
}

void visit_fields(Conv& op, FieldVisitor& v) {
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.field("groups", op.groups);
  v.choice("padding", op.padding, kPaddingNames);
}

}  // namespace dvt::ops
