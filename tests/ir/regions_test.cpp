#include "ir/regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verify.h"
#include "ops/all_ops.h"

namespace dvt::ir {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

constexpr const char* kBranches = R"(input  %x : f32[n,4]
input  %c : b8[]
%y = if_else{scope="?if"}(%c, %x) {
region
  input  %?if.x : f32[n,4]
  %?if.sum = concat(%?if.x, %?if.x)
  output %?if.sum
region
  input  %?if.x : f32[n,4]
  %neg = elementwise{op=neg}(%?if.x)
  output %neg
}
output %y
)";

TEST(Regions, TextRoundTrips) {
  const auto g = parse(kBranches);
  verify(*g);
  EXPECT_EQ(print(*g), kBranches);
  EXPECT_EQ(print(*g->clone()), kBranches);
}

TEST(Regions, SizesThatDependOnTheBranchAreLate) {
  const auto g = parse(kBranches);
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[?if.out.sum.d0,4]");
}

TEST(Regions, BranchesMustAgreeInTypeAndRank) {
  EXPECT_THAT(refusal(R"(input  %x : f32[2]
input  %c : b8[]
%y = if_else{scope="?if"}(%c, %x) {
region
  input  %a : f32[2]
  output %a
region
  input  %a : f32[2]
  %b = reshape{shape=[1,2]}(%a)
  output %b
}
)"),
              HasSubstr("result 0 is f32[2] ('a') when the condition is true but f32[1,2] ('b') when it is false"));
  EXPECT_THAT(refusal("input  %x : f32[2]\n%y = if_else{scope=\"?if\"}(%x) {\nregion\nregion\n}\n"),
              HasSubstr("the condition of an if must be one b8, got 'x' f32[2]"));
}

std::string loop(std::string_view attributes, std::string_view inputs, std::string_view body) {
  return std::string(
             "input  %x : f32[n,4]\ninput  %t : i64[]\ninput  %c : b8[]\nconst  %five : i64[] = [5]\n"
             "const  %xs : f32[3,2] = [1,2,3,4,5,6]\n%y = loop{scope=\"?loop\",")
      .append(attributes)
      .append("}(")
      .append(inputs)
      .append(") {\nregion\n  input  %i : i64[]\n")
      .append(body)
      .append("}\noutput %y\n");
}

TEST(Regions, CarriedSizesThatChangeBecomeSymbols) {
  const auto g = parse(loop("has_limit=true,carried=1", "%five, %x", R"(  input  %a : f32[n,4]
  %b = concat(%a, %a)
  output %b
)"));
  verify(*g);
  const Node& n = *g->find_value("y")->producer();
  EXPECT_EQ(to_string(n.region(0).inputs()[1]->type()), "f32[?loop.in.a.d0,4]");
  EXPECT_EQ(to_string(n.region(0).outputs()[0].value->type()), "f32[2*?loop.in.a.d0,4]");
  EXPECT_EQ(to_string(n.output()->type()), "f32[?loop.out.b.d0,4]");
}

TEST(Regions, CarriedSizesThatStayAreKnownOutside) {
  const auto g = parse(loop("has_limit=true,carried=1", "%t, %x", R"(  input  %a : f32[n,4]
  %b = elementwise{op=neg}(%a)
  output %b
)"));
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[n,4]");
}

TEST(Regions, StackedResultsAreAsLongAsTheLoopRuns) {
  const std::string stack = R"(  input  %a : f32[n,4]
  output %a
)";
  const auto known =
      parse(loop("has_limit=true,stack_axes=[1],stack_reverse=[0],stack_lengths=[0]", "%five, %x", stack));
  EXPECT_EQ(to_string(known->find_value("y")->type()), "f32[n,5,4]");
  const auto late = parse(loop("has_limit=true,stack_axes=[-1],stack_reverse=[0],stack_lengths=[0]", "%t, %x", stack));
  EXPECT_EQ(to_string(late->find_value("y")->type()), "f32[n,4,?loop.trips]");
  const auto given =
      parse(loop("has_limit=true,stack_axes=[0],stack_reverse=[1],stack_lengths=[1]", "%t, %five, %x", stack));
  EXPECT_EQ(to_string(given->find_value("y")->type()), "f32[5,n,4]");
}

TEST(Regions, ScannedTensorsEnterAsSlicesAndBoundTheLoop) {
  const auto g = parse(loop("scan_axes=[0],scan_reverse=[1],stack_axes=[0],stack_reverse=[0],stack_lengths=[0]", "%xs",
                            "  input  %s : f32[2]\n  output %s\n"));
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[3,2]");
}

TEST(Regions, RefusesLoopsThatMakeNoSense) {
  EXPECT_THAT(refusal(loop("carried=1", "%x", "  input  %a : f32[n,4]\n  output %a\n")), HasSubstr("nothing ends it"));
  EXPECT_THAT(refusal(loop("has_limit=true,carried=1", "%t, %x", R"(  input  %a : f32[n,4]
  %b = cast{to=f16}(%a)
  output %b
)")),
              HasSubstr("carried value 0 ('b') enters an iteration as f32[n,4] and leaves it as f16[n,4]"));
  EXPECT_THAT(refusal(loop("has_limit=true,carried=1", "%t", "  output %i\n")), HasSubstr("at least 2 inputs, got 1"));
  EXPECT_THAT(refusal(loop("scan_axes=[2],scan_reverse=[0]", "%xs", "  input  %s : f32[2]\n")),
              HasSubstr("scans 'xs' f32[3,2] along axis 2"));
}

TEST(Regions, ShapesKnownOutsideStayKnownInside) {
  const auto g = parse(R"(input  %x : f32[n,4]
input  %c : b8[]
%s = shape(%x)
%y = if_else{scope="?if"}(%c, %x, %s) {
region
  input  %a : f32[n,4]
  input  %b : i64[2]
  %r = reshape(%a, %b)
  output %r
region
  input  %a : f32[n,4]
  input  %b : i64[2]
  output %a
}
output %y
)");
  verify(*g);
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[n,4]");
}

TEST(Regions, TextLimitsDepthAndWantsClosedRegions) {
  std::string text = "input  %c : b8[]\n";
  for (int i = 0; i <= kMaxRegionDepth; ++i) text += "%y = if_else{scope=\"?if\"}(%c, %c) {\nregion\ninput %c : b8[]\n";
  EXPECT_THAT(refusal(text), HasSubstr("regions lie more than 16 deep"));
  EXPECT_THAT(refusal("input  %c : b8[]\n%y = if_else{scope=\"?if\"}(%c) {\nregion\n"),
              HasSubstr("the regions of the node in line 2 are not closed"));
  EXPECT_THAT(refusal("region\n"), HasSubstr("a region stands only behind"));
  EXPECT_THAT(refusal("}\n"), HasSubstr("there is nothing to close"));
}

TEST(Regions, ScopesAreGivenOutOnce) {
  Graph g;
  EXPECT_EQ(g.new_scope("a/b"), "?a_b");
  EXPECT_EQ(g.new_scope("a/b"), "?a_b_1");
  EXPECT_EQ(Graph::new_region("?a_b")->new_scope("c"), "?a_b.c");
}

TEST(Regions, ACapturedValueOfAnotherTypeIsRefused) {
  // The elements of %s, two numbers, are not those of an input that says it has more.
  EXPECT_THROW(parse(R"(
    input  %x : f32[n,4]
    input  %c : b8[]
    %s = shape(%x)
    %y = if_else{scope="?if"}(%c, %x, %s) {
    region
      input  %a : f32[n,4]
      input  %q : i64[8,8]
      %t = transpose{perm=[1,0]}(%q)
      output %a
    region
      input  %b : f32[n,4]
      input  %r : i64[2]
      output %b
    }
    output %y)"),
               Error);
}

}  // namespace
}  // namespace dvt::ir
