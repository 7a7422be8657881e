#pragma once
#include "ops/nn/window.h"
#include "ops/op.h"

namespace dvt::ops {

/// Maximum or average over windows of x[N, C, spatial...]. A global pool is a reduction, not this op. Averages of
/// integers are truncated.
struct Pool {
  static constexpr OpId kId = OpId::pool;
  enum class Kind { max, average };
  Kind kind = Kind::max;
  std::vector<int64_t> window;                ///< One per spatial dimension: tells how many there are.
  std::vector<int64_t> strides, dilations;    ///< Empty: 1.
  std::vector<int64_t> pads_begin, pads_end;  ///< Empty: 0. Used when padding is explicit.
  Padding padding = Padding::explicit_pads;
  /// Rounds the output size up; a last window that would start in the padding behind the data is dropped.
  bool ceil_mode = false;
  bool count_include_pad = false;  ///< average: padding counts in the divisor (never what ceil_mode adds behind it).
  friend bool operator==(const Pool&, const Pool&) = default;
};
DECLARE_OP(Pool);

/// The window with pads resolved for given sizes of x.
Window resolve_window(const Pool& op, std::span<const int64_t> x);

}  // namespace dvt::ops
