// Concatenations written in place and slices read in place: which steps are left, and that results stay what they are.
#include "builder/place_slices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build_support.h"

namespace dvt::builder {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The operators of a plan's steps, one after the other: "conv pointwise:slice …", where a step with an operand that is
/// a slice says so.
std::string steps_of(const plan::Document& d) {
  std::string out;
  for (const plan::Step& s : d.steps) {
    out += out.empty() ? "" : " ";
    out += s.problem.substr(0, s.problem.find_first_of(" {"));
    if (s.problem.find(":slice") != std::string::npos) out += ":slice";
  }
  return out;
}

/// Built and run once; the plan's steps must be these.
std::map<std::string, std::vector<float>> run_text(
    const std::string& text, const std::string& steps,
    std::map<std::string, std::pair<std::vector<int64_t>, std::vector<float>>> inputs,
    std::vector<plan::Profile> profiles = {}) {
  BuildOptions o = options_for_host();
  o.profiles = std::move(profiles);
  o.optimization_level = 0;  // which layout measures faster is not the point
  const plan::Document d = build(*ir::parse(text), o, cpu::device());
  EXPECT_EQ(steps_of(d), steps);
  return run_plan(plan::write_plan(d), std::move(inputs));
}

TEST(PlaceSlices, PartsAreWrittenWhereTheResultIs) {
  const auto out = run_text(R"(
    input  %a : f32[2,2]
    input  %b : f32[2,3]
    %r = activation{type=relu}(%a)
    %n = elementwise{op=neg}(%b)
    %y = concat{axis=1}(%r, %n)
    output %y)",
                            "pointwise:slice pointwise:slice",
                            {{"a", {{2, 2}, {1, -1, 2, -2}}}, {"b", {{2, 3}, {1, 2, 3, 4, 5, 6}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(1, 0, -1, -2, -3, 2, 0, -4, -5, -6));
}

TEST(PlaceSlices, PartsAlongTheOutermostAxisAreNotEvenSlices) {
  const auto out = run_text(R"(
    input  %a : f32[1,2]
    %r = activation{type=relu}(%a)
    %n = elementwise{op=neg}(%a)
    %y = concat{axis=0}(%r, %n)
    output %y)",
                            "pointwise pointwise", {{"a", {{1, 2}, {1, -1}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(1, 0, -1, 1));
}

TEST(PlaceSlices, WhatNobodyCanWriteInPlaceIsCopied) {
  // An input, a constant, an output and the second use of a value.
  const auto out = run_text(R"(
    input  %a : f32[2,1]
    const  %c : f32[2,1] = [7,8]
    %r = activation{type=relu}(%a)
    %n = elementwise{op=neg}(%a)
    %y = concat{axis=1}(%a, %c, %r, %n, %n)
    output %r
    output %y)",
                            "pointwise pointwise:slice identity:slice identity:slice identity:slice identity:slice",
                            {{"a", {{2, 1}, {1, -1}}}});
  EXPECT_THAT(out.at("r"), ElementsAre(1, 0));
  EXPECT_THAT(out.at("y"), ElementsAre(1, 7, 1, -1, -1, -1, 8, 0, 1, 1));
}

TEST(PlaceSlices, AConcatenationOfWhatOthersOwnStays) {
  const auto out = run_text(R"(
    input  %a : f32[2,1]
    input  %b : f32[2,1]
    %y = concat{axis=1}(%a, %b)
    output %y)",
                            "concat", {{"a", {{2, 1}, {1, 2}}}, {"b", {{2, 1}, {3, 4}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(1, 3, 2, 4));
}

TEST(PlaceSlices, OneInAnotherSharesItsMemory) {
  const auto out = run_text(R"(
    input  %a : f32[2,1]
    %r = activation{type=relu}(%a)
    %n = elementwise{op=neg}(%a)
    %i = concat{axis=1}(%r, %n)
    %s = elementwise{op=abs}(%i)
    %y = concat{axis=1}(%i, %s)
    output %y)",
                            "pointwise:slice pointwise:slice pointwise:slice", {{"a", {{2, 1}, {3, -4}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(3, -3, 3, 3, 0, 4, 0, 4));
}

TEST(PlaceSlices, SizesMayDependOnTheShape) {
  const char* text = R"(
    input  %a : f32[batch,len,2]
    input  %b : f32[batch,more,2]
    %r = activation{type=relu}(%a)
    %n = elementwise{op=neg}(%b)
    %y = concat{axis=1}(%r, %n)
    output %y)";
  std::vector<plan::Profile> profiles = {
      {{{"a", {1, 1, 2}, {2, 2, 2}, {4, 8, 2}}, {"b", {1, 1, 2}, {2, 2, 2}, {4, 8, 2}}}}};
  auto out = run_text(text, "pointwise:slice pointwise:slice",
                      {{"a", {{2, 1, 2}, {1, -1, 2, -2}}}, {"b", {{2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}}}}, profiles);
  EXPECT_THAT(out.at("y"), ElementsAre(1, 0, -1, -2, -3, -4, 2, 0, -5, -6, -7, -8));
  out = run_text(text, "pointwise:slice pointwise:slice",
                 {{"a", {{1, 3, 2}, {1, 2, 3, 4, 5, 6}}}, {"b", {{1, 1, 2}, {1, 2}}}}, profiles);
  EXPECT_THAT(out.at("y"), ElementsAre(1, 2, 3, 4, 5, 6, -1, -2));
}

TEST(PlaceSlices, ViewsOfAPartMoveWithIt) {
  const auto out = run_text(R"(
    input  %a : f32[2,4]
    %r = activation{type=relu}(%a)
    %v = reshape{shape=[2,2,2]}(%r)
    %n = elementwise{op=neg}(%v)
    %y = concat{axis=1}(%v, %n)
    output %y)",
                            "pointwise:slice pointwise:slice", {{"a", {{2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(1, 2, 3, 4, -1, -2, -3, -4, 5, 6, 7, 8, -5, -6, -7, -8));
}

TEST(PlaceSlices, SlicesAreReadWhereTheyLie) {
  const auto out = run_text(R"(
    input  %a : f32[2,4]
    %r = activation{type=relu}(%a)
    %s = slice{start=[0,1],size=[2,2]}(%r)
    %t = transpose{perm=[1,0]}(%s)
    output %t
    output %r)",
                            "pointwise transpose:slice", {{"a", {{2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}}}});
  EXPECT_THAT(out.at("t"), ElementsAre(2, 6, 3, 7));
}

TEST(PlaceSlices, ASliceOfTwoAxesOrWithStepsIsCopied) {
  const auto out =
      run_text(R"(
    input  %a : f32[3,4]
    %s = slice{start=[1,1],size=[2,2]}(%a)
    %t = transpose{perm=[1,0]}(%s)
    %u = slice{start=[0,0],size=[3,2],step=[1,2]}(%a)
    %v = transpose{perm=[1,0]}(%u)
    output %t
    output %v)",
               "slice transpose slice transpose", {{"a", {{3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}}});
  EXPECT_THAT(out.at("t"), ElementsAre(5, 9, 6, 10));
  EXPECT_THAT(out.at("v"), ElementsAre(0, 4, 8, 2, 6, 10));
}

TEST(PlaceSlices, QueriesKeysAndValuesOfOneProductAreReadInPlace) {
  const plan::Document d = [] {
    BuildOptions o = options_for_host();
    o.optimization_level = 0;
    return build(*ir::parse(R"(
      input  %x : f32[1,8,16]
      const  %a : f32[16,16] = splat 0.5
      const  %b : f32[16,8] = splat 0.25
      const  %c : f32[16,8] = splat 0.125
      const  %z : f32[16] = splat 1
      %qm = matmul(%x, %a)
      %qs = elementwise{op=add}(%qm, %z)
      %km = matmul(%x, %b)
      %vm = matmul(%x, %c)
      %qr = reshape{shape=[1,8,4,4]}(%qs)
      %kr = reshape{shape=[1,8,2,4]}(%km)
      %vr = reshape{shape=[1,8,2,4]}(%vm)
      %q = transpose{perm=[0,2,1,3]}(%qr)
      %k = transpose{perm=[0,2,1,3]}(%kr)
      %v = transpose{perm=[0,2,1,3]}(%vr)
      %y = attention(%q, %k, %v)
      output %y)"),
                 o, cpu::device());
  }();
  EXPECT_EQ(steps_of(d), "matmul attention:slice");
  EXPECT_THAT(d.steps[0].origin, testing::IsSupersetOf({"qm", "qs", "km", "vm"}));
  const auto out = run_plan(plan::write_plan(d), {{"x", {{1, 8, 16}, std::vector<float>(128, 1.f)}}});
  // All values are 16 * 0.125.
  EXPECT_THAT(out.at("y"), testing::Each(testing::FloatNear(2, 1e-5f)));
}

TEST(PlaceSlices, GrownCachesAreCopiedOnceAndAppendedInPlace) {
  const auto out = run_text(R"(
    input  %past : f32[1,2,past,1]
    input  %x : f32[1,2,1,1]
    %n = elementwise{op=neg}(%x)
    %y = concat{axis=2}(%past, %n)
    output %y)",
                            "pointwise:slice identity:slice",
                            {{"past", {{1, 2, 2, 1}, {1, 2, 3, 4}}}, {"x", {{1, 2, 1, 1}, {5, 6}}}},
                            {{{{"past", {1, 2, 0, 1}, {1, 2, 2, 1}, {1, 2, 9, 1}}}}});
  EXPECT_THAT(out.at("y"), ElementsAre(1, 2, -5, 3, 4, -6));
}

}  // namespace
}  // namespace dvt::builder
