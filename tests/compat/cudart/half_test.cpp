#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

TEST(CudaHalf, EveryValueGoesThroughFloat) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const __half h = __ushort_as_half(static_cast<unsigned short>(bits));
    if (__hisnan(h)) {
      EXPECT_TRUE(std::isnan(__half2float(h)));
      continue;
    }
    EXPECT_EQ(__half_as_ushort(__float2half(__half2float(h))), bits);
  }
}

TEST(CudaHalf, RoundsToNearestEven) {
  const auto bits = [](float value) { return __half_as_ushort(__float2half(value)); };
  EXPECT_EQ(bits(1.0F), 0x3c00);
  EXPECT_EQ(bits(1.0F + 0x1p-11F), 0x3c00);  // a tie, to even
  EXPECT_EQ(bits(1.0F + 0x3p-11F), 0x3c02);  // a tie, to even
  EXPECT_EQ(bits(1.0F + 0x1p-11F + 0x1p-20F), 0x3c01);
  EXPECT_EQ(bits(65519.0F), 0x7bff);
  EXPECT_EQ(bits(65520.0F), 0x7c00);
  EXPECT_EQ(bits(-0x1p-24F), 0x8001);
  EXPECT_EQ(bits(0x1p-25F), 0x0000);
  EXPECT_EQ(bits(0x1p-14F - 0x1p-26F), 0x0400);  // a subnormal that rounds to the smallest normal
  EXPECT_EQ(bits(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(float(__hadd(__half(1.5F), __half(2))), 3.5F);
}

TEST(CudaBfloat16, RoundsToNearestEven) {
  EXPECT_EQ(__float2bfloat16(1.0F).__x, 0x3f80);
  EXPECT_EQ(__float2bfloat16(1.0F + 0x1p-8F).__x, 0x3f80);
  EXPECT_EQ(__float2bfloat16(1.0F + 0x3p-8F).__x, 0x3f82);
  EXPECT_EQ(__bfloat162float(__float2bfloat16(-2.5F)), -2.5F);
  EXPECT_TRUE(std::isnan(__bfloat162float(__float2bfloat16(std::nanf("")))));
}

}  // namespace
