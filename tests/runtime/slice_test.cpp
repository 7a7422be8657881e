// Values that lie in another's memory as slices: what they compute, and what a hostile plan may not make of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/cpu.h"
#include "cpu_network.h"
#include "documents.h"
#include "runtime/context.h"

namespace dvt::runtime {
namespace {

using plan::Document;
using plan::Storage;
using testing::ElementsAre;
using testing::HasSubstr;

/// y = [relu(x), -x], written in place, with x f32[batch,2].
Document in_place() {
  Document d = cpu_document("in place");
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"batch", "2"}},
      {.name = "y", .storage = Storage::kOutput, .dims = {"batch", "4"}},
      {.name = "left", .storage = Storage::kAlias, .dims = {"batch", "2"}, .source = 1, .slice_axis = 1, .pitch = "4"},
      {.name = "right",
       .storage = Storage::kAlias,
       .dims = {"batch", "2"},
       .source = 1,
       .offset = "2",
       .slice_axis = 1,
       .pitch = "4"},
  };
  d.inputs = {0};
  d.outputs = {1};
  d.profiles = {{{{.tensor = "x", .min = {1, 2}, .opt = {3, 2}, .max = {8, 2}}}}};
  add_cpu_step(d, "left", "pointwise (f32[1..8@3,2]) -> f32[1..8@3,2]:slice1 | (f32) relu($0)", {0}, {2});
  add_cpu_step(d, "right", "pointwise (f32[1..8@3,2]) -> f32[1..8@3,2]:slice1 | (f32) neg($0)", {0}, {3});
  return d;
}

std::vector<float> run(const Document& d, std::vector<float> x) {
  const auto context = Engine::load(plan_of(d), cpu::device())->create_context();
  const auto batch = static_cast<int64_t>(x.size() / 2);
  std::vector<float> y(x.size() * 2);
  context->set_input_shape("x", std::vector<int64_t>{batch, 2});
  context->set_address("x", x.data());
  context->set_address("y", y.data());
  const Status status = context->enqueue(nullptr);
  if (!status.ok()) throw status.error();
  return y;
}

TEST(Slice, StepsWriteTheirPartsOfOneValue) {
  EXPECT_THAT(run(in_place(), {1, -2}), ElementsAre(1, 0, -1, 2));
  EXPECT_THAT(run(in_place(), {1, -2, -3, 4}), ElementsAre(1, 0, -1, 2, 0, 4, 3, -4));
}

TEST(Slice, StepsReadSlices) {
  Document d = in_place();
  d.values.push_back({.name = "negative", .storage = Storage::kOutput, .dims = {"batch", "2"}});
  d.outputs.push_back(4);
  add_cpu_step(d, "copy", "identity (f32[1..8@3,2]:slice1) -> f32[1..8@3,2]", {3}, {4});
  const auto context = Engine::load(plan_of(d), cpu::device())->create_context();
  std::vector<float> x{1, -2, 3, 4}, y(8), negative(4);
  context->set_input_shape("x", std::vector<int64_t>{2, 2});
  context->set_address("x", x.data());
  context->set_address("y", y.data());
  context->set_address("negative", negative.data());
  ASSERT_TRUE(context->enqueue(nullptr).ok());
  EXPECT_THAT(negative, ElementsAre(-1, 2, -3, -4));
}

struct Case {
  std::string name;
  void (*spoil)(Document&);
  std::string sentence;
};
class SliceRefuses : public testing::TestWithParam<Case> {};

TEST_P(SliceRefuses, AtLoading) {
  Document d = in_place();
  GetParam().spoil(d);
  EXPECT_THAT(refusal([&] { Engine::load(plan_of(d), cpu::device()); }), HasSubstr(GetParam().sentence));
}

const Case kCases[] = {
    {"PitchTooLarge", [](Document& d) { d.values[3].pitch = "5"; }, "'right' (24 bytes from 8 on) does not fit"},
    {"PitchTooSmall", [](Document& d) { d.values[3].pitch = "1"; }, "blocks of 2 elements, 1 apart"},
    {"PitchHuge", [](Document& d) { d.values[3].pitch = "batch*1000000000000000000"; }, "a pitch of"},
    {"OffsetTooLarge", [](Document& d) { d.values[3].offset = "3"; }, "does not fit into 'y'"},
    {"OffsetNegative", [](Document& d) { d.values[3].offset = "2-batch"; }, "an offset of -1"},
    {"OffsetsAddUp",
     [](Document& d) {
       d.values[3].source = 2;
       d.values[2].offset = "1";
     },
     "does not fit into 'y'"},
    {"NoSliceInTheProblem",
     [](Document& d) { d.steps[1].problem = "pointwise (f32[1..8@3,2]) -> f32[1..8@3,2] | (f32) neg($0)"; },
     "is a slice along axis -1 in the problem, but value 'right' is one along axis 1"},
    {"NoSliceInTheValue", [](Document& d) { d.values[3].slice_axis = -1, d.values[3].pitch = ""; },
     "is a slice along axis 1 in the problem"},
};
INSTANTIATE_TEST_SUITE_P(Documents, SliceRefuses, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(Slice, IsCheckedForEachShape) {
  Document d = in_place();
  d.values[3].pitch = "max(4,batch)";  // right for a batch of up to four
  EXPECT_THAT(run(d, {1, -2, -3, 4}), ElementsAre(1, 0, -1, 2, 0, 4, 3, -4));
  EXPECT_THAT(refusal([&] { run(d, std::vector<float>(12)); }), HasSubstr("does not fit into 'y'"));
}

}  // namespace
}  // namespace dvt::runtime
