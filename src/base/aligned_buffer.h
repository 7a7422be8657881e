#pragma once
#include <cstddef>
#include <new>
#include <span>
#include <utility>

namespace dvt {

/// Memory of a fixed size that starts on a boundary; uninitialized, movable, freed with the object.
class AlignedBuffer {
 public:
  static constexpr size_t kCacheLine = 64;

  AlignedBuffer() = default;
  /// Throws std::bad_alloc. `alignment` is a power of two.
  explicit AlignedBuffer(size_t size, size_t alignment = kCacheLine)
      : data_(static_cast<std::byte*>(::operator new(size, std::align_val_t(alignment)))),
        size_(size),
        alignment_(alignment) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        alignment_(other.alignment_) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(alignment_, other.alignment_);
    return *this;
  }
  ~AlignedBuffer() { ::operator delete(data_, std::align_val_t(alignment_)); }

  std::byte* data() const { return data_; }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> bytes() const { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  size_t alignment_ = kCacheLine;
};

}  // namespace dvt
