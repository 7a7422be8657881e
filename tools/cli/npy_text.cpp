#include "cli/npy_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/concat.h"
#include "base/utf8.h"

namespace dovetail::cli {
namespace {

constexpr uint32_t kFirstSurrogate = 0xdc00;  // of the lone ones that stand for bytes from 0x80 on

/// A lone surrogate is the byte that it stands for.
void append_character(std::string& to, uint32_t code) {
  if (code >= kFirstSurrogate + 0x80 && code <= kFirstSurrogate + 0xff)
    to += static_cast<char>(code - kFirstSurrogate);
  else
    dvt::append_utf8(to, code);
}

std::vector<uint32_t> characters(std::string_view text) {
  std::vector<uint32_t> out;
  while (!text.empty()) {
    const auto [code, size] = dvt::first_code_point(text);
    out.push_back(size > 0 ? code : kFirstSurrogate + static_cast<unsigned char>(text[0]));
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

std::vector<std::vector<uint32_t>> elements(const Array& a) {
  std::vector<std::vector<uint32_t>> out;
  const auto* views = reinterpret_cast<const TextView*>(a.bytes.data());
  for (int64_t i = 0; i < a.volume(); ++i)
    out.push_back(views[i].size > 0 ? characters({views[i].data, static_cast<size_t>(views[i].size)})
                                    : std::vector<uint32_t>());
  return out;
}

size_t longest(const std::vector<std::vector<uint32_t>>& texts) {
  size_t most = 1;
  for (const auto& t : texts) most = std::max(most, t.size());
  return most;
}

}  // namespace

std::optional<NpyText> parse_text_type(std::string_view descr) {
  if (!descr.starts_with("<U") && !descr.starts_with("|S")) return std::nullopt;
  NpyText type{descr[1] == 'U', 0};
  const auto [end, error] = std::from_chars(descr.data() + 2, descr.data() + descr.size(), type.length);
  constexpr size_t kMost = size_t{1} << 32;
  if (error != std::errc() || end != descr.data() + descr.size() || type.length == 0 || type.length > kMost)
    return std::nullopt;
  return type;
}

std::vector<std::string> read_texts(std::span<const std::byte> data, const NpyText& type, int64_t count) {
  std::vector<std::string> texts(static_cast<size_t>(count));
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto element = data.subspan(i * type.bytes(), type.bytes());
    if (!type.utf32) texts[i].assign(reinterpret_cast<const char*>(element.data()), element.size());
    for (size_t k = 0; type.utf32 && k < type.length; ++k) {
      uint32_t code = 0;
      std::memcpy(&code, element.data() + 4 * k, 4);
      append_character(texts[i], code);
    }
    while (!texts[i].empty() && texts[i].back() == '\0') texts[i].pop_back();
  }
  return texts;
}

void make_views(Array& a, const std::vector<std::string>& texts) {
  auto all = std::make_shared<std::string>();
  for (const std::string& t : texts) *all += t;
  a.bytes.resize(texts.size() * sizeof(TextView));
  size_t at = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const TextView view{all->data() + at, static_cast<int64_t>(texts[i].size())};
    std::memcpy(a.bytes.data() + i * sizeof view, &view, sizeof view);
    at += texts[i].size();
  }
  a.texts = std::move(all);
}

std::string text_type(const Array& a) { return dvt::concat("<U", longest(elements(a))); }

std::string text_bytes(const Array& a) {
  const auto texts = elements(a);
  const size_t length = longest(texts);
  std::string out;
  for (const auto& t : texts) {
    out.append(reinterpret_cast<const char*>(t.data()), t.size() * 4);
    out.append((length - t.size()) * 4, '\0');
  }
  return out;
}

}  // namespace dovetail::cli
