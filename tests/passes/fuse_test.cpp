#include <gtest/gtest.h>

#include "passes/fuse/fuse.h"
#include "passes/pipeline.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

std::unique_ptr<ir::Graph> fused(std::string_view text, const Options& options = {}) {
  auto g = ir::parse(text);
  run(*g, pipeline(), options);
  return g;
}

TEST(ToPointwise, GivesElementwiseWorkAProgram) {
  auto g = after(to_pointwise(), R"(
    input  %x : f32[4]
    input  %y : f32[4]
    %z = elementwise{op=add}(%x, %y)
    output %z)");
  EXPECT_EQ(ir::line(*g, "%z"), "%z = pointwise(%x, %y) | (f32,f32) add($0,$1)");
}

TEST(QuantizationToPointwise, AQuantizedActivationIsOneProgram) {
  constexpr const char* kText = R"(
    input  %x : f32[4]
    const  %s : f32[] = [0.5]
    const  %z : u8[] = [3]
    %q = quantize{to=u8,has_zero_point=true}(%x, %s, %z)
    %y = dequantize{has_zero_point=true}(%q, %s, %z)
    output %y)";
  auto g = fused(kText);
  EXPECT_EQ(ir::line(*g, "%y"), "%y = pointwise(%x) | (f32) mul(sub(min(max(add(round(div($0,0.5)),3),0),255),3),0.5)");
}

TEST(QuantizationToPointwise, LeavesAScalePerChannel) {
  EXPECT_TRUE(unchanged_by(quantization_to_pointwise(), R"(
    input  %x : f32[1,2]
    const  %s : f32[2] = [0.5,2]
    %q = quantize(%x, %s)
    output %q)"));
}

TEST(DropCasts, KeepsACastThatRoundsOrSaturates) {
  const auto program = [](const std::string& e) {
    auto g = after(drop_casts(), "input %x : f32[4]\n%y = pointwise(%x) | (f32) " + e + "\noutput %y\n");
    return to_string(g->nodes().front()->epilogue());
  };
  EXPECT_EQ(program("f32(i8(min(max(round($0),-128),127)))"), "(f32) min(max(round($0),-128),127)");
  for (const char* kept :
       {"f32(i8(round($0)))", "f32(i8(min(max($0,-128),127)))", "f32(i8(min(max(round($0),-128),128)))"})
    EXPECT_EQ(program(kept), std::string("(f32) ") + kept);
}

TEST(MergePointwise, JoinsAChain) {
  auto g = after(merge_pointwise(), R"(
    input  %x : f32[4]
    const  %c : f32[] = [3]
    %a = pointwise(%x, %c) | (f32,f32) add($0,$1)
    %b = pointwise(%a) | (f32) exp($0)
    %y = pointwise(%b, %a) | (f32,f32) mul($0,$1)
    output %y)");
  // %a has two readers at first; with %b merged into %y it has one.
  EXPECT_EQ(ir::line(*g, "%y"), "%y = pointwise(%x) | (f32) %0=add($0,3); mul(exp(%0),%0)");
}

TEST(MergePointwise, ConstantsOfOneElementBecomeImmediates) {
  auto g = after(merge_pointwise(), R"(
    input  %x : f32[n,4,5]
    const  %c : f32[1,1,1] = [3]
    const  %d : f32[1] = [2]
    %a = pointwise(%x, %c) | (f32,f32) add($0,$1)
    %y = pointwise(%a, %d) | (f32,f32) mul($0,$1)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = pointwise(%x) | (f32) mul(add($0,3),2)");
}

TEST(MergePointwise, KeepsAConstantThatGivesTheRank) {
  auto g = after(merge_pointwise(), R"(
    input  %x : f32[4]
    const  %c : f32[1,1] = [3]
    const  %d : f32[] = [2]
    %a = pointwise(%x, %c) | (f32,f32) add($0,$1)
    %y = pointwise(%a, %d) | (f32,f32) mul($0,$1)
    output %y)");
  EXPECT_EQ(ir::line(*g, "%y"), "%y = pointwise(%x, %c) | (f32,f32) mul(add($0,$1),2)");
}

TEST(MergePointwise, LeavesAValueWithAnotherReader) {
  EXPECT_TRUE(unchanged_by(merge_pointwise(), R"(
    input  %x : f32[4]
    %a = pointwise(%x) | (f32) exp($0)
    %y = pointwise(%a) | (f32) neg($0)
    output %y
    output %a)"));
}

TEST(MergePointwise, LeavesASmallerOperandThatIsBroadcast) {
  EXPECT_TRUE(unchanged_by(merge_pointwise(), R"(
    input  %x : f32[4]
    input  %s : f32[1]
    %a = pointwise(%s) | (f32) exp($0)
    %y = pointwise(%x, %a) | (f32,f32) mul($0,$1)
    output %y)"));
}

TEST(ReshapeAfterPointwise, LetsAProgramReachTheProduct) {
  auto g = after(reshape_after_pointwise(), R"(
    input  %a : f32[n*s,8]
    input  %skip : f32[n,s,6]
    const  %w : f32[8,6] = splat 1
    const  %bias : f32[1,1,6] = splat 2
    const  %scale : f32[1] = splat 3
    %p = matmul(%a, %w)
    %r = reshape{shape=[n,s,6],allow_zero=true}(%p)
    %y = pointwise(%r, %bias, %skip, %scale) | (f32,f32,f32,f32) mul(add(add($0,$1),$2),$3)
    output %y)");
  const std::string text = ir::print(*g);
  EXPECT_EQ(ir::line(*g, "%y").substr(0, 12), "%y = reshape") << text;
  EXPECT_NE(text.find("pointwise(%p, "), std::string::npos) << text;
  EXPECT_NE(ir::print(*fused(text)).find("matmul(%a, %w; "), std::string::npos) << ir::print(*fused(text));
}

TEST(ReshapeAfterPointwise, LeavesOperandsThatDoNotFollow) {
  const std::string graph = R"(
    input  %a : f32[12,8]
    input  %c : f32[4,1]
    const  %w : f32[8,6] = splat 1
    const  %b : f32[2] = splat 1
    %p = matmul(%a, %w)
    %r = reshape{shape=SHAPE,allow_zero=true}(%p)
    %y = pointwise(%r, OTHER) | (f32,f32) add($0,$1)
    output %y)";
  const auto with = [&](std::string shape, std::string other) {
    std::string text = graph;
    text.replace(text.find("SHAPE"), 5, shape);
    return text.replace(text.find("OTHER"), 5, other);
  };
  EXPECT_TRUE(unchanged_by(reshape_after_pointwise(), with("[3,4,6]", "%c")));   // varies along positions
  EXPECT_TRUE(unchanged_by(reshape_after_pointwise(), with("[12,3,2]", "%b")));  // the last axis is another one
  std::string read_twice = with("[3,4,6]", "%r");
  read_twice += "\n    output %r";
  EXPECT_TRUE(unchanged_by(reshape_after_pointwise(), read_twice));
}

TEST(FuseEpilogue, ConvBatchNormBiasAddReluBecomeOneNode) {
  auto g = fused(R"(
    input  %x : f32[n,2,8,8]
    input  %skip : f32[n,2,8,8]
    const  %w : f32[2,2,1,1] = [1,2,3,4]
    const  %s : f32[2] = [2,4]
    const  %b : f32[2] = [1,1]
    const  %m : f32[2] = [0,0]
    const  %v : f32[2] = [1,1]
    %c = conv(%x, %w)
    %d = batch_norm{epsilon=0}(%c, %s, %b, %m, %v)
    %e = elementwise{op=add}(%d, %skip)
    %y = activation{type=relu}(%e)
    output %y)");
  ASSERT_EQ(g->num_nodes(), 1) << ir::print(*g);
  const ir::Node& n = *g->nodes().front();
  EXPECT_EQ(to_string(n.epilogue()), "(f32,f32,f32) relu(add(add($0,$1),$2))");
  EXPECT_EQ(n.num_op_inputs(), 2);
}

TEST(FuseEpilogue, MatmulBiasGeluBecomeOneNode) {
  auto g = fused(R"(
    input  %x : f32[n,4]
    const  %w : f32[4,8] = splat 0.5
    const  %b : f32[8] = [1,2,3,4,5,6,7,8]
    const  %r : f32[] = [1.4142135381698608]
    const  %one : f32[] = [1]
    const  %half : f32[] = [0.5]
    %m = matmul(%x, %w)
    %h = elementwise{op=add}(%m, %b)
    %d = elementwise{op=div}(%h, %r)
    %e = elementwise{op=erf}(%d)
    %p = elementwise{op=add}(%e, %one)
    %q = elementwise{op=mul}(%half, %p)
    %y = elementwise{op=mul}(%h, %q)
    output %y)");
  ASSERT_EQ(g->num_nodes(), 1) << ir::print(*g);
  EXPECT_EQ(to_string(g->nodes().front()->epilogue()), "(f32,f32) gelu_erf(add($0,$1))");
}

TEST(FuseEpilogue, LeavesAResultThatIsAlsoAnOutput) {
  auto g = fused(R"(
    input  %x : f32[n,4]
    const  %w : f32[4,8] = splat 0.5
    %m = matmul(%x, %w)
    %y = activation{type=relu}(%m)
    output %m
    output %y)");
  EXPECT_EQ(g->num_nodes(), 2);
}

TEST(FuseEpilogue, LeavesAnOperandThatWouldGrowTheResult) {
  auto g = fused(R"(
    input  %x : f32[1,4]
    input  %big : f32[16,8]
    const  %w : f32[4,8] = splat 0.5
    %m = matmul(%x, %w)
    %y = elementwise{op=add}(%m, %big)
    output %y)");
  EXPECT_EQ(g->num_nodes(), 2);
}

TEST(FuseEpilogue, AsksWhetherAKernelExists) {
  Options options;
  options.has_kernel = [](const ops::Op&, std::span<ir::Value* const>, int, const expr::Expr& e) {
    return e.is_identity();
  };
  auto g = fused(R"(
    input  %x : f32[n,4]
    const  %w : f32[4,8] = splat 0.5
    %m = matmul(%x, %w)
    %y = activation{type=relu}(%m)
    output %y)",
                 options);
  EXPECT_EQ(g->num_nodes(), 2);
}

TEST(SimplifyPrograms, FindsActivationsInAnySpelling) {
  const auto program = [](const std::string& e) {
    auto g = after(simplify_programs(), "input %x : f32[4]\n%y = pointwise(%x) | (f32) " + e + "\noutput %y\n");
    return to_string(g->nodes().front()->epilogue());
  };
  EXPECT_EQ(program("mul(sigmoid($0),$0)"), "(f32) silu($0)");
  EXPECT_EQ(program("mul(mul($0,0.5),add(1,erf(mul($0,0.7071067690849304))))"), "(f32) gelu_erf($0)");
  EXPECT_EQ(program("div(mul($0,min(max(add($0,3),0),6)),6)"), "(f32) hard_swish($0)");
  EXPECT_EQ(program("div(1,sqrt($0))"), "(f32) rsqrt($0)");
  EXPECT_EQ(program("mul(mul($0,0.25),add(1,erf(mul($0,0.7071067690849304))))"),
            "(f32) mul(mul($0,0.25),add(1,erf(mul($0,0.70710677))))");
}

TEST(RecognizeNormalization, LayerNormWithScaleAndBias) {
  auto g = fused(R"(
    input  %x : f32[n,seq,4]
    const  %two : f32[] = [2]
    const  %eps : f32[] = [1e-5]
    const  %scale : f32[4] = [1,2,3,4]
    const  %bias : f32[4] = [5,6,7,8]
    %m = reduce{kind=mean,axes=[-1]}(%x)
    %d = elementwise{op=sub}(%x, %m)
    %p = elementwise{op=pow}(%d, %two)
    %v = reduce{kind=mean,axes=[-1]}(%p)
    %e = elementwise{op=add}(%v, %eps)
    %r = elementwise{op=sqrt}(%e)
    %q = elementwise{op=div}(%d, %r)
    %s = elementwise{op=mul}(%q, %scale)
    %y = elementwise{op=add}(%s, %bias)
    output %y)");
  ASSERT_EQ(g->num_nodes(), 1) << ir::print(*g);
  EXPECT_EQ(g->nodes().front()->op().name(), "normalization");
  EXPECT_EQ(g->nodes().front()->num_inputs(), 3);
}

TEST(RecognizeNormalization, LeavesAMeanOverOtherAxes) {
  auto g = fused(R"(
    input  %x : f32[n,seq,4]
    const  %eps : f32[] = [1e-5]
    %p = elementwise{op=mul}(%x, %x)
    %v = reduce{kind=mean,axes=[1]}(%p)
    %e = elementwise{op=add}(%v, %eps)
    %r = elementwise{op=sqrt}(%e)
    %y = elementwise{op=div}(%x, %r)
    output %y)");
  EXPECT_GT(g->num_nodes(), 1);
}

TEST(RecognizeSoftmax, TheStableSpelling) {
  auto g = fused(R"(
    input  %x : f32[n,8]
    %m = reduce{kind=max,axes=[-1]}(%x)
    %d = elementwise{op=sub}(%x, %m)
    %e = elementwise{op=exp}(%d)
    %s = reduce{kind=sum,axes=[-1]}(%e)
    %y = elementwise{op=div}(%e, %s)
    output %y)");
  ASSERT_EQ(g->num_nodes(), 1) << ir::print(*g);
  EXPECT_EQ(g->nodes().front()->op().name(), "softmax");
}

constexpr const char* kAttention = R"(
    input  %q : f32[b,12,s,64]
    input  %k : f32[b,12,s,64]
    input  %v : f32[b,12,s,64]
    input  %mask : f32[b,1,1,s]
    const  %c : f32[] = [0.5]
    %qs = elementwise{op=mul}(%q, %c)
    %kt = transpose{perm=[0,1,3,2]}(%k)
    %ks = elementwise{op=mul}(%kt, %c)
    %a = matmul(%qs, %ks)
    %m = elementwise{op=add}(%a, %mask)
    %p = softmax{axis=-1}(%m)
    %y = matmul(%p, %v)
    output %y)";

TEST(RecognizeAttention, ScaleOnBothSidesAndAMask) {
  auto g = fused(kAttention);
  ASSERT_EQ(g->num_nodes(), 1) << ir::print(*g);
  EXPECT_EQ(ir::line(*g, "%y"), "%y = attention{scale=0.25}(%q, %k, %v, %mask)");
}

constexpr const char* kRepeatedHeads = R"(
    input  %q : f32[b,12,s,64]
    input  %k : f32[b,4,t,64]
    input  %v : f32[b,4,t,32]
    %k1 = reshape{shape=[b,4,1,t,64],allow_zero=true}(%k)
    %k3 = expand{shape=[b,4,3,t,64]}(%k1)
    %kr = reshape{shape=[b,12,t,64],allow_zero=true}(%k3)
    %v1 = reshape{shape=[b,4,1,t,32],allow_zero=true}(%v)
    %v3 = expand{shape=[b,4,3,t,32]}(%v1)
    %vr = reshape{shape=[b,12,t,32],allow_zero=true}(%v3)
    %y = attention{causal=true}(%q, %kr, %vr)
    output %y)";

TEST(GroupHeads, ReadsRepeatedKeysAndValuesWhereTheyAre) {
  auto g = after(group_heads(), kRepeatedHeads);
  EXPECT_EQ(ir::line(*g, "%y"), "%y = attention{causal=true}(%q, %k, %v)");
  EXPECT_EQ(g->num_nodes(), 1);
}

TEST(GroupHeads, LeavesOtherRepetitions) {
  std::string text = kRepeatedHeads;
  text.replace(text.find("%vr)"), 4, "%w)");
  text.insert(text.find("    %k1"), "    input  %w : f32[b,12,t,32]\n");
  EXPECT_TRUE(unchanged_by(group_heads(), text));  // values are not repeated
  text = kRepeatedHeads;
  for (const char* part : {"[b,4,1,t,64]", "[b,4,1,t,32]"}) {  // the heads follow each other: h reads h % 4
    const std::string width = std::string(part).substr(9, 2);
    text.replace(text.find(part), 12, "[b,1,4,t," + width + "]");
    text.replace(text.find("[b,4,3,t," + width), 9, "[b,3,4,t,");
  }
  EXPECT_TRUE(unchanged_by(group_heads(), text));
}

constexpr const char* kRotary = R"(
    input  %x : f32[n,12,s,64]
    input  %cos : f32[n,1,s,64]
    input  %sin : f32[n,1,s,64]
    %low = slice{start=[0,0,0,0],size=[n,12,s,32],step=[1,1,1,1]}(%x)
    %high = slice{start=[0,0,0,32],size=[n,12,s,32],step=[1,1,1,1]}(%x)
    %minus = elementwise{op=neg}(%high)
    %turned = concat{axis=3}(%minus, %low)
    %a = elementwise{op=mul}(%x, %cos)
    %b = elementwise{op=mul}(%turned, %sin)
    %y = elementwise{op=add}(%a, %b)
    output %y)";

TEST(RecognizeRotary, HalvesOfTheLastAxis) {
  auto g = fused(kRotary);
  EXPECT_EQ(ir::line(*g, "%y"), "%y = rotary(%x, %cos, %sin)");
  EXPECT_EQ(g->num_nodes(), 1);
}

TEST(RecognizeRotary, LeavesHalvesThatAreNotSwapped) {
  std::string text = kRotary;
  text.replace(text.find("(%minus, %low)"), 14, "(%low, %minus)");
  EXPECT_TRUE(unchanged_by(recognize_rotary(), text));
  text = kRotary;
  text.replace(text.find("start=[0,0,0,32]"), 16, "start=[0,0,0,31]");
  EXPECT_TRUE(unchanged_by(recognize_rotary(), text));
}

TEST(Passes, StopAfterAndDisableByName) {
  Options stop;
  stop.stop_after = 0;
  EXPECT_EQ(fused(kAttention, stop)->num_nodes(), 7);
  Options disable;
  disable.disabled = {"recognize-attention"};
  EXPECT_NE(ir::print(*fused(kAttention, disable)).find("softmax"), std::string::npos);
}

}  // namespace
}  // namespace dvt::passes
