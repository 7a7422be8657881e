#include "ops/nn/window.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {
std::vector<int64_t> or_all(const std::vector<int64_t>& list, size_t n, int64_t value) {
  return list.empty() ? std::vector<int64_t>(n, value) : list;
}
}  // namespace

void check_window(std::string_view op, const WindowFields& f, std::span<const int64_t> kernel) {
  const int n = static_cast<int>(kernel.size());
  if (n < 1 || n > 3) reject(op, "must have 1 to 3 spatial dimensions, got ", n);
  for (int64_t k : kernel)
    if (k < 1 || k > kMaxAttribute) reject(op, "window size must be 1 or more, got ", k);
  require_list(op, f.strides, n, 1, "strides");
  require_list(op, f.dilations, n, 1, "dilations");
  require_list(op, f.pads_begin, n, 0, "pads_begin");
  require_list(op, f.pads_end, n, 0, "pads_end");
  const auto any = [](const std::vector<int64_t>& list) {
    return std::any_of(list.begin(), list.end(), [](int64_t v) { return v != 0; });
  };
  if (f.padding != Padding::explicit_pads && (any(f.pads_begin) || any(f.pads_end)))
    reject(op, "pads are given although padding is ", kPaddingNames[static_cast<size_t>(f.padding)]);
}

Window fill_window(const WindowFields& f, std::span<const int64_t> kernel) {
  const size_t n = kernel.size();
  return {{kernel.begin(), kernel.end()},
          or_all(f.strides, n, 1),
          or_all(f.dilations, n, 1),
          or_all(f.pads_begin, n, 0),
          or_all(f.pads_end, n, 0)};
}

Dim window_output(std::string_view op, const Window& w, int axis, Padding padding, const Dim& input, bool ceil_mode) {
  const auto a = static_cast<size_t>(axis);
  const Dim stride = w.strides[a];
  if (padding == Padding::same_upper || padding == Padding::same_lower) return ceildiv(input, stride);
  const Dim room = input + Dim(w.pads_begin[a] + w.pads_end[a] - w.extent(axis));
  if (room.is_constant() && room.constant() < 0)
    reject(op, "window of ", w.extent(axis), " does not fit the padded input of ", room.constant() + w.extent(axis),
           " along spatial axis ", axis);
  if (!ceil_mode) return floordiv(room, stride) + Dim(1);
  // A window may hang over the end, but must start on data or on the padding before it.
  return min(ceildiv(room, stride), floordiv(input + Dim(w.pads_begin[a] - 1), stride)) + Dim(1);
}

void set_total_padding(Window& w, int axis, Padding padding, int64_t total) {
  const auto a = static_cast<size_t>(axis);
  const int64_t smaller = total / 2, larger = total - smaller;
  w.pads_begin[a] = padding == Padding::same_upper ? smaller : larger;
  w.pads_end[a] = padding == Padding::same_upper ? larger : smaller;
}

void resolve_same_padding(Window& w, Padding padding, std::span<const int64_t> spatial) {
  if (padding != Padding::same_upper && padding != Padding::same_lower) return;
  for (int axis = 0; axis < w.rank(); ++axis) {
    const auto a = static_cast<size_t>(axis);
    const int64_t outputs = (spatial[a] + w.strides[a] - 1) / w.strides[a];
    set_total_padding(w, axis, padding,
                      std::max<int64_t>(0, (outputs - 1) * w.strides[a] + w.extent(axis) - spatial[a]));
  }
}

}  // namespace dvt::ops
