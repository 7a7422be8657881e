#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/aligned_buffer.h"
#include "base/blob.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mapped_file.h"

namespace dvt {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "dovetail-files-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return folder_ / name; }
  size_t count() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }
  fs::path folder_;
};

std::string text(const Blob& b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

TEST_F(Files, WriteReadMap) {
  const std::string big(3 << 20, 'x');
  for (const std::string& content : {std::string(), std::string("hello"), big}) {
    write_file(path("f"), content);
    EXPECT_EQ(text(read_file(path("f"))), content);
    EXPECT_EQ(read_text_file(path("f")), content);
    EXPECT_EQ(text(map_file(path("f"))), content);
    EXPECT_EQ(count(), 1u) << "nothing temporary stays";
  }
}

TEST_F(Files, AMappingOutlivesItsFileAndShares) {
  write_file(path("f"), "before");
  const Blob mapped = map_file(path("f"));
  const Blob again = mapped;
  write_file(path("f"), "after!");  // another file under the same name
  EXPECT_EQ(text(mapped), "before");
  fs::remove(path("f"));
  EXPECT_EQ(text(again), "before");
  EXPECT_EQ(again.data(), mapped.data());
}

TEST_F(Files, AnAbandonedWriteLeavesTheOldFile) {
  write_file(path("f"), "old");
  {
    AtomicFile file(path("f"));
    file.write("half of the ne");
  }
  EXPECT_EQ(read_text_file(path("f")), "old");
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, BytesAreWrittenInAnyOrder) {
  const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  AtomicFile file(path("f"));
  ASSERT_TRUE(file.is_regular());
  file.write_at(5, bytes("world"));
  file.write_at(0, bytes("HELL"));
  EXPECT_TRUE(file.has_at(5, bytes("world")));
  EXPECT_TRUE(file.has_at(3, bytes(std::string_view("L\0w", 3))));
  EXPECT_FALSE(file.has_at(5, bytes("worlD")));
  EXPECT_FALSE(file.has_at(5, bytes("world!"))) << "beyond the end";
  file.commit();
  EXPECT_EQ(read_text_file(path("f")), std::string("HELL\0world", 10));
  EXPECT_FALSE(AtomicFile("/dev/null").is_regular());
}

TEST_F(Files, ErrorsNameThePathAndTheReason) {
  const auto message = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kIo);
      return e.what();
    }
    return "no error";
  };
  const std::string missing = path("missing");
  EXPECT_EQ(message([&] { read_file(missing); }), "cannot open '" + missing + "': No such file or directory (errno 2)");
  EXPECT_EQ(message([&] { map_file(missing); }), "cannot open '" + missing + "': No such file or directory (errno 2)");
  EXPECT_EQ(message([&] { read_file(folder_); }), "cannot read '" + folder_.string() + "': Is a directory (errno 21)");
  EXPECT_EQ(message([&] { write_file(missing + "/f", "x"); }),
            "cannot create '" + missing + "/f': No such file or directory (errno 2)");
  EXPECT_EQ(message([&] { write_file(folder_, "x"); }),
            "cannot write '" + folder_.string() + "': Is a directory (errno 21)");
  write_file(path("f"), "hello");
  EXPECT_EQ(message([&] { read_file(path("f"), 4); }),
            "'" + path("f") + "' has more than the 4 bytes that are read here");
}

TEST_F(Files, WhatHasNoSize) {
  EXPECT_FALSE(read_text_file("/proc/self/status").empty());
  EXPECT_FALSE(map_file("/proc/self/status").empty());
  EXPECT_NO_THROW(write_file("/dev/null", "x"));
}

TEST(Blob, CopiesAreAlignedAndIndependent) {
  std::string source = "abc";
  const Blob b = Blob::copy(std::as_bytes(std::span(source)));
  source = "xyz";
  EXPECT_EQ(text(b), "abc");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 64, 0u);
  EXPECT_TRUE(Blob().empty());
  EXPECT_TRUE(Blob::copy({}).empty());
  std::byte* data = nullptr;
  EXPECT_THROW(Blob::allocate(SIZE_MAX, &data), std::bad_alloc);
  const Blob part(b.bytes().subspan(1, 1), b.owner());
  EXPECT_EQ(text(part), "b");
}

TEST(AlignedBuffer, StartsOnItsBoundary) {
  AlignedBuffer a(100), page(10, 4096);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data()) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(page.data()) % 4096, 0u);
  a.as<float>()[24] = 1;
  AlignedBuffer moved = std::move(a);
  EXPECT_EQ(moved.as<float>()[24], 1);
  EXPECT_EQ(moved.size(), 100u);
  EXPECT_TRUE(AlignedBuffer().empty());
}

TEST(Hash, KnownValues) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2u);
  EXPECT_EQ(to_string(hash128("")), "99aa06d3014798d86001c324468d497f");
  EXPECT_NE(hash64("a"), hash64("b"));
  EXPECT_EQ(hash64("abc"), hash64(std::as_bytes(std::span("abc", 3))));
  EXPECT_LT(std::min(hash128("a"), hash128("b")), std::max(hash128("a"), hash128("b")));
}

}  // namespace
}  // namespace dvt
