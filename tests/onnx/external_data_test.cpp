// Tensors in files beside the model: read where they are, and never outside the model's folder.
#include "onnx/external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "support.h"

namespace dvt::onnx {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "dovetail_external_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ / "model" / "weights");
    write(root_ / "secret.bin");
    write(folder() / "data.bin");
    write(folder() / "weights" / "part.bin");
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path folder() const { return root_ / "model"; }
  static void write(const fs::path& path) { std::ofstream(path, std::ios::binary) << "0123456789abcdef"; }

  static Tensor tensor(const std::string& location, uint64_t offset = 0) {
    Tensor t;
    t.name = "w";
    t.type = ElementType::kUint8;
    t.dims = {4};
    t.external = std::make_unique<onnx::ExternalData>();
    t.external->location = location;
    t.external->offset = offset;
    return t;
  }
  std::string read(const Tensor& t) {
    const Blob blob = ExternalFiles(folder().string()).read(t);
    return {reinterpret_cast<const char*>(blob.data()), blob.size()};
  }
  std::string refusal(const std::string& location, uint64_t offset = 0) {
    try {
      read(tensor(location, offset));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  fs::path root_;
};

TEST_F(ExternalData, ReadsInsideTheFolder) {
  EXPECT_EQ(read(tensor("data.bin")), "0123");
  EXPECT_EQ(read(tensor("data.bin", 12)), "cdef");
  EXPECT_EQ(read(tensor("weights/part.bin", 4)), "4567");
  EXPECT_EQ(read(tensor("./weights//part.bin")), "0123");
}

TEST_F(ExternalData, OutlivesTheReader) {
  Blob blob;
  {
    ExternalFiles files(folder().string());
    blob = files.read(tensor("data.bin"));
  }
  EXPECT_EQ(static_cast<char>(blob.data()[0]), '0');
}

TEST_F(ExternalData, RefusesPathsThatLeave) {
  EXPECT_THAT(refusal("../secret.bin"), HasSubstr("'..'"));
  EXPECT_THAT(refusal("weights/../../secret.bin"), HasSubstr("'..'"));
  EXPECT_THAT(refusal((root_ / "secret.bin").string()), HasSubstr("absolute path"));
  EXPECT_THAT(refusal(std::string("data.bin\0x", 10)), HasSubstr("zero byte"));
  EXPECT_THAT(refusal("."), HasSubstr("names no file"));
}

TEST_F(ExternalData, RefusesLinks) {
  fs::create_symlink(root_ / "secret.bin", folder() / "link.bin");
  EXPECT_THAT(refusal("link.bin"), HasSubstr("symbolic link"));
  fs::create_directory_symlink(root_, folder() / "up");
  EXPECT_THAT(refusal("up/secret.bin"), HasSubstr("symbolic link"));
  fs::create_hard_link(root_ / "secret.bin", folder() / "hard.bin");
  EXPECT_THAT(refusal("hard.bin"), HasSubstr("2 names (hard links)"));
}

TEST_F(ExternalData, RefusesWhatIsNoFile) {
  EXPECT_THAT(refusal("weights"), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal("missing.bin"), HasSubstr("No such file"));
  EXPECT_THAT(refusal("data.bin/x"), HasSubstr("cannot open"));
  ASSERT_EQ(::mkfifo((folder() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal("pipe"), HasSubstr("not a regular file"));
}

TEST_F(ExternalData, ChecksBounds) {
  EXPECT_THAT(refusal("data.bin", 13), HasSubstr("is at bytes 13 to 17"));
  EXPECT_THAT(refusal("data.bin", UINT64_MAX), HasSubstr("which has 16 bytes"));
  Tensor wrong = tensor("data.bin");
  wrong.external->has_length = true;
  wrong.external->length = 5;
  EXPECT_THROW(read(wrong), Error);
  Tensor large = tensor("data.bin");
  large.dims = {int64_t{1} << 50};
  EXPECT_THROW(read(large), Error);
}

TEST_F(ExternalData, NeedsTheModelsPath) {
  test::OnnxModel model;
  model.input("x", test::kOnnxUint8, {4}).output("y");
  model.initializer(test::OnnxTensor("w", test::kOnnxUint8, {4}).external("data.bin", 4, 4));
  model.node(test::OnnxNode("Add", {"x", "w"}, {"y"}));
  const test::Parsed by_bytes(model);
  EXPECT_FALSE(by_bytes.result.ok);
  EXPECT_THAT(by_bytes.errors(), HasSubstr("given as bytes without a path"));
  const test::Parsed with_path(model.bytes(), (folder() / "m.onnx").string());
  EXPECT_TRUE(with_path.result.ok) << with_path.errors();
}

}  // namespace
}  // namespace dvt::onnx
