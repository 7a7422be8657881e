#pragma once
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace dvt::cpu {

/// Copies the bytes that one index stands for: kBytes of them or, where that is 0, `bytes`.
template <size_t kBytes>
inline void copy_run(void* to, const void* from, size_t bytes) {
  std::memcpy(to, from, kBytes > 0 ? kBytes : bytes);
}

/// Calls body(constant) with the size as a constant where it is that of one element of the usual types: then no copy is
/// a call.
template <class Body>
void for_run_of(size_t bytes, const Body& body) {
  if (bytes == 4) return body(std::integral_constant<size_t, 4>());
  if (bytes == 8) return body(std::integral_constant<size_t, 8>());
  body(std::integral_constant<size_t, 0>());
}

}  // namespace dvt::cpu
