#include "base/large_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace dvt {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

size_t rounded(size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

/// A mapping of `bytes` that begins on a huge page: one that is too long by a page, cut at both ends.
std::byte* map_aligned(size_t bytes) noexcept {
  void* p =
      ::mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(p);
  const size_t before = rounded(reinterpret_cast<uintptr_t>(begin)) - reinterpret_cast<uintptr_t>(begin);
  if (before > 0) ::munmap(begin, before);
  if (before < kHugePage) ::munmap(begin + before + bytes, kHugePage - before);
  return begin + before;
}

}  // namespace

void prefer_huge_pages(void* data, size_t bytes) noexcept {
  const auto begin = rounded(reinterpret_cast<uintptr_t>(data));
  const auto end = (reinterpret_cast<uintptr_t>(data) + bytes) / kHugePage * kHugePage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

// Small ones keep to ordinary pages, so that a small engine does not take a huge page for each of its contexts.
std::byte* reserve_memory(size_t bytes) noexcept {
  if (bytes > SIZE_MAX / 2) return nullptr;
  if (bytes >= kHugePage) {
    const size_t whole = rounded(bytes);
    std::byte* data = map_aligned(whole);
    // The last page is worth being a huge one when at least half of it is wanted.
    if (data) prefer_huge_pages(data, (bytes + kHugePage / 2) / kHugePage * kHugePage);
    return data;
  }
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<std::byte*>(p);
}

void release_memory(std::byte* data, size_t bytes) noexcept {
  if (data) ::munmap(data, bytes >= kHugePage ? rounded(bytes) : bytes);
}

Blob allocate_large(size_t bytes, std::byte** data) {
  if (bytes < kHugePage) return Blob::allocate(bytes, data);
  std::byte* p = reserve_memory(bytes);
  if (!p) throw std::bad_alloc();
  *data = p;
  std::shared_ptr<const void> owner(
      p, [bytes](const void* q) { release_memory(static_cast<std::byte*>(const_cast<void*>(q)), bytes); });
  return Blob({p, bytes}, std::move(owner));
}

Blob copy_large(std::span<const std::byte> bytes) {
  std::byte* data = nullptr;
  Blob blob = allocate_large(bytes.size(), &data);
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  return blob;
}

}  // namespace dvt
