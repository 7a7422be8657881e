#include "base/float_formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace dvt {
namespace {

// The nearest of a format's finite values to v, by search: ties go to the value with an even pattern.
uint32_t nearest(const std::vector<double>& values, double v) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < values.size(); ++i) {
    const double was = std::fabs(values[best] - v), is = std::fabs(values[i] - v);
    if (is < was || (is == was && i % 2 == 0)) best = i;
  }
  return best;
}

template <class Bits>
struct Format {
  const char* name;
  Bits (*encode)(double);
  float (*decode)(Bits);
  uint32_t largest;  // pattern of the largest finite value
  int exponent, mantissa;
  double value(uint32_t bits) const {  // straight from the definition
    const int bias = (1 << (exponent - 1)) - 1;
    const int e = static_cast<int>(bits >> mantissa), m = static_cast<int>(bits & ((1u << mantissa) - 1));
    return e == 0 ? std::ldexp(m, 1 - bias - mantissa) : std::ldexp((1 << mantissa) + m, e - bias - mantissa);
  }
};

template <class Bits>
void check(const Format<Bits>& f) {
  SCOPED_TRACE(f.name);
  std::vector<double> values;
  for (uint32_t bits = 0; bits <= f.largest; ++bits) {
    values.push_back(f.value(bits));
    const Bits negative = static_cast<Bits>(bits | 1u << (f.exponent + f.mantissa));
    ASSERT_EQ(f.decode(static_cast<Bits>(bits)), f.value(bits)) << bits;
    ASSERT_EQ(f.decode(negative), -f.value(bits)) << bits;
    ASSERT_EQ(f.encode(f.value(bits)), bits);
    ASSERT_EQ(f.encode(-f.value(bits)), negative);
  }
  // Midpoints and their neighbours decide rounding.
  for (uint32_t bits = 0; bits < f.largest; ++bits) {
    const double middle = (values[bits] + values[bits + 1]) / 2;
    ASSERT_EQ(f.encode(middle), bits + (bits & 1)) << bits;
    ASSERT_EQ(f.encode(std::nextafter(middle, 0.0)), bits) << bits;
    ASSERT_EQ(f.encode(std::nextafter(middle, INFINITY)), bits + 1) << bits;
  }
  std::mt19937 engine(1);
  for (int i = 0; i < 200; ++i) {
    const double v = values[engine() % values.size()] * std::uniform_real_distribution<>(0.9, 1.1)(engine);
    if (v > values.back()) continue;
    EXPECT_EQ(f.encode(v), nearest(values, v)) << v;
  }
  EXPECT_TRUE(std::isnan(f.decode(f.encode(NAN))));
  EXPECT_EQ(f.encode(std::numeric_limits<double>::denorm_min()), 0);
  EXPECT_EQ(f.encode(-1e-300), 1u << (f.exponent + f.mantissa));
}

TEST(FloatFormats, EveryValueAndEveryMidpoint) {
  check(Format<uint16_t>{"f16", &encode_f16, &decode_f16, 0x7bff, 5, 10});
  check(Format<uint16_t>{"bf16", &encode_bf16, &decode_bf16, 0x7f7f, 8, 7});
  check(Format<uint8_t>{"f8e4m3", &encode_f8e4m3, &decode_f8e4m3, 0x7e, 4, 3});
  check(Format<uint8_t>{"f8e5m2", &encode_f8e5m2, &decode_f8e5m2, 0x7b, 5, 2});
}

struct Fnv {
  uint64_t value = 0xcbf29ce484222325;
  void add(float f) {
    const uint32_t bits = f != f ? 0x7fc00000u : std::bit_cast<uint32_t>(f);
    for (int i = 0; i < 32; i += 8) value = (value ^ (bits >> i & 255)) * 0x100000001b3;
  }
};

template <class Bits>
uint64_t values_of(float (*decode)(Bits), int bits) {
  Fnv sum;
  for (uint32_t b = 0; b < 1u << bits; ++b) sum.add(decode(static_cast<Bits>(b)));
  return sum.value;
}

// Finite f16 values, and the same off the midpoints that they are; powers of two have no zero and no sign.
template <class Bits>
uint64_t roundings_of(Bits (*encode)(double), float (*decode)(Bits), bool power_of_two) {
  Fnv sum;
  for (float factor : {1.0f, 1.0009765f})
    for (uint32_t b = 0; b < 1u << 16; ++b) {
      const float f = decode_f16(static_cast<uint16_t>(b));
      if (!std::isfinite(f)) continue;
      const float x = f * factor;
      sum.add(decode(encode(power_of_two ? std::max(std::fabs(x), 0x1p-127f) : x)));
    }
  return sum.value;
}

// float_formats.txt has what another implementation of all formats gives.
TEST(FloatFormats, EveryPatternAndEveryHalfAsAnotherImplementationHasThem) {
  std::ifstream file(DOVETAIL_SOURCE_DIR "/tests/base/float_formats.txt");
  std::string line;
  std::getline(file, line);
  int count = 0;
  for (std::string name; file >> name; ++count) {
    uint64_t values = 0, roundings = 0;
    file >> std::hex >> values >> roundings;
    SCOPED_TRACE(name);
#define SMALL_FLOAT(type, Bits)                                                                 \
  if (name == #type) {                                                                          \
    EXPECT_EQ(values_of<Bits>(&decode_##type, bits(DType::type)), values);                      \
    EXPECT_EQ(roundings_of<Bits>(&encode_##type, &decode_##type, name == "f8e8m0"), roundings); \
  }
#include "base/small_floats.inc"
#undef SMALL_FLOAT
  }
  EXPECT_EQ(count, 8);
}

TEST(FloatFormats, ZerosInfinitiesAndWhatIsNoNumber) {
  EXPECT_EQ(encode_f8e4m3fnuz(-0.0), 0);
  EXPECT_EQ(encode_f8e5m2fnuz(-1e-30), 0);
  EXPECT_EQ(encode_f8e4m3fnuz(NAN), 0x80);
  EXPECT_EQ(decode_f8e4m3fnuz(encode_f8e4m3fnuz(INFINITY)), 240);
  EXPECT_EQ(decode_f8e5m2fnuz(encode_f8e5m2fnuz(-INFINITY)), -57344);
  EXPECT_EQ(decode_f8e5m2(encode_f8e5m2(-INFINITY)), -INFINITY);
  EXPECT_EQ(decode_f8e8m0(encode_f8e8m0(0)), 0x1p-127f);
  EXPECT_EQ(decode_f8e8m0(encode_f8e8m0(-3)), 4);
  EXPECT_EQ(decode_f8e8m0(encode_f8e8m0(1e300)), 0x1p127f);
  EXPECT_TRUE(std::isnan(decode_f8e8m0(encode_f8e8m0(INFINITY))));
  EXPECT_EQ(decode_f4e2m1(encode_f4e2m1(-INFINITY)), -6);
  EXPECT_EQ(encode_f4e2m1(NAN), 0);
}

TEST(FloatFormats, WhatIsTooLarge) {
  EXPECT_EQ(encode_f16(65519.9), 0x7bff);
  EXPECT_EQ(encode_f16(65520), 0x7c00);
  EXPECT_EQ(encode_f16(-1e300), 0xfc00);
  EXPECT_EQ(decode_f16(0xfc00), -INFINITY);
  EXPECT_EQ(encode_bf16(3.4e38), 0x7f80);
  EXPECT_EQ(encode_bf16(INFINITY), 0x7f80);
  EXPECT_EQ(decode_f8e4m3(encode_f8e4m3(449)), 448);
  EXPECT_EQ(decode_f8e4m3(encode_f8e4m3(1e10)), 448);
  EXPECT_EQ(decode_f8e4m3(encode_f8e4m3(-INFINITY)), -448);
  EXPECT_EQ(decode_f8e5m2(encode_f8e5m2(1e10)), 57344);
  EXPECT_EQ(decode_f8e5m2(0x7c), INFINITY);
  EXPECT_TRUE(std::isnan(decode_f16(0x7c01)));
  EXPECT_TRUE(std::isnan(decode_bf16(0xffff)));
  EXPECT_TRUE(std::isnan(decode_f8e4m3(0xff)));
  EXPECT_TRUE(std::isnan(decode_f8e5m2(0x7e)));
}

TEST(FloatFormats, IntegersRoundOnce) {
  // 2^54 + 2^46*1 + 1: rounded to double first it would be a tie for bf16 and go down.
  const int64_t v = (int64_t{1} << 62) + (int64_t{1} << 54) + 1;
  EXPECT_EQ(static_cast<double>(v), std::ldexp(1, 62) + std::ldexp(1, 54)) << "the double has lost the 1";
  EXPECT_EQ(decode_bf16(encode_bf16(sticky_double(v))), std::ldexp(1, 62) + std::ldexp(1, 55));
  EXPECT_EQ(decode_bf16(encode_bf16(sticky_double(-v))), -std::ldexp(1, 62) - std::ldexp(1, 55));
  std::mt19937_64 engine(1);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t u = engine() >> (engine() % 64);
    EXPECT_EQ(static_cast<float>(sticky_double(u)), static_cast<float>(u)) << u;
    const auto s = static_cast<int64_t>(engine()) >> (engine() % 64);
    EXPECT_EQ(static_cast<float>(sticky_double(s)), static_cast<float>(s)) << s;
  }
  EXPECT_EQ(sticky_double(INT64_MIN), -std::ldexp(1, 63));
}

}  // namespace
}  // namespace dvt
