// Elements of every type to lanes and back, and rounding within lanes, for each target.
#include <cstring>

#include "backend/cpu/pointwise/lanes.h"
#include "base/float_formats.h"
#include "base/packed.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/pointwise/lane_memory.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

// Small floating types as functors between their bits and float.
struct AsF16 {
  using Bits = uint16_t;
  static float decode(uint16_t v) { return decode_f16(v); }
  static uint16_t encode(float v) { return encode_f16(static_cast<double>(v)); }
};
#define DVT_SMALL_FLOAT(Name, format)                                                  \
  struct Name {                                                                        \
    using Bits = uint8_t;                                                              \
    static float decode(uint8_t v) { return decode_##format(v); }                      \
    static uint8_t encode(float v) { return encode_##format(static_cast<double>(v)); } \
  };
DVT_SMALL_FLOAT(AsF8e4m3, f8e4m3)
DVT_SMALL_FLOAT(AsF8e5m2, f8e5m2)
DVT_SMALL_FLOAT(AsF8e4m3Fnuz, f8e4m3fnuz)
DVT_SMALL_FLOAT(AsF8e5m2Fnuz, f8e5m2fnuz)
DVT_SMALL_FLOAT(AsF8e8m0, f8e8m0)
DVT_SMALL_FLOAT(AsF4e2m1, f4e2m1)
#undef DVT_SMALL_FLOAT
struct AsBf16 {
  using Bits = uint16_t;
  static float decode(uint16_t v) {
    const uint32_t wide = static_cast<uint32_t>(v) << 16;
    float f;
    std::memcpy(&f, &wide, sizeof f);
    return f;
  }
  static uint16_t encode(float v) {
    uint32_t u;
    std::memcpy(&u, &v, sizeof u);
    const uint32_t rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
    return static_cast<uint16_t>(v != v ? (u >> 16 & 0x8000) | 0x7fc0 : rounded);
  }
};

template <class F>
void decode_row(const void* from, void* lanes, int n) {
  const auto* x = static_cast<const typename F::Bits*>(from);
  float* o = static_cast<float*>(lanes);
  DVT_LOOP o[i] = F::decode(x[i]);
}
template <class F>
void encode_row(const void* lanes, void* to, int n) {
  const float* x = static_cast<const float*>(lanes);
  auto* o = static_cast<typename F::Bits*>(to);
  DVT_LOOP o[i] = F::encode(x[i]);
}

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
template <>
void decode_row<AsF16>(const void* from, void* lanes, int n) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  const auto* x = static_cast<const hwy::float16_t*>(from);
  float* o = static_cast<float*>(lanes);
  const int step = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + step <= n; i += step) hn::StoreU(hn::PromoteTo(d, hn::LoadU(dh, x + i)), d, o + i);
  for (; i < n; ++i) o[i] = decode_f16(x[i].bits);
}
template <>
void encode_row<AsF16>(const void* lanes, void* to, int n) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  const float* x = static_cast<const float*>(lanes);
  auto* o = static_cast<hwy::float16_t*>(to);
  const int step = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + step <= n; i += step) hn::StoreU(hn::DemoteTo(dh, hn::LoadU(d, x + i)), dh, o + i);
  for (; i < n; ++i) o[i].bits = encode_f16(static_cast<double>(x[i]));
}
#endif

template <class F>
void load_small_float(const void* from, int64_t stride, void* lanes, int n) {
  const auto* x = static_cast<const typename F::Bits*>(from);
  float* o = static_cast<float*>(lanes);
  if (stride == 1) return decode_row<F>(from, lanes, n);
  if (stride == 0) {
    const float value = F::decode(*x);
    DVT_LOOP o[i] = value;
    return;
  }
  for (int i = 0; i < n; ++i) o[i] = F::decode(x[i * stride]);
}

template <class F>
void round_lanes(const void*, const void*, const void*, void* out, int n) {
  typename F::Bits bits[kChunk];
  encode_row<F>(out, bits, n);
  decode_row<F>(bits, out, n);
}

template <class T>
void wrap_lanes(const void*, const void*, const void*, void* out, int n) {
  int64_t* o = static_cast<int64_t*>(out);
  DVT_LOOP o[i] = static_cast<T>(o[i]);
}

/// Two's complement in kBits bits, for types that share bytes.
template <int kBits, class T>
void wrap_low_bits(const void*, const void*, const void*, void* out, int n) {
  T* o = static_cast<T*>(out);
  DVT_LOOP o[i] = static_cast<T>(static_cast<uint64_t>(o[i]) << (64 - kBits)) >> (64 - kBits);
}

// Types of kBits bits as functors between their bits and lanes.
template <int kBits>
struct PackedSigned {
  using LaneType = int64_t;
  static int64_t decode(unsigned v) { return sign_extended(v, kBits); }
  static unsigned encode(int64_t v) { return static_cast<unsigned>(v); }
};
template <int kBits>
struct PackedUnsigned {
  using LaneType = int64_t;
  static int64_t decode(unsigned v) { return v; }
  static unsigned encode(int64_t v) { return static_cast<unsigned>(v); }
};
struct PackedF4 {
  using LaneType = float;
  static float decode(unsigned v) { return decode_f4e2m1(static_cast<uint8_t>(v)); }
  static unsigned encode(float v) { return encode_f4e2m1(static_cast<double>(v)); }
};

template <class F, int kBits>
void load_packed_row(const void* from, int64_t stride, void* lanes, int n) {
  constexpr int kPerByte = 8 / kBits;
  constexpr unsigned kMask = (1u << kBits) - 1;
  const auto* x = static_cast<const uint8_t*>(from);
  auto* o = static_cast<typename F::LaneType*>(lanes);
  if (stride == 0) {
    const typename F::LaneType value = F::decode(*x & kMask);
    DVT_LOOP o[i] = value;
    return;
  }
  typename F::LaneType values[1 << kBits];
  for (unsigned v = 0; v <= kMask; ++v) values[v] = F::decode(v);
  DVT_LOOP o[i] = values[x[i / kPerByte] >> (i % kPerByte * kBits) & kMask];
}
template <class F, int kBits>
void store_packed_row(const void* lanes, void* to, int n) {
  constexpr int kPerByte = 8 / kBits;
  constexpr unsigned kMask = (1u << kBits) - 1;
  const auto* x = static_cast<const typename F::LaneType*>(lanes);
  auto* o = static_cast<uint8_t*>(to);
  for (int i = 0; i < n; i += kPerByte) {
    unsigned byte = 0;
    for (int k = 0; k < kPerByte && i + k < n; ++k) byte |= (F::encode(x[i + k]) & kMask) << (k * kBits);
    o[i / kPerByte] = static_cast<uint8_t>(byte);
  }
}

template <class T, class L>
void load_number(const void* from, int64_t stride, void* lanes, int n) {
  const T* x = static_cast<const T*>(from);
  L* o = static_cast<L*>(lanes);
  if (stride == 1) {
    DVT_LOOP o[i] = static_cast<L>(x[i]);
  } else if (stride == 0) {
    const L value = static_cast<L>(*x);
    DVT_LOOP o[i] = value;
  } else {
    DVT_LOOP o[i] = static_cast<L>(x[i * stride]);
  }
}
template <class T, class L>
void store_number(const void* lanes, void* to, int n) {
  const L* x = static_cast<const L*>(lanes);
  T* o = static_cast<T*>(to);
  DVT_LOOP o[i] = static_cast<T>(x[i]);
}

}  // namespace

LaneLoad find_lane_load(DType t) {
  switch (t) {
    case DType::f32:
      return &load_number<float, float>;
    case DType::f64:
      return &load_number<double, double>;
    case DType::f16:
      return &load_small_float<AsF16>;
    case DType::bf16:
      return &load_small_float<AsBf16>;
    case DType::f8e4m3:
      return &load_small_float<AsF8e4m3>;
    case DType::f8e5m2:
      return &load_small_float<AsF8e5m2>;
    case DType::f8e4m3fnuz:
      return &load_small_float<AsF8e4m3Fnuz>;
    case DType::f8e5m2fnuz:
      return &load_small_float<AsF8e5m2Fnuz>;
    case DType::f8e8m0:
      return &load_small_float<AsF8e8m0>;
    case DType::i8:
      return &load_number<int8_t, int64_t>;
    case DType::i16:
      return &load_number<int16_t, int64_t>;
    case DType::i32:
      return &load_number<int32_t, int64_t>;
    case DType::i64:
    case DType::u64:
      return &load_number<int64_t, int64_t>;
    case DType::u8:
      return &load_number<uint8_t, int64_t>;
    case DType::u16:
      return &load_number<uint16_t, int64_t>;
    case DType::u32:
      return &load_number<uint32_t, int64_t>;
    case DType::b8:
      return &load_number<uint8_t, uint8_t>;
    case DType::i4:
      return &load_packed_row<PackedSigned<4>, 4>;
    case DType::u4:
      return &load_packed_row<PackedUnsigned<4>, 4>;
    case DType::i2:
      return &load_packed_row<PackedSigned<2>, 2>;
    case DType::u2:
      return &load_packed_row<PackedUnsigned<2>, 2>;
    case DType::f4e2m1:
      return &load_packed_row<PackedF4, 4>;
    default:
      return nullptr;
  }
}

LaneStore find_lane_store(DType t) {
  switch (t) {
    case DType::f32:
      return &store_number<float, float>;
    case DType::f64:
      return &store_number<double, double>;
    case DType::f16:
      return &encode_row<AsF16>;
    case DType::bf16:
      return &encode_row<AsBf16>;
    case DType::f8e4m3:
      return &encode_row<AsF8e4m3>;
    case DType::f8e5m2:
      return &encode_row<AsF8e5m2>;
    case DType::f8e4m3fnuz:
      return &encode_row<AsF8e4m3Fnuz>;
    case DType::f8e5m2fnuz:
      return &encode_row<AsF8e5m2Fnuz>;
    case DType::f8e8m0:
      return &encode_row<AsF8e8m0>;
    case DType::i8:
    case DType::u8:
      return &store_number<uint8_t, int64_t>;
    case DType::i16:
    case DType::u16:
      return &store_number<uint16_t, int64_t>;
    case DType::i32:
    case DType::u32:
      return &store_number<uint32_t, int64_t>;
    case DType::i64:
    case DType::u64:
      return &store_number<int64_t, int64_t>;
    case DType::b8:
      return &store_number<uint8_t, uint8_t>;
    case DType::i4:
      return &store_packed_row<PackedSigned<4>, 4>;
    case DType::u4:
      return &store_packed_row<PackedUnsigned<4>, 4>;
    case DType::i2:
      return &store_packed_row<PackedSigned<2>, 2>;
    case DType::u2:
      return &store_packed_row<PackedUnsigned<2>, 2>;
    case DType::f4e2m1:
      return &store_packed_row<PackedF4, 4>;
    default:
      return nullptr;
  }
}

LaneOp find_lane_finish(DType t) {
  switch (t) {
    case DType::f16:
      return &round_lanes<AsF16>;
    case DType::bf16:
      return &round_lanes<AsBf16>;
    case DType::f8e4m3:
      return &round_lanes<AsF8e4m3>;
    case DType::f8e5m2:
      return &round_lanes<AsF8e5m2>;
    case DType::f8e4m3fnuz:
      return &round_lanes<AsF8e4m3Fnuz>;
    case DType::f8e5m2fnuz:
      return &round_lanes<AsF8e5m2Fnuz>;
    case DType::f8e8m0:
      return &round_lanes<AsF8e8m0>;
    case DType::f4e2m1:
      return &round_lanes<AsF4e2m1>;
    case DType::i4:
      return &wrap_low_bits<4, int64_t>;
    case DType::u4:
      return &wrap_low_bits<4, uint64_t>;
    case DType::i2:
      return &wrap_low_bits<2, int64_t>;
    case DType::u2:
      return &wrap_low_bits<2, uint64_t>;
    case DType::i8:
      return &wrap_lanes<int8_t>;
    case DType::i16:
      return &wrap_lanes<int16_t>;
    case DType::i32:
      return &wrap_lanes<int32_t>;
    case DType::u8:
      return &wrap_lanes<uint8_t>;
    case DType::u16:
      return &wrap_lanes<uint16_t>;
    case DType::u32:
      return &wrap_lanes<uint32_t>;
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

LaneLoad lane_load(const backend::Target& t, DType type) { return DVT_SIMD_PICK(t, find_lane_load)(type); }
LaneStore lane_store(const backend::Target& t, DType type) { return DVT_SIMD_PICK(t, find_lane_store)(type); }
LaneOp lane_finish(const backend::Target& t, DType type) { return DVT_SIMD_PICK(t, find_lane_finish)(type); }

}  // namespace dvt::cpu
#endif
