#pragma once
#include <cstddef>

namespace dvt::runtime {

/// A context's memory for values and workspace, reserved whole. Of a large one, pages that no run touches cost nothing,
/// unless they are asked for. Page-aligned; freed with the object.
class Arena {
 public:
  Arena() = default;
  /// `now`: the pages are found here, because each run needs all of them. Throws Error(kOutOfMemory).
  explicit Arena(size_t bytes, bool now = false);
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;

  std::byte* data() const { return data_; }
  size_t size() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace dvt::runtime
