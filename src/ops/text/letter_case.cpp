#include "ops/text/letter_case.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

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

}  // namespace

void append_in_case(std::string& to, std::string_view text, bool upper) {
  while (!text.empty()) {
    const auto [code, size] = first_code_point(text);
    if (size == 0)
      to += text[0];
    else
      append_utf8(to, mapped(code, upper));
    text.remove_prefix(std::max<size_t>(size, 1));
  }
}

}  // namespace dvt::ops
