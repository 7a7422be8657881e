#pragma once
#include <bit>
#include <cstdint>

// Exact conversions between double (hence float) and the small floating-point types of small_floats.inc. Encoding
// rounds to nearest, ties to even, with subnormals. f16 and bf16 overflow to infinity; shorter types saturate at their
// largest finite value, as inference does, and so do infinities in types that have none.

namespace dvt {

namespace float_formats_detail {

constexpr int ieee_bias(int exponent_bits) { return (1 << (exponent_bits - 1)) - 1; }

// `v` rounded to a sign, kExponent and kMantissa bits. Values too large give a pattern past the largest exponent:
// callers clamp the magnitude to what their format has there.
template <int kExponent, int kMantissa, int kBias = ieee_bias(kExponent)>
constexpr uint32_t round_magnitude(double v) {
  constexpr uint32_t kTooLarge = uint32_t{1} << (kExponent + kMantissa);
  const uint64_t bits = std::bit_cast<uint64_t>(v) & ~(uint64_t{1} << 63);
  const int exponent = static_cast<int>(bits >> 52) - 1023;
  if (exponent > (1 << kExponent) - 1 - kBias) return kTooLarge;
  int shift = 52 - kMantissa;
  if (exponent < 1 - kBias) shift += 1 - kBias - exponent;  // subnormal: fewer bits are kept
  if (shift > 54) return 0;
  const uint64_t significand = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  const uint64_t kept = significand >> shift, half = uint64_t{1} << (shift - 1);
  const uint64_t cut = significand & ((uint64_t{1} << shift) - 1);
  const uint64_t rounded = kept + (cut > half || (cut == half && (kept & 1)));
  // The leading 1 of `rounded` adds one to the exponent field; so does a carry out of the mantissa.
  const int field = exponent < 1 - kBias ? 0 : exponent + kBias - 1;
  return static_cast<uint32_t>(rounded + (static_cast<uint64_t>(field) << kMantissa));
}

constexpr bool is_nan(double v) { return v != v; }
constexpr uint32_t sign_of(double v) { return static_cast<uint32_t>(std::bit_cast<uint64_t>(v) >> 63); }

// The value of an exponent and mantissa field, the largest exponent taken as any other.
template <int kExponent, int kMantissa, int kBias = ieee_bias(kExponent)>
constexpr float decode_fields(uint32_t bits) {
  const uint32_t sign = bits >> (kExponent + kMantissa) & 1;
  uint32_t exponent = bits >> kMantissa & ((1u << kExponent) - 1);
  uint32_t mantissa = bits & ((1u << kMantissa) - 1);
  if (exponent == 0 && mantissa == 0) return std::bit_cast<float>(sign << 31);
  int unbiased = static_cast<int>(exponent) - kBias;
  if (exponent == 0) {  // a subnormal is a normal float
    unbiased = 1 - kBias;
    while (!(mantissa >> kMantissa)) mantissa <<= 1, --unbiased;
    mantissa &= (1u << kMantissa) - 1;
  }
  return std::bit_cast<float>(sign << 31 | static_cast<uint32_t>(unbiased + 127) << 23 | mantissa << (23 - kMantissa));
}

inline constexpr float kNan = std::bit_cast<float>(uint32_t{0x7fc00000});
constexpr float infinity(uint32_t sign) { return std::bit_cast<float>(sign << 31 | 0x7f800000u); }

}  // namespace float_formats_detail

constexpr uint16_t encode_f16(double v) {
  namespace d = float_formats_detail;
  if (d::is_nan(v)) return static_cast<uint16_t>(d::sign_of(v) << 15 | 0x7e00);
  const uint32_t m = d::round_magnitude<5, 10>(v);
  return static_cast<uint16_t>(d::sign_of(v) << 15 | (m > 0x7c00 ? 0x7c00 : m));
}
constexpr float decode_f16(uint16_t bits) {
  namespace d = float_formats_detail;
  if ((bits & 0x7c00) == 0x7c00) return bits & 0x3ff ? d::kNan : d::infinity(bits >> 15);
  return d::decode_fields<5, 10>(bits);
}

constexpr uint16_t encode_bf16(double v) {
  namespace d = float_formats_detail;
  if (d::is_nan(v)) return static_cast<uint16_t>(d::sign_of(v) << 15 | 0x7fc0);
  const uint32_t m = d::round_magnitude<8, 7>(v);
  return static_cast<uint16_t>(d::sign_of(v) << 15 | (m > 0x7f80 ? 0x7f80 : m));
}
constexpr float decode_bf16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

/// 1-4-3 bits, no infinity, largest 448, NaN is all ones.
constexpr uint8_t encode_f8e4m3(double v) {
  namespace d = float_formats_detail;
  if (d::is_nan(v)) return static_cast<uint8_t>(d::sign_of(v) << 7 | 0x7f);
  const uint32_t m = d::round_magnitude<4, 3>(v);
  return static_cast<uint8_t>(d::sign_of(v) << 7 | (m > 0x7e ? 0x7e : m));
}
constexpr float decode_f8e4m3(uint8_t bits) {
  namespace d = float_formats_detail;
  return (bits & 0x7f) == 0x7f ? d::kNan : d::decode_fields<4, 3>(bits);
}

/// 1-5-2 bits, largest 57344, with infinities: those stay, what is too large does not become one.
constexpr uint8_t encode_f8e5m2(double v) {
  namespace d = float_formats_detail;
  if (d::is_nan(v)) return static_cast<uint8_t>(d::sign_of(v) << 7 | 0x7f);
  const bool infinite = (std::bit_cast<uint64_t>(v) & ~(uint64_t{1} << 63)) == uint64_t{0x7ff} << 52;
  const uint32_t m = infinite ? 0x7c : d::round_magnitude<5, 2>(v);
  return static_cast<uint8_t>(d::sign_of(v) << 7 | (!infinite && m > 0x7b ? 0x7b : m));
}
constexpr float decode_f8e5m2(uint8_t bits) {
  namespace d = float_formats_detail;
  if ((bits & 0x7c) == 0x7c) return bits & 3 ? d::kNan : d::infinity(bits >> 7);
  return d::decode_fields<5, 2>(bits);
}

namespace float_formats_detail {

// The formats with one zero and one NaN, which is where the others have -0; their bias is one more than usual.
template <int kExponent, int kMantissa>
constexpr uint8_t encode_fnuz(double v) {
  if (is_nan(v)) return 0x80;
  const uint32_t m = round_magnitude<kExponent, kMantissa, ieee_bias(kExponent) + 1>(v);
  if (m == 0) return 0;
  return static_cast<uint8_t>(sign_of(v) << 7 | (m > 0x7f ? 0x7f : m));
}
template <int kExponent, int kMantissa>
constexpr float decode_fnuz(uint8_t bits) {
  return bits == 0x80 ? kNan : decode_fields<kExponent, kMantissa, ieee_bias(kExponent) + 1>(bits);
}

}  // namespace float_formats_detail

/// 1-4-3 bits, no infinity, one zero, largest 240.
constexpr uint8_t encode_f8e4m3fnuz(double v) { return float_formats_detail::encode_fnuz<4, 3>(v); }
constexpr float decode_f8e4m3fnuz(uint8_t bits) { return float_formats_detail::decode_fnuz<4, 3>(bits); }

/// 1-5-2 bits, no infinity, one zero, largest 57344.
constexpr uint8_t encode_f8e5m2fnuz(double v) { return float_formats_detail::encode_fnuz<5, 2>(v); }
constexpr float decode_f8e5m2fnuz(uint8_t bits) { return float_formats_detail::decode_fnuz<5, 2>(bits); }

/// A power of two from 2^-127 to 2^127: no sign, no zero. Magnitudes are rounded to the nearest one, halfway up;
/// infinities are NaN, which is all ones.
constexpr uint8_t encode_f8e8m0(double v) {
  const uint64_t bits = std::bit_cast<uint64_t>(v) & ~(uint64_t{1} << 63);
  if (bits >> 52 == 0x7ff) return 0xff;
  const int exponent = static_cast<int>(bits >> 52) - 1023 + static_cast<int>(bits >> 51 & 1);
  return static_cast<uint8_t>(exponent < -127 ? 0 : exponent > 127 ? 254 : exponent + 127);
}
constexpr float decode_f8e8m0(uint8_t bits) {
  if (bits == 0xff) return float_formats_detail::kNan;
  return std::bit_cast<float>(bits == 0 ? uint32_t{1} << 22 : uint32_t{bits} << 23);  // 2^-127 is a subnormal float
}

/// 1-2-1 bits, in the low half of a byte: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. NaN becomes 0.
constexpr uint8_t encode_f4e2m1(double v) {
  namespace d = float_formats_detail;
  if (d::is_nan(v)) return 0;
  const uint32_t m = d::round_magnitude<2, 1>(v);
  return static_cast<uint8_t>(d::sign_of(v) << 3 | (m > 7 ? 7 : m));
}
constexpr float decode_f4e2m1(uint8_t bits) { return float_formats_detail::decode_fields<2, 1>(bits & 15u); }

/// An integer as a double whose later rounding to a shorter type is as if from the integer itself: bits that a double
/// cannot hold are kept as a sticky last bit.
constexpr double sticky_double(uint64_t v) {
  const int extra = 11 - std::countl_zero(v | 1);
  if (extra <= 0) return static_cast<double>(v);
  const uint64_t lost = v & ((uint64_t{1} << extra) - 1);
  const uint64_t kept = v >> extra << extra;
  return static_cast<double>(lost ? kept | uint64_t{1} << extra : kept);
}
constexpr double sticky_double(int64_t v) {
  return v < 0 ? -sticky_double(~static_cast<uint64_t>(v) + 1) : sticky_double(static_cast<uint64_t>(v));
}

}  // namespace dvt
