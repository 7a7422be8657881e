// Tensors of text through the public API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace dovetail::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TextView view(std::string_view text) { return {text.data(), static_cast<int64_t>(text.size())}; }
std::string str(const TextView& v) { return v.size > 0 ? std::string(v.data, static_cast<size_t>(v.size)) : ""; }

std::vector<std::string> strings(const std::vector<TextView>& views) {
  std::vector<std::string> out;
  for (const TextView& v : views) out.push_back(str(v));
  return out;
}

ITensor& add(Session& s, const char* op, const std::vector<PluginField>& fields, std::vector<ITensor*> inputs) {
  IOperatorLayer* layer = s.network->addOperator("dovetail", op, {static_cast<int32_t>(fields.size()), fields.data()},
                                                 inputs.data(), static_cast<int32_t>(inputs.size()));
  EXPECT_TRUE(layer) << op << s.logger.take_errors();
  return *layer->getOutput(0);
}

ITensor& constant(Session& s, const std::vector<std::string_view>& values, std::vector<int64_t> shape) {
  std::vector<TextView> views;
  for (std::string_view v : values) views.push_back(view(v));
  return add(s, "text_constant",
             {{"values", views.data(), PluginFieldType::kTEXT, static_cast<int32_t>(views.size())},
              {"shape", shape.data(), PluginFieldType::kINT64, static_cast<int32_t>(shape.size())}},
             {});
}

struct Runner {
  Session& s;
  std::unique_ptr<ICudaEngine> engine;
  std::unique_ptr<IExecutionContext> context;
  std::vector<TextView> out;

  explicit Runner(Session& session, size_t outputs) : s(session), engine(s.engine()), out(outputs) {
    if (!engine) return;
    context.reset(engine->createExecutionContext());
    context->setTensorAddress("y", out.data());
  }
  bool run(std::vector<TextView>& x) { return context->setTensorAddress("x", x.data()) && context->enqueueV3(nullptr); }
};

TEST(Text, InputsConstantsAndJoinedTextComeOut) {
  Session s;
  ITensor& x = s.input("x", {2, 1}, DataType::kTEXT);
  s.output(add(s, "text_concat", {}, {&x, &constant(s, {"-a", "\n\0\""}, {2})}), "y");
  Runner r(s, 4);
  ASSERT_TRUE(r.context) << s.logger.take_errors();
  EXPECT_EQ(r.engine->getTensorDataType("x"), DataType::kTEXT);
  std::vector<TextView> in = {view("one"), view("two")};
  ASSERT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_THAT(strings(r.out), ElementsAre("one-a", "one\n", "two-a", "two\n"));
  in = {view(""), view(std::string_view("\xff", 1))};
  ASSERT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_THAT(strings(r.out), ElementsAre("-a", "\n", "\xff-a", "\xff\n"));
}

TEST(Text, MovesThroughLayersWithoutBeingCopied) {
  Session s;
  ITensor& x = s.input("x", {2, 3}, DataType::kTEXT);
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  shuffle->setFirstTranspose(Permutation{{1, 0}});
  shuffle->setReshapeDimensions(dims({6}));
  ITensor* parts[] = {shuffle->getOutput(0), &constant(s, {"z"}, {1})};
  s.output(*s.network->addConcatenation(parts, 2)->getOutput(0), "y");
  Runner r(s, 7);
  ASSERT_TRUE(r.context) << s.logger.take_errors();
  std::vector<TextView> in;
  for (std::string_view v : {"a", "b", "c", "d", "e", "f"}) in.push_back(view(v));
  ASSERT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_THAT(strings(r.out), ElementsAre("a", "d", "b", "e", "c", "f", "z"));
  EXPECT_EQ(r.out[1].data, in[3].data);
}

TEST(Text, ConditionalsCarryIt) {
  Session s;
  ITensor& x = s.input("x", {2}, DataType::kTEXT);
  ITensor& first = *s.network->addSlice(x, dims({0}), dims({1}), dims({1}))->getOutput(0);
  ITensor& equal = add(s, "text_equal", {}, {&first, &constant(s, {"yes"}, {1})});
  IShuffleLayer* scalar = s.network->addShuffle(equal);
  scalar->setReshapeDimensions(dims({}));
  IIfConditional* conditional = s.network->addIfConditional();
  conditional->setCondition(*scalar->getOutput(0));
  ITensor& inside = *conditional->addInput(x)->getOutput(0);
  ITensor& joined = add(s, "text_concat", {}, {&inside, &inside});
  ITensor& kept = *s.network->addIdentity(inside)->getOutput(0);
  s.output(*conditional->addOutput(joined, kept)->getOutput(0), "y");
  Runner r(s, 2);
  ASSERT_TRUE(r.context) << s.logger.take_errors();
  std::vector<TextView> in = {view("yes"), view("b")};
  ASSERT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_THAT(strings(r.out), ElementsAre("yesyes", "bb"));
  in[0] = view("no");
  ASSERT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_THAT(strings(r.out), ElementsAre("no", "b"));
}

TEST(Text, ARunThatCannotReadANumberFailsAndTheNextOneIsFine) {
  Session s;
  ITensor& x = s.input("x", {1}, DataType::kTEXT);
  const int64_t type = static_cast<int64_t>(DataType::kFLOAT);
  ITensor& number = add(s, "text_to_number", {{"to", &type, PluginFieldType::kINT64, 1}}, {&x});
  s.output(add(s, "text_from_number", {}, {&number}), "y");
  Runner r(s, 1);
  ASSERT_TRUE(r.context) << s.logger.take_errors();
  std::vector<TextView> in = {view("abc")};
  EXPECT_FALSE(r.run(in));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'abc' is no number of type f32"));
  EXPECT_EQ(str(r.out[0]), "nan");
  in[0] = view("0.50");
  EXPECT_TRUE(r.run(in)) << s.logger.take_errors();
  EXPECT_EQ(str(r.out[0]), "0.5");
}

TEST(Text, LayersOfNumbersRefuseIt) {
  Session s;
  ITensor& x = s.input("x", {2}, DataType::kTEXT);
  s.output(*s.network->addActivation(x, ActivationType::kRELU)->getOutput(0), "y");
  EXPECT_FALSE(s.build());
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("input 0 is text"));
  Session weights;
  const TextView values[] = {view("a")};
  weights.network->addConstant(dims({1}), Weights{DataType::kTEXT, values, 1});
  EXPECT_FALSE(weights.network->getNbLayers() > 0 &&
               weights.network->getLayer(0)->getOutput(0)->getDimensions().nbDims >= 0);
  EXPECT_THAT(weights.logger.take_errors(), HasSubstr("text_constant"));
}

}  // namespace
}  // namespace dovetail::test
