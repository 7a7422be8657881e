#include "base/shape.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dvt {
namespace {

const Dim b = Dim::symbol("b"), s = Dim::symbol("s");

TEST(Shape, VolumeAndConstants) {
  EXPECT_EQ(Shape().volume(), Dim(1));
  EXPECT_EQ((Shape{2, 3, 4}).volume(), Dim(24));
  EXPECT_EQ((Shape{b, 3}).volume(), 3 * b);
  EXPECT_EQ((Shape{0, INT64_MAX, INT64_MAX}).volume(), Dim(0)) << "empty before it overflows";
  EXPECT_THROW((Shape{INT64_MAX, INT64_MAX}).volume(), Error);
  EXPECT_TRUE((Shape{2, 3}).is_constant());
  EXPECT_FALSE((Shape{2, b}).is_constant());
  EXPECT_EQ((Shape{2, 3}).constants(), (std::vector<int64_t>{2, 3}));
}

TEST(Shape, NormalizeAxis) {
  EXPECT_EQ(normalize_axis(-1, 3), 2);
  EXPECT_EQ(normalize_axis(2, 3), 2);
  EXPECT_EQ(normalize_axis(3, 3), std::nullopt);
  EXPECT_EQ(normalize_axis(-4, 3), std::nullopt);
  EXPECT_EQ(normalize_axis(0, 0), std::nullopt);
}

TEST(Shape, Broadcast) {
  EXPECT_EQ(broadcast(Shape{2, 1, 3}, Shape{4, 1}), (Shape{2, 4, 3}));
  EXPECT_EQ(broadcast(Shape{}, Shape{b}), (Shape{b}));
  EXPECT_EQ(broadcast(Shape{0}, Shape{1}), (Shape{0}));
  EXPECT_EQ(broadcast(Shape{b, 1}, Shape{1, s}), (Shape{b, s}));
  EXPECT_EQ(broadcast(Shape{b}, Shape{8}), (Shape{8})) << "b is 8 or 1";
  EXPECT_EQ(broadcast(Shape{8}, Shape{b}), (Shape{8}));
  EXPECT_EQ(broadcast(Shape{0}, Shape{b}), (Shape{0})) << "b is 0 or 1";
  EXPECT_EQ(broadcast(Shape{b}, Shape{s}), (Shape{parse_dim("broadcast(b,s)")})) << "one of them may be 1";
  EXPECT_EQ(broadcast(Shape{s + 2}, Shape{b}), (Shape{s + 2})) << "never 1";
  try {
    broadcast(Shape{2, 3}, Shape{4, 3});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidModel);
    EXPECT_STREQ(
        e.what(),
        "cannot broadcast [2,3] with [4,3]: axis 0 is 2 in one and 4 in the other; they must be equal, or one of "
        "them 1");
  }
}

TEST(TensorType, TextRoundTrips) {
  for (const char* text : {"f32[]", "f32[batch,3,224,224]", "i64[shape[2],x.d0+1]", "b8[\"a,b]\",2]", "f8e4m3[0]"})
    EXPECT_EQ(to_string(parse_tensor_type(text)), text);
  EXPECT_EQ(parse_tensor_type("f16[ 2 , n ]"), (TensorType{DType::f16, Shape{2, Dim::symbol("n")}}));
}

TEST(TensorType, HostileTexts) {
  std::string many = "f32[1";
  for (int i = 0; i < 40; ++i) many += ",1";
  many += "]";
  for (const std::string& text : {std::string(), std::string("f32"), std::string("f32["), std::string("f99[1]"),
                                  std::string("f32[1"), std::string("f32[1,"), std::string("f32[1,]"),
                                  std::string("f32[1]x"), std::string("f32]["), std::string("[1]"), many}) {
    try {
      parse_tensor_type(text);
      FAIL() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << e.what();
    }
  }
}

TEST(DType, NamesAndSizes) {
  EXPECT_EQ(parse_dtype("bf16"), DType::bf16);
  EXPECT_EQ(parse_dtype("float"), std::nullopt);
  EXPECT_EQ(dtype_from_number(0), DType::f32);
  EXPECT_EQ(dtype_from_number(-1), std::nullopt);
  EXPECT_EQ(dtype_from_number(1000), std::nullopt);
  EXPECT_EQ(byte_size(DType::i4, 3), 2u);
  EXPECT_EQ(byte_size(DType::u2, 5), 2u);
  EXPECT_EQ(byte_size(DType::f4e2m1, 0), 0u);
  EXPECT_EQ(byte_size(DType::f64, 3), 24u);
}

}  // namespace
}  // namespace dvt
