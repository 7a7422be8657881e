#include "runtime/arena.h"

#include <utility>

#include "base/error.h"
#include "base/large_memory.h"

namespace dvt::runtime {
namespace {

/// A small arena is in ordinary pages, whose faults a short first run would feel.
constexpr size_t kTouchedAtOnce = size_t{2} << 20;
constexpr size_t kPage = 4096;  // the smallest there is

}  // namespace

Arena::Arena(size_t bytes, bool now) : bytes_(bytes) {
  if (bytes == 0) return;
  data_ = reserve_memory(bytes);
  if (!data_)
    throw Error(ErrorCode::kOutOfMemory, "context: ", bytes,
                " bytes for its values cannot be reserved; lower the profile's maximum");
  if (!now && bytes >= kTouchedAtOnce) return;
  for (size_t at = 0; at < bytes; at += kPage) *const_cast<volatile std::byte*>(data_ + at) = std::byte{0};
}

Arena::~Arena() { release_memory(data_, bytes_); }

Arena::Arena(Arena&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace dvt::runtime
