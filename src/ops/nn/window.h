#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/shape.h"

namespace dvt::ops {

class FieldVisitor;

/// How the padding of a sliding window is given; same_*: output = ceil(input / stride), the odd element goes to that
/// end.
enum class Padding { explicit_pads, same_upper, same_lower, valid };
inline constexpr std::string_view kPaddingNames[] = {"explicit", "same_upper", "same_lower", "valid"};

/// A sliding window over the spatial dimensions with every default filled in, for given spatial sizes.
struct Window {
  std::vector<int64_t> kernel, strides, dilations, pads_begin, pads_end;
  int rank() const { return static_cast<int>(kernel.size()); }
  /// Elements from the first to the last one that the window touches along an axis.
  int64_t extent(int axis) const { return dilations[axis] * (kernel[axis] - 1) + 1; }
};

/// The attributes that conv, deconv and pool share, as they stand in their structs.
struct WindowFields {
  const std::vector<int64_t>&strides, &dilations, &pads_begin, &pads_end;
  Padding padding;
};

/// Rejects attributes that make no sense for `n` spatial dimensions.
void check_window(std::string_view op, const WindowFields& fields, std::span<const int64_t> kernel);
/// Defaults filled in; pads are the explicit ones, or 0 where they depend on the input's size.
Window fill_window(const WindowFields& fields, std::span<const int64_t> kernel);
/// Output size along one axis of a window sliding forwards (conv, pool).
Dim window_output(std::string_view op, const Window& w, int axis, Padding padding, const Dim& input, bool ceil_mode);
/// Sets same_* padding for given input sizes: what is missing so that the outputs cover ceil(input / stride).
void resolve_same_padding(Window& w, Padding padding, std::span<const int64_t> spatial);
/// Splits a total padding into both ends as same_upper and same_lower say.
void set_total_padding(Window& w, int axis, Padding padding, int64_t total);

}  // namespace dvt::ops
