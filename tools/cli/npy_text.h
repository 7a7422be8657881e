#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/npy.h"

namespace dovetail::cli {

/// NumPy's types of text: every element has the same room, filled up with zeros.
struct NpyText {
  bool utf32 = true;  ///< U, four bytes a character; else S, bytes.
  size_t length = 0;  ///< In characters.
  size_t bytes() const { return length * (utf32 ? 4 : 1); }
};

/// Nothing for other types than "<U5" and "|S5".
std::optional<NpyText> parse_text_type(std::string_view descr);
/// `count` elements as UTF-8.
std::vector<std::string> read_texts(std::span<const std::byte> data, const NpyText& type, int64_t count);
/// Gives an array of text its elements.
void make_views(Array& a, const std::vector<std::string>& texts);

/// The type that holds all elements of an array of text, and its elements in it. Bytes that are no UTF-8 become lone
/// surrogates, as Python's "surrogateescape" has them.
std::string text_type(const Array& a);
std::string text_bytes(const Array& a);

}  // namespace dovetail::cli
