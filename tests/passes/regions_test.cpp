#include <gtest/gtest.h>

#include "passes/pipeline.h"
#include "passes/simplify/simplify.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

std::string branches(std::string_view condition) {
  return std::string(
             "input  %x : f32[2]\ninput  %p : b8[]\nconst  %true : b8[] = [1]\nconst  %false : b8[] = [0]\n"
             "%y = if_else{scope=\"?if\"}(%")
      .append(condition)
      .append(R"(, %x) {
region
  input  %a : f32[2]
  %b = concat(%a, %a)
  output %b
region
  input  %a : f32[2]
  output %a
}
%z = elementwise{op=neg}(%y)
output %z
)");
}

TEST(InlineKnownBranches, TakesTheBranch) {
  auto g = after(inline_known_branches(), branches("true"));
  EXPECT_EQ(ir::line(*g, "%y"), "%y = concat(%x, %x)");
  EXPECT_EQ(to_string(g->find_value("z")->type()), "f32[4]");
  g = after(inline_known_branches(), branches("false"));
  EXPECT_EQ(ir::line(*g, "%z"), "%z = elementwise{op=neg}(%x)");
}

TEST(InlineKnownBranches, LeavesAConditionThatIsComputed) {
  EXPECT_TRUE(unchanged_by(inline_known_branches(), branches("p")));
}

TEST(SimplifyRegions, ConstantsMoveInside) {
  auto g = after(simplify_regions(), R"(
    input  %x : f32[2]
    input  %c : b8[]
    const  %k : f32[2] = [1,2]
    %y = if_else{scope="?if"}(%c, %x, %k, %x) {
    region
      input  %a : f32[2]
      input  %b : f32[2]
      input  %d : f32[2]
      %s = elementwise{op=add}(%a, %b)
      %t = elementwise{op=add}(%s, %d)
      output %t
    region
      input  %a : f32[2]
      input  %b : f32[2]
      input  %d : f32[2]
      output %a
    }
    output %y)");
  EXPECT_EQ(ir::print(*g), R"(input  %x : f32[2]
input  %c : b8[]
%y = if_else{scope="?if"}(%c, %x) {
region
  input  %a : f32[2]
  const  %b_1 : f32[2] = [1,2]
  %s = elementwise{op=add}(%a, %b_1)
  %t = elementwise{op=add}(%s, %a)
  output %t
region
  input  %a : f32[2]
  output %a
}
output %y
)");
}

constexpr const char* kLoop = R"(
    input  %x : f32[2]
    input  %n : i64[]
    const  %true : b8[] = [1]
    %y, %z, %w, %v = loop{scope="?loop",has_limit=true,has_condition=true,carried=3,stack_axes=[0],stack_reverse=[0],stack_lengths=[0]}(%n, %true, %x, %x, %x) {
    region
      input  %i : i64[]
      input  %a : f32[2]
      input  %b : f32[2]
      input  %c : f32[2]
      const  %go : b8[] = [1]
      %s = elementwise{op=add}(%a, %b)
      %q = elementwise{op=neg}(%c)
      output %go
      output %s
      output %b
      output %q
      output %s as stacked
    }
    output %y
    output %z)";

TEST(SimplifyRegions, LoopsLoseWhatTheyDoNotNeed) {
  auto g = after(simplify_regions(), kLoop);
  EXPECT_EQ(ir::print(*g), R"(input  %x : f32[2]
input  %n : i64[]
%y = loop{scope="?loop",has_limit=true,carried=1}(%n, %x, %x) {
region
  input  %i : i64[]
  input  %a : f32[2]
  input  %b_1 : f32[2]
  %s = elementwise{op=add}(%a, %b_1)
  output %s
}
output %y
output %x as z
)");
}

TEST(Pipeline, RegionsAreFusedToo) {
  auto g = ir::parse(kLoop);
  run(*g, pipeline(), {});
  const std::string text = ir::print(*g);
  EXPECT_NE(text.find("pointwise("), std::string::npos) << text;
  EXPECT_EQ(text.find("elementwise"), std::string::npos) << text;
}

TEST(Pipeline, StopsInsideRegions) {
  auto g = ir::parse(kLoop);
  run(*g, pipeline(), {.stop_after = 1});
  EXPECT_NE(ir::print(*g).find("elementwise"), std::string::npos);
}

}  // namespace
}  // namespace dvt::passes
