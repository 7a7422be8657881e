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

// f32. NaN in either operand of min and max gives NaN.
DVT_BINARY(f32_add, float, float, x + y)
DVT_BINARY(f32_sub, float, float, x - y)
DVT_BINARY(f32_mul, float, float, x* y)
DVT_BINARY(f32_div, float, float, x / y)
DVT_BINARY(f32_floor_div, float, float, std::floor(x / y))
DVT_BINARY(f32_fmod, float, float, std::fmod(x, y))
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

// Conversions between lanes.
DVT_UNARY(f32_to_f64, float, double, x)
DVT_UNARY(f64_to_f32, double, float, x)
DVT_UNARY(f32_to_b8, float, uint8_t, x != 0)
DVT_UNARY(i64_to_b8, int64_t, uint8_t, x != 0)
DVT_UNARY(i64_to_f32, int64_t, float, x)
DVT_UNARY(b8_to_f32, uint8_t, float, x)
DVT_UNARY(b8_to_i64, uint8_t, int64_t, x)

void f32_to_i64(const void* a, const void*, const void* c, void* out, int n) {
  const float* xs = static_cast<const float*>(a);
  const Saturation limit = *static_cast<const Saturation*>(c);
  int64_t* o = static_cast<int64_t*>(out);
  DVT_LOOP {
    const float x = xs[i];
    o[i] = x != x ? 0 : x >= limit.high ? limit.highest : x < limit.low ? limit.lowest : static_cast<int64_t>(x);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#endif
