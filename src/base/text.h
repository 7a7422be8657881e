#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dvt {

/// An element of a text tensor: bytes that lie elsewhere, UTF-8 by convention, not terminated. Zero bits are the empty
/// text.
struct TextView {
  const char* data = nullptr;
  int64_t size = 0;
  std::string_view view() const {
    return size > 0 ? std::string_view(data, static_cast<size_t>(size)) : std::string_view();
  }
};
static_assert(sizeof(TextView) == 16);

/// The bytes of texts that a run makes. They live until reset(), which keeps the memory: a run like the one before
/// allocates nothing. \threadsafety None.
class TextArena {
 public:
  /// Throws std::bad_alloc.
  char* reserve(size_t bytes);
  std::string_view copy(std::string_view text);
  void reset() noexcept;

  /// A kernel that cannot make what it should says why; the first one is kept until reset().
  void fail(std::string_view why) noexcept;
  bool failed() const { return failed_; }
  const std::string& failure() const { return failure_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0, used_ = 0;  // the next text goes into this block, from there on
  bool failed_ = false;
  std::string failure_;
};

}  // namespace dvt
