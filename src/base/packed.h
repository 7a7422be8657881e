#pragma once
#include <cstdint>

// Elements of 4 and 2 bits, several to a byte, the first in the low bits.

namespace dvt {

inline unsigned load_packed(const void* data, int64_t index, int bits) {
  const int64_t at = index * bits;
  return static_cast<unsigned>(static_cast<const uint8_t*>(data)[at / 8]) >> (at % 8) & ((1u << bits) - 1);
}

inline void store_packed(void* data, int64_t index, int bits, uint64_t value) {
  const int64_t at = index * bits;
  uint8_t& byte = static_cast<uint8_t*>(data)[at / 8];
  const unsigned mask = ((1u << bits) - 1) << (at % 8);
  byte = static_cast<uint8_t>((byte & ~mask) | (static_cast<unsigned>(value) << (at % 8) & mask));
}

/// The two's complement value of the low bits.
inline int sign_extended(unsigned value, int bits) {
  const int sign = 1 << (bits - 1);
  return (static_cast<int>(value) ^ sign) - sign;
}

}  // namespace dvt
