#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;

#define EXPECT_REFUSED(words, ...) EXPECT_THAT(refusal(__VA_ARGS__), HasSubstr(words))
using In = std::vector<std::string>;

TEST(InferReduce, AxesAndTypes) {
  EXPECT_EQ(types("reduce{axes=[-1]}", {"f32[b,s,8]"}), "f32[b,s,1]");
  EXPECT_EQ(types("reduce{axes=[0,2],keep_dims=false}", {"f32[b,s,8]"}), "f32[s]");
  EXPECT_EQ(types("reduce{keep_dims=false}", {"i64[3]"}), "i64[]");
  EXPECT_EQ(types("reduce{kind=max}", {"b8[2,3]"}), "b8[1,1]");
  EXPECT_REFUSED("axis 3 is outside rank 3", "reduce{axes=[3]}", In{"f32[b,s,8]"});
  EXPECT_REFUSED("axis -3 is given twice", "reduce{axes=[0,-3]}", In{"f32[b,s,8]"});
  EXPECT_REFUSED("sum does not take b8", "reduce", In{"b8[3]"});
  EXPECT_EQ(types("reduce{kind=max}", {"f32[0]"}), "f32[1]");
  EXPECT_EQ(types("reduce{kind=l2}", {"i32[3]"}), "i32[1]");
  EXPECT_EQ(types("arg_reduce{axis=1,keep_dims=false}", {"f32[b,s,8]"}), "i64[b,8]");
  EXPECT_REFUSED("has no elements", "arg_reduce", In{"f32[0]"});
  EXPECT_EQ(types("topk{k=[5]}", {"f32[b,100]"}), "f32[b,5] i64[b,5]");
  EXPECT_EQ(types("topk{axis=0}", {"f32[100,b]", "i64[1]=min(n,100)"}), "f32[min(n,100),b] i64[min(n,100),b]");
  EXPECT_REFUSED("k must be between 0 and the 4", "topk{k=[5]}", In{"f32[b,4]"});
  EXPECT_REFUSED("k must be one number, got 0", "topk", In{"f32[b,4]"});
  EXPECT_REFUSED("exclusive has no meaning for max", "cumulative{kind=max,exclusive=true}", In{"f32[2]"});
}

TEST(InferReshape, ResolvesSymbolsZeroAndMinusOne) {
  EXPECT_EQ(types("reshape{shape=[0,0,12,64]}", {"f32[b,s,768]"}), "f32[b,s,12,64]");
  EXPECT_EQ(types("reshape{shape=[0,-1]}", {"f32[b,7,7,3]"}), "f32[b,147]");
  EXPECT_EQ(types("reshape{shape=[-1,64]}", {"f32[b,s,64]"}), "f32[b*s,64]");
  EXPECT_EQ(types("reshape", {"f32[b,s,768]", "i64[4]=b;s;12;-1"}), "f32[b,s,12,64]");
  EXPECT_EQ(types("reshape{shape=[0,3],allow_zero=true}", {"f32[5,0]"}), "f32[0,3]");
  EXPECT_EQ(types("reshape", {"f32[1,1]"}), "f32[]");
  EXPECT_REFUSED("data-dependent", "reshape", In{"f32[b,s]", "i64[2]"});
  EXPECT_REFUSED("of 6 elements to [4,2] of 8", "reshape{shape=[4,2]}", In{"f32[2,3]"});
  EXPECT_REFUSED("of 6 elements to [4,-1]", "reshape{shape=[4,-1]}", In{"f32[2,3]"});
  EXPECT_REFUSED("more than one -1", "reshape{shape=[-1,-1]}", In{"f32[2,3]"});
  EXPECT_REFUSED("copies no dimension", "reshape{shape=[6,1,0]}", In{"f32[2,3]"});
  EXPECT_REFUSED("has the dimension -2", "reshape{shape=[-2]}", In{"f32[2,3]"});
  EXPECT_REFUSED("more than 16", "reshape{shape=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}", In{"f32[1]"});
  EXPECT_REFUSED("must be an integer tensor", "reshape", In{"f32[2]", "f32[1]"});
}

TEST(InferData, ElementsThatTheUserGivesMayBePlaceholders) {
  const Shape y = infer(parse_op("reshape"), parse_infos({"f32[2,3,4]", "i64[2]=t[0];t[1]"}))[0].shape;
  const auto at = [&](int64_t a, int64_t b) {
    const SymbolValues values{{"t[0]", a}, {"t[1]", b}};
    return std::vector<int64_t>{y[0].eval(values), y[1].eval(values)};
  };
  EXPECT_EQ(at(6, 4), (std::vector<int64_t>{6, 4}));
  EXPECT_EQ(at(-1, 8), (std::vector<int64_t>{3, 8}));
  EXPECT_EQ(at(0, -1), (std::vector<int64_t>{2, 12}));
  EXPECT_EQ(at(-1, 0), (std::vector<int64_t>{8, 3}));
  EXPECT_GE(y[0].range({}).min, 0) << "whatever is given";
}

TEST(InferShapesOfData, ExpandTileFillPad) {
  EXPECT_EQ(types("expand{shape=[b,1,4]}", {"f32[3,1]"}), "f32[b,3,4]");
  EXPECT_EQ(types("expand", {"f32[1]", "i64[2]=b;s"}), "f32[b,s]");
  EXPECT_EQ(types("expand", {"f32[n,m]", "i64[2]=n;t[1]"}), "f32[n,broadcast(m,t[1])]") << "t is given";
  EXPECT_REFUSED("cannot broadcast", "expand{shape=[2]}", In{"f32[3]"});
  EXPECT_REFUSED("data-dependent", "expand", In{"f32[3]", "i64[2]"});
  EXPECT_EQ(types("tile{repeats=[2,n]}", {"f32[3,4]"}), "f32[6,4*n]");
  EXPECT_REFUSED("repeats must have 2 elements, got 1", "tile{repeats=[2]}", In{"f32[3,4]"});
  EXPECT_EQ(types("fill", {"i64[1]", "i64[2]=b;s"}), "i64[b,s]");
  EXPECT_REFUSED("has the dimension -1", "fill{shape=[-1]}", In{"i64[]"});
  EXPECT_REFUSED("must be a scalar", "fill{shape=[1]}", In{"i64[2]"});
  EXPECT_EQ(types("pad{pads_begin=[0,1],pads_end=[0,n]}", {"f32[b,4]"}), "f32[b,n+5]");
  EXPECT_EQ(types("pad{has_pads_input=true,has_value=true}", {"f32[4]", "i64[2]=1;2", "f32[]"}), "f32[7]");
  EXPECT_REFUSED("reflect pad of 4", "pad{mode=reflect,pads_begin=[4]}", In{"f32[4]"});
  EXPECT_REFUSED("pads must have 4 elements", "pad{has_pads_input=true}", In{"f32[2,2]", "i64[2]=1;2"});
  EXPECT_REFUSED("negative dimension", "pad{pads_begin=[-5]}", In{"f32[4]"});
  EXPECT_REFUSED("value must be f32", "pad{has_value=true}", In{"f32[4]", "i32[]"});
}

TEST(InferSelection, TransposeConcatSliceGather) {
  EXPECT_EQ(types("transpose{perm=[0,2,1]}", {"f32[a,b,c]"}), "f32[a,c,b]");
  EXPECT_EQ(types("transpose", {"f32[a,b,c]"}), "f32[c,b,a]");
  EXPECT_REFUSED("axis 1 twice", "transpose{perm=[1,1]}", In{"f32[2,3]"});
  EXPECT_REFUSED("outside rank 2", "transpose{perm=[0,2]}", In{"f32[2,3]"});
  EXPECT_REFUSED("perm has 1 elements", "transpose{perm=[0]}", In{"f32[2,3]"});
  EXPECT_EQ(types("concat{axis=-1}", {"f32[b,s]", "f32[b,3]", "f32[2,1]"}), "f32[2,s+4]");
  EXPECT_REFUSED("dimension 0 of input 1 f32[3,1] must be 2, got 3", "concat{axis=1}", In{"f32[2,1]", "f32[3,1]"});
  EXPECT_REFUSED("input 1 must have rank 2", "concat", In{"f32[2,1]", "f32[3]"});
  EXPECT_EQ(types("slice{start=[0,1],size=[b,s-1]}", {"f32[b,s]"}), "f32[b,s-1]");
  EXPECT_EQ(types("slice{size=[2],has_start_input=true}", {"f32[9]", "i64[1]"}), "f32[2]");
  EXPECT_EQ(types("slice{has_size_input=true,has_step_input=true}", {"f32[9]", "i64[1]=n", "i64[1]"}), "f32[n]");
  EXPECT_REFUSED("are outside f32[4]", "slice{start=[2],size=[3]}", In{"f32[4]"});
  EXPECT_REFUSED("are outside f32[4]", "slice{start=[2],size=[4],step=[-1]}", In{"f32[4]"});
  EXPECT_REFUSED("step along axis 0 is 0", "slice{size=[1],step=[0]}", In{"f32[4]"});
  EXPECT_REFUSED("size has 1 elements for a tensor of rank 2", "slice{size=[1]}", In{"f32[4,4]"});
  EXPECT_REFUSED("size (i64[1]) is data-dependent", "slice{has_size_input=true}", In{"f32[4]", "i64[1]"});
  EXPECT_REFUSED("ask for 2 inputs, got 1", "slice{size=[1],has_start_input=true}", In{"f32[4]"});
  EXPECT_EQ(types("gather{axis=1}", {"f32[a,b,c]", "i64[x,y]"}), "f32[a,x,y,c]");
  EXPECT_EQ(types("gather", {"f32[30522,768]", "i32[b,s]"}), "f32[b,s,768]");
  EXPECT_REFUSED("indices must be an integer tensor, got f32", "gather", In{"f32[2]", "f32[1]"});
  EXPECT_EQ(types("gather_elements{axis=1}", {"f32[2,5]", "i64[2,9]"}), "f32[2,9]");
  EXPECT_REFUSED("larger than that of x", "gather_elements{axis=1}", In{"f32[2,5]", "i64[3,9]"});
  EXPECT_EQ(types("gather_nd{batch_dims=1}", {"f32[b,4,5]", "i64[b,3,1]"}), "f32[b,3,5]");
  EXPECT_REFUSED("must be 1 to 2, got 3", "gather_nd", In{"f32[4,5]", "i64[3]"});
}

TEST(InferSelection, ScatterAndTheRest) {
  EXPECT_EQ(types("scatter_elements", {"f32[4,5]", "i64[1,5]", "f32[1,5]"}), "f32[4,5]");
  EXPECT_REFUSED("updates must be f32", "scatter_elements", In{"f32[4]", "i64[1]", "i32[1]"});
  EXPECT_EQ(types("scatter_nd", {"f32[4,5]", "i64[3,1]", "f32[3,5]"}), "f32[4,5]");
  EXPECT_REFUSED("updates must have shape [3,5]", "scatter_nd", In{"f32[4,5]", "i64[3,1]", "f32[3]"});
  EXPECT_EQ(types("shape{start=1}", {"f32[a,b,c]"}), "i64[2]");
  EXPECT_EQ(types("shape{start=-1,end=-5}", {"f32[a,b,c]"}), "i64[0]");
  EXPECT_EQ(types("one_hot{axis=1}", {"i64[b,s]", "i64[]=d", "f32[2]"}), "f32[b,d,s]");
  EXPECT_REFUSED("data-dependent", "one_hot", In{"i64[b]", "i64[]", "f32[2]"});
  EXPECT_REFUSED("length of values must be 2", "one_hot", In{"i64[b]", "i64[]=3", "f32[3]"});
  EXPECT_EQ(types("trilu", {"b8[n,n]"}), "b8[n,n]");
  EXPECT_REFUSED("rank 2 or more", "trilu", In{"f32[3]"});
  EXPECT_EQ(types("non_zero", {"f32[2,3]"}), "i64[2,?0]");
  EXPECT_EQ(types("range", {"i64[]=0", "i64[]=s", "i64[]=1"}), "i64[s]");
  EXPECT_EQ(types("range", {"i64[]=10", "i64[]=0", "i64[]=-3"}), "i64[4]");
  EXPECT_EQ(types("range{count=[n]}", {"f32[]", "f32[]"}), "f32[n]");
  EXPECT_REFUSED("data-dependent", "range", In{"i64[]=0", "i64[]", "i64[]=1"});
  EXPECT_REFUSED("delta is 0", "range", In{"i64[]=0", "i64[]=4", "i64[]=0"});
}

TEST(InferQuantization, ScalesAndZeroPoints) {
  EXPECT_EQ(types("quantize", {"f32[b,8]", "f32[]"}), "i8[b,8]");
  EXPECT_EQ(types("quantize{to=u8,has_zero_point=true}", {"f32[b,8]", "f32[8]", "u8[8]"}), "u8[b,8]");
  EXPECT_EQ(types("dequantize{to=f16}", {"i4[b,8]", "f16[1]"}), "f16[b,8]");
  EXPECT_REFUSED("length of scale must be 8, got 4", "quantize", In{"f32[b,8]", "f32[4]"});
  EXPECT_REFUSED("zero point must be i8, got u8", "quantize{has_zero_point=true}", In{"f32[b,8]", "f32[]", "u8[]"});
  EXPECT_REFUSED("cannot quantize to f32", "quantize{to=f32}", In{"f32[b,8]", "f32[]"});
  EXPECT_REFUSED("dimension 1 of scale must be 4, got 3", "quantize{block_size=2}", In{"f32[2,8]", "f32[2,3]"});
  EXPECT_REFUSED("must be of a quantized type", "dequantize", In{"f32[2]", "f32[]"});
}

}  // namespace
}  // namespace dvt::ops
