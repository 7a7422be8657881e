#include "builder/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "build_support.h"
#include "builder/tune/timing_cache.h"

namespace dvt::builder {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMlp = R"(
    input  %x : f32[batch,2]
    const  %w : f32[2,2] = [1,2,3,4]
    const  %b : f32[2] = [10,20]
    %m = matmul(%x, %w)
    %h = elementwise{op=add}(%m, %b)
    %y = activation{type=relu}(%h)
    output %y)";

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

BuildOptions with_profile(plan::Profile p) {
  BuildOptions o = options_for_host();
  o.profiles = {std::move(p)};
  return o;
}

TEST(Build, RunsAtEveryShapeOfItsProfile) {
  const auto bytes = build_text(kMlp, with_profile(profile("x", {1, 2}, {2, 2}, {5, 2})));
  EXPECT_THAT(run_plan(bytes, {{"x", {{1, 2}, {1, 1}}}})["y"], ElementsAre(14, 26));
  EXPECT_THAT(run_plan(bytes, {{"x", {{3, 2}, {1, 1, -9, 0, 0, 1}}}})["y"], ElementsAre(14, 26, 1, 2, 13, 24));
}

TEST(Build, OutputsKeepTheirOrderInAnyLayout) {
  // Convolutions prefer the channels last; what is brought back behind one is no later output for that.
  const auto bytes = build_text(R"(
    input  %x : f32[1,16,14,14]
    const  %w : f32[32,16,3,3] = splat 1
    %a = conv(%x, %w)
    %b = activation{type=relu}(%x)
    output %a
    output %b)",
                                options_for_host());
  const auto engine = runtime::Engine::load(Blob::copy(bytes), cpu::device());
  std::vector<std::string> names;
  for (const runtime::IoTensor& t : engine->io_tensors()) names.push_back(t.name);
  EXPECT_THAT(names, ElementsAre("x", "a", "b"));
}

TEST(Build, IsReproducibleWithATimingCache) {
  TimingCache cache;
  BuildOptions o = with_profile(profile("x", {1, 2}, {2, 2}, {5, 2}));
  o.timing_cache = &cache;
  const auto first = build_text(kMlp, o);
  o.fail_on_cache_miss = true;  // the second build times nothing
  EXPECT_EQ(build_text(kMlp, o), first);
}

TEST(Build, RefusesToTimeWhenTheCacheMustAnswer) {
  TimingCache filled, empty;
  BuildOptions o = with_profile(profile("x", {1, 2}, {2, 2}, {5, 2}));
  o.timing_cache = &filled;
  build_text(kMlp, o);
  o.timing_cache = &empty;
  o.fail_on_cache_miss = true;
  // Where one tactic alone takes each problem (a machine without AVX2), there is nothing to time and nothing to miss.
  const std::string e = error_of([&] { build_text(kMlp, o); });
  EXPECT_THAT(e, filled.size() > 0 ? HasSubstr("timing cache has no time") : HasSubstr(""));
  EXPECT_EQ(e.empty(), filled.size() == 0);
}

TEST(Build, AllTacticsTurnedOffLeavesTheReference) {
  BuildOptions o = with_profile(profile("x", {1, 2}, {2, 2}, {5, 2}));
  o.tactics = "no.such.tactic";
  const plan::Document doc = build(*ir::parse(kMlp), o, cpu::device());
  for (const plan::Step& s : doc.steps) EXPECT_EQ(s.tactic, "cpu.reference");
  EXPECT_THAT(run_plan(plan::write_plan(doc), {{"x", {{1, 2}, {1, 1}}}})["y"], ElementsAre(14, 26));
}

TEST(Build, VerifiedTacticsGiveTheSameResult) {
  BuildOptions o = with_profile(profile("x", {1, 2}, {2, 2}, {5, 2}));
  o.verify_tactics = true;
  EXPECT_THAT(run_plan(build_text(kMlp, o), {{"x", {{1, 2}, {1, 1}}}})["y"], ElementsAre(14, 26));
}

TEST(Build, OutputsThatAreInputsConstantsViewsOrNamedTwice) {
  const auto bytes = build_text(R"(
    input  %x : f32[2,2]
    const  %c : f32[2] = [5,6]
    %v = reshape{shape=[4]}(%x)
    %n = elementwise{op=neg}(%x)
    output %x as same
    output %c as constant
    output %v as view
    output %n as first
    output %n as second)",
                                options_for_host());
  auto out = run_plan(bytes, {{"x", {{2, 2}, {1, 2, 3, 4}}}});
  EXPECT_THAT(out["same"], ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(out["constant"], ElementsAre(5, 6));
  EXPECT_THAT(out["view"], ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(out["first"], ElementsAre(-1, -2, -3, -4));
  EXPECT_THAT(out["second"], ElementsAre(-1, -2, -3, -4));
}

TEST(Build, ShapeArithmeticAndASymbolicSliceNeedNoKernelOfTheirOwn) {
  const char* text = R"(
    input  %x : f32[n,2]
    %s = shape{}(%x)
    %zero = slice{start=[0],size=[1]}(%s)
    const  %one : i64[1] = [1]
    %last = elementwise{op=sub}(%zero, %one)
    %y = slice{start=[n-1,0],size=[1,2]}(%x)
    output %y)";
  BuildOptions o = with_profile(profile("x", {1, 2}, {2, 2}, {9, 2}));
  const plan::Document doc = build(*ir::parse(text), o, cpu::device());
  EXPECT_EQ(doc.steps.size(), 1u);
  EXPECT_THAT(run_plan(plan::write_plan(doc), {{"x", {{3, 2}, {1, 2, 3, 4, 5, 6}}}})["y"], ElementsAre(5, 6));
}

TEST(Build, ConvolutionsAgreeInBothLayouts) {
  const char* text = R"(
    input  %x : f32[1,3,6,6]
    const  %w : f32[4,3,3,3] = splat 0.5
    const  %b : f32[1,4,1,1] = [1,2,3,4]
    const  %w2 : f32[4,4,1,1] = splat 0.25
    %a = conv{pads_begin=[1,1],pads_end=[1,1]}(%x, %w)
    %c = elementwise{op=add}(%a, %b)
    %d = activation{type=relu}(%c)
    %e = conv(%d, %w2)
    %f = elementwise{op=add}(%e, %d)
    output %f)";
  std::vector<float> x(108);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
  BuildOptions reference = options_for_host();
  reference.tactics = "none";
  const auto expected = run_plan(build_text(text, reference), {{"x", {{1, 3, 6, 6}, x}}})["f"];
  const auto got = run_plan(build_text(text, options_for_host()), {{"x", {{1, 3, 6, 6}, x}}})["f"];
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4) << i;
}

TEST(Build, NamesWhatIsWrongWithAProfile) {
  EXPECT_THAT(error_of([] { build_text(kMlp, options_for_host()); }), HasSubstr("input 'x'"));
  EXPECT_THAT(error_of([] {
                build_text(kMlp, with_profile(profile("x", {4, 2}, {2, 2}, {5, 2})));
              }),
              HasSubstr("min <= opt <= max, got min [4,2]"));
  EXPECT_THAT(error_of([] { build_text(kMlp, with_profile(profile("x", {1}, {2}, {5}))); }),
              HasSubstr("need 2 elements"));
  EXPECT_THAT(error_of([] {
                build_text(kMlp, with_profile(profile("x", {1, 3}, {2, 3}, {5, 3})));
              }),
              HasSubstr("dim 1 is 2, the profile says 3"));
}

TEST(Build, NeedsAnOutput) {
  EXPECT_THAT(error_of([] { build_text("input %x : f32[2]\n", options_for_host()); }), HasSubstr("no output"));
}

TEST(Build, CanBeCancelled) {
  BuildOptions o = options_for_host();
  o.progress = [](std::string_view, int, int) { return false; };
  EXPECT_THAT(error_of([&] { build_text("input %x : f32[2]\n%y = identity(%x)\noutput %y\n", o); }),
              HasSubstr("cancelled"));
}

TEST(TimingCacheText, RoundTripsAndRefusesDamageWithAWarning) {
  TimingCache cache;
  const TimingCache::Key key{"cpu:avx2 threads=2", "softmax{} (f32[4]) -> f32[4]"};
  const TimingCache::Entry timed{"cpu.softmax.rows", 3, 0.25}, given_up{"cpu.softmax.strided", 1, 0.5, true};
  cache.insert(key, timed);
  cache.insert(key, given_up);
  const std::string text = cache.serialize();
  std::string warning;
  std::unique_ptr<TimingCache> back(TimingCache::deserialize(text, &warning));
  EXPECT_EQ(warning, "");
  EXPECT_EQ(back->serialize(), text);
  EXPECT_EQ(back->find(key, "cpu.softmax.rows", 3), timed);
  EXPECT_EQ(back->find(key, "cpu.softmax.rows", 4), std::nullopt);
  EXPECT_EQ(back->find(key, "cpu.softmax.strided", 1), given_up);
  for (std::string damaged : {text.substr(0, text.size() - 3), "PNG" + text, text + "x", std::string("\0\1", 2)}) {
    warning.clear();
    back.reset(TimingCache::deserialize(damaged, &warning));
    EXPECT_EQ(back->size(), 0u);
    EXPECT_THAT(warning, HasSubstr("ignored"));
  }
}

}  // namespace
}  // namespace dvt::builder
