// Whether convolutions around a depthwise one run as a chain is decided by time; both must give the same, and say why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "build_support.h"

namespace dvt::builder {
namespace {

const char* const kBlock = R"(
  input  %x : f32[n,8,h,10]
  const  %u : f32[24,8,1,1] = splat 0.25
  const  %v : f32[24,1,3,3] = splat 0.5
  const  %b : f32[1,24,1,1] = splat -0.125
  const  %w : f32[8,24,1,1] = splat 0.0625
  %e = conv(%x, %u; %b) | (f32,f32) relu(add($0,$1))
  %d = conv{pads_begin=[1,1],pads_end=[1,1],groups=24}(%e, %v; %b) | (f32,f32) relu(add($0,$1))
  %y = conv(%d, %w; %x) | (f32,f32) add($0,$1)
  output %y)";

BuildOptions options() {
  BuildOptions o = options_for_host();
  o.profiles = {profile("x", {0, 8, 1, 10}, {1, 8, 12, 10}, {3, 8, 40, 10})};
  return o;
}

std::vector<float> values(int64_t count) {
  std::vector<float> x;
  for (int64_t i = 0; i < count; ++i) x.push_back(static_cast<float>((i * 7919) % 101) / 50 - 1);
  return x;
}

TEST(ConvChain, GivesWhatItsConvolutionsGive) {
  // Where convolutions apart have the reference alone, the chain is faster.
  BuildOptions slow = options(), chained = options();
  slow.tactics = "cpu.reference";
  chained.tactics = "cpu.conv_chain.*,cpu.reformat.*";
  const auto plan = build_text(kBlock, chained), expected = build_text(kBlock, slow);
  for (const std::vector<int64_t>& dims :
       {std::vector<int64_t>{1, 8, 12, 10}, {3, 8, 1, 10}, {2, 8, 40, 10}, {0, 8, 5, 10}}) {
    const std::vector<float> x = values(dims[0] * 8 * dims[2] * 10);
    const auto y = run_plan(plan, {{"x", {dims, x}}})["y"], z = run_plan(expected, {{"x", {dims, x}}})["y"];
    ASSERT_EQ(y.size(), x.size());
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], z[i], 1e-4) << i;
    EXPECT_EQ(run_plan(plan, {{"x", {dims, x}}})["y"], y);  // the same bits each time
  }
}

TEST(ConvChain, IsTakenWhereItIsFaster) {
  BuildOptions o = options();
  o.tactics = "cpu.conv_chain.*,cpu.reformat.*";
  const plan::Document document = build(*ir::parse(kBlock), o, cpu::device());
  EXPECT_TRUE(std::any_of(document.steps.begin(), document.steps.end(),
                          [](const plan::Step& s) { return s.tactic.starts_with("cpu.conv_chain."); }));
}

TEST(ConvChain, TheLastStepSaysWhatWasWeighed) {
  BuildOptions o = options();
  o.detailed = true;
  const plan::Document document = build(*ir::parse(kBlock), o, cpu::device());
  std::string notes;
  for (const plan::Step& step : document.steps) notes += step.note;
  EXPECT_THAT(notes, ::testing::HasSubstr("convolutions apart: "));
  EXPECT_THAT(notes, ::testing::HasSubstr("; conv_chain with expansion: "));
}

}  // namespace
}  // namespace dvt::builder
