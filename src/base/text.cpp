#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace dvt {

char* TextArena::reserve(size_t bytes) {
  constexpr size_t kLeast = 4096;
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t size = std::max({bytes, kLeast, blocks_.empty() ? 0 : blocks_.back().size * 2});
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* at = blocks_[block_].bytes.get() + used_;
  used_ += bytes;
  return at;
}

std::string_view TextArena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = reserve(text.size());
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

void TextArena::reset() noexcept {
  block_ = used_ = 0;
  failed_ = false;
}

void TextArena::fail(std::string_view why) noexcept {
  if (failed_) return;
  failed_ = true;
  try {
    failure_ = why;
  } catch (const std::bad_alloc&) {
    failure_.clear();
  }
}

}  // namespace dvt
