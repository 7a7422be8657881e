#include "base/utf8.h"

#include <gtest/gtest.h>

namespace dvt {
namespace {

TEST(Utf8, GoesThereAndBack) {
  for (uint32_t code : {0x41u, 0x7fu, 0x80u, 0xdfu, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
    std::string text;
    append_utf8(text, code);
    const size_t bytes = text.size();
    text += "x";
    EXPECT_EQ(first_code_point(text).code, code);
    EXPECT_EQ(first_code_point(text).bytes, bytes);
  }
}

TEST(Utf8, SaysWhatIsNone) {
  for (std::string_view text : {"\x80", "\xc3", "\xc3x", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    EXPECT_EQ(first_code_point(text).bytes, 0u);
}

}  // namespace
}  // namespace dvt
