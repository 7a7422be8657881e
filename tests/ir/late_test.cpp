// Late-bound symbols in the graph: names, text, clones, patches, and what keeps their nodes alive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "ops/all_ops.h"

namespace dvt::ir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(LateSymbols, AreNamedAfterTheirNodeAndFlowOn) {
  const auto g = parse(R"(input  %x : f32[2,3]
%p = non_zero(%x)
%t = transpose(%p)
%twice = concat{axis=0}(%t, %t)
output %twice)");
  verify(*g);
  EXPECT_EQ(to_string(g->find_value("twice")->type()), "i64[2*?p_0,2]");
  EXPECT_EQ(to_string(*g->find_value("p")->producer()->late_sizes()[0].max), "6");
}

TEST(LateSymbols, TextKeepsThem) {
  const std::string whole = R"(input  %x : f32[n,3]
input  %q : i64[1]
dims   %s : i64[1] = [2*?found_7]
%p = non_zero(%x) late [?found_7]
%l = lift{role=number}(%q) late [?signed:some_3]
%t = transpose(%p)
output %t
output %s
output %l
)";
  const auto g = parse(whole);
  verify(*g);
  EXPECT_EQ(print(*g), whole);
  EXPECT_EQ(print(*g->clone()), whole);
  EXPECT_EQ(to_string(g->find_value("t")->type()), "i64[?found_7,2]");
  EXPECT_THAT(error_of([&] { parse("input %x : f32[2]\n%p = non_zero(%x) late [?a,?b]"); }), HasSubstr("1 late sizes"));
  EXPECT_THAT(error_of([&] { parse("input %x : f32[2]\n%p = non_zero(%x) late [a]"); }), HasSubstr("cannot name"));
  EXPECT_THAT(error_of([&] { parse("input %x : f32[?n]"); }), HasSubstr("must not start with"));
}

TEST(LateSymbols, KeepTheirNodeAlive) {
  const auto g = parse(R"(input  %x : f32[2,3]
input  %y : f32[7]
%p = non_zero(%x)
%n = shape{start=1}(%p)
%z = reshape(%y, %n)
%unused = non_zero(%y)
output %z)");
  Patch patch;
  const Node* reshape = g->find_value("z")->producer();
  patch.replace(reshape->output(),
                patch.add(ops::Reshape{reshape->output()->shape().dims(), true}, {reshape->input(0)}));
  ASSERT_TRUE(g->apply(std::move(patch), g->find_value("z")->producer()));
  verify(*g);
  EXPECT_NE(g->find_value("p"), nullptr);  // nobody reads it, but its count is the shape of z
  EXPECT_EQ(g->find_value("n"), nullptr);
  EXPECT_EQ(g->find_value("unused"), nullptr);
}

TEST(LateSymbols, EqualNodesBecomeOneWithOneSymbol) {
  const auto g = parse(R"(input  %x : f32[2,3]
input  %v : f32[5]
%p = non_zero(%x)
%q = non_zero(%x)
%n = shape{start=1}(%q)
%z = reshape{shape=[?q_0]}(%v)
output %p
output %z)");
  Patch patch;
  patch.replace(g->find_value("q"), g->find_value("p"));
  ASSERT_TRUE(g->apply(std::move(patch), g->find_value("q")->producer()));
  verify(*g);
  EXPECT_EQ(to_string(g->find_value("z")->type()), "f32[?p_0]");
  EXPECT_EQ(line(*g, "z"), "%z = reshape{shape=[?p_0]}(%v)");
}

TEST(LateSymbols, AReplacementMayKnowThem) {
  const auto g = parse(R"(input  %x : i64[2]
input  %v : f32[n]
const  %c : i64[2] = [3,4]
%l = lift(%x)
%z = reshape(%v, %l)
output %z)");
  Patch patch;
  patch.replace(g->find_value("l"), g->find_value("c"));
  ASSERT_TRUE(g->apply(std::move(patch), g->find_value("l")->producer()));
  verify(*g);
  EXPECT_EQ(to_string(g->find_value("z")->type()), "f32[3,4]");
}

TEST(LateSymbols, ANewNodeOfAPatchGetsSymbolsOfItsOwn) {
  const auto g = parse(R"(input  %x : f32[2,3]
%p = non_zero(%x)
%t = transpose(%p)
output %t)");
  Patch patch;
  Value* fresh = patch.add(ops::NonZero{}, {g->find_value("x")});
  patch.replace(g->find_value("p"), fresh);
  ASSERT_TRUE(g->apply(std::move(patch), g->find_value("p")->producer()));
  verify(*g);
  const std::vector<std::string>& late = g->find_value("p")->producer()->late();
  EXPECT_THAT(late, ElementsAre("?p_0_1"));
  EXPECT_EQ(to_string(g->find_value("t")->type()), "i64[?p_0_1,2]");
}

TEST(LateSymbols, UseBeforeDefinitionIsABrokenGraph) {
  const auto g = parse(R"(input  %x : f32[2]
input  %v : f32[n]
%z = reshape{shape=[?p_0]}(%v)
%p = non_zero(%x)
output %z
output %p)");
  EXPECT_THAT(error_of([&] { verify(*g); }), HasSubstr("'?p_0', which no node above it gives"));
}

TEST(Late, ListsOfElementsMayBeLongerThanAShape) {
  const auto g = parse("input  %x : i64[48]\n%l = lift(%x)\noutput %l\n");
  const std::string text = print(*g);
  EXPECT_EQ(print(*parse(text)), text);
  EXPECT_THROW(parse("input  %x : i64[2]\n%l = lift(%x) late [?a,]\noutput %l\n"), Error);
  EXPECT_THROW(parse("input  %x : i64[2]\n%l = lift(%x) late [?a,max(?b]\noutput %l\n"), Error);
}

}  // namespace
}  // namespace dvt::ir
