#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dvt {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

TEST(LargeMemory, IsZerosThatCanBeWritten) {
  for (size_t bytes : {size_t{1}, size_t{5000}, kHugePage - 1, kHugePage, kHugePage + 1, 3 * kHugePage + 12345}) {
    std::byte* data = reserve_memory(bytes);
    ASSERT_NE(data, nullptr) << bytes;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
    if (bytes >= kHugePage) EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % kHugePage, 0u);
    EXPECT_TRUE(std::all_of(data, data + bytes, [](std::byte b) { return b == std::byte{0}; })) << bytes;
    std::fill_n(data, bytes, std::byte{7});
    release_memory(data, bytes);
  }
  release_memory(nullptr, 0);
}

TEST(LargeMemory, SaysWhenThereIsNone) {
  EXPECT_EQ(reserve_memory(SIZE_MAX), nullptr);
  EXPECT_EQ(reserve_memory(size_t{1} << 60), nullptr);
  std::byte* data = nullptr;
  EXPECT_THROW(allocate_large(size_t{1} << 60, &data), std::bad_alloc);
}

TEST(LargeMemory, CopiesAreTheSameBytesAndOutliveTheOriginal) {
  for (size_t bytes : {size_t{0}, size_t{3}, 2 * kHugePage + 5}) {
    std::vector<std::byte> original(bytes);
    for (size_t i = 0; i < bytes; ++i) original[i] = static_cast<std::byte>(i * 7);
    const std::vector<std::byte> kept = original;
    const Blob copy = copy_large(original);
    std::fill(original.begin(), original.end(), std::byte{0});
    EXPECT_TRUE(std::ranges::equal(copy.bytes(), kept));
  }
}

TEST(LargeMemory, HugePagesCanBeWishedForInAnyMemory) {
  std::vector<std::byte> memory(3 * kHugePage, std::byte{1});
  prefer_huge_pages(memory.data() + 1, memory.size() - 2);
  prefer_huge_pages(memory.data(), 10);  // holds no huge page
  EXPECT_EQ(std::count(memory.begin(), memory.end(), std::byte{1}), static_cast<ptrdiff_t>(memory.size()));
}

}  // namespace
}  // namespace dvt
