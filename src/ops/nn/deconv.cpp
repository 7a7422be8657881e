#include "ops/nn/deconv.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "deconv";

WindowFields fields(const Deconv& op) { return {op.strides, op.dilations, op.pads_begin, op.pads_end, op.padding}; }
bool is_same(Padding p) { return p == Padding::same_upper || p == Padding::same_lower; }
int64_t extra(const Deconv& op, size_t axis) { return op.output_padding.empty() ? 0 : op.output_padding[axis]; }

}  // namespace

std::vector<TensorType> infer(const Deconv& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &w = in[1].type;
  require_rank_at_least(kName, x, 3, "x");
  require_rank(kName, w, x.rank(), "w");
  require_same_dtype(kName, w.dtype, x.dtype, "w");
  require_floating(kName, x.dtype, "x");
  std::vector<int64_t> kernel;
  for (int i = 2; i < w.rank(); ++i) {
    if (!w.shape[i].is_constant()) reject(kName, "window size must be constant, got w ", w);
    kernel.push_back(w.shape[i].constant());
  }
  check_window(kName, fields(op), kernel);
  require_list(kName, op.output_padding, static_cast<int>(kernel.size()), 0, "output_padding");
  if (op.groups < 1 || op.groups > kMaxAttribute) reject(kName, "groups must be 1 or more, got ", op.groups);
  require_same_dim(kName, x.shape[1], w.shape[0], "channels of x (dimension 0 of w)");
  if (w.shape[0].is_constant() && w.shape[0].constant() % op.groups != 0)
    reject(kName, "groups ", op.groups, " does not divide the ", w.shape[0], " input channels");

  const Window window = fill_window(fields(op), kernel);
  TensorType y{x.dtype, {x.shape[0], w.shape[1] * Dim(op.groups)}};
  for (size_t a = 0; a < kernel.size(); ++a) {
    const Dim& size = x.shape[static_cast<int>(a) + 2];
    const Dim stride = window.strides[a];
    const int64_t tail = window.extent(static_cast<int>(a)) + extra(op, a) - window.pads_begin[a] - window.pads_end[a];
    y.shape.push_back(is_same(op.padding) ? size * stride : (size - Dim(1)) * stride + Dim(tail));
    const Dim& result = y.shape[static_cast<int>(a) + 2];
    if (result.is_constant() && result.constant() < 0)
      reject(kName, "pads remove more than there is along spatial axis ", a, ": output size ", result);
  }
  return {y};
}

Window resolve_window(const Deconv& op, std::span<const int64_t> x, std::span<const int64_t> w) {
  Window window = fill_window(fields(op), w.subspan(2));
  if (!is_same(op.padding)) return window;
  for (int a = 0; a < window.rank(); ++a) {
    const auto i = static_cast<size_t>(a);
    const int64_t full = (x[i + 2] - 1) * window.strides[i] + window.extent(a) + extra(op, i);
    set_total_padding(window, a, op.padding, std::max<int64_t>(0, full - x[i + 2] * window.strides[i]));
  }
  return window;
}

void reference(const Deconv& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::vector<double> x = load(in[0]), w = load(in[1]);
  const Window window = resolve_window(op, in[0].dims(), in[1].dims());
  const auto& y_dims = out[0].dims();
  const auto y_strides = row_major_strides(y_dims);
  std::vector<double> y(static_cast<size_t>(volume_of(y_dims)), 0.0);
  const int64_t inputs_per_group = in[1].dim(0) / op.groups, outputs = in[1].dim(1), taps = volume_of(window.kernel);

  // Every input element adds its multiple of the filter to the outputs it reaches.
  for_each_index(in[0].dims(), [&](std::span<const int64_t> at, int64_t linear) {
    const int64_t image = at[0], c = at[1], first_output = c / inputs_per_group * outputs;
    const double* filter = w.data() + c * outputs * taps;
    double* plane = y.data() + image * y_strides[0] + first_output * y_strides[1];
    for_each_index(window.kernel, [&](std::span<const int64_t> tap, int64_t t) {
      int64_t offset = 0;
      for (size_t a = 0; a < tap.size(); ++a) {
        const int64_t i = at[a + 2] * window.strides[a] + tap[a] * window.dilations[a] - window.pads_begin[a];
        if (i < 0 || i >= y_dims[a + 2]) return;
        offset += i * y_strides[a + 2];
      }
      for (int64_t m = 0; m < outputs; ++m)
        plane[m * y_strides[1] + offset] += x[static_cast<size_t>(linear)] * filter[m * taps + t];
    });
  });
  for (size_t i = 0; i < y.size(); ++i) out[0].set(static_cast<int64_t>(i), y[i]);
}

Cost cost(const Deconv&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  Cost cost = traffic(in, out, at);
  const double channels = dim_at(in[1], 0, at);
  if (channels > 0) cost.flops = 2 * volume_at(in[0], at) * volume_at(in[1], at) / channels;
  return cost;
}

void visit_fields(Deconv& op, FieldVisitor& v) {
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.field("output_padding", op.output_padding);
  v.field("groups", op.groups);
  v.choice("padding", op.padding, kPaddingNames);
}

}  // namespace dvt::ops
