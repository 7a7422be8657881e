// Steps with regions: what a plan keeps of them, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "plan/reader.h"
#include "plan/validate.h"
#include "plan/writer.h"
#include "refusal.h"
#include "sample.h"

namespace dvt::plan {
namespace {

/// A loop over the rows of x that carries a sum, with an if in its body.
Document with_loop() {
  Document d;
  d.builder_version = "0.1.0";
  d.target_isa = "cpu:avx2";
  d.sections = {section_of(std::vector<float>{0, 0})};
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"rows", "2"}},
      {.name = "go", .dtype = DType::b8, .storage = Storage::kInput, .dims = {}},
      {.name = "zero", .storage = Storage::kConstant, .dims = {"2"}, .source = 0},
      {.name = "y", .storage = Storage::kOutput, .dims = {"2"}},
      {.name = "all", .storage = Storage::kOutput, .dims = {"2", "?loop.trips"}},
  };
  d.inputs = {0, 1};
  d.outputs = {3, 4};
  d.profiles = {{{{.tensor = "x", .min = {1, 2}, .opt = {2, 2}, .max = {8, 2}}}}};

  Document branch;
  branch.values = {{.name = "p", .storage = Storage::kInput, .dims = {"2"}},
                   {.name = "q", .storage = Storage::kOutput, .dims = {"2"}}};
  branch.inputs = {0};
  branch.outputs = {1};
  branch.steps = {{.name = "copy", .problem = "p", .tactic = "t", .inputs = {0}, .outputs = {1}}};

  Document body;
  body.values = {
      {.name = "i", .dtype = DType::i64, .storage = Storage::kInput, .dims = {}},
      {.name = "sum", .storage = Storage::kInput, .dims = {"2"}},
      {.name = "row", .storage = Storage::kInput, .dims = {"2"}},
      {.name = "flag", .dtype = DType::b8, .storage = Storage::kInput, .dims = {}},
      {.name = "next", .storage = Storage::kOutput, .dims = {"2"}},
      {.name = "slice", .storage = Storage::kOutput, .dims = {"2"}},
      {.name = "w", .storage = Storage::kConstant, .dims = {"2"}, .source = 0},
  };
  body.inputs = {0, 1, 2, 3};
  body.outputs = {4, 5};
  body.steps = {{.name = "add", .problem = "p", .tactic = "t", .inputs = {1, 2, 6}, .outputs = {4}},
                {.name = "choose",
                 .problem = "if",
                 .tactic = "host",
                 .inputs = {3, 2},
                 .outputs = {5},
                 .control = Control::kIf,
                 .regions = {branch, branch}}};

  Step loop{.name = "loop", .problem = "loop", .tactic = "host", .inputs = {2, 0, 1}, .outputs = {3, 4}};
  loop.late = {{"?loop.trips", "rows"}};
  loop.control = Control::kLoop;
  loop.loop.carried = 1;
  loop.loop.scan_axes = {0};
  loop.loop.scan_reverse = {1};
  loop.loop.stack_axes = {1};
  loop.loop.stack_reverse = {0};
  loop.loop.stack_lengths = {0};
  loop.regions = {body};
  d.steps = {loop};
  return d;
}

TEST(PlanControl, RoundTrips) {
  const Document d = with_loop();
  const std::vector<std::byte> bytes = write_plan(d);
  const Document again = read_plan(Blob::copy(bytes));
  EXPECT_EQ(write_plan(again), bytes);
  const Step& loop = again.steps[0];
  EXPECT_EQ(loop.control, Control::kLoop);
  EXPECT_EQ(loop.loop.carried, 1);
  EXPECT_THAT(loop.loop.scan_reverse, testing::ElementsAre(1));
  ASSERT_EQ(loop.regions.size(), 1u);
  EXPECT_EQ(loop.regions[0].values[2].name, "row");
  ASSERT_EQ(loop.regions[0].steps[1].regions.size(), 2u);
  EXPECT_EQ(loop.regions[0].steps[1].regions[1].steps[0].name, "copy");
}

class PlanControlRefuses : public testing::TestWithParam<Case> {};

TEST_P(PlanControlRefuses, It) { expect_refused(with_loop(), GetParam()); }

Document& body(Document& d) { return d.steps[0].regions[0]; }

const Case kCases[] = {
    {"NoRegion", [](Document& d) { d.steps[0].regions.clear(); }, "it has 0 regions; 1 expected"},
    {"RegionOfAKernel", [](Document& d) { d.steps[0].control = Control::kNone; },
     "it has regions but is no control flow"},
    {"OneBranch", [](Document& d) { body(d).steps[1].regions.pop_back(); }, "it has 1 regions; 2 expected"},
    {"NoEnd", [](Document& d) { d.steps[0].loop.scan_axes.clear(), d.steps[0].loop.scan_reverse.clear(); },
     "nothing ends the loop"},
    {"Carried", [](Document& d) { d.steps[0].loop.carried = -1; }, "an impossible number of values"},
    {"ManyCarried", [](Document& d) { d.steps[0].loop.carried = 3; }, "at least 4 and 4 expected"},
    {"Axis", [](Document& d) { d.steps[0].loop.scan_axes = {2}; }, "axis 2 is outside the rank of value 0"},
    {"NegativeAxis", [](Document& d) { d.steps[0].loop.stack_axes = {-1}; }, "an axis is out of range"},
    {"Flag", [](Document& d) { d.steps[0].loop.scan_reverse = {2}; }, "flags are not 0 or 1"},
    {"Flags",
     [](Document& d) {
       d.steps[0].loop.stack_lengths = {0, 0};
     },
     "flags are not 0 or 1"},
    {"InnerInput", [](Document& d) { body(d).inputs[3] = 99; }, "a region's value 99 does not exist"},
    {"InnerInputs", [](Document& d) { body(d).inputs.pop_back(); }, "a region has 3 inputs; 4 expected"},
    {"InnerOutputs", [](Document& d) { body(d).outputs.pop_back(); }, "a region has 1 outputs"},
    {"InnerType", [](Document& d) { body(d).values[1].dtype = DType::f64; },
     "input 'sum' of a region is f64 of rank 1"},
    {"InnerRank",
     [](Document& d) {
       body(d).values[2].dims = {"1", "2"};
     },
     "input 'row' of a region is f32 of rank 2"},
    {"Iteration", [](Document& d) { body(d).values[0].dtype = DType::i32; }, "must be an i64 scalar"},
    {"Condition", [](Document& d) { body(d).steps[1].inputs[0] = 2; }, "the condition 'row' must be one b8"},
    {"Section", [](Document& d) { body(d).values[6].source = 7; }, "'w' is in section 7 of 1"},
    {"Symbol", [](Document& d) { body(d).values[4].dims = {"columns"}; }, "uses 'columns', which no input binds"},
    {"LateSymbolInside", [](Document& d) { body(d).values[4].dims = {"?loop.trips"}; },
     "uses '?loop.trips', which no input binds"},
    {"InnerStep", [](Document& d) { body(d).steps[0].inputs[0] = 40; }, "step 'add' reads value 40"},
    {"Unwritten", [](Document& d) { body(d).steps.pop_back(); }, "no step writes output 'slice'"},
    {"Depth",
     [](Document& d) {
       Step nested = body(d).steps[1];
       Document leaf = nested.regions[0];
       leaf.values.push_back({.name = "c", .dtype = DType::b8, .storage = Storage::kInput, .dims = {}});
       leaf.inputs = {0, 2};
       nested.inputs = {2, 0, 2};
       nested.outputs = {1};
       nested.regions = {leaf, leaf};
       for (int i = 0; i <= kMaxRegionDepth; ++i) {
         Document branch = leaf;
         branch.steps = {nested};
         nested.regions = {branch, leaf};
       }
       nested.inputs = {3, 2, 3};
       nested.outputs = {5};
       body(d).steps[1] = nested;
     },
     "regions lie more than 16 deep"},
};
INSTANTIATE_TEST_SUITE_P(All, PlanControlRefuses, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace dvt::plan
