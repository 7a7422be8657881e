// Sequences and optionals, of which nothing is left in the network, and strings.
#include "support.h"

namespace dvt::test {
namespace {

using dovetail::LayerType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OnnxSequence, ElementsAreFoundWhileTheModelIsRead) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2, 3}).input("b", kOnnxFloat, {4, 3}).output("y");
  model.initializer(onnx_int64s("last", {}, {-1}));
  model.node(OnnxNode("SequenceConstruct", {"a"}, {"one"}));
  model.node(OnnxNode("SequenceInsert", {"one", "b"}, {"two"}));
  model.node(OnnxNode("SequenceAt", {"two", "last"}, {"x"}));
  model.node(OnnxNode("Relu", {"x"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.network->getNbLayers(), 1) << "only Relu";
  EXPECT_THAT(p.output_dims(), ElementsAre(4, 3));
}

TEST(OnnxSequence, SplitsAndJoins) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {7, 2}).output("y");
  model.initializer(onnx_int64s("part", {}, {3})).initializer(onnx_int64s("first", {}, {0}));
  model.node(OnnxNode("SplitToSequence", {"x", "part"}, {"parts"}));
  model.node(OnnxNode("SequenceErase", {"parts", "first"}, {"rest"}));
  model.node(OnnxNode("ConcatFromSequence", {"rest"}, {"y"}).i("axis", 0));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(), ElementsAre(4, 2)) << "parts of 3, 3 and 1; the first is gone";
}

TEST(OnnxSequence, NewAxisStacks) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2, 3}).input("b", kOnnxFloat, {2, 3}).output("y");
  model.node(OnnxNode("SequenceConstruct", {"a", "b"}, {"s"}));
  model.node(OnnxNode("ConcatFromSequence", {"s"}, {"y"}).i("axis", -1).i("new_axis", 1));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(), ElementsAre(2, 3, 2));
}

TEST(OnnxSequence, LengthIsAConstant) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2}).output("n");
  model.node(OnnxNode("SequenceConstruct", {"a", "a", "a"}, {"s"}));
  model.node(OnnxNode("SequenceLength", {"s"}, {"n"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kCONSTANT), 1);
}

TEST(OnnxSequence, MapRunsItsBodyForEachElement) {
  OnnxModel body;
  body.input("e", kOnnxFloat, {2, 3}).input("k", kOnnxFloat, {3}).output("r").node(OnnxNode("Add", {"e", "k"}, {"r"}));
  OnnxModel model;
  model.input("a", kOnnxFloat, {2, 3}).input("k0", kOnnxFloat, {3}).output("y");
  model.node(OnnxNode("SequenceConstruct", {"a", "a"}, {"s"}));
  model.node(OnnxNode("SequenceMap", {"s", "k0"}, {"m"}).graph("body", body.graph_bytes()));
  model.node(OnnxNode("ConcatFromSequence", {"m"}, {"y"}).i("axis", 0));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kELEMENTWISE), 2);
  EXPECT_THAT(p.output_dims(), ElementsAre(4, 3));
}

TEST(OnnxSequence, AsAnOutputItsElementsAreOutputs) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2}).input("b", kOnnxFloat, {3}).output("s");
  model.node(OnnxNode("SequenceConstruct", {"a", "b"}, {"s"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbOutputs(), 2);
  EXPECT_STREQ(p.network->getOutput(1)->getName(), "s[1]");
  EXPECT_THAT(p.output_dims(1), ElementsAre(3));
}

TEST(OnnxSequence, Refusals) {
  const auto errors = [](const OnnxNode& node) {
    OnnxModel model;
    model.input("x", kOnnxFloat, {2}).output("y");
    model.initializer(onnx_int64s("five", {}, {5}));
    model.node(OnnxNode("SequenceConstruct", {"x"}, {"s"})).node(node);
    return Parsed(model).errors();
  };
  EXPECT_THAT(errors(OnnxNode("SequenceAt", {"s", "five"}, {"y"})), HasSubstr("position 5 is outside 1 places"));
  EXPECT_THAT(errors(OnnxNode("SequenceAt", {"x", "five"}, {"y"})), HasSubstr("must be a sequence"));
  EXPECT_THAT(errors(OnnxNode("Relu", {"s"}, {"y"})), HasSubstr("it is a sequence"));
  EXPECT_THAT(errors(OnnxNode("SequenceInsert", {"s", "x", "five"}, {"y"})), HasSubstr("must be in [-1, 1]"));
  OnnxModel empty;
  empty.input("x", kOnnxFloat, {2}).output("y");
  empty.node(OnnxNode("SequenceEmpty", {}, {"s"})).node(OnnxNode("ConcatFromSequence", {"s"}, {"y"}).i("axis", 0));
  EXPECT_THAT(Parsed(empty).errors(), HasSubstr("an empty sequence cannot be joined"));
}

TEST(OnnxOptional, IsWhatItHolds) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("y").output("is");
  model.node(OnnxNode("Optional", {"x"}, {"o"}));
  model.node(OnnxNode("OptionalHasElement", {"o"}, {"is"}));
  model.node(OnnxNode("OptionalGetElement", {"o"}, {"v"}));
  model.node(OnnxNode("Relu", {"v"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(0), ElementsAre(2));
  OnnxModel none;
  none.input("x", kOnnxFloat, {2}).output("y");
  none.node(OnnxNode("Optional", {}, {"o"})).node(OnnxNode("OptionalGetElement", {"o"}, {"y"}));
  EXPECT_THAT(Parsed(none).errors(), HasSubstr("the optional holds nothing"));
}

OnnxModel joined_sequence() {
  OnnxModel model;
  model.sequence_input("s", kOnnxFloat, {"n", 3}).output("y");
  model.node(OnnxNode("ConcatFromSequence", {"s"}, {"y"}).i("axis", 0));
  return model;
}

TEST(OnnxInputs, ItemsOfASequenceAreInputsOfTheirOwn) {
  const Parsed p(joined_sequence(), {{"s", {false, {dovetail::Dims{2, {2, -1}}, dovetail::Dims{-1, {}}}}}});
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbInputs(), 2);
  EXPECT_STREQ(p.network->getInput(0)->getName(), "s[0]");
  EXPECT_STREQ(p.network->getInput(1)->getName(), "s[1]");
  EXPECT_EQ(p.network->getInput(0)->getDimensions().d[0], 2);
  EXPECT_EQ(p.network->getInput(1)->getDimensions().d[0], -1) << "as the model says; the name 'n' ties nothing";
  EXPECT_THAT(p.output_dims(), ElementsAre(-1, 3));
}

TEST(OnnxInputs, SequencesAndOptionalsMustBeTold) {
  EXPECT_THAT(Parsed(joined_sequence()).errors(), HasSubstr("what it holds must be known while the model is parsed"));
  const auto told = [](onnx::InputForm form) { return Parsed(joined_sequence(), {{"s", std::move(form)}}).errors(); };
  EXPECT_THAT(told({true, {}}), HasSubstr("it may be empty, but not missing"));
  EXPECT_THAT(told({false, {dovetail::Dims{1, {2}}}}), HasSubstr("has rank 2; a shape of rank 1 was given"));
  EXPECT_THAT(told({false, {dovetail::Dims{2, {2, 4}}}}), HasSubstr("is 3 in the model; 4 was given"));
  EXPECT_THAT(Parsed(joined_sequence(), {{"t", {}}}).errors(), HasSubstr("'t', which is no input of the model"));
}

TEST(OnnxInputs, AnOptionalHoldsSomethingOrNothing) {
  OnnxModel model;
  model.optional_input("o", kOnnxFloat, {2}).output("is").node(OnnxNode("OptionalHasElement", {"o"}, {"is"}));
  EXPECT_EQ(Parsed(model, {{"o", {true, {}}}}).network->getNbInputs(), 0);
  const Parsed some(model, {{"o", {false, {dovetail::Dims{-1, {}}}}}});
  ASSERT_TRUE(some.result.ok) << some.errors();
  EXPECT_STREQ(some.network->getInput(0)->getName(), "o");
  OnnxModel nested;
  nested.optional_input("o", kOnnxFloat, {2}, true).output("n");
  nested.node(OnnxNode("OptionalGetElement", {"o"}, {"s"})).node(OnnxNode("SequenceLength", {"s"}, {"n"}));
  const Parsed empty(nested, {{"o", {false, {}}}});
  EXPECT_TRUE(empty.result.ok) << "an empty sequence is not nothing: " << empty.errors();
}

template <class T>
onnx::InputValue value_of(dovetail::DataType type, std::vector<int64_t> dims, std::vector<T> elements) {
  const auto bytes = std::as_bytes(std::span(elements));
  return {type, std::move(dims), {bytes.begin(), bytes.end()}};
}
onnx::InputValue int64s(std::vector<int64_t> dims, std::vector<int64_t> elements) {
  return value_of(dovetail::DataType::kINT64, std::move(dims), std::move(elements));
}
Parsed with_values(const OnnxModel& model, onnx::InputValues values) {
  return Parsed(model.bytes(), "", {{}, {}, std::move(values)});
}

TEST(OnnxInputs, AFixedValueIsAConstant) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {6}).input("part", kOnnxInt64, {}).output("s");
  model.node(OnnxNode("SplitToSequence", {"x", "part"}, {"s"}));
  EXPECT_THAT(Parsed(model).errors(), HasSubstr("the number of parts is not known"));
  const Parsed p = with_values(model, {{"part", int64s({}, {2})}});
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbInputs(), 1) << "x alone";
  EXPECT_EQ(p.network->getNbOutputs(), 3);
  EXPECT_THAT(p.output_dims(2), ElementsAre(2));
}

TEST(OnnxInputs, AFixedValueTakesTheInputsType) {
  OnnxModel model;
  model.input("a", kOnnxBool, {2}).input("x", kOnnxFloat, {"n"}).output("y").output("b");
  model.node(OnnxNode("Neg", {"x"}, {"y"})).node(OnnxNode("Not", {"a"}, {"b"}));
  const auto fix = [&](onnx::InputValue a, onnx::InputValue x) {
    return with_values(model, {{"a", std::move(a)}, {"x", std::move(x)}});
  };
  const Parsed p = fix(int64s({2}, {0, 7}), value_of<double>(dovetail::DataType::kFLOAT64, {1}, {0.5}));
  ASSERT_TRUE(p.result.ok) << p.errors();
  const auto* a = p.first<dovetail::IConstantLayer>(LayerType::kCONSTANT);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(p.network->getNbInputs(), 0);
  const onnx::InputValue half = value_of<double>(dovetail::DataType::kFLOAT64, {1}, {0.5});
  EXPECT_THAT(fix(half, half).errors(), HasSubstr("of rank 1, has another shape"));
  EXPECT_THAT(fix(value_of<double>(dovetail::DataType::kFLOAT64, {2}, {0, 1}), half).errors(),
              HasSubstr("a value of float64 was given"));
  EXPECT_THAT(fix(int64s({2}, {0, 1}), int64s({1}, {3})).errors(), HasSubstr("a value of int64 was given"));
}

TEST(OnnxInputs, AFixedIntegerMustFit) {
  OnnxModel model;
  model.input("x", kOnnxInt32, {}).output("y").node(OnnxNode("Neg", {"x"}, {"y"}));
  EXPECT_TRUE(with_values(model, {{"x", int64s({}, {-5})}}).result.ok);
  EXPECT_THAT(with_values(model, {{"x", int64s({}, {int64_t{1} << 31})}}).errors(),
              HasSubstr("cannot hold 2147483648"));
}

TEST(OnnxInputs, ItemsAndOptionalsMayBeFixed) {
  const onnx::InputForms two = {{"s", {false, {dovetail::Dims{-1, {}}, dovetail::Dims{-1, {}}}}}};
  const onnx::InputValue item = value_of<float>(dovetail::DataType::kFLOAT, {1, 3}, {1, 2, 3});
  const Parsed p(joined_sequence().bytes(), "", {{}, two, {{"s[1]", item}}});
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbInputs(), 1);
  EXPECT_STREQ(p.network->getInput(0)->getName(), "s[0]");
  const Parsed third(joined_sequence().bytes(), "", {{}, two, {{"s[2]", item}}});
  EXPECT_THAT(third.errors(), HasSubstr("a value was given for 's[2]', which is no input of the model"));
  OnnxModel model;
  model.optional_input("o", kOnnxFloat, {2}).output("y").node(OnnxNode("OptionalGetElement", {"o"}, {"y"}));
  const Parsed held = with_values(model, {{"o", value_of<float>(dovetail::DataType::kFLOAT, {2}, {1, 2})}});
  EXPECT_TRUE(held.result.ok) << "what holds a value holds something: " << held.errors();
}

TEST(OnnxInputs, AFixedValueReplacesADefault) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {6}).input("part", kOnnxInt64, {}).initializer(onnx_int64s("part", {}, {6})).output("s");
  model.node(OnnxNode("SplitToSequence", {"x", "part"}, {"s"}));
  EXPECT_EQ(Parsed(model).network->getNbOutputs(), 1);
  EXPECT_EQ(with_values(model, {{"part", int64s({}, {3})}}).network->getNbOutputs(), 2);
}

TEST(OnnxSequence, PositionsMayBeComputed) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2, 3}).input("b", kOnnxFloat, {4, 3}).input("at", kOnnxInt64, {}).output("y");
  model.node(OnnxNode("SequenceConstruct", {"a", "b"}, {"s"})).node(OnnxNode("SequenceErase", {"s", "at"}, {"r"}));
  model.node(OnnxNode("SequenceInsert", {"r", "a", "at"}, {"t"})).node(OnnxNode("SequenceAt", {"t", "at"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(), ElementsAre(-1, 3)) << "2 or 4 rows";
}

/// for (i = 0; i < trips; ++i) s = insert(s, x + i), giving i as well.
OnnxModel growing_loop(const char* trips) {
  OnnxModel body;
  body.input("i", kOnnxInt64, {}).input("go", kOnnxBool, {}).sequence_input("s", kOnnxFloat, {2});
  body.output("go").output("t").output("k");
  body.node(OnnxNode("Cast", {"i"}, {"f"}).i("to", kOnnxFloat)).node(OnnxNode("Add", {"x", "f"}, {"v"}));
  body.node(OnnxNode("SequenceInsert", {"s", "v"}, {"t"})).node(OnnxNode("Identity", {"i"}, {"k"}));
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).input("computed", kOnnxInt64, {}).output("y").output("all");
  model.initializer(onnx_int64s("three", {}, {3}));
  model.node(OnnxNode("SequenceEmpty", {}, {"s0"}));
  model.node(OnnxNode("Loop", {trips, "", "s0"}, {"last", "all"}).graph("body", body.graph_bytes()));
  model.node(OnnxNode("ConcatFromSequence", {"last"}, {"y"}).i("axis", 0).i("new_axis", 1));
  return model;
}

TEST(OnnxSequence, ALoopThatCarriesOneIsWrittenOut) {
  const Parsed p(growing_loop("three"));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kTRIP_LIMIT), 0);
  EXPECT_THAT(p.output_dims(0), ElementsAre(3, 2));
  EXPECT_THAT(p.output_dims(1), ElementsAre(3));
  EXPECT_THAT(Parsed(growing_loop("computed")).errors(), HasSubstr("the trip count of a loop that carries sequences"));
}

TEST(OnnxSequence, ALoopWithoutEndIsRefused) {
  OnnxModel body;
  body.input("i", kOnnxInt64, {}).input("go", kOnnxBool, {}).sequence_input("s", kOnnxFloat, {2});
  body.output("go").output("t").node(OnnxNode("Identity", {"s"}, {"t"}));
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("n");
  model.node(OnnxNode("SequenceConstruct", {"x"}, {"s0"}));
  model.node(OnnxNode("Loop", {"", "", "s0"}, {"last"}).graph("body", body.graph_bytes()));
  model.node(OnnxNode("SequenceLength", {"last"}, {"n"}));
  EXPECT_THAT(Parsed(model).errors(), HasSubstr("more than 4096 iterations"));
}

TEST(OnnxStrings, AreTensorsThatOperatorsOnNumbersRefuse) {
  const auto model = [](const char* op) {
    OnnxModel m;
    m.input("text", kOnnxString, {2}).output("y").node(OnnxNode(op, {"text"}, {"y"}));
    return Parsed(m);
  };
  EXPECT_THAT(model("Relu").errors(), HasSubstr("input 0 is text"));
  const Parsed identity = model("Identity");
  ASSERT_TRUE(identity.result.ok) << identity.errors();
  EXPECT_EQ(identity.network->getOutput(0)->getType(), dovetail::DataType::kTEXT);
}

TEST(OnnxClassical, RefusesTreesThatDoNotExist) {
  const auto trees = [](int64_t yes) {
    OnnxModel model;
    model.opset("ai.onnx.ml", 3).input("x", kOnnxFloat, {2, 1}).output("y");
    OnnxNode node("TreeEnsembleRegressor", {"x"}, {"y"}, "", "ai.onnx.ml");
    node.ints("nodes_treeids", {0, 0, 0}).ints("nodes_nodeids", {0, 1, 2}).ints("nodes_featureids", {0, 0, 0});
    node.ints("nodes_truenodeids", {yes, 0, 0}).ints("nodes_falsenodeids", {2, 0, 0});
    return Parsed(model.node(node)).errors();
  };
  EXPECT_THAT(trees(1), HasSubstr("the attributes nodes_… must all have 3 elements"));
}

}  // namespace
}  // namespace dvt::test
