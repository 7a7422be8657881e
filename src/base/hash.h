#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dvt {

// XXH3: fast and well mixed, the same on every machine. It detects damage, not malice.

uint64_t hash64(std::span<const std::byte> bytes) noexcept;
uint64_t hash64(std::string_view text) noexcept;

/// Wide enough to name contents by.
struct Hash128 {
  uint64_t high = 0, low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};
Hash128 hash128(std::span<const std::byte> bytes) noexcept;
Hash128 hash128(std::string_view text) noexcept;

/// 32 hexadecimal digits.
std::string to_string(const Hash128& h);

}  // namespace dvt
