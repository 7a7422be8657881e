// The operators around pictures: types, sizes and failures. What is decoded is the matter of tests/image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;
using In = std::vector<std::string>;

Tensor file_of(const std::string& text) {
  return Tensor(DType::u8, {static_cast<int64_t>(text.size())}, {text.begin(), text.end()});
}

TEST(Image, InfersItsSizeFromTheFile) {
  EXPECT_EQ(types("image_size", {"u8[n]"}), "i64[2]");
  const std::vector<Dim> size = *fold_value(parse_op("image_size"), std::vector<ValueInfo>(1));
  EXPECT_EQ(size, (std::vector<Dim>{late_symbol(0), late_symbol(1)}));
  EXPECT_EQ(types("image_decode", {"u8[n]", "i64[2]=h;w"}),
            to_string(TensorType{DType::u8, {late_symbol(0), Dim::symbol("w"), 3}}));
  EXPECT_EQ(types("image_decode{pixel_format=grayscale,size=[7,9]}", {"u8[n]"}),
            to_string(TensorType{DType::u8, {late_symbol(0), 9, 1}}));
  EXPECT_THAT(refusal("image_size", In{"i8[n]"}), HasSubstr("takes the bytes of a file, u8[n], got i8[n]"));
  EXPECT_THAT(refusal("image_decode{size=[2,2]}", In{"u8[1,n]"}), HasSubstr("u8[n], got u8[1,n]"));
  EXPECT_THAT(refusal("image_decode", In{"u8[n]", "i64[2]"}), HasSubstr("data-dependent"));
  EXPECT_THAT(refusal("image_decode{size=[2]}", In{"u8[n]"}), HasSubstr("height and width, got 1"));
  EXPECT_THAT(refusal("image_decode{size=[2,-1]}", In{"u8[n]"}), HasSubstr("size -1 makes no sense"));
}

/// The sizes that an op reports, and its result at the given dims; nothing of either when it throws.
struct Outcome {
  std::vector<int64_t> late;
  Tensor result;
};
Outcome run_late(const std::string& op, const Tensor& file, size_t late, Tensor result) {
  Outcome out{std::vector<int64_t>(late), std::move(result)};
  const std::vector<WriteView> writes = {out.result.write()};
  reference(parse_op(op), std::vector{file.read()}, writes, out.late);
  return out;
}
const std::string kPicture = "P5 2 1 255\nab";

TEST(Image, TellsWhatItHasDecoded) {
  const Outcome size = run_late("image_size", file_of(kPicture), 2, Tensor(DType::i64, {2}));
  EXPECT_EQ(size.late, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(size.result.values(), (std::vector<double>{1, 2}));
  const Outcome gray =
      run_late("image_decode{pixel_format=grayscale}", file_of(kPicture), 1, Tensor(DType::u8, {1, 2, 1}));
  EXPECT_EQ(gray.late, std::vector<int64_t>{1});
  EXPECT_EQ(gray.result.values(), (std::vector<double>{'a', 'b'}));
}

TEST(Image, ThrowsOrIsEmpty) {
  const Tensor cut = file_of(kPicture.substr(0, kPicture.size() - 1)), large = file_of("P5 99999 99999 255\n");
  const auto size = [](const std::string& op, const Tensor& file) {
    return run_late(op, file, 2, Tensor(DType::i64, {2})).late;
  };
  const auto rows = [](const std::string& op, const Tensor& file) {
    return run_late(op, file, 1, Tensor(DType::u8, {1, 2, 3})).late;
  };
  EXPECT_THROW(size("image_size", file_of("GIF")), Error);
  EXPECT_EQ(size("image_size{empty_on_failure=true}", file_of("GIF")), (std::vector<int64_t>{0, 0}));
  EXPECT_THROW(size("image_size{empty_on_failure=true}", large), Error);
  EXPECT_THROW(rows("image_decode", cut), Error);
  EXPECT_EQ(rows("image_decode{empty_on_failure=true}", cut), std::vector<int64_t>{0});
  EXPECT_EQ(run_late("image_decode{empty_on_failure=true}", cut, 1, Tensor(DType::u8, {0, 0, 3})).late,
            std::vector<int64_t>{0});
}

}  // namespace
}  // namespace dvt::ops
