#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/dtype.h"

namespace dvt::runtime {

/// What no tensor's size may pass.
inline constexpr size_t kMaxTensorBytes = size_t{1} << 46;

/// Bytes of a tensor; more than kMaxTensorBytes (never a wrapped number) when it is too large.
/// Precondition: dims are not negative.
inline size_t tensor_bytes(DType dtype, std::span<const int64_t> dims) {
  unsigned __int128 count = 1;
  bool empty = false;
  for (int64_t d : dims) {
    empty |= d == 0;
    // 2^47 elements of at least half a byte are too large already, and times 2^63 still fit.
    if (d > 0 && count < (unsigned __int128){1} << 60) count *= static_cast<uint64_t>(d);
  }
  if (empty) return 0;
  if (count > kMaxTensorBytes * 2) return kMaxTensorBytes + 1;
  return byte_size(dtype, static_cast<int64_t>(count));
}

}  // namespace dvt::runtime
