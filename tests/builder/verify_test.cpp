// The builder proves kernels against the reference before they enter a plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "build_support.h"
#include "builder/tune/timing_cache.h"
#include "ops/all_ops.h"

namespace dvt::builder {
namespace {

/// Quick and wrong: writes zeros.
class Zeros final : public backend::Kernel {
 public:
  void run(const backend::LaunchArgs& args) const noexcept override {
    int64_t n = 1;
    for (int i = 0; i < args.outputs[0].rank; ++i) n *= args.outputs[0].dims[i];
    std::memset(args.outputs[0].data, 0, static_cast<size_t>(n) * 4);
  }
};

backend::Support supports_pointwise_work(const backend::Problem& p, const backend::Target&) {
  if (p.op.as<ops::Conv>() || p.op.as<ops::Softmax>()) return backend::Support::yes();
  return backend::Support::no("another op");
}

std::unique_ptr<backend::Kernel> make_zeros(const backend::Problem&, const backend::Target&) {
  return std::make_unique<Zeros>();
}

std::span<const backend::Tactic> tactics_with_a_wrong_one() {
  static const std::vector<backend::Tactic> kAll = [] {
    std::vector<backend::Tactic> all;
    backend::Tactic wrong{};
    wrong.name = "test.zeros";
    wrong.supports = &supports_pointwise_work;
    wrong.create = &make_zeros;
    all.push_back(wrong);
    for (const backend::Tactic& t : cpu::device().tactics()) all.push_back(t);
    return all;
  }();
  return kAll;
}

backend::Device device_with_a_wrong_tactic() {
  backend::Device d = cpu::device();
  d.tactics = &tactics_with_a_wrong_one;
  return d;
}

constexpr const char* kText = R"(
    input  %x : f32[1,8,6,6]
    const  %w : f32[8,1,3,3] = splat 0.5
    %c = conv{pads_begin=[1,1],pads_end=[1,1],groups=8}(%x, %w)
    %y = softmax{axis=1}(%c)
    output %y)";

int count_wrong(const plan::Document& doc) {
  int n = 0;
  for (const plan::Step& s : doc.steps) n += s.tactic == "test.zeros";
  return n;
}

TEST(VerifyTactics, AWrongKernelEntersUncheckedAndIsRefusedWhenChecked) {
  const backend::Device device = device_with_a_wrong_tactic();
  BuildOptions o = options_for_host();
  o.detailed = true;
  EXPECT_EQ(count_wrong(build(*ir::parse(kText), o, device)), 2);
  o.verify_tactics = true;
  const plan::Document doc = build(*ir::parse(kText), o, device);
  EXPECT_EQ(count_wrong(doc), 0);
  EXPECT_THAT(doc.steps.back().note, ::testing::HasSubstr("test.zeros: refused by verification"));
}

TEST(VerifyTactics, FallsBackToTheReferenceWhenNothingElseIsLeft) {
  const backend::Device device = device_with_a_wrong_tactic();
  BuildOptions o = options_for_host();
  o.verify_tactics = true;
  o.tactics = "test.*";
  const plan::Document doc = build(*ir::parse(kText), o, device);
  for (const plan::Step& s : doc.steps) EXPECT_EQ(s.tactic, "cpu.reference");
}

TEST(VerifyTactics, AlsoWithATimingCacheThatAnswers) {
  TimingCache cache;
  const backend::Device device = device_with_a_wrong_tactic();
  BuildOptions o = options_for_host();
  o.timing_cache = &cache;
  build(*ir::parse(kText), o, device);
  o.verify_tactics = true;
  EXPECT_EQ(count_wrong(build(*ir::parse(kText), o, device)), 0);
}

TEST(Build, NamesTheNodeThatAShapeInsideTheProfileBreaks) {
  BuildOptions o = options_for_host();
  o.profiles = {profile("x", {1, 1, 1, 1}, {1, 1, 8, 8}, {1, 1, 8, 8})};
  try {
    build(*ir::parse("input %x : f32[1,1,h,w]\n%y = pool{kind=max,window=[2,2]}(%x)\noutput %y\n"), o, cpu::device());
    FAIL() << "a window of 2 does not fit a size of 1";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), ::testing::AllOf(::testing::HasSubstr("node 'y' (pool"),
                                           ::testing::HasSubstr("shape inside the profile")));
  }
}

}  // namespace
}  // namespace dvt::builder
