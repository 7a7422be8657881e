#pragma once
/// \file
/// bfloat16 on the host: storage and conversions.

#include "cuda_fp16.h"

typedef struct __attribute__((aligned(2))) __nv_bfloat16_raw {
  unsigned short x;
} __nv_bfloat16_raw;

#ifdef __cplusplus

namespace dovetail_cuda {
/// Rounds to nearest, ties to even.
inline uint16_t bfloat16_from_float(float value) {
  uint32_t const bits = bits_of(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<uint16_t>(bits >> 16 | 0x40U);  // NaN
  return static_cast<uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}
}  // namespace dovetail_cuda

struct __attribute__((aligned(2))) __nv_bfloat16 {
  unsigned short __x;

  __nv_bfloat16() = default;
  __nv_bfloat16(__nv_bfloat16_raw raw) : __x(raw.x) {}
  __nv_bfloat16(float value) : __x(dovetail_cuda::bfloat16_from_float(value)) {}
  operator float() const { return dovetail_cuda::float_of(static_cast<uint32_t>(__x) << 16); }
};
typedef __nv_bfloat16 nv_bfloat16;

inline __nv_bfloat16 __float2bfloat16(float a) { return __nv_bfloat16(a); }
inline float __bfloat162float(__nv_bfloat16 a) { return float(a); }
#else
typedef __nv_bfloat16_raw __nv_bfloat16;
#endif
