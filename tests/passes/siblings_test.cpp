#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/fuse/fuse.h"
#include "passes/pipeline.h"
#include "passes/simplify/simplify.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

TEST(FuseSiblings, MatmulsThatShareAnInputBecomeOne) {
  auto g = after(fuse_siblings(), R"(
    input  %x : f32[2,2]
    const  %v : f32[2,1] = [1,2]
    const  %w : f32[2,2] = [3,4,5,6]
    const  %b : f32[1] = [7]
    const  %c : f32[2] = [8,9]
    %p = matmul(%x, %v; %b) | (f32,f32) add($0,$1)
    %q = matmul(%x, %w; %c) | (f32,f32) add($0,$1)
    %s = transpose{perm=[1,0]}(%p)
    %t = transpose{perm=[1,0]}(%q)
    output %s
    output %t)");
  EXPECT_EQ(ir::print(*g), R"(input  %x : f32[2,2]
const  %p.c : f32[2,3] = [1,3,4,2,5,6]
const  %p.c_1 : f32[3] = [7,8,9]
%p.t = matmul(%x, %p.c; %p.c_1) | (f32,f32) add($0,$1)
%p = slice{start=[0,0],size=[2,1]}(%p.t)
%q = slice{start=[0,1],size=[2,2]}(%p.t)
%s = transpose{perm=[1,0]}(%p)
%t = transpose{perm=[1,0]}(%q)
output %s
output %t
)");
}

TEST(FuseSiblings, AMissingBiasIsZero) {
  auto g = after(fuse_siblings(), R"(
    input  %x : f32[2,2]
    const  %v : f32[2,1] = [1,2]
    const  %w : f32[2,1] = [3,4]
    const  %c : f32[1] = [9]
    %p = matmul(%x, %v)
    %q = matmul(%x, %w; %c) | (f32,f32) add($0,$1)
    %s = transpose{perm=[1,0]}(%p)
    %t = transpose{perm=[1,0]}(%q)
    output %s
    output %t)");
  EXPECT_EQ(line(*g, "%p.t"), "%p.t = matmul(%x, %p.c; %p.c_1) | (f32,f32) add($0,$1)");
  EXPECT_EQ(line(*g, "%p.c_1"), "const  %p.c_1 : f32[2] = [0,9]");
}

TEST(FuseSiblings, ConvolutionsOfOneGeometryBecomeOne) {
  auto g = after(fuse_siblings(), R"(
    input  %x : f32[n,2,4,4]
    const  %v : f32[3,2,1,1] = splat 1
    const  %w : f32[5,2,1,1] = splat 1
    const  %b : f32[1,3,1,1] = splat 1
    const  %c : f32[1,5,1,1] = splat 1
    %p = conv(%x, %v; %b) | (f32,f32) relu(add($0,$1))
    %q = conv(%x, %w; %c) | (f32,f32) relu(add($0,$1))
    %r = pool{window=[2,2]}(%p)
    %s = pool{window=[2,2]}(%q)
    output %r
    output %s)");
  EXPECT_EQ(line(*g, "%p.t"), "%p.t = conv(%x, %p.c; %p.c_1) | (f32,f32) relu(add($0,$1))");
  EXPECT_EQ(line(*g, "%p.c"), "const  %p.c : f32[8,2,1,1] = splat 1");
  EXPECT_EQ(line(*g, "%q"), "%q = slice{start=[0,3,0,0],size=[n,5,4,4]}(%p.t)");
}

TEST(FuseSiblings, HeadsOfOtherWidthsAreSlicesOfOneResult) {
  auto g = after(fuse_siblings(), R"(
    input  %x : f32[n,6,8]
    const  %q : f32[8,8] = splat 1
    const  %k : f32[8,4] = splat 1
    %a = matmul(%x, %q)
    %b = matmul(%x, %k)
    %c = reshape{shape=[n,6,2,4]}(%a)
    %d = reshape{shape=[n,6,1,4]}(%b)
    %e = transpose{perm=[0,2,1,3]}(%c)
    %f = transpose{perm=[0,2,1,3]}(%d)
    output %e
    output %f)");
  EXPECT_EQ(line(*g, "%b"), "%b = slice{start=[0,0,8],size=[n,6,4]}(%a.t)");
}

/// Two matmuls whose lines are given, each read by a transpose.
std::string pair(const std::string& p, const std::string& q) {
  return R"(
    input  %x : f32[2,2]
    input  %z : f32[2,2]
    const  %v : f32[2,2] = splat 1
    const  %w : f32[2,2] = splat 2
    )" + p +
         "\n    " + q + R"(
    %s = transpose{perm=[1,0]}(%p)
    %t = transpose{perm=[1,0]}(%q)
    output %s
    output %t)";
}

TEST(FuseSiblings, LeavesWhatDiffersInMoreThanItsWeights) {
  const std::string p = "%p = matmul(%x, %v)";
  EXPECT_FALSE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul(%x, %w)")));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul(%z, %w)")));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul(%x, %z)")));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul{transpose_b=true}(%x, %w)")));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul(%x, %w) | (f32) relu($0)")));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), pair(p, "%q = matmul(%x, %w; %z) | (f32,f32) add($0,$1)")));
}

TEST(FuseSiblings, LeavesResultsThatNobodyReadsAsSlices) {
  EXPECT_TRUE(unchanged_by(fuse_siblings(), R"(
    input  %x : f32[2,2]
    const  %v : f32[2,2] = splat 1
    const  %w : f32[2,2] = splat 2
    %p = matmul(%x, %v)
    %q = matmul(%x, %w)
    %s = transpose{perm=[1,0]}(%p)
    output %s
    output %q)"));
  EXPECT_TRUE(unchanged_by(fuse_siblings(), R"(
    input  %x : f32[2,2]
    const  %v : f32[2,2] = splat 1
    const  %w : f32[2,2] = splat 2
    %p = matmul(%x, %v)
    %q = matmul(%x, %w)
    %s = reshape{shape=[4]}(%p)
    %t = transpose{perm=[1,0]}(%q)
    %u = transpose{perm=[0]}(%s)
    output %u
    output %t)"));
}

TEST(FuseSiblings, AsksWhetherItPays) {
  Options options;
  double whole = 3;
  options.milliseconds = [&](const ops::Op&, std::span<ir::Value* const> inputs, int, const expr::Expr&) {
    return inputs[1]->shape()[1] == Dim(4) ? whole : 1.0;
  };
  const std::string text = pair("%p = matmul(%x, %v)", "%q = matmul(%x, %w)");
  auto g = ir::parse(text);
  run(*g, fuse_siblings(), options);
  EXPECT_EQ(ir::print(*g), ir::print(*ir::parse(text)));
  whole = 2;
  run(*g, fuse_siblings(), options);
  EXPECT_EQ(line(*g, "%p"), "%p = slice{start=[0,0],size=[2,2]}(%p.t)");
}

TEST(NestConcats, NeighbouringSlicesAreTakenAsOne) {
  auto g = after(nest_concats(), R"(
    input  %x : f32[2,4]
    input  %y : f32[2,1]
    %a = slice{start=[0,0],size=[2,2]}(%x)
    %b = slice{start=[0,2],size=[2,2]}(%x)
    %c = slice{start=[0,1],size=[2,1]}(%x)
    %z = concat{axis=1}(%a, %b, %y)
    %t = concat{axis=-1}(%c, %b, %y)
    output %z
    output %t)");
  EXPECT_EQ(line(*g, "%z"), "%z = concat{axis=1}(%x, %y)");
  EXPECT_EQ(line(*g, "%t"), "%t = concat{axis=-1}(%t.t, %y)");
  EXPECT_EQ(line(*g, "%t.t"), "%t.t = slice{start=[0,1],size=[2,3]}(%x)");
}

TEST(NestConcats, AllOfAValueIsTheValue) {
  auto g = after(nest_concats(), R"(
    input  %x : f32[2,4]
    %a = slice{start=[0,0],size=[2,2]}(%x)
    %b = slice{start=[0,2],size=[2,2]}(%x)
    %z = concat{axis=1}(%a, %b)
    %t = elementwise{op=neg}(%z)
    output %t)");
  EXPECT_EQ(line(*g, "%t"), "%t = elementwise{op=neg}(%x)");
}

TEST(NestConcats, AnEarlierConcatenationIsReused) {
  auto g = after(nest_concats(), R"(
    input  %a : f32[2,1]
    input  %b : f32[2,1]
    input  %c : f32[2,1]
    input  %d : f32[2,1]
    %x = concat{axis=1}(%a, %b)
    %y = concat{axis=1}(%a, %b, %c)
    %z = concat{axis=1}(%d, %a, %b, %c)
    output %x
    output %y
    output %z)");
  EXPECT_EQ(line(*g, "%y"), "%y = concat{axis=1}(%x, %c)");
  EXPECT_EQ(line(*g, "%z"), "%z = concat{axis=1}(%d, %y)");
}

TEST(NestConcats, LeavesOtherOrdersAxesAndPlaces) {
  EXPECT_TRUE(unchanged_by(nest_concats(), R"(
    input  %a : f32[2,2]
    input  %b : f32[2,2]
    input  %c : f32[2,2]
    %p = slice{start=[0,1],size=[2,1]}(%a)
    %q = slice{start=[0,0],size=[2,1]}(%a)
    %r = slice{start=[0,0],size=[1,2]}(%a)
    %s = slice{start=[1,0],size=[1,2]}(%a)
    %x = concat{axis=1}(%a, %b)
    %y = concat{axis=1}(%b, %a, %c)
    %z = concat{axis=0}(%a, %b, %c)
    %t = concat{axis=1}(%p, %q)
    %u = concat{axis=1}(%r, %s)
    output %x
    output %y
    output %z
    output %t
    output %u)"));
}

}  // namespace
}  // namespace dvt::passes
