#include "ops/text/split_text.h"

#include "ops/text/text_support.h"

namespace dvt::ops {
namespace {

std::string_view from(std::string_view text, size_t at) {
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}

}  // namespace

TextParts::TextParts(std::string_view text, std::string_view delimiter, int64_t max_split)
    : rest_(text), delimiter_(delimiter), left_(max_split) {
  if (!delimiter_.empty()) return;
  rest_ = from(rest_, rest_.find_first_not_of(kWhiteSpace));
  done_ = rest_.empty();
}

bool TextParts::next(std::string_view& part) {
  if (done_) return false;
  const bool by_space = delimiter_.empty(), is_last = left_-- == 0;
  const size_t end = is_last    ? std::string_view::npos
                     : by_space ? rest_.find_first_of(kWhiteSpace)
                                : rest_.find(delimiter_);
  part = rest_.substr(0, end);
  done_ = end == std::string_view::npos;
  if (done_) return true;
  rest_.remove_prefix(end + (by_space ? 1 : delimiter_.size()));
  if (!by_space) return true;
  rest_ = from(rest_, rest_.find_first_not_of(kWhiteSpace));
  done_ = rest_.empty();
  return true;
}

}  // namespace dvt::ops
