#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace dvt {

/// The code point at the front of a text that is not empty, and how many bytes it has; 0 bytes where they are no UTF-8
/// (overlong forms and surrogates are none).
struct CodePoint {
  uint32_t code = 0;
  size_t bytes = 0;
};
CodePoint first_code_point(std::string_view text);

/// Appends a code point below 2^21.
void append_utf8(std::string& to, uint32_t code);

}  // namespace dvt
