#include "ops/nn/pool.h"

#include <cmath>
#include <limits>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "pool";
constexpr std::string_view kKinds[] = {"max", "average"};

WindowFields fields(const Pool& op) { return {op.strides, op.dilations, op.pads_begin, op.pads_end, op.padding}; }

/// Elements of the window at `at` that lie on data or explicit padding: what count_include_pad divides by.
int64_t padded_count(const Window& w, std::span<const int64_t> at, std::span<const int64_t> spatial) {
  int64_t count = 1;
  for (size_t a = 0; a < spatial.size(); ++a) {
    int64_t inside = 0;
    for (int64_t tap = 0; tap < w.kernel[a]; ++tap)
      inside += at[a] * w.strides[a] + tap * w.dilations[a] < w.pads_begin[a] + spatial[a] + w.pads_end[a];
    count *= inside;
  }
  return count;
}

int64_t truncated_mean(DType t, int64_t sum, int64_t count) {
  if (count == 0) return 0;
  return t == DType::u64 ? static_cast<int64_t>(static_cast<uint64_t>(sum) / static_cast<uint64_t>(count))
                         : sum / count;
}

}  // namespace

std::vector<TensorType> infer(const Pool& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_rank_at_least(kName, x, 3, "x");
  check_window(kName, fields(op), op.window);
  require_rank(kName, x, static_cast<int>(op.window.size()) + 2, "x");
  if (x.dtype == DType::b8) reject(kName, "does not take b8; insert a cast");
  const Window window = fill_window(fields(op), op.window);
  TensorType y{x.dtype, {x.shape[0], x.shape[1]}};
  for (int i = 0; i < window.rank(); ++i) {
    if (op.padding == Padding::explicit_pads && (window.pads_begin[static_cast<size_t>(i)] >= window.extent(i) ||
                                                 window.pads_end[static_cast<size_t>(i)] >= window.extent(i)))
      reject(kName, "pads along spatial axis ", i, " must be smaller than the window of ", window.extent(i));
    y.shape.push_back(window_output(kName, window, i, op.padding, x.shape[i + 2], op.ceil_mode));
  }
  return {y};
}

Window resolve_window(const Pool& op, std::span<const int64_t> x) {
  Window window = fill_window(fields(op), op.window);
  resolve_same_padding(window, op.padding, x.subspan(2));
  return window;
}

void reference(const Pool& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const Window window = resolve_window(op, x.dims());
  const auto spatial = std::span(x.dims()).subspan(2);
  const auto strides = row_major_strides(x.dims());
  for_each_index(out[0].dims(), [&](std::span<const int64_t> at, int64_t linear) {
    double sum = 0, largest = -std::numeric_limits<double>::infinity();
    int64_t count = 0, largest_int = 0, sum_int = 0;
    for_each_index(window.kernel, [&](std::span<const int64_t> tap, int64_t) {
      int64_t offset = at[0] * strides[0] + at[1] * strides[1];
      for (size_t a = 0; a < tap.size(); ++a) {
        const int64_t i = at[a + 2] * window.strides[a] + tap[a] * window.dilations[a] - window.pads_begin[a];
        if (i < 0 || i >= spatial[a]) return;
        offset += i * strides[a + 2];
      }
      if (is_floating(x.dtype())) {
        const double v = x.get(offset);
        sum += v;
        if (v > largest || std::isnan(v)) largest = v;  // a NaN stays
      } else {
        const int64_t v = x.get_int(offset);
        sum_int = wrap_add(sum_int, v);
        if (count == 0 || int_less(x.dtype(), largest_int, v)) largest_int = v;
      }
      ++count;
    });
    if (op.kind == Pool::Kind::average) {
      if (op.count_include_pad) count = padded_count(window, at.subspan(2), spatial);
      if (is_floating(x.dtype()))
        out[0].set(linear, count ? sum / static_cast<double>(count) : 0);
      else
        out[0].set_int(linear, truncated_mean(x.dtype(), sum_int, count));
    } else if (is_floating(x.dtype())) {
      out[0].set(linear, largest);
    } else {
      out[0].set_int(linear, largest_int);
    }
  });
}

Cost cost(const Pool& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, static_cast<double>(volume_of(op.window)));
}

void visit_fields(Pool& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("window", op.window);
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.choice("padding", op.padding, kPaddingNames);
  v.field("ceil_mode", op.ceil_mode);
  v.field("count_include_pad", op.count_include_pad);
}

}  // namespace dvt::ops
