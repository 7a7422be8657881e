#pragma once
/// \file
/// IEEE binary16 on the host: storage, conversions and arithmetic in float.

#include <stdint.h>
#include <string.h>

typedef struct __attribute__((aligned(2))) __half_raw {
  unsigned short x;
} __half_raw;

#ifdef __cplusplus

namespace dovetail_cuda {

inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// Rounds to nearest, ties to even.
inline uint16_t half_from_float(float value) {
  uint32_t const bits = bits_of(value), sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<uint16_t>(sign | 0x7e00U);   // NaN
  if (magnitude >= 0x477ff000U) return static_cast<uint16_t>(sign | 0x7c00U);  // rounds past 65504
  if (magnitude < 0x38800000U) {                                               // below 2^-14: subnormal or zero
    float const scaled = float_of(magnitude) * 16777216.0F;                    // 2^24 units of 2^-24
    uint32_t const whole = static_cast<uint32_t>(scaled);
    float const rest = scaled - static_cast<float>(whole);
    return static_cast<uint16_t>(sign | (whole + (rest > 0.5F || (rest == 0.5F && (whole & 1U)) ? 1U : 0U)));
  }
  uint32_t const rounded = magnitude + 0xfffU + (magnitude >> 13 & 1U);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
}

inline float half_to_float(uint16_t half) {
  uint32_t const sign = static_cast<uint32_t>(half & 0x8000U) << 16, exponent = half >> 10 & 0x1fU, low = half & 0x3ffU;
  if (exponent == 0x1fU) return float_of(sign | 0x7f800000U | low << 13);
  if (exponent == 0) {
    float const value = static_cast<float>(low) / 16777216.0F;
    return sign ? -value : value;
  }
  return float_of(sign | (exponent + 112U) << 23 | low << 13);
}

}  // namespace dovetail_cuda

struct __attribute__((aligned(2))) __half {
  unsigned short __x;

  __half() = default;
  __half(__half_raw raw) : __x(raw.x) {}
  __half(float value) : __x(dovetail_cuda::half_from_float(value)) {}
  __half(double value) : __half(static_cast<float>(value)) {}
  __half(int value) : __half(static_cast<float>(value)) {}
  operator float() const { return dovetail_cuda::half_to_float(__x); }
  operator __half_raw() const { return __half_raw{__x}; }
  __half& operator+=(__half other) { return *this = __half(float(*this) + float(other)); }
  __half& operator-=(__half other) { return *this = __half(float(*this) - float(other)); }
  __half& operator*=(__half other) { return *this = __half(float(*this) * float(other)); }
  __half& operator/=(__half other) { return *this = __half(float(*this) / float(other)); }
};
typedef __half half;

struct __attribute__((aligned(4))) __half2 {
  __half x, y;
};
typedef __half2 half2;

inline __half __float2half(float a) { return __half(a); }
inline __half __float2half_rn(float a) { return __half(a); }
inline __half __double2half(double a) { return __half(a); }
inline __half __int2half_rn(int a) { return __half(a); }
inline float __half2float(__half a) { return float(a); }
inline int __half2int_rz(__half a) { return static_cast<int>(float(a)); }
inline __half __ushort_as_half(unsigned short bits) { return __half(__half_raw{bits}); }
inline unsigned short __half_as_ushort(__half a) { return a.__x; }
inline __half2 __halves2half2(__half a, __half b) { return __half2{a, b}; }
inline __half2 __floats2half2_rn(float a, float b) { return __half2{__half(a), __half(b)}; }
inline __half __hadd(__half a, __half b) { return __half(float(a) + float(b)); }
inline __half __hsub(__half a, __half b) { return __half(float(a) - float(b)); }
inline __half __hmul(__half a, __half b) { return __half(float(a) * float(b)); }
inline __half __hdiv(__half a, __half b) { return __half(float(a) / float(b)); }
inline __half __hneg(__half a) { return __ushort_as_half(static_cast<unsigned short>(a.__x ^ 0x8000U)); }
inline bool __hisnan(__half a) { return (a.__x & 0x7fffU) > 0x7c00U; }
#else
typedef __half_raw __half;
#endif
