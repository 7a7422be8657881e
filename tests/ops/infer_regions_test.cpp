// Types and refusals of the operators that read regions, transform, recur or count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;

#define EXPECT_REFUSED(words, ...) EXPECT_THAT(refusal(__VA_ARGS__), HasSubstr(words))
using In = std::vector<std::string>;

TEST(InferRnn, ShapesAndActivations) {
  EXPECT_EQ(types("rnn{hidden_size=4}", {"f32[t,b,3]", "f32[1,4,3]", "f32[1,4,4]"}), "f32[t,1,b,4] f32[1,b,4]");
  const In two = {"f32[t,b,3]", "f32[2,4,3]", "f32[2,4,4]"};
  EXPECT_EQ(types("rnn{hidden_size=4,direction=bidirectional,activations=\"relu,affine:2:1\"}", two),
            "f32[t,2,b,4] f32[2,b,4]");
  EXPECT_REFUSED("there is no activation 'swish'", "rnn{hidden_size=4,activations=\"swish\"}",
                 In{"f32[t,b,3]", "f32[1,4,3]", "f32[1,4,4]"});
  EXPECT_REFUSED("needs 2 activations, got 3",
                 "rnn{hidden_size=4,direction=bidirectional,activations=\"relu,tanh,tanh\"}", two);
  EXPECT_REFUSED("'x' is no parameter", "rnn{hidden_size=4,activations=\"elu:x\"}",
                 In{"f32[t,b,3]", "f32[1,4,3]", "f32[1,4,4]"});
  EXPECT_REFUSED("its flags ask for 4 inputs", "rnn{hidden_size=4,has_bias=true}",
                 In{"f32[t,b,3]", "f32[1,4,3]", "f32[1,4,4]"});
}

TEST(InferRoi, Shapes) {
  EXPECT_EQ(types("roi_align{height=2,width=3}", {"f32[n,8,h,w]", "f32[r,4]", "i64[r]"}), "f32[r,8,2,3]");
  EXPECT_REFUSED("the second dimension of regions must be 4, got 5", "roi_align",
                 In{"f32[1,8,4,4]", "f32[2,5]", "i64[2]"});
  EXPECT_REFUSED("[1, 4096]", "roi_align{height=0}", In{"f32[1,8,4,4]", "f32[2,4]", "i64[2]"});
  EXPECT_EQ(types("roi_max_pool{height=2,width=2}", {"f32[n,8,h,w]", "f32[0,5]"}), "f32[0,8,2,2]");
  EXPECT_EQ(types("max_pool_indices{window=[2,2]}", {"i8[1,2,4,4]"}), "i8[1,2,3,3] i64[1,2,3,3]");
}

TEST(InferDeformConv, ShapesAndGroups) {
  EXPECT_EQ(types("deform_conv", {"f32[n,4,5,5]", "f32[6,4,3,3]", "f32[n,18,3,3]"}), "f32[n,6,3,3]");
  EXPECT_REFUSED("dimension 1 of offsets and mask must be 18, got 9", "deform_conv",
                 In{"f32[1,4,5,5]", "f32[6,4,3,3]", "f32[1,9,3,3]"});
  EXPECT_REFUSED("do not divide 4 channels", "deform_conv{groups=3}",
                 In{"f32[1,4,5,5]", "f32[6,4,3,3]", "f32[1,18,3,3]"});
}

TEST(InferDft, Lengths) {
  EXPECT_EQ(types("dft{axis=1}", {"f32[b,n,1]"}), "f32[b,n,2]");
  EXPECT_EQ(types("dft{axis=1,onesided=true}", {"f32[b,9,1]"}), "f32[b,5,2]");
  EXPECT_EQ(types("dft{axis=1,onesided=true,inverse=true}", {"f32[b,5,2]"}), "f32[b,8,1]");
  EXPECT_EQ(types("dft{axis=0,length=7}", {"f64[0,2]"}), "f64[7,2]");
  EXPECT_REFUSED("real and imaginary part", "dft{axis=1}", In{"f32[4,2]"});
  EXPECT_REFUSED("must have 1 (real) or 2", "dft{axis=0}", In{"f32[4,3]"});
  EXPECT_REFUSED("onesided takes a real x", "dft{axis=0,onesided=true}", In{"f32[4,2]"});
}

TEST(InferMatrices, AreSquare) {
  EXPECT_EQ(types("determinant", {"f32[b,3,3]"}), "f32[b]");
  EXPECT_EQ(types("inverse", {"f64[0,0]"}), "f64[0,0]");
  EXPECT_REFUSED("the number of columns must be 2, got 3", "determinant", In{"f32[2,3]"});
}

TEST(InferBits, KeepTheirWidth) {
  EXPECT_EQ(types("bitcast{to=u16}", {"f16[n]"}), "u16[n]");
  EXPECT_REFUSED("have 32 bits, those of i64 64", "bitcast{to=i64}", In{"f32[2]"});
  EXPECT_EQ(types("random{to=f16}", {"i64[n,2]"}), "f16[n,2]");
  EXPECT_REFUSED("gives floating-point numbers", "random{to=i32}", In{"f32[2]"});
}

TEST(InferLinearAttention, Widths) {
  EXPECT_EQ(types("linear_attention{heads=4,groups=2}", {"f32[b,t,16]", "f32[b,t,8]", "f32[b,t,6]"}),
            "f32[b,t,12] f32[b,2,4,3]");
  EXPECT_REFUSED("do not divide 3 query heads", "linear_attention{heads=3,groups=2}",
                 In{"f32[1,2,16]", "f32[1,2,8]", "f32[1,2,6]"});
  EXPECT_REFUSED("the width of decay must be 2 or 8, got 3", "linear_attention{heads=4,groups=2,has_decay=true}",
                 In{"f32[1,2,16]", "f32[1,2,8]", "f32[1,2,6]", "f32[1,2,3]"});
}

TEST(ReferenceHostile, TablesOfTreesAndNgramsAreChecked) {
  const In trees = {"f32[1,1]", "i64[1,7]", "f64[1]", "i64[1]", "i64[0]", "f64[0]", "f64[0]"};
  EXPECT_EQ(types("tree_ensemble{targets=3}", trees), "f32[1,3]");
  EXPECT_REFUSED("targets must be 1 or more", "tree_ensemble{targets=0}", trees);
  EXPECT_REFUSED("the columns of nodes must be 7, got 6", "tree_ensemble",
                 In{"f32[1,1]", "i64[1,6]", "f64[1]", "i64[1]", "i64[0]", "f64[0]", "f64[0]"});
  EXPECT_EQ(types("ngram_count{size=5}", {"i64[b,c]", "i64[3]", "i64[1]", "i64[3]", "f32[0]"}), "f32[b,5]");
  EXPECT_REFUSED("lengths must be in [1, 64]", "ngram_count{min_length=2}",
                 In{"i64[4]", "i64[3]", "i64[1]", "i64[3]", "f32[0]"});
}

}  // namespace
}  // namespace dvt::ops
