// Pictures decoded in a run: sizes that only the file tells, and files that cannot be decoded. The format is one that
// needs no library beside ours; tests/image has the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "support.h"

namespace dovetail::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Grown final : IOutputAllocator {
  std::vector<uint8_t> memory;
  std::vector<int64_t> shape;
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    memory.resize(size);
    return memory.data();
  }
  void notifyShape(char const*, Dims const& d) noexcept override { shape.assign(d.d, d.d + d.nbDims); }
};

/// "picture", the bytes of a file, to "pixels", and to "shape", what a shape layer says of them.
class Decoder {
 public:
  explicit Decoder(const char* pixel_format, bool empty_on_failure = false) {
    ITensor& file = *s_.network->addInput("picture", DataType::kUINT8, dims({-1}));
    const int64_t empty = empty_on_failure;
    const PluginField size_fields[] = {{"empty_on_failure", &empty, PluginFieldType::kINT64, 1}};
    const PluginField fields[] = {
        {"empty_on_failure", &empty, PluginFieldType::kINT64, 1},
        {"pixel_format", pixel_format, PluginFieldType::kCHAR, static_cast<int32_t>(std::strlen(pixel_format))}};
    ITensor* inputs[] = {&file, nullptr};
    inputs[1] = s_.network->addOperator("dovetail", "image_size", {1, size_fields}, inputs, 1)->getOutput(0);
    ITensor& pixels = *s_.network->addOperator("dovetail", "image_decode", {2, fields}, inputs, 2)->getOutput(0);
    s_.output(pixels, "pixels");
    s_.output(*s_.network->addShape(pixels)->getOutput(0), "shape");
    s_.profile("picture", {1}, {100}, {1000});
    engine_ = s_.engine();
    if (!engine_) return;
    context_.reset(engine_->createExecutionContext());
    context_->setOutputAllocator("pixels", &pixels_);
    context_->setTensorAddress("shape", shape);
  }
  bool ok() const { return context_ != nullptr; }
  bool decode(const std::string& file) {
    context_->setInputShape("picture", dims({static_cast<int64_t>(file.size())}));
    context_->setTensorAddress("picture", const_cast<char*>(file.data()));
    return context_->enqueueV3(nullptr);
  }
  const Grown& pixels() const { return pixels_; }
  std::string errors() { return s_.logger.take_errors(); }

  int64_t shape[3] = {};

 private:
  Session s_;
  Grown pixels_;
  std::unique_ptr<ICudaEngine> engine_;
  std::unique_ptr<IExecutionContext> context_;
};

const std::string kPicture = "P6 1 2 255\n" + std::string{1, 2, 3, 4, 5, 6};

TEST(Image, IsAsLargeAsTheFileSays) {
  Decoder d("rgb");
  ASSERT_TRUE(d.ok()) << d.errors();
  ASSERT_TRUE(d.decode(kPicture)) << d.errors();
  EXPECT_THAT(d.pixels().shape, ElementsAre(2, 1, 3));
  EXPECT_THAT(d.pixels().memory, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(d.shape, ElementsAre(2, 1, 3));
  ASSERT_TRUE(d.decode("P5 3 1 255\nabc")) << d.errors();
  EXPECT_THAT(d.pixels().shape, ElementsAre(1, 3, 3));
  EXPECT_THAT(d.pixels().memory, ElementsAre('a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'));
}

TEST(Image, HasThePixelFormatThatIsAskedFor) {
  Decoder bgr("bgr"), gray("grayscale");
  ASSERT_TRUE(bgr.ok() && gray.ok()) << bgr.errors() << gray.errors();
  ASSERT_TRUE(bgr.decode(kPicture) && gray.decode("P5 2 1 255\nab"));
  EXPECT_THAT(bgr.pixels().memory, ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(gray.pixels().shape, ElementsAre(1, 2, 1));
  EXPECT_THAT(gray.pixels().memory, ElementsAre('a', 'b'));
}

TEST(Image, FailsTheRunWhereItCannotBeDecoded) {
  Decoder d("rgb");
  ASSERT_TRUE(d.ok()) << d.errors();
  EXPECT_FALSE(d.decode("no picture"));
  EXPECT_THAT(d.errors(), HasSubstr("the 10 bytes are no picture in BMP"));
  EXPECT_FALSE(d.decode(kPicture.substr(0, kPicture.size() - 1)));
  EXPECT_THAT(d.errors(), HasSubstr("a picture in PNM cannot be decoded: it ends early"));
  EXPECT_FALSE(d.decode("P6 60000 60000 255\n"));
  EXPECT_THAT(d.errors(), HasSubstr("60000 rows of 60000 pixels; at most 67108864"));
  ASSERT_TRUE(d.decode(kPicture)) << "the context goes on: " << d.errors();
}

TEST(Image, IsEmptyWhereTheCallerWantsThat) {
  Decoder d("rgb", true);
  ASSERT_TRUE(d.ok()) << d.errors();
  ASSERT_TRUE(d.decode("no picture")) << d.errors();
  EXPECT_THAT(d.pixels().shape, ElementsAre(0, 0, 3));
  ASSERT_TRUE(d.decode(kPicture.substr(0, kPicture.size() - 1))) << d.errors();
  EXPECT_THAT(d.pixels().shape, ElementsAre(0, 1, 3)) << "the header is whole";
  EXPECT_THAT(d.shape, ElementsAre(0, 1, 3));
  EXPECT_FALSE(d.decode("P6 60000 60000 255\n")) << "a limit of ours is no fault of the file";
}

}  // namespace
}  // namespace dovetail::test
