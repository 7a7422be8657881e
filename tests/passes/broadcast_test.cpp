// Sizes of two names that meet: what is fused must be right whichever of them is 1.
#include <gtest/gtest.h>

#include "passes/fuse/fuse.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

std::string attention_with_mask(const std::string& mask, const std::string& keys, const std::string& values) {
  return R"(
    input  %q : f32[b,12,s,64]
    input  %k : f32[b,12,)" +
         keys + R"(,64]
    input  %v : f32[b,12,)" +
         values + R"(,64]
    input  %mask : f32)" +
         mask + R"(
    const  %c : f32[] = [0.125]
    %kt = transpose{perm=[0,1,3,2]}(%k)
    %a = matmul(%q, %kt)
    %as = elementwise{op=mul}(%a, %c)
    %m = elementwise{op=add}(%as, %mask)
    %p = softmax{axis=-1}(%m)
    %y = matmul(%p, %v)
    output %y)";
}

TEST(SizesThatMeet, AMaskCannotHaveMoreKeysThanThereAreValues) {
  const auto g = after(recognize_attention(), attention_with_mask("[b,1,1,total]", "past+s", "past+s"));
  EXPECT_EQ(ir::line(*g, "%y"), "%y = attention{scale=0.125}(%q, %y.t, %v, %mask)");
}

TEST(SizesThatMeet, AMaskMayHaveMoreKeysThanK) {
  EXPECT_TRUE(unchanged_by(recognize_attention(), attention_with_mask("[b,1,1,total]", "t", "total")));
}

TEST(SizesThatMeet, AMaskMayHaveMoreBatchesThanTheScores) {
  EXPECT_TRUE(unchanged_by(recognize_attention(), attention_with_mask("[c,1,1,t]", "t", "t")));
}

std::string product_and(const std::string& operand) {
  return R"(
    input  %x : f32[n,8]
    const  %w : f32[8,16] = splat 1
    input  %z : f32)" +
         operand + R"(
    %a = matmul(%x, %w)
    %y = pointwise(%a, %z) | (f32,f32) add($0,$1)
    output %y)";
}

TEST(SizesThatMeet, AProgramBehindAProductRepeatsItsOperandsInOneWay) {
  for (const char* operand : {"[n,16]", "[n,1]", "[1,16]", "[16]", "[]"})
    EXPECT_EQ(ir::line(*after(fuse_epilogue(), product_and(operand)), "%y"),
              "%y = matmul(%x, %w; %z) | (f32,f32) add($0,$1)")
        << operand;
  for (const char* operand : {"[m,16]", "[n,m]", "[m]", "[1,n,16]"})
    EXPECT_TRUE(unchanged_by(fuse_epilogue(), product_and(operand))) << operand;
}

TEST(SizesThatMeet, ProgramsMergeWhereTheyHaveOneShape) {
  const auto g = after(merge_pointwise(), R"(
    input  %x : f32[a]
    input  %y : f32[b]
    %t = pointwise(%x, %y) | (f32,f32) add($0,$1)
    %u = pointwise(%t, %x) | (f32,f32) mul($0,$1)
    output %u)");
  EXPECT_EQ(ir::line(*g, "%u"), "%u = pointwise(%x, %y) | (f32,f32) mul(add($0,$1),$0)");
  EXPECT_EQ(to_string(g->find_value("u")->type()), "f32[broadcast(a,b)]");
  EXPECT_TRUE(unchanged_by(merge_pointwise(), R"(
    input  %x : f32[a]
    input  %y : f32[b]
    %t = pointwise(%x) | (f32) neg($0)
    %u = pointwise(%t, %y) | (f32,f32) mul($0,$1)
    output %u)"));
}

}  // namespace
}  // namespace dvt::passes
