#include <gtest/gtest.h>

#include "passes/simplify/simplify.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

TEST(Canonicalize, DropsOperationsWithoutEffect) {
  auto g = after(canonicalize(), R"(
    input  %x : f32[2,3]
    const  %zero : f32[3] = splat 0
    const  %one : f32[] = [1]
    %a = transpose{perm=[0,1]}(%x)
    %b = elementwise{op=add}(%a, %zero)
    %c = elementwise{op=mul}(%b, %one)
    %d = reshape{shape=[2,3]}(%c)
    %e = cast{to=f32}(%d)
    %f = elementwise{op=neg}(%e)
    output %f)");
  EXPECT_EQ(ir::line(*g, "%f"), "%f = elementwise{op=neg}(%x)");
  EXPECT_EQ(g->num_nodes(), 1);
}

TEST(Canonicalize, PutsConstantsOnTheRight) {
  auto g = after(canonicalize(), R"(
    input  %x : f32[2]
    const  %c : f32[2] = [1,2]
    %y = elementwise{op=mul}(%c, %x)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = elementwise{op=mul}(%x, %c)");
}

TEST(Canonicalize, LeavesABroadcastingNeutralElement) {
  constexpr const char* kText = R"(
    input  %x : f32[1]
    const  %zero : f32[4] = splat 0
    %y = elementwise{op=add}(%x, %zero)
    output %y)";
  EXPECT_TRUE(unchanged_by(canonicalize(), kText));
}

TEST(FoldConstants, ComputesWhatDependsOnConstantsOnly) {
  auto g = after(fold_constants(), R"(
    input  %x : f32[2]
    const  %a : f32[2] = [1,2]
    const  %b : f32[2] = [10,20]
    %c = elementwise{op=add}(%a, %b)
    %y = elementwise{op=mul}(%x, %c)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%c"), "const  %c : f32[2] = [11,22]");
}

TEST(FoldConstants, DequantizesWeights) {
  auto g = after(fold_constants(), R"(
    input  %x : f32[1,2]
    const  %q : i8[2,2] = [1,2,3,4]
    const  %s : f32[2] = [0.5,2]
    %w = dequantize(%q, %s)
    %y = matmul(%x, %w)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%w"), "const  %w : f32[2,2] = [0.5,4,1.5,8]");
}

TEST(FoldConstants, ComputesResultsWhoseSizeTheDataSays) {
  auto g = after(fold_constants(), R"(
    const  %a : f32[4] = [0,5,0,7]
    input  %x : f32[n]
    %p = non_zero(%a)
    %s = shape{start=1}(%p)
    %y = reshape(%x, %s)
    output %p
    output %y)");
  EXPECT_EQ(ir::line(*g, "%p"), "const  %p : i64[1,2] = [1,3]");
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[2]");
}

TEST(Canonicalize, ALiftOfWhatIsKnownGoes) {
  auto g = after(canonicalize(), R"(
    input  %x : f32[n,3]
    const  %v : f32[] = [1]
    %s = shape{end=1}(%x)
    %l = lift(%s)
    %y = fill(%v, %l)
    output %y)");
  EXPECT_EQ(to_string(g->find_value("y")->type()), "f32[n]");
}

TEST(EliminateCommonNodes, OneSymbolForEqualCounts) {
  auto g = after(eliminate_common_nodes(), R"(
    input  %x : f32[2,3]
    %a = non_zero(%x)
    %b = non_zero(%x)
    %y = elementwise{op=add}(%a, %b)
    output %y)");
  EXPECT_EQ(to_string(g->find_value("y")->type()), "i64[2,?a_0]");
  EXPECT_EQ(g->num_nodes(), 2);
}

TEST(FoldConstants, LeavesLargeExpansions) {
  EXPECT_TRUE(unchanged_by(fold_constants(), R"(
    const  %a : f32[1] = [1]
    %y = expand{shape=[4000000]}(%a)
    output %y)"));
}

TEST(ResolveShapeInputs, ReshapeTakesAKnownShapeAsAttribute) {
  auto g = after(resolve_shape_inputs(), R"(
    input  %x : f32[batch,seq,12,64]
    %s = shape{}(%x)
    const  %hidden : i64[1] = [768]
    %two = slice{start=[0],size=[2]}(%s)
    %target = concat(%two, %hidden)
    %y = reshape(%x, %target)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = reshape{shape=[batch,seq,768]}(%x)");
}

TEST(ResolveShapeInputs, ExpandKeepsWhatTheRunHasToCompare) {
  auto g = after(resolve_shape_inputs(), R"(
    input  %x : f32[n,1,c]
    input  %z : f32[m,k,c]
    %s = shape{}(%z)
    %y = expand(%x, %s)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = expand{shape=[m,k,c]}(%x)");
}

TEST(MaterializeShapes, MakesConstantsAndSymbolicTensors) {
  auto g = after(materialize_shapes(), R"(
    input  %x : f32[batch,8]
    %s = shape{}(%x)
    %channels = slice{start=[1],size=[1]}(%s)
    %c = cast{to=f32}(%channels)
    %f = cast{to=f32}(%s)
    output %c
    output %f)");
  EXPECT_EQ(ir::line(*g, "%channels"), "const  %channels : i64[1] = [8]");
  EXPECT_EQ(ir::line(*g, "%s"), "dims   %s : i64[2] = [batch,8]");
}

TEST(MergeDataMovement, MergesChains) {
  auto g = after(merge_data_movement(), R"(
    input  %x : f32[2,3,4]
    %a = transpose{perm=[1,0,2]}(%x)
    %b = transpose{perm=[2,1,0]}(%a)
    %c = reshape{shape=[24]}(%b)
    %y = reshape{shape=[6,4]}(%c)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%b"), "%b = transpose{perm=[2,0,1]}(%x)");
  EXPECT_EQ(g->num_nodes(), 2);
}

TEST(MergeDataMovement, MatmulTakesATransposeIn) {
  auto g = after(merge_data_movement(), R"(
    input  %a : f32[2,3,4]
    input  %b : f32[2,5,4]
    %t = transpose{perm=[0,2,1]}(%b)
    %y = matmul(%a, %t)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = matmul{transpose_b=true}(%a, %b)");
}

TEST(MergeDataMovement, UnfoldsATransposeOfOtherLeadingAxes) {
  auto g = after(merge_data_movement(), R"(
    input  %k : f32[batch,4,3,seq,64]
    %a = reshape{shape=[12*batch,seq,64],allow_zero=true}(%k)
    %b = transpose{perm=[0,2,1]}(%a)
    %c = reshape{shape=[batch,12,64,seq],allow_zero=true}(%b)
    %y = transpose{perm=[0,1,3,2]}(%c)
    %z = elementwise{op=neg}(%y)
    output %z)");
  EXPECT_EQ(ir::print(*g).find("transpose"), std::string::npos) << ir::print(*g);
}

TEST(MergeDataMovement, AttentionTakesTransposesOfHeadsIn) {
  auto g = after(merge_data_movement(), R"(
    input  %q : f32[n,s,8,64]
    input  %k : f32[n,8,t,64]
    input  %v : f32[n,t,8,64]
    %a = transpose{perm=[0,2,1,3]}(%q)
    %b = transpose{perm=[0,2,1,3]}(%v)
    %c = attention{causal=true}(%a, %k, %b)
    %y = transpose{perm=[0,2,1,3]}(%c)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"),
            "%y = attention{causal=true,q_by_position=true,v_by_position=true,y_by_position=true}(%q, %k, %v)");
  EXPECT_EQ(g->num_nodes(), 1);
}

TEST(MergeDataMovement, LeavesTheTransposeOfAnAttentionWithAnotherReader) {
  EXPECT_TRUE(unchanged_by(merge_data_movement(), R"(
    input  %q : f32[n,8,s,64]
    %a = attention(%q, %q, %q)
    %y = transpose{perm=[0,2,1,3]}(%a)
    output %y
    output %a)"));
  EXPECT_TRUE(unchanged_by(merge_data_movement(), R"(
    input  %q : f32[8,8,8,64]
    %t = transpose{perm=[0,1,3,2]}(%q)
    %y = attention(%t, %t, %t)
    output %y)"));
}

TEST(MergeDataMovement, UnfoldsATransposeBetweenReshapes) {
  auto g = after(merge_data_movement(), R"(
    input  %k : f32[batch,12,seq,64]
    %a = reshape{shape=[12*batch,seq,64]}(%k)
    %b = transpose{perm=[0,2,1]}(%a)
    %y = reshape{shape=[batch,12,64,seq]}(%b)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = transpose{perm=[0,1,3,2]}(%k)");
}

TEST(LowerBatchNorm, BecomesScaleAndShift) {
  auto g = after(lower_batch_norm(), R"(
    input  %x : f32[n,2,4,4]
    const  %s : f32[2] = [2,4]
    const  %b : f32[2] = [1,1]
    const  %m : f32[2] = [3,0]
    const  %v : f32[2] = [4,16]
    %y = batch_norm{epsilon=0}(%x, %s, %b, %m, %v)
    output %y)");
  EXPECT_EQ(g->num_nodes(), 2);
  const ir::Node* add = g->find_value("y")->producer();
  EXPECT_EQ(add->input(1)->view().get(0), 1 - 3 * 1.0);  // scale 2 / sqrt(4)
  EXPECT_EQ(add->input(1)->view().get(1), 1);
}

TEST(LowerBatchNorm, LeavesOneChannelThatOnlyTheParametersTellOf) {
  EXPECT_TRUE(unchanged_by(lower_batch_norm(), R"(
    input  %x : f32[n,c,4,4]
    const  %s : f32[1] = [2]
    %y = batch_norm(%x, %s, %s, %s, %s)
    output %y)"));
}

TEST(FoldScaleIntoWeights, ConvBatchNormBecomesOneConvAndOneAdd) {
  Stage stage{"test", {fold_constants(), lower_batch_norm(), fold_scale_into_weights()}, ir::Stage::kSimplified};
  auto g = ir::parse(R"(
    input  %x : f32[n,1,4,4]
    const  %w : f32[2,1,1,1] = [1,2]
    const  %bias : f32[1,2,1,1] = [5,6]
    const  %s : f32[2] = [2,4]
    const  %b : f32[2] = [1,1]
    const  %m : f32[2] = [0,0]
    const  %v : f32[2] = [1,1]
    %c = conv(%x, %w)
    %d = elementwise{op=add}(%c, %bias)
    %y = batch_norm{epsilon=0}(%d, %s, %b, %m, %v)
    output %y)");
  run(*g, {stage}, {});
  ASSERT_EQ(g->num_nodes(), 2);
  const ir::Node* add = g->find_value("y")->producer();
  EXPECT_EQ(add->input(0)->producer()->input(1)->view().get(1), 8);  // 2 * 4
  EXPECT_EQ(add->input(1)->view().get(0), 11);                       // 5 * 2 + 1
}

TEST(FoldScaleIntoWeights, LeavesAConvThatHasAnotherReader) {
  EXPECT_TRUE(unchanged_by(fold_scale_into_weights(), R"(
    input  %x : f32[n,1,4,4]
    const  %w : f32[2,1,1,1] = [1,2]
    const  %s : f32[1,2,1,1] = [5,6]
    %c = conv(%x, %w)
    %y = elementwise{op=mul}(%c, %s)
    output %y
    output %c)"));
}

TEST(EliminateCommonNodes, ComputesEqualWorkOnce) {
  auto g = after(eliminate_common_nodes(), R"(
    input  %x : f32[2]
    const  %a : f32[2] = [1,2]
    const  %b : f32[2] = [1,2]
    %p = elementwise{op=add}(%x, %a)
    %q = elementwise{op=add}(%x, %b)
    %y = elementwise{op=mul}(%p, %q)
    output %y)");
  EXPECT_EQ(g->num_nodes(), 2);
}

}  // namespace
}  // namespace dvt::passes
