// The operators of the interpreter as loops over lanes; included once per Highway target by lanes.cpp.
#if defined(DVT_LANE_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DVT_LANE_FUNCTIONS_INL_H_
#undef DVT_LANE_FUNCTIONS_INL_H_
#else
#define DVT_LANE_FUNCTIONS_INL_H_
#endif

#include <cmath>
#include <cstring>

#include "backend/cpu/pointwise/lanes.h"
#include "backend/cpu/simd/math-inl.h"
#include "backend/cpu/simd/simd.h"
#include "base/float_formats.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

// name, type of operand, type of result, expression over x
#define DVT_UNARY(name, In, Out, expression)                             \
  void name(const void* a, const void*, const void*, void* out, int n) { \
    const In* xs = static_cast<const In*>(a);                            \
    Out* o = static_cast<Out*>(out);                                     \
    DVT_LOOP {                                                           \
      const In x = xs[i];                                                \
      o[i] = static_cast<Out>(expression);                               \
    }                                                                    \
  }
// the same over x and y
#define DVT_BINARY(name, In, Out, expression)                              \
  void name(const void* a, const void* b, const void*, void* out, int n) { \
    const In* xs = static_cast<const In*>(a);                              \
    const In* ys = static_cast<const In*>(b);                              \
    Out* o = static_cast<Out*>(out);                                       \
    DVT_LOOP {                                                             \
      const In x = xs[i], y = ys[i];                                       \
      o[i] = static_cast<Out>(expression);                                 \
    }                                                                      \
  }
#define DVT_COMPARISONS(prefix, In)            \
  DVT_BINARY(prefix##_eq, In, uint8_t, x == y) \
  DVT_BINARY(prefix##_ne, In, uint8_t, x != y) \
  DVT_BINARY(prefix##_lt, In, uint8_t, x < y)  \
  DVT_BINARY(prefix##_le, In, uint8_t, x <= y) \
  DVT_BINARY(prefix##_gt, In, uint8_t, x > y)  \
  DVT_BINARY(prefix##_ge, In, uint8_t, x >= y)
// a vector function of math-inl.h; the tail goes through a buffer of one vector
#define DVT_VECTOR_UNARY(name, function)                                                    \
  void name(const void* a, const void*, const void*, void* out, int n) {                    \
    const hn::ScalableTag<float> d;                                                         \
    const float* x = static_cast<const float*>(a);                                          \
    float* o = static_cast<float*>(out);                                                    \
    const int lanes = static_cast<int>(hn::Lanes(d));                                       \
    int i = 0;                                                                              \
    for (; i + lanes <= n; i += lanes) hn::StoreU(function(hn::LoadU(d, x + i)), d, o + i); \
    if (i >= n) return;                                                                     \
    float tail[HWY_MAX_BYTES / sizeof(float)] = {};                                         \
    const size_t bytes = static_cast<size_t>(n - i) * sizeof(float);                        \
    std::memcpy(tail, x + i, bytes);                                                        \
    hn::StoreU(function(hn::LoadU(d, tail)), d, tail);                                      \
    std::memcpy(o + i, tail, bytes);                                                        \
  }

/// The remainder with the sign of y.
template <class T>
T mod_of(T x, T y) {
  const T r = std::fmod(x, y);
  if (r == 0) return std::copysign(T{0}, y);
  return (r < 0) != (y < 0) ? r + y : r;
}

// f32. NaN in either operand of min and max gives NaN.
DVT_BINARY(f32_add, float, float, x + y)
DVT_BINARY(f32_sub, float, float, x - y)
DVT_BINARY(f32_mul, float, float, x* y)
DVT_BINARY(f32_div, float, float, x / y)
DVT_BINARY(f32_floor_div, float, float, std::floor(x / y))
DVT_BINARY(f32_fmod, float, float, std::fmod(x, y))
DVT_BINARY(f32_mod, float, float, mod_of(x, y))
DVT_BINARY(f32_min, float, float, x != x ? x : y != y ? y : x < y ? x : y)
DVT_BINARY(f32_max, float, float, x != x ? x : y != y ? y : x < y ? y : x)
DVT_BINARY(f32_pow, float, float, std::pow(x, y))
DVT_BINARY(f32_atan2, float, float, std::atan2(x, y))
DVT_COMPARISONS(f32, float)
DVT_UNARY(f32_copy, float, float, x)
DVT_UNARY(f32_neg, float, float, -x)
DVT_UNARY(f32_abs, float, float, std::fabs(x))
DVT_UNARY(f32_sign, float, float, x > 0 ? 1.0f : x < 0 ? -1.0f : x)
DVT_UNARY(f32_sqrt, float, float, std::sqrt(x))
DVT_UNARY(f32_recip, float, float, 1.0f / x)
DVT_UNARY(f32_rsqrt, float, float, 1.0f / std::sqrt(x))
DVT_UNARY(f32_sin, float, float, std::sin(x))
DVT_UNARY(f32_cos, float, float, std::cos(x))
DVT_UNARY(f32_tan, float, float, std::tan(x))
DVT_UNARY(f32_asin, float, float, std::asin(x))
DVT_UNARY(f32_acos, float, float, std::acos(x))
DVT_UNARY(f32_atan, float, float, std::atan(x))
DVT_UNARY(f32_sinh, float, float, std::sinh(x))
DVT_UNARY(f32_cosh, float, float, std::cosh(x))
DVT_UNARY(f32_asinh, float, float, std::asinh(x))
DVT_UNARY(f32_acosh, float, float, std::acosh(x))
DVT_UNARY(f32_atanh, float, float, std::atanh(x))
DVT_UNARY(f32_relu, float, float, x <= 0 ? 0.0f : x)
DVT_UNARY(f32_floor, float, float, std::floor(x))
DVT_UNARY(f32_ceil, float, float, std::ceil(x))
DVT_UNARY(f32_round, float, float, std::nearbyint(x))
DVT_UNARY(f32_trunc, float, float, std::trunc(x))
DVT_UNARY(f32_is_nan, float, uint8_t, x != x)
DVT_UNARY(f32_is_inf, float, uint8_t, std::fabs(x) == HUGE_VALF)
DVT_VECTOR_UNARY(f32_exp, exp_f32)
DVT_VECTOR_UNARY(f32_log, log_f32)
DVT_VECTOR_UNARY(f32_tanh, tanh_f32)
DVT_VECTOR_UNARY(f32_erf, erf_f32)
DVT_VECTOR_UNARY(f32_sigmoid, sigmoid_f32)
DVT_VECTOR_UNARY(f32_softplus, softplus_f32)
DVT_VECTOR_UNARY(f32_gelu_erf, gelu_erf_f32)
DVT_VECTOR_UNARY(f32_gelu_tanh, gelu_tanh_f32)
DVT_VECTOR_UNARY(f32_silu, silu_f32)
DVT_VECTOR_UNARY(f32_hard_swish, hard_swish_f32)

// f64, by the C library.
DVT_BINARY(f64_add, double, double, x + y)
DVT_BINARY(f64_sub, double, double, x - y)
DVT_BINARY(f64_mul, double, double, x* y)
DVT_BINARY(f64_div, double, double, x / y)
DVT_BINARY(f64_floor_div, double, double, std::floor(x / y))
DVT_BINARY(f64_fmod, double, double, std::fmod(x, y))
DVT_BINARY(f64_mod, double, double, mod_of(x, y))
DVT_BINARY(f64_min, double, double, x != x ? x : y != y ? y : x < y ? x : y)
DVT_BINARY(f64_max, double, double, x != x ? x : y != y ? y : x < y ? y : x)
DVT_BINARY(f64_pow, double, double, std::pow(x, y))
DVT_BINARY(f64_atan2, double, double, std::atan2(x, y))
DVT_COMPARISONS(f64, double)
DVT_UNARY(f64_neg, double, double, -x)
DVT_UNARY(f64_abs, double, double, std::fabs(x))
DVT_UNARY(f64_sign, double, double, x > 0 ? 1.0 : x < 0 ? -1.0 : x)
DVT_UNARY(f64_exp, double, double, std::exp(x))
DVT_UNARY(f64_log, double, double, std::log(x))
DVT_UNARY(f64_sqrt, double, double, std::sqrt(x))
DVT_UNARY(f64_recip, double, double, 1.0 / x)
DVT_UNARY(f64_rsqrt, double, double, 1.0 / std::sqrt(x))
DVT_UNARY(f64_sin, double, double, std::sin(x))
DVT_UNARY(f64_cos, double, double, std::cos(x))
DVT_UNARY(f64_tan, double, double, std::tan(x))
DVT_UNARY(f64_tanh, double, double, std::tanh(x))
DVT_UNARY(f64_erf, double, double, std::erf(x))
DVT_UNARY(f64_sigmoid, double, double, 1 / (1 + std::exp(-x)))
DVT_UNARY(f64_relu, double, double, x <= 0 ? 0.0 : x)
DVT_UNARY(f64_floor, double, double, std::floor(x))
DVT_UNARY(f64_ceil, double, double, std::ceil(x))
DVT_UNARY(f64_round, double, double, std::nearbyint(x))
DVT_UNARY(f64_trunc, double, double, std::trunc(x))
DVT_UNARY(f64_is_nan, double, uint8_t, x != x)
DVT_UNARY(f64_is_inf, double, uint8_t, std::fabs(x) == HUGE_VAL)

// Integer division: x / 0 and x mod 0 are 0; the lowest integer over -1 wraps to itself.
inline int64_t quotient_of(int64_t x, int64_t y) {
  return y == 0 ? 0 : y == -1 ? static_cast<int64_t>(0 - static_cast<uint64_t>(x)) : x / y;
}
inline int64_t remainder_of(int64_t x, int64_t y) { return y == 0 || y == -1 ? 0 : x % y; }
/// Whether the truncated quotient lies above the floored one.
inline bool rounds_up(int64_t x, int64_t y) {
  const int64_t r = remainder_of(x, y);
  return r != 0 && (r < 0) != (y < 0);
}
inline bool in_word(int64_t amount) { return amount >= 0 && amount < 64; }

// Integers wrap around: arithmetic is unsigned.
DVT_BINARY(i64_add, uint64_t, uint64_t, x + y)
DVT_BINARY(i64_sub, uint64_t, uint64_t, x - y)
DVT_BINARY(i64_mul, uint64_t, uint64_t, x* y)
DVT_BINARY(i64_min, int64_t, int64_t, x < y ? x : y)
DVT_BINARY(i64_max, int64_t, int64_t, x < y ? y : x)
DVT_BINARY(i64_and, uint64_t, uint64_t, x& y)
DVT_BINARY(i64_or, uint64_t, uint64_t, x | y)
DVT_BINARY(i64_xor, uint64_t, uint64_t, x ^ y)
DVT_COMPARISONS(i64, int64_t)
DVT_UNARY(i64_copy, int64_t, int64_t, x)
DVT_UNARY(i64_not, uint64_t, uint64_t, ~x)
DVT_UNARY(i64_neg, uint64_t, uint64_t, 0 - x)
DVT_UNARY(i64_abs, int64_t, int64_t, x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x))
DVT_UNARY(i64_relu, int64_t, int64_t, x < 0 ? 0 : x)

DVT_UNARY(i64_sign, int64_t, int64_t, (x > 0) - (x < 0))
DVT_BINARY(i64_div, int64_t, int64_t, quotient_of(x, y))
DVT_BINARY(i64_floor_div, int64_t, int64_t, quotient_of(x, y) - rounds_up(x, y))
DVT_BINARY(i64_fmod, int64_t, int64_t, remainder_of(x, y))
DVT_BINARY(i64_mod, int64_t, int64_t, remainder_of(x, y) + (rounds_up(x, y) ? y : 0))
// Lanes of shorter types are extended, so that a shift by all of their bits or more leaves what it should.
DVT_BINARY(i64_shift_left, int64_t, int64_t, in_word(y) ? static_cast<uint64_t>(x) << y : 0)
DVT_BINARY(i64_shift_right, int64_t, int64_t, x >> (in_word(y) ? y : 63))
DVT_BINARY(u64_shift_right, uint64_t, uint64_t, y < 64 ? x >> y : 0)
DVT_BINARY(u64_div, uint64_t, uint64_t, y == 0 ? 0 : x / y)
DVT_BINARY(u64_mod, uint64_t, uint64_t, y == 0 ? 0 : x % y)
DVT_BINARY(u64_min, uint64_t, uint64_t, x < y ? x : y)
DVT_BINARY(u64_max, uint64_t, uint64_t, x < y ? y : x)
DVT_COMPARISONS(u64, uint64_t)
DVT_UNARY(u64_sign, uint64_t, uint64_t, x != 0)

DVT_BINARY(b8_and, uint8_t, uint8_t, x& y)
DVT_BINARY(b8_or, uint8_t, uint8_t, x | y)
DVT_BINARY(b8_xor, uint8_t, uint8_t, x ^ y)
DVT_COMPARISONS(b8, uint8_t)
DVT_UNARY(b8_copy, uint8_t, uint8_t, x)
DVT_UNARY(b8_not, uint8_t, uint8_t, x ^ 1)

template <class T>
void select_lanes(const void* a, const void* b, const void* c, void* out, int n) {
  const uint8_t* condition = static_cast<const uint8_t*>(a);
  const T* yes = static_cast<const T*>(b);
  const T* no = static_cast<const T*>(c);
  T* o = static_cast<T*>(out);
  DVT_LOOP o[i] = condition[i] ? yes[i] : no[i];
}

/// The float whose later rounding to a shorter type is as if from the double itself: towards zero, with the last bit
/// set where something was lost.
inline float rounded_to_odd(double x) {
  float y = static_cast<float>(x);
  if (static_cast<double>(y) == x || x != x) return y;
  uint32_t bits;
  std::memcpy(&bits, &y, sizeof bits);
  if (std::fabs(static_cast<double>(y)) > std::fabs(x)) --bits;
  bits |= 1;
  std::memcpy(&y, &bits, sizeof bits);
  return y;
}

// Conversions between lanes.
DVT_UNARY(f32_to_f64, float, double, x)
DVT_UNARY(f64_to_f32, double, float, x)
DVT_UNARY(f64_to_f32_odd, double, float, rounded_to_odd(x))
DVT_UNARY(f64_to_b8, double, uint8_t, x != 0)
DVT_UNARY(i64_to_f64, int64_t, double, x)
DVT_UNARY(u64_to_f64, uint64_t, double, x)
DVT_UNARY(u64_to_f32, uint64_t, float, x)
DVT_UNARY(i64_to_f32_odd, int64_t, float, rounded_to_odd(sticky_double(x)))
DVT_UNARY(u64_to_f32_odd, uint64_t, float, rounded_to_odd(sticky_double(x)))
DVT_UNARY(b8_to_f64, uint8_t, double, x)
DVT_UNARY(f32_saturate_f8e5m2, float, float, x > 57344.0f ? 57344.0f : x < -57344.0f ? -57344.0f : x)
DVT_UNARY(f32_to_b8, float, uint8_t, x != 0)
DVT_UNARY(i64_to_b8, int64_t, uint8_t, x != 0)
DVT_UNARY(i64_to_f32, int64_t, float, x)
DVT_UNARY(b8_to_f32, uint8_t, float, x)
DVT_UNARY(b8_to_i64, uint8_t, int64_t, x)

template <class T>
void float_to_i64(const void* a, const void*, const void* c, void* out, int n) {
  const T* xs = static_cast<const T*>(a);
  const Saturation limit = *static_cast<const Saturation*>(c);
  int64_t* o = static_cast<int64_t*>(out);
  DVT_LOOP {
    const T x = xs[i];
    o[i] = x != x ? 0 : x >= limit.high ? limit.highest : x < limit.low ? limit.lowest : static_cast<int64_t>(x);
  }
}
template <class T>
void float_to_u64(const void* a, const void*, const void*, void* out, int n) {
  const T* xs = static_cast<const T*>(a);
  uint64_t* o = static_cast<uint64_t*>(out);
  constexpr T kEnd = T{18446744073709551616.0};
  DVT_LOOP o[i] = xs[i] >= kEnd ? UINT64_MAX : xs[i] > 0 ? static_cast<uint64_t>(xs[i]) : 0;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#endif
