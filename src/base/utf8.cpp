#include "base/utf8.h"

namespace dvt {

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return {};
  uint32_t code = first & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code >= 0x110000 || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, size};
}

void append_utf8(std::string& to, uint32_t code) {
  const auto rest = [&](int shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6), rest(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12), rest(6), rest(0);
  } else {
    to += static_cast<char>(0xf0 | (code >> 18 & 7)), rest(12), rest(6), rest(0);
  }
}

}  // namespace dvt
