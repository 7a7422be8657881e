#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace dvt {

uint64_t hash64(std::span<const std::byte> bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }
uint64_t hash64(std::string_view text) noexcept { return XXH3_64bits(text.data(), text.size()); }

Hash128 hash128(std::span<const std::byte> bytes) noexcept {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}
Hash128 hash128(std::string_view text) noexcept { return hash128(std::as_bytes(std::span(text))); }

std::string to_string(const Hash128& h) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out(32, '0');
  for (int i = 0; i < 16; ++i) {
    out[static_cast<size_t>(15 - i)] = kDigits[h.high >> (4 * i) & 15];
    out[static_cast<size_t>(31 - i)] = kDigits[h.low >> (4 * i) & 15];
  }
  return out;
}

}  // namespace dvt
