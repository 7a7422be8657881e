#pragma once
#include <string>
#include <string_view>

namespace dvt::ops {

/// Appends `text` with its letters in upper or in lower case: the mappings of Unicode from one code point to one.
/// Those that give several ("ß" to "SS") or depend on a language or on neighbours are not made. What is no UTF-8 stays.
void append_in_case(std::string& to, std::string_view text, bool upper);

}  // namespace dvt::ops
