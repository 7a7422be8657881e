#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace dvt {

/// Immutable bytes with shared ownership: a mapped file's range, a copy, or memory that someone else keeps alive.
/// Cheap to copy. \threadsafety Immutable.
class Blob {
 public:
  Blob() = default;
  /// `owner` keeps `bytes` valid; nullptr owner: the caller does.
  Blob(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) : bytes_(bytes), owner_(std::move(owner)) {}
  /// 64-byte aligned uninitialized memory; *data is where to write before sharing.
  static Blob allocate(size_t size, std::byte** data) {
    constexpr size_t kAlign = 64;
    if (size > SIZE_MAX - kAlign) throw std::bad_alloc();
    const size_t padded = (size + kAlign - 1) / kAlign * kAlign;
    auto* p = static_cast<std::byte*>(::operator new(padded ? padded : kAlign, std::align_val_t(kAlign)));
    *data = p;
    std::shared_ptr<const void> owner(
        p, [](const void* q) { ::operator delete(const_cast<void*>(q), std::align_val_t(kAlign)); });
    return Blob({p, size}, std::move(owner));
  }
  static Blob copy(std::span<const std::byte> bytes) {
    std::byte* data = nullptr;
    Blob b = allocate(bytes.size(), &data);
    if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
    return b;
  }

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::byte* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace dvt
