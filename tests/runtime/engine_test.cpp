#include "runtime/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/log.h"
#include "documents.h"
#include "fake_device.h"
#include "plan/writer.h"
#include "runtime/context.h"

namespace dvt::runtime {
namespace {

using plan::Document;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Engine, TellsItsInputsOutputsAndProfiles) {
  const auto engine = load_fake(mlp());
  ASSERT_EQ(engine->io_tensors().size(), 2u);
  const IoTensor& x = engine->io_tensors()[0];
  EXPECT_EQ(x.name, "x");
  EXPECT_TRUE(x.is_input);
  EXPECT_THAT(x.dims, ElementsAre(-1, 4));
  EXPECT_THAT(x.dim_names, ElementsAre("batch", ""));
  EXPECT_FALSE(engine->io_tensors()[1].is_input);
  EXPECT_EQ(engine->find_io("y"), 1);
  EXPECT_EQ(engine->find_io("z"), -1);
  EXPECT_EQ(engine->num_profiles(), 2);
  EXPECT_THAT(engine->profile_shape(1, "x").opt, ElementsAre(16, 4));
  EXPECT_THROW(engine->profile_shape(2, "x"), Error);
  EXPECT_THROW(engine->profile_shape(0, "y"), Error);
  EXPECT_THROW(engine->profile_values(0, "x"), Error);
  EXPECT_EQ(engine->threads(), 2);
}

TEST(Engine, KnowsItsMemoryPerProfile) {
  const auto engine = load_fake(mlp());
  // t and u at once, 12 bytes a row; the workspace of a row fits where u will be.
  EXPECT_EQ(engine->memory(0).arena_bytes, 256u);
  EXPECT_EQ(engine->memory(1).arena_bytes, 2 * 64u * 12);
  EXPECT_EQ(engine->memory().arena_bytes, engine->memory(1).arena_bytes);
  EXPECT_LE(engine->memory().arena_lower_bound, engine->memory().arena_bytes);
  EXPECT_EQ(engine->memory().weight_bytes, 64u + 48 + 12);
  EXPECT_EQ(engine->steps()[0].workspace_bytes, 12u);
}

TEST(Engine, SerializesToWhatItWasLoadedFrom) {
  const Blob plan = plan_of(mlp());
  const auto engine = Engine::load(plan, fake_device());
  EXPECT_TRUE(std::ranges::equal(engine->serialize().bytes(), plan.bytes()));
}

TEST(Engine, StaticNetworkHasOneProfile) {
  Document d = add_two();
  for (plan::Value& v : d.values)
    for (std::string& dim : v.dims) dim = dim == "n" ? "2" : dim == "m" ? "3" : dim == "2*n" ? "4" : dim;
  d.profiles.clear();
  const auto engine = load_fake(d);
  EXPECT_EQ(engine->num_profiles(), 1);
  EXPECT_THAT(engine->profile_shape(0, "a").max, ElementsAre(2, 3));
  auto context = engine->create_context();
  EXPECT_TRUE(context->infer_shapes().empty());
}

struct Case {
  const char* name;
  std::function<void(Document&)> change;
  const char* sentence;
};

class EngineRefuses : public testing::TestWithParam<Case> {};

TEST_P(EngineRefuses, WithASentence) {
  Document d = mlp();
  GetParam().change(d);
  const std::string text = refusal([&] { load_fake(d, {.strict = true}); });
  EXPECT_THAT(text, HasSubstr(GetParam().sentence));
}

const Case kCases[] = {
    {"OtherDevice", [](Document& d) { d.target_isa = "cuda:baseline"; }, "built for device 'cuda'"},
    {"UnknownIsa", [](Document& d) { d.target_isa = "cpu:avx9"; }, "avx9"},
    {"BetterMachine", [](Document& d) { d.target_isa = "cpu:avx2+avx512"; }, "rebuild the plan for this machine"},
    {"UnknownTactic", [](Document& d) { d.steps[2].tactic = "fake.none"; }, "step 'relu': this library has no tactic"},
    {"TacticVersion", [](Document& d) { d.steps[0].tactic_version = 1; }, "has version 2 here, the plan has 1"},
    {"TacticIsa", [](Document& d) { d.steps[2].tactic = "fake.wide"; }, "not supported here: needs AVX-512"},
    {"ProblemText", [](Document& d) { d.steps[2].problem = "conv ("; }, "step 'relu': "},
    {"UnknownOp", [](Document& d) { d.steps[2].problem = "fly (f32[1]) -> f32[1]"; }, "fly"},
    {"InputCount", [](Document& d) { d.steps[2].inputs.push_back(0), d.steps[2].packed = {}; },
     "the problem has 1 inputs but the step has 2"},
    {"OutputCount",
     [](Document& d) {
       d.steps[2].outputs.clear(), d.steps[1].outputs = {6, 5};
     },
     "but the step has"},
    {"OperandType", [](Document& d) { d.values[5].dtype = DType::f16; }, "but value 'u' is f16"},
    {"OperandLayout", [](Document& d) { d.values[5].layout = 2; }, "but value 'u' is in layout number 2"},
    {"OperandRank",
     [](Document& d) {
       d.values[5].dims = {"batch", "3"};
     },
     "but value 'u' is of rank 2"},
    {"OperandRange", [](Document& d) { d.profiles[1].entries[0].max[0] = 65; },
     "dim 0 is 1..64@2 in the problem, but value 'x' has 8..65@16 in profile 1"},
    {"OperandDim", [](Document& d) { d.values[5].dims[2] = "4"; }, "dim 2 is 3 in the problem"},
    {"OperandConst",
     [](Document& d) {
       d.steps[2].problem = "pointwise (const f32[1..64@2,1,3]) -> f32[1..64@2,1,3] | (f32) relu($0)";
     },
     "is const in the problem"},
    {"PackedSize", [](Document& d) { d.sections[0] = section_of(std::vector<float>(27)); },
     "has 108 packed bytes, but tactic 'fake.matmul.packed' packs it into 112"},
    {"PackedForAPlainTactic", [](Document& d) { d.steps[0].tactic = "fake.reference", d.steps[0].tactic_version = 1; },
     "takes it plain"},
    {"PlainForAPackingTactic",
     [](Document& d) { d.steps[0].packed = {}, d.sections[0] = section_of(std::vector<float>(12)); },
     "takes it packed"},
    {"ShapeRule",
     [](Document& d) {
       d.values[6].dims = {"1", "batch", "3"};
       d.steps[2].problem = "pointwise (f32[1..64@1,1,3]) -> f32[1..64@1,1..64@1,3] | (f32) relu($0)";
     },
     "step 'relu': "},
    {"AliasTooLarge", [](Document& d) { d.values[4].offset = "1"; }, "does not fit into 't'"},
    {"HugeValue",
     [](Document& d) {
       d.values.push_back({.name = "z", .storage = plan::Storage::kArena, .dims = {"1099511627776", "1099511627776"}});
     },
     "can be larger than 64 TiB"},
};

INSTANTIATE_TEST_SUITE_P(Documents, EngineRefuses, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

class LogLines final : public LogSink {
 public:
  void write(Severity, std::string_view topic, std::string_view message) noexcept override {
    text += concat(topic, ": ", message, "\n");
  }
  std::string text;
};

TEST(Engine, ChoosesAnotherTacticUnlessStrict) {
  Document d = mlp();
  d.steps[2].tactic = "fake.wide";
  LogLines log;
  const LogScope scope(&log);
  const auto engine = load_fake(d);
  EXPECT_EQ(engine->steps()[2].tactic, "fake.reference");
  EXPECT_THAT(engine->steps()[2].reselected, HasSubstr("needs AVX-512"));
  EXPECT_EQ(engine->steps()[1].reselected, "");
  EXPECT_THAT(log.text, HasSubstr("runtime: step 'relu'"));
}

TEST(Engine, NeverChoosesAnotherTacticForPackedWeights) {
  Document d = mlp();
  d.steps[0].tactic_version = 3;
  EXPECT_THAT(refusal([&] { load_fake(d); }), HasSubstr("packed for that tactic; rebuild the plan for this machine"));
}

TEST(Engine, APlanForLessRunsOnAMachineWithMore) {
  FakeMachine& machine = fake_machine();
  const Document d = mlp();
  machine.isa |= static_cast<uint32_t>(backend::Isa::kAvx512);
  EXPECT_EQ(load_fake(d)->steps()[2].reselected, "");
  machine = {};
}

TEST(Engine, ThreadsAreThePlansUnlessGiven) {
  EXPECT_EQ(load_fake(mlp())->threads(), 2);
  EXPECT_EQ(load_fake(mlp(), {.threads = 1})->threads(), 1);
  Document d = mlp();
  d.threads = 64;
  EXPECT_EQ(load_fake(d)->threads(), 2);  // what the machine has
}

}  // namespace
}  // namespace dvt::runtime
