#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/shape.h"

namespace dvt::ops {

/// How the padding of a sliding window is given; same_*: output = ceil(input / stride), the odd element goes to that
/// end.
enum class Padding { explicit_pads, same_upper, same_lower, valid };
inline constexpr std::string_view kPaddingNames[] = {"explicit", "same_upper", "same_lower", "valid"};

/// A sliding window over the spatial dimensions with every default filled in, for given spatial sizes.
struct Window {
  std::vector<int64_t> kernel, strides, dilations, pads_begin, pads_end;
  int rank() const { return static_cast<int>(kernel.size()); }
};

}  // namespace dvt::ops
