#include <limits>

#include "base/dim_node.h"
#include "base/error.h"

namespace dvt::dim_detail {
namespace {
constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

[[noreturn]] void overflow() { throw Error(ErrorCode::kInvalidModel, "dimension overflows 64 bits"); }

// Rounds towards minus infinity. Precondition: b != 0 and not kLowest / -1.
int64_t floored(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return a % b != 0 && (a % b < 0) != (b < 0) ? q - 1 : q;
}
}  // namespace

int64_t add(int64_t a, int64_t b) {
  int64_t r;
  if (__builtin_add_overflow(a, b, &r)) overflow();
  return r;
}

int64_t multiply(int64_t a, int64_t b) {
  int64_t r;
  if (__builtin_mul_overflow(a, b, &r)) overflow();
  return r;
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (a == kLowest && b == -1) overflow();
  return floored(a, b);
}

int64_t floor_modulo(int64_t a, int64_t b) {
  if (b == -1) return 0;
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

int64_t meet(int64_t a, int64_t b) noexcept { return a == 0 || b == 0 ? 0 : a < b ? b : a; }

int64_t add_saturated(int64_t a, int64_t b) noexcept {
  int64_t r;
  if (__builtin_add_overflow(a, b, &r)) return a < 0 ? kLowest : kHighest;
  return r;
}

int64_t multiply_saturated(int64_t a, int64_t b) noexcept {
  int64_t r;
  if (__builtin_mul_overflow(a, b, &r)) return (a < 0) != (b < 0) ? kLowest : kHighest;
  return r;
}

int64_t floor_divide_saturated(int64_t a, int64_t b) noexcept {
  if (b == 0) return 0;
  if (b == -1) return a == kLowest ? kHighest : -a;
  return floored(a, b);
}

int64_t ceil_divide_saturated(int64_t a, int64_t b) noexcept {
  if (b == 0) return 0;
  if (b == -1) return a == kLowest ? kHighest : -a;
  return floored(a, b) + (a % b != 0);
}

}  // namespace dvt::dim_detail
