#include "ops/text/letter_case.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace dvt::ops {
namespace {

struct Run {
  uint32_t first, last, step;
  int32_t distance;
};
#define CASE_RUN(first, last, step, distance) {first, last, step, distance},
constexpr Run kUpper[] = {
#include "ops/text/case_map.inc"
};
#define LOWER
constexpr Run kLower[] = {
#include "ops/text/case_map.inc"
};
#undef LOWER
#undef CASE_RUN

uint32_t mapped(uint32_t code, bool upper) {
  const Run* begin = upper ? std::begin(kUpper) : std::begin(kLower);
  const Run* end = upper ? std::end(kUpper) : std::end(kLower);
  const Run* run = std::lower_bound(begin, end, code, [](const Run& r, uint32_t c) { return r.last < c; });
  if (run == end || code < run->first || (code - run->first) % run->step != 0) return code;
  return code + static_cast<uint32_t>(run->distance);
}

/// The code point at the front of `text` and how many bytes it has; 0 bytes where they are no UTF-8.
std::pair<uint32_t, size_t> decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size <= 1 || size > text.size()) return {first, size == 1 ? 1 : 0};
  uint32_t code = first & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = code >= kLeast[size] && code < 0x110000 && (code < 0xd800 || code >= 0xe000);
  return {code, valid ? size : 0};
}

void append(std::string& to, uint32_t code) {
  const auto rest = [&](int shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6), rest(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12), rest(6), rest(0);
  } else {
    to += static_cast<char>(0xf0 | code >> 18), rest(12), rest(6), rest(0);
  }
}

}  // namespace

void append_in_case(std::string& to, std::string_view text, bool upper) {
  while (!text.empty()) {
    const auto [code, size] = decode(text);
    if (size == 0)
      to += text[0];
    else
      append(to, mapped(code, upper));
    text.remove_prefix(std::max<size_t>(size, 1));
  }
}

}  // namespace dvt::ops
