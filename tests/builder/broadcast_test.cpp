// Networks in which sizes of two names meet, built once and run where either is 1, both, or one is 0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "build_support.h"

namespace dvt::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Floats = std::vector<float>;

std::vector<std::byte> sizes_up_to(const std::string& text, const std::vector<int64_t>& x,
                                   const std::vector<int64_t>& y, int64_t least = 0) {
  BuildOptions options = options_for_host();
  const auto entry = [&](const std::string& name, const std::vector<int64_t>& most) {
    std::vector<int64_t> min = most, opt = most;
    for (size_t i = 0; i < most.size(); ++i)
      if (most[i] < 0) min[i] = least, opt[i] = 2;
    std::vector<int64_t> max = most;
    for (int64_t& d : max) d = d < 0 ? -d : d;
    return plan::ProfileEntry{name, min, opt, max};
  };
  options.profiles = {{{entry("x", x), entry("y", y)}}};
  return build_text(text, options);
}

constexpr const char* kSum = R"(
    input  %x : f32[a]
    input  %y : f32[b]
    %s = elementwise{op=add}(%x, %y)
    output %s)";

TEST(SizesThatMeet, EitherMayBeOne) {
  const auto plan = sizes_up_to(kSum, {-4}, {-4});
  const auto sum = [&](const Floats& x, const Floats& y) {
    return run_plan(plan, {{"x", {{static_cast<int64_t>(x.size())}, x}}, {"y", {{static_cast<int64_t>(y.size())}, y}}})
        .at("s");
  };
  EXPECT_THAT(sum({1, 2, 3}, {10, 20, 30}), ElementsAre(11, 22, 33));
  EXPECT_THAT(sum({1}, {10, 20, 30}), ElementsAre(11, 21, 31));
  EXPECT_THAT(sum({1, 2, 3}, {10}), ElementsAre(11, 12, 13));
  EXPECT_THAT(sum({1}, {10}), ElementsAre(11));
  EXPECT_THAT(sum({}, {10}), IsEmpty());
  EXPECT_THAT(sum({1}, {}), IsEmpty());
}

TEST(SizesThatMeet, OthersAreRefusedByTheNameOfTheStep) {
  const auto plan = sizes_up_to(kSum, {-4}, {-4});
  for (const auto& [x, y] : {std::pair<int64_t, int64_t>{2, 3}, {0, 2}}) {
    try {
      run_plan(plan, {{"x", {{x}, Floats(4)}}, {"y", {{y}, Floats(4)}}});
      FAIL();
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr("step 's'"));
      EXPECT_THAT(e.what(), HasSubstr(concat("cannot broadcast [", x, "] with [", y, "]")));
    }
  }
}

TEST(SizesThatMeet, AreCheckedWhereOnlyTheShapeOfTheResultIsRead) {
  const auto plan = sizes_up_to(R"(
    input  %x : f32[a]
    input  %y : f32[b]
    %s = elementwise{op=add}(%x, %y)
    %n = shape(%s)
    %o = cast{to=f32}(%n)
    output %o)",
                                {-4}, {-4});
  const auto shape = [&](int64_t x, int64_t y) {
    return run_plan(plan, {{"x", {{x}, Floats(4)}}, {"y", {{y}, Floats(4)}}}).at("o");
  };
  EXPECT_THAT(shape(1, 3), ElementsAre(3));
  EXPECT_THAT(shape(2, 1), ElementsAre(2));
  EXPECT_THAT(shape(0, 1), ElementsAre(0));
  EXPECT_THAT(shape(1, 1), ElementsAre(1));
  try {
    shape(2, 3);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("sizes meet that do not broadcast: a, b = [2,3]"));
  }
}

TEST(SizesThatMeet, BehindAProduct) {
  const auto plan = sizes_up_to(R"(
    input  %x : f32[a,2]
    input  %y : f32[b,2]
    const  %w : f32[2,2] = [1,2,3,4]
    %p = matmul(%x, %w)
    %s = elementwise{op=add}(%p, %y)
    output %s)",
                                {-4, 2}, {-4, 2}, 1);
  const auto run = [&](Floats x, Floats y) {
    const auto rows = [](const Floats& v) { return std::vector<int64_t>{static_cast<int64_t>(v.size()) / 2, 2}; };
    return run_plan(plan, {{"x", {rows(x), x}}, {"y", {rows(y), y}}}).at("s");
  };
  EXPECT_THAT(run({1, 0, 0, 1}, {10, 20, 30, 40}), ElementsAre(11, 22, 33, 44));
  EXPECT_THAT(run({1, 0, 0, 1}, {10, 20}), ElementsAre(11, 22, 13, 24));
  EXPECT_THAT(run({1, 1}, {10, 20, 30, 40}), ElementsAre(14, 26, 34, 46));
}

}  // namespace
}  // namespace dvt::builder
