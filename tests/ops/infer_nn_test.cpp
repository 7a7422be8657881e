#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;

#define EXPECT_REFUSED(words, ...) EXPECT_THAT(refusal(__VA_ARGS__), HasSubstr(words))
using In = std::vector<std::string>;

TEST(Infer, ChecksTheNumberOfInputs) {
  EXPECT_REFUSED("matmul: expected 2 inputs, got 1", "matmul", In{"f32[2,2]"});
  EXPECT_REFUSED("conv: expected 2 inputs, got 3", "conv", In{"f32[1]", "f32[1]", "f32[1]"});
  EXPECT_REFUSED("concat: expected 1 or more inputs, got 0", "concat", In{});
  EXPECT_REFUSED("normalization: expected 1 to 3 inputs, got 4", "normalization",
                 In{"f32[1]", "f32[1]", "f32[1]", "f32[1]"});
}

TEST(InferElementwise, BroadcastsAndTypes) {
  EXPECT_EQ(types("elementwise{op=add}", {"f32[batch,1,3]", "f32[4,1]"}), "f32[batch,4,3]");
  EXPECT_EQ(types("elementwise{op=add}", {"f32[1,min(s,512)]", "f32[b,s]"}), "f32[b,s]");
  EXPECT_EQ(types("elementwise{op=add}", {"f32[b,s]", "f32[1,min(s,512)]"}), "f32[b,s]");
  EXPECT_EQ(types("elementwise{op=lt}", {"i64[2]", "i64[]"}), "b8[2]");
  EXPECT_EQ(types("elementwise{op=select}", {"b8[2,1]", "f16[3]", "f16[]"}), "f16[2,3]");
  EXPECT_EQ(types("elementwise{op=exp}", {"bf16[0,2]"}), "bf16[0,2]");
  EXPECT_REFUSED("attribute op is missing", "elementwise", In{"f32[2]"});
  EXPECT_REFUSED("add takes 2 inputs, got 1", "elementwise{op=add}", In{"f32[2]"});
  EXPECT_REFUSED("f32", "elementwise{op=add}", In{"f32[2]", "f16[2]"});
  EXPECT_REFUSED("cannot broadcast", "elementwise{op=add}", In{"f32[2]", "f32[3]"});
  EXPECT_REFUSED("floating point", "elementwise{op=exp}", In{"i32[2]"});
  EXPECT_REFUSED("b8", "elementwise{op=add}", In{"b8[2]", "b8[2]"});
  EXPECT_REFUSED("condition must be b8", "elementwise{op=select}", In{"f32[2]", "f32[2]", "f32[2]"});
  EXPECT_REFUSED("not an operator here", "elementwise{op=cast}", In{"f32[2]"});
}

TEST(InferActivation, TakesFloats) {
  EXPECT_EQ(types("activation{type=mish}", {"f16[n,2]"}), "f16[n,2]");
  EXPECT_EQ(types("activation", {"i32[2]"}), "i32[2]");
  EXPECT_REFUSED("sigmoid takes floating point, got i32[2]", "activation{type=sigmoid}", In{"i32[2]"});
  EXPECT_REFUSED("alpha of celu", "activation{type=celu}", In{"f32[2]"});
  EXPECT_EQ(types("cast{to=b8}", {"f32[n]"}), "b8[n]");
  EXPECT_EQ(types("pointwise", {"f32[n,1]", "f32[4]", "b8[]"}), "f32[n,4]");
}

TEST(InferMatMul, BroadcastsBatchesAndChecksTheInnerDimension) {
  EXPECT_EQ(types("matmul", {"f32[b,1,s,64]", "f32[8,64,t]"}), "f32[b,8,s,t]");
  EXPECT_EQ(types("matmul{transpose_a=true,transpose_b=true}", {"f32[3,2]", "f32[5,3]"}), "f32[2,5]");
  EXPECT_EQ(types("matmul", {"u8[2,3]", "i8[3,4]"}), "i32[2,4]");
  EXPECT_EQ(types("matmul", {"f32[2,0]", "f32[0,4]"}), "f32[2,4]");
  EXPECT_REFUSED("must be 3, got 4", "matmul", In{"f32[2,3]", "f32[4,2]"});
  EXPECT_REFUSED("rank 2 or more", "matmul", In{"f32[3]", "f32[3,2]"});
  EXPECT_REFUSED("b must be f32", "matmul", In{"f32[2,3]", "f16[3,2]"});
  EXPECT_REFUSED("takes floating point", "matmul", In{"i16[2,3]", "i16[3,2]"});
  EXPECT_REFUSED("cannot broadcast", "matmul", In{"f32[2,2,3]", "f32[3,3,2]"});
}

TEST(InferConv, Sizes) {
  EXPECT_EQ(types("conv{strides=[2,2],pads_begin=[3,3],pads_end=[3,3]}", {"f32[n,3,224,224]", "f32[64,3,7,7]"}),
            "f32[n,64,112,112]");
  EXPECT_EQ(types("conv{pads_begin=[1,1],pads_end=[1,1]}", {"f32[n,3,h,w]", "f32[8,3,3,3]"}), "f32[n,8,h,w]");
  EXPECT_EQ(types("conv{strides=[2],padding=same_upper}", {"f32[1,2,7]", "f32[3,2,4]"}), "f32[1,3,4]");
  EXPECT_EQ(types("conv", {"u8[1,2,5]", "i8[3,2,3]"}), "i32[1,3,3]");
  EXPECT_EQ(types("conv", {"f32[0,2,5]", "f32[3,2,3]"}), "f32[0,3,3]");
}

TEST(InferConv, Refusals) {
  EXPECT_REFUSED("must be 4, got 3", "conv{groups=2}", In{"f32[1,3,5]", "f32[2,2,3]"});
  EXPECT_REFUSED("does not divide the 3 output channels", "conv{groups=2}", In{"f32[1,4,5]", "f32[3,2,3]"});
  EXPECT_REFUSED("does not fit the padded input of 2", "conv", In{"f32[1,1,2]", "f32[1,1,3]"});
  EXPECT_REFUSED("strides must have 2 elements, got 1", "conv{strides=[1]}", In{"f32[1,1,4,4]", "f32[1,1,3,3]"});
  EXPECT_REFUSED("strides must be in [1", "conv{strides=[0]}", In{"f32[1,1,4]", "f32[1,1,3]"});
  EXPECT_REFUSED("pads_begin must be in [0", "conv{pads_begin=[-1]}", In{"f32[1,1,4]", "f32[1,1,3]"});
  EXPECT_REFUSED("pads are given although padding is valid", "conv{pads_begin=[1],padding=valid}",
                 In{"f32[1,1,4]", "f32[1,1,3]"});
  EXPECT_REFUSED("window size must be constant", "conv", In{"f32[1,1,4]", "f32[1,1,k]"});
  EXPECT_REFUSED("1 to 3 spatial dimensions, got 4", "conv", In{"f32[1,1,4,4,4,4]", "f32[1,1,1,1,1,1]"});
  EXPECT_REFUSED("w must have rank 4", "conv", In{"f32[1,1,4,4]", "f32[1,1,3]"});
  EXPECT_EQ(types("conv", {"i32[1,1,4]", "i32[1,1,3]"}), "i32[1,1,2]");
  EXPECT_REFUSED("takes numbers, got b8", "conv", In{"b8[1,1,4]", "b8[1,1,3]"});
  EXPECT_REFUSED("groups must be 1 or more", "conv{groups=0}", In{"f32[1,1,4]", "f32[1,1,3]"});
}

TEST(InferConvChain, SizesAndRefusals) {
  const std::string pair = "conv_chain{strides=[2,2],pads_begin=[1,1],pads_end=[1,1],channels=4}";
  EXPECT_EQ(types(pair, {"f32[n,4,h,8]", "f32[4,1,3,3]", "f32[6,4,1,1]"}), "f32[n,6,floordiv(h+1,2),4]");
  EXPECT_EQ(types("conv_chain{channels=4,has_expansion=true,depthwise_program=\"(f32,f32) add($0,$1)\"}",
                  {"f32[0,2,5]", "f32[4,2,1]", "f32[4,1,3]", "f32[1,4,1]", "f32[7,4,1]"}),
            "f32[0,7,3]");
  EXPECT_REFUSED("are 4 inputs, got 3", "conv_chain{channels=4,has_expansion=true}",
                 In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,1]"});
  EXPECT_REFUSED("filter must have a window of 1", "conv_chain{channels=4}",
                 In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,2]"});
  EXPECT_REFUSED("must be for 4 channels, one each", "conv_chain{channels=4}",
                 In{"f32[1,4,5]", "f32[8,1,3]", "f32[4,8,1]"});
  EXPECT_REFUSED("channels of x", "conv_chain{channels=4}", In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,3,1]"});
  EXPECT_REFUSED("does not fit the padded input", "conv_chain{channels=4}",
                 In{"f32[1,4,2]", "f32[4,1,3]", "f32[4,4,1]"});
  EXPECT_REFUSED("x must be", "conv_chain{channels=4}", In{"i32[1,4,5]", "i32[4,1,3]", "i32[4,4,1]"});
  EXPECT_REFUSED("a program without the expansion", "conv_chain{channels=4,expansion_program=\"(f32) relu($0)\"}",
                 In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,1]"});
  const auto with = [](std::string_view program) {
    return concat("conv_chain{channels=4,depthwise_program=\"", program, "\"}");
  };
  const In four{"f32[1,4,5]", "f32[4,1,3]", "f32[2,4,1]", "f32[4,4,1]"};
  EXPECT_REFUSED("expression text", with("(f32) relu("), In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,1]"});
  EXPECT_REFUSED("must take the convolution's result", with("() 1:f32"), In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,1]"});
  EXPECT_REFUSED("operand 0 of a program must be f32", with("(f64) relu($0)"),
                 In{"f32[1,4,5]", "f32[4,1,3]", "f32[4,4,1]"});
  EXPECT_REFUSED("a program's operand", with("(f32,f64) add($0,f32($1))"), four);
  EXPECT_REFUSED("a program's operand", with("(f32,f32) add($0,$1)"), four);
}

TEST(InferDeconv, SizesAndRefusals) {
  EXPECT_EQ(types("deconv{strides=[2,2],pads_begin=[1,1],pads_end=[1,1],output_padding=[1,1]}",
                  {"f32[n,8,h,7]", "f32[8,4,3,3]"}),
            "f32[n,4,2*h,14]");
  EXPECT_EQ(types("deconv{groups=2}", {"f32[1,4,5]", "f32[4,3,2]"}), "f32[1,6,6]");
  EXPECT_REFUSED("channels of x (dimension 0 of w) must be 4, got 3", "deconv", In{"f32[1,3,5]", "f32[4,3,2]"});
  EXPECT_REFUSED("groups 3 does not divide", "deconv{groups=3}", In{"f32[1,4,5]", "f32[4,3,2]"});
  EXPECT_REFUSED("pads remove more", "deconv{pads_begin=[9]}", In{"f32[1,1,2]", "f32[1,1,2]"});
}

TEST(InferPool, SizesAndRefusals) {
  EXPECT_EQ(types("pool{window=[3,3],strides=[2,2],pads_begin=[1,1],pads_end=[1,1]}", {"f32[n,64,112,112]"}),
            "f32[n,64,56,56]");
  EXPECT_EQ(types("pool{window=[2],strides=[2],ceil_mode=true}", {"i8[1,1,5]"}), "i8[1,1,3]");
  // The third window would start in the padding behind the data.
  EXPECT_EQ(types("pool{window=[2],strides=[2],pads_begin=[1],pads_end=[1],ceil_mode=true}", {"f32[1,1,3]"}),
            "f32[1,1,2]");
  EXPECT_REFUSED("x must have rank 4", "pool{window=[2,2]}", In{"f32[1,1,4]"});
  EXPECT_REFUSED("1 to 3 spatial dimensions, got 0", "pool", In{"f32[1,1,4]"});
  EXPECT_REFUSED("must be smaller than the window", "pool{window=[2],pads_begin=[2]}", In{"f32[1,1,4]"});
  EXPECT_EQ(types("pool{kind=average,window=[2]}", {"i8[1,1,4]"}), "i8[1,1,3]");
}

TEST(InferNormalizations, TypesAndRefusals) {
  EXPECT_EQ(types("softmax{axis=1}", {"f16[b,s]"}), "f16[b,s]");
  EXPECT_REFUSED("axis 2 is outside rank 2", "softmax{axis=2}", In{"f32[2,2]"});
  EXPECT_REFUSED("must be floating point, got i32", "softmax", In{"i32[2,2]"});
  EXPECT_EQ(types("normalization{has_scale=true,has_bias=true}", {"f16[b,s,8]", "f32[8]", "f32[1,1,8]"}), "f16[b,s,8]");
  EXPECT_REFUSED("ask for 2 inputs, got 1", "normalization{has_scale=true}", In{"f32[2,8]"});
  EXPECT_REFUSED("scale of shape [4] does not broadcast", "normalization{has_scale=true}", In{"f32[2,8]", "f32[4]"});
  EXPECT_REFUSED("does not divide the 8 channels", "normalization{kind=group,groups=3}", In{"f32[2,8,4]"});
  EXPECT_REFUSED("bias must be 8", "normalization{kind=instance,has_bias=true}", In{"f32[2,8,4]", "f32[4]"});
  EXPECT_EQ(types("batch_norm", {"f32[n,8,h]", "f32[8]", "f32[8]", "f32[8]", "f32[8]"}), "f32[n,8,h]");
  EXPECT_EQ(types("batch_norm", {"f32[n,c,h]", "f32[8]", "f32[8]", "f32[8]", "f32[8]"}), "f32[n,8,h]");
  EXPECT_REFUSED("length of variance must be 8, got 7", "batch_norm",
                 In{"f32[n,8,h]", "f32[8]", "f32[8]", "f32[8]", "f32[7]"});
  EXPECT_REFUSED("size must be 1 or more", "lrn{size=0}", In{"f32[1,2,3]"});
}

TEST(InferAttention, TypesAndRefusals) {
  EXPECT_EQ(types("attention", {"f32[b,8,s,64]", "f32[b,2,t,64]", "f32[b,2,t,32]", "b8[b,1,1,t]"}), "f32[b,8,s,32]");
  EXPECT_EQ(types("attention{q_by_position=true,k_by_position=true,y_by_position=true}",
                  {"f32[b,s,8,64]", "f32[b,t,2,64]", "f32[b,2,t,32]", "b8[b,1,1,t]"}),
            "f32[b,s,8,32]");
  EXPECT_REFUSED("3 heads of k do not divide 8", "attention", In{"f32[b,8,s,64]", "f32[b,3,t,64]", "f32[b,3,t,64]"});
  EXPECT_REFUSED("head size of k", "attention", In{"f32[b,8,s,64]", "f32[b,8,t,32]", "f32[b,8,t,64]"});
  EXPECT_REFUSED("length of v", "attention", In{"f32[b,8,3,64]", "f32[b,8,4,64]", "f32[b,8,5,64]"});
  EXPECT_REFUSED("mask must be floating point or b8", "attention",
                 In{"f32[b,8,s,64]", "f32[b,8,t,64]", "f32[b,8,t,64]", "i32[1]"});
  EXPECT_REFUSED("mask of shape [3] does not broadcast", "attention",
                 In{"f32[b,8,s,64]", "f32[b,8,4,64]", "f32[b,8,4,64]", "b8[3]"});
}

TEST(InferRecurrent, TypesAndRefusals) {
  EXPECT_EQ(types("lstm{hidden_size=4}", {"f32[t,b,3]", "f32[1,16,3]", "f32[1,16,4]"}),
            "f32[t,1,b,4] f32[1,b,4] f32[1,b,4]");
  EXPECT_EQ(types("gru{hidden_size=4,direction=bidirectional,has_bias=true}",
                  {"f32[t,b,3]", "f32[2,12,3]", "f32[2,12,4]", "f32[2,24]"}),
            "f32[t,2,b,4] f32[2,b,4]");
  EXPECT_REFUSED("hidden_size must be 1 or more", "lstm", In{"f32[t,b,3]", "f32[1,16,3]", "f32[1,16,4]"});
  EXPECT_REFUSED("rows of w must be 16, got 12", "lstm{hidden_size=4}", In{"f32[t,b,3]", "f32[1,12,3]", "f32[1,16,4]"});
  EXPECT_REFUSED("ask for 4 inputs, got 3", "gru{hidden_size=4,has_initial_h=true}",
                 In{"f32[t,b,3]", "f32[1,12,3]", "f32[1,12,4]"});
}

TEST(InferResize, ScalesAndCropsAsInputs) {
  EXPECT_EQ(types("resize{sizes=[3,n],has_scales_input=true}", {"f32[2,2]", "f64[2]"}), "f32[3,n]");
  EXPECT_EQ(types("resize{coordinate=crop,has_scales_input=true,has_crop_input=true}",
                  {"f32[2,2]", "i64[2]=n;3", "f32[2]", "f32[4]"}),
            "f32[n,3]");
  EXPECT_REFUSED("computed scales need sizes", "resize{has_scales_input=true}", In{"f32[2,2]", "f32[2]"});
  EXPECT_REFUSED("computed scales need sizes", "resize{sizes=[3,3],scales=[2,2],has_scales_input=true}",
                 In{"f32[2,2]", "f32[2]"});
  EXPECT_REFUSED("goes with coordinate=crop", "resize{sizes=[3,3],has_crop_input=true}", In{"f32[2,2]", "f32[4]"});
  EXPECT_REFUSED("its flags ask for 2 inputs", "resize{coordinate=crop,has_scales_input=true,has_crop_input=true}",
                 In{"f32[2,2]", "f32[2]"});
  EXPECT_REFUSED("scales", "resize{sizes=[3,3],has_scales_input=true}", In{"f32[2,2]", "f32[3]"});
  EXPECT_REFUSED("scales", "resize{sizes=[3,3],has_scales_input=true}", In{"f32[2,2]", "i64[2]"});
}

TEST(InferDft, LengthAsAnInput) {
  EXPECT_EQ(types("dft{axis=0,has_length_input=true}", {"f32[4,2]", "i64[1]=n"}), "f32[n,2]");
  EXPECT_EQ(types("dft{axis=0,onesided=true,has_length_input=true}", {"f32[4,1]", "i64[]=n"}),
            "f32[floordiv(n,2)+1,2]");
  EXPECT_REFUSED("data-dependent", "dft{axis=0,has_length_input=true}", In{"f32[4,2]", "i64[1]"});
  EXPECT_REFUSED("its flags ask for 2 inputs", "dft{axis=0,has_length_input=true}", In{"f32[4,2]"});
  EXPECT_REFUSED("given once", "dft{axis=0,length=3,has_length_input=true}", In{"f32[4,2]", "i64[1]=3"});
  EXPECT_REFUSED("must not be negative, got -3", "dft{axis=0,has_length_input=true}", In{"f32[4,2]", "i64[1]=-3"});
}

TEST(InferResize, SizesAndRefusals) {
  EXPECT_EQ(types("resize{scales=[1,1,2,0.5]}", {"f32[n,3,h,w]"}), "f32[n,3,2*h,floordiv(w,2)]");
  EXPECT_EQ(types("resize{sizes=[n,3,2*h,7]}", {"f32[n,3,h,w]"}), "f32[n,3,2*h,7]");
  EXPECT_EQ(types("resize", {"f32[n,3,4,4]", "i64[4]=n;3;s;2*s"}), "f32[n,3,s,2*s]");
  EXPECT_REFUSED("data-dependent", "resize", In{"f32[n,3,4,4]", "i64[4]"});
  EXPECT_REFUSED("neither sizes nor scales", "resize", In{"f32[n,3,4,4]"});
  EXPECT_REFUSED("scales must have 4", "resize{scales=[2]}", In{"f32[n,3,4,4]"});
  EXPECT_REFUSED("scales must be in", "resize{scales=[-2]}", In{"f32[4]"});
  EXPECT_REFUSED("no fraction", "resize{scales=[0.333]}", In{"f32[n]"});
  EXPECT_EQ(types("resize{mode=linear,scales=[2]}", {"u8[4]"}), "u8[8]");
  EXPECT_REFUSED("linear mode does not take b8", "resize{mode=linear,scales=[2]}", In{"b8[4]"});
}

TEST(InferGridSample, TakesOnePlaceAPixel) {
  EXPECT_EQ(types("grid_sample", {"f32[n,3,h,w]", "f32[n,5,7,2]"}), "f32[n,3,5,7]");
  EXPECT_EQ(types("grid_sample{mode=cubic}", {"f16[2,3,4,4]", "f32[2,0,7,2]"}), "f16[2,3,0,7]");
  EXPECT_REFUSED("rank", "grid_sample", In{"f32[1,3,4]", "f32[1,5,7,2]"});
  EXPECT_REFUSED("floating", "grid_sample", In{"i32[1,3,4,4]", "f32[1,5,7,2]"});
  EXPECT_REFUSED("the batch of grid", "grid_sample", In{"f32[2,3,4,4]", "f32[3,5,7,2]"});
  EXPECT_REFUSED("the last axis of grid", "grid_sample", In{"f32[2,3,4,4]", "f32[2,5,7,3]"});
}

TEST(InferRotary, TakesAnAngleForEachElementOrPair) {
  EXPECT_EQ(types("rotary", {"f32[b,12,s,64]", "f32[b,1,s,64]", "f32[1,1,s,32]"}), "f32[b,12,s,64]");
  EXPECT_EQ(types("rotary{size=4}", {"f16[b,12,0,64]", "f16[b,1,0,4]", "f16[b,1,0,2]"}), "f16[b,12,0,64]");
  EXPECT_REFUSED("floating", "rotary", In{"i32[2,4]", "i32[2,4]", "i32[2,4]"});
  EXPECT_REFUSED("cannot turn 5 of 5", "rotary", In{"f32[2,5]", "f32[2,5]", "f32[2,5]"});
  EXPECT_REFUSED("cannot turn 6 of 4", "rotary{size=6}", In{"f32[2,4]", "f32[2,6]", "f32[2,6]"});
  EXPECT_REFUSED("cosines must have 4 or 2 elements", "rotary", In{"f32[2,4]", "f32[2,3]", "f32[2,4]"});
  EXPECT_REFUSED("sines", "rotary", In{"f32[2,4]", "f32[2,4]", "f32[3,4]"});
  EXPECT_REFUSED("must be a constant", "rotary", In{"f32[2,d]", "f32[2,4]", "f32[2,4]"});
}

}  // namespace
}  // namespace dvt::ops
