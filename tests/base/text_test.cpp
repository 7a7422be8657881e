#include "base/text.h"

#include <gtest/gtest.h>

namespace dvt {
namespace {

TEST(TextView, ZeroBitsAreTheEmptyText) {
  EXPECT_EQ(TextView{}.view(), "");
  EXPECT_EQ((TextView{nullptr, -5}.view()), "");
  EXPECT_EQ((TextView{"abc", 2}.view()), "ab");
}

TEST(TextArena, KeepsItsMemoryForARunOfTheSameSizes) {
  TextArena arena;
  const std::string large(10000, 'x');
  std::vector<const char*> first;
  for (int run = 0; run < 3; ++run) {
    arena.reset();
    std::vector<const char*> at;
    for (int i = 0; i < 100; ++i) {
      const std::string small(static_cast<size_t>(i + 1), 'a');
      const std::string_view copy = arena.copy(small);
      EXPECT_EQ(copy, small);
      at.push_back(copy.data());
      if (i % 40 == 0) at.push_back(arena.copy(large).data());
    }
    if (run == 0) first = at;
    EXPECT_EQ(at, first);
  }
  EXPECT_EQ(arena.copy({}), "");
}

TEST(TextArena, KeepsTheFirstFailureUntilTheNextRun) {
  TextArena arena;
  EXPECT_FALSE(arena.failed());
  arena.fail("one");
  arena.fail("two");
  EXPECT_TRUE(arena.failed());
  EXPECT_EQ(arena.failure(), "one");
  arena.reset();
  EXPECT_FALSE(arena.failed());
}

}  // namespace
}  // namespace dvt
