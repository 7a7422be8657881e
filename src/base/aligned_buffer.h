#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace dvt {

/// Memory of a fixed size that starts on a boundary; uninitialized, movable, freed with the object.
class AlignedBuffer {
 public:
  static constexpr size_t kCacheLine = 64;

  AlignedBuffer() = default;
  /// Throws std::bad_alloc. `alignment` is a power of two.
  explicit AlignedBuffer(size_t size, size_t alignment = kCacheLine)
      : data_(static_cast<std::byte*>(::operator new(size, std::align_val_t(alignment))), Free{alignment}),
        size_(size) {}

  std::byte* data() const { return data_.get(); }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_.get());
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<std::byte> bytes() const { return {data_.get(), size_}; }

 private:
  struct Free {
    size_t alignment = kCacheLine;
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t(alignment)); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace dvt
