// Steps that report sizes: what load() refuses, and what a run does with what they report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "backend/cpu/cpu.h"
#include "base/error.h"
#include "cpu_network.h"
#include "documents.h"
#include "runtime/context.h"

namespace dvt::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Engine> load(const plan::Document& d) { return Engine::load(plan_of(d), cpu::device()); }

struct Case {
  const char* name;
  std::function<void(plan::Document&)> change;
  const char* sentence;
};

class LatePlan : public testing::TestWithParam<Case> {};

TEST_P(LatePlan, IsRefused) {
  plan::Document d = late_cpu_network();
  GetParam().change(d);
  const std::string why = refusal([&] {
    const auto engine = load(d);
    const auto context = engine->create_context();
    const float x[4] = {1, 2, 3, 4};
    int64_t y[48];
    const int64_t dims[2] = {2, 2};
    context->set_input_shape("x", dims);
    context->set_address("x", const_cast<float*>(x));
    context->set_address("twice", y);
    if (const Status s = context->enqueue(nullptr); !s) throw s.error();
  });
  EXPECT_THAT(why, HasSubstr(GetParam().sentence));
}

const Case kCases[] = {
    {"NotNamed", [](plan::Document& d) { d.steps[0].late.clear(); }, "uses '?found', which no input binds"},
    {"TwoForOne",
     [](plan::Document& d) {
       d.steps[0].late.push_back({"?more", ""});
     },
     "reports 1 late sizes, the plan names 2"},
    {"NoLateName", [](plan::Document& d) { d.steps[0].late[0].symbol = "n"; }, "is no name of a late size"},
    {"NotItsOp", [](plan::Document& d) { std::swap(d.steps[0].late, d.steps[1].late); }, "before '?found' is defined"},
    {"BoundOfLater", [](plan::Document& d) { d.steps[0].late[0].max = "?found"; }, "which is not defined before"},
    {"BoundText", [](plan::Document& d) { d.steps[0].late[0].max = "2*"; }, "the bound of '?found'"},
    {"BoundTooSmall", [](plan::Document& d) { d.steps[0].late[0].max = "n"; }, "is at most 4, but the plan says 2"},
    {"BoundTooLarge", [](plan::Document& d) { d.steps[0].late[0].max = "3*n"; }, "is at most 4, but the plan says 6"},
    {"NoBound", [](plan::Document& d) { d.steps[0].late[0].max = ""; }, "but the kernel was made for"},
    {"WrongShape", [](plan::Document& d) { d.values[3].dims = {"3*?found"}; }, "as output 0, but the plan says"},
    {"AliasTooLarge", [](plan::Document& d) { d.values[2].dims = {"3*?found"}; }, "does not fit into"},
    {"InputUsesIt", [](plan::Document& d) { d.values[0].dims[0] = "?n"; }, "which only a step could define"},
};
INSTANTIATE_TEST_SUITE_P(Late, LatePlan, testing::ValuesIn(kCases), [](const auto& i) { return i.param.name; });

TEST(LateRun, GoesByWhatWasReported) {
  const auto engine = load(late_cpu_network());
  EXPECT_TRUE(engine->is_late("twice"));
  EXPECT_THAT(engine->io_tensors()[1].dims, ElementsAre(-1));
  EXPECT_TRUE(engine->memory().unbounded.empty());
  const auto context = engine->create_context();
  EXPECT_EQ(context->max_bytes("twice"), 48 * sizeof(int64_t));
  float x[12] = {};
  int64_t y[48];
  context->set_address("x", x);
  context->set_address("twice", y);
  for (int64_t found : {3, 0, 12, 3}) {
    for (int64_t i = 0; i < 12; ++i) x[i] = i < found ? 1 : 0;
    const int64_t dims[2] = {6, 2};
    context->set_input_shape("x", dims);
    ASSERT_TRUE(context->enqueue(nullptr).ok());
    EXPECT_THAT(context->tensor_shape("twice"), ElementsAre(4 * found));
    for (int64_t i = 0; i < found; ++i) {
      EXPECT_EQ(y[i], i / 2);
      EXPECT_EQ(y[found + i], i % 2);
      EXPECT_EQ(y[3 * found + i], i % 2);
    }
  }
  const int64_t other[2] = {1, 2};
  context->set_input_shape("x", other);
  EXPECT_THAT(context->tensor_shape("twice"), ElementsAre(-1));
}

}  // namespace
}  // namespace dvt::runtime
