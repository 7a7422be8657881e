// What surrounds the operators: inputs, outputs, order, functions, errors.
#include "support.h"

namespace dvt::test {
namespace {

using dovetail::LayerType;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(OnnxGraph, NamesInputsOutputsLayersAndDimensions) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {"batch", 3, "?"}).output("y");
  model.node(OnnxNode("Relu", {"x"}, {"h"}, "first")).node(OnnxNode("Sigmoid", {"h"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  const auto& x = *p.network->getInput(0);
  EXPECT_STREQ(x.getName(), "x");
  EXPECT_STREQ(x.getDimensionName(0), "batch");
  EXPECT_EQ(x.getDimensionName(2), nullptr) << "a placeholder is no name";
  EXPECT_STREQ(p.network->getLayer(0)->getName(), "first");
  EXPECT_STREQ(p.network->getLayer(1)->getName(), "Sigmoid_1");
  EXPECT_STREQ(p.network->getLayer(0)->getOutput(0)->getName(), "h");
  EXPECT_STREQ(p.network->getOutput(0)->getName(), "y");
  EXPECT_THAT(p.output_dims(), ElementsAre(-1, 3, -1));
  EXPECT_EQ(p.result.outputs_of_node.at("first").at(0), p.network->getLayer(0)->getOutput(0));
}

TEST(OnnxGraph, InitializersAreOneConstantHoweverManyRead) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("y").initializer(onnx_floats("w", {2}, {1, 2}));
  model.node(OnnxNode("Add", {"x", "w"}, {"a"})).node(OnnxNode("Mul", {"a", "w"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kCONSTANT), 1);
}

TEST(OnnxGraph, ListedInitializersAreNoInputs) {
  OnnxModel model(8);
  model.input("x", kOnnxFloat, {2}).input("w", kOnnxFloat, {2}).output("y");
  model.initializer(onnx_floats("w", {2}, {1, 2})).node(OnnxNode("Add", {"x", "w"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.network->getNbInputs(), 1);
}

TEST(OnnxGraph, OutputsMayBeInputsConstantsAndShared) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("x2").output("c").output("y").output("z");
  model.initializer(onnx_floats("c", {1}, {1}));
  model.node(OnnxNode("Identity", {"x"}, {"x2"})).node(OnnxNode("Relu", {"x"}, {"y"}));
  model.node(OnnxNode("Identity", {"y"}, {"z"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbOutputs(), 4);
  EXPECT_STREQ(p.network->getOutput(1)->getName(), "c");
}

TEST(OnnxGraph, SortsNodes) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("Relu", {"h"}, {"y"})).node(OnnxNode("Sigmoid", {"x"}, {"h"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_STREQ(p.network->getLayer(0)->getOutput(0)->getName(), "h");
}

TEST(OnnxGraph, RefusesCycles) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("Add", {"x", "b"}, {"a"}, "one")).node(OnnxNode("Relu", {"a"}, {"b"}, "two"));
  EXPECT_THAT(Parsed(model).errors(), AllOf(HasSubstr("cycle"), HasSubstr("'one'")));
}

TEST(OnnxGraph, RefusesWhatDoesNotFitTogether) {
  const auto base = [] { return OnnxModel().input("x", kOnnxFloat, {2}); };
  EXPECT_THAT(Parsed(base().output("y").node(OnnxNode("Relu", {"h"}, {"y"}))).errors(),
              HasSubstr("nothing gives the input 'h'"));
  EXPECT_THAT(Parsed(base().output("z").node(OnnxNode("Relu", {"x"}, {"y"}))).errors(),
              HasSubstr("nothing gives the model's output 'z'"));
  EXPECT_THAT(
      Parsed(base().output("y").node(OnnxNode("Relu", {"x"}, {"y"})).node(OnnxNode("Abs", {"x"}, {"y"}))).errors(),
      HasSubstr("'y' is given twice"));
  EXPECT_THAT(Parsed(base().output("x").node(OnnxNode("Constant", {}, {"x"}).f("value_float", 1))).errors(),
              HasSubstr("'x' is given twice"));
  EXPECT_THAT(Parsed(base().input("x", kOnnxFloat, {2}).output("x")).errors(), HasSubstr("two inputs are named 'x'"));
  EXPECT_THAT(Parsed(base().initializer(onnx_floats("w", {1}, {1})).initializer(onnx_floats("w", {1}, {1}))).errors(),
              HasSubstr("two initializers are named 'w'"));
  EXPECT_THAT(Parsed(base().node(OnnxNode("Relu", {"x"}, {"y"}))).errors(), HasSubstr("no output"));
  EXPECT_THAT(Parsed(OnnxModel().input("x", kOnnxFloat, std::vector<OnnxDim>(9, 1)).output("x")).errors(),
              HasSubstr("9 dimensions"));
}

TEST(OnnxGraph, ReportsEveryUnsupportedNodeAtOnce) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("Foo", {"x"}, {"a"}, "one"));
  model.node(OnnxNode("Relu", {"a"}, {"b"}, "behind"));
  model.node(OnnxNode("Bar", {"x"}, {"c"}, "two", "acme"));
  model.node(OnnxNode("Add", {"b", "c"}, {"y"}));
  const Parsed p(model);
  EXPECT_FALSE(p.result.ok);
  ASSERT_THAT(p.result.errors, SizeIs(2));
  const onnx::ParseError& e = p.result.errors[0];
  EXPECT_EQ(e.code(), onnx::ParserCode::kUNSUPPORTED_NODE);
  EXPECT_EQ(e.node(), 0);
  EXPECT_STREQ(e.nodeName(), "one");
  EXPECT_STREQ(e.nodeOperator(), "Foo");
  EXPECT_THAT(e.desc(), AllOf(HasSubstr("Foo"), HasSubstr("'x' float32[2]")));
  EXPECT_THAT(e.file(), HasSubstr(".cpp"));
  EXPECT_GT(e.line(), 0);
  EXPECT_THAT(p.result.errors[1].desc(), HasSubstr("acme::Bar"));
  ASSERT_THAT(p.result.coverage.parts, SizeIs(4));
  EXPECT_FALSE(p.result.coverage.parts[0].supported);
  EXPECT_THAT(p.result.coverage.parts[1].nodes, ElementsAre(1));
}

TEST(OnnxGraph, TheNetworksReasonReachesTheError) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {2, 3}).input("b", kOnnxFloat, {4, 5}).output("y").output("z");
  model.node(OnnxNode("MatMul", {"a", "b"}, {"y"}, "mm")).node(OnnxNode("Relu", {"a"}, {"z"}));
  const Parsed p(model);
  ASSERT_THAT(p.result.errors, SizeIs(1)) << p.errors();
  EXPECT_THAT(p.errors(), AllOf(HasSubstr("matmul"), HasSubstr("'b' float32[4,5]")));
  EXPECT_EQ(p.network->getNbLayers(), 1) << "the layer of the refused node is taken back";
}

TEST(OnnxGraph, AttributesOfTheWrongTypeAreRefused) {
  const Parsed p(one_node(OnnxNode("Softmax", {"x"}, {"y"}).f("axis", 1), {2, 3}));
  EXPECT_THAT(p.errors(), HasSubstr("the attribute 'axis' must be INT, got FLOAT"));
}

TEST(OnnxGraph, FunctionsAreWrittenOut) {
  OnnxModel model;
  model.opset("local", 1).input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("Leaky", {"x"}, {"y"}, "call", "local").f("slope", 0.5F));
  model.function(
      "local", "Leaky", {"in"}, {"out"},
      {OnnxNode("LeakyRelu", {"in"}, {"h"}, "act").ref("alpha", "slope", 1), OnnxNode("Abs", {"h"}, {"out"})},
      {"slope"});
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  const auto* layer = p.first<dovetail::IActivationLayer>(LayerType::kACTIVATION);
  ASSERT_NE(layer, nullptr);
  EXPECT_FLOAT_EQ(layer->getAlpha(), 0.5F);
  EXPECT_STREQ(layer->getName(), "call/act");
  EXPECT_STREQ(p.network->getOutput(0)->getName(), "y");
}

TEST(OnnxGraph, FunctionsThatCallThemselvesAreRefused) {
  OnnxModel model;
  model.opset("local", 1).input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("F", {"x"}, {"y"}, "", "local"));
  model.function("local", "F", {"a"}, {"b"}, {OnnxNode("F", {"a"}, {"b"}, "", "local")});
  const Parsed p(model);
  EXPECT_THAT(p.errors(), HasSubstr("may call itself"));
  EXPECT_EQ(p.result.errors[0].node(), 0);
  EXPECT_EQ(p.result.errors[0].localFunctionStackSize(), 32);
}

TEST(OnnxGraph, ErrorsInFunctionsTellWhere) {
  OnnxModel model;
  model.opset("local", 1).input("x", kOnnxFloat, {2}).output("y");
  model.node(OnnxNode("F", {"x"}, {"y"}, "call", "local"));
  model.function("local", "F", {"a"}, {"b"}, {OnnxNode("Nope", {"a"}, {"b"}, "inner")});
  const Parsed p(model);
  ASSERT_THAT(p.result.errors, SizeIs(1)) << p.errors();
  EXPECT_STREQ(p.result.errors[0].nodeName(), "inner");
  ASSERT_EQ(p.result.errors[0].localFunctionStackSize(), 1);
  EXPECT_STREQ(p.result.errors[0].localFunctionStack()[0], "F");
}

TEST(OnnxGraph, OldAndNewOperatorSets) {
  EXPECT_THAT(Parsed(one_node(OnnxNode("Erf", {"x"}, {"y"}), {2}, 8)).errors(), HasSubstr("operator set 8"));
  const Parsed newest(one_node(OnnxNode("Relu", {"x"}, {"y"}), {2}, 99));
  EXPECT_TRUE(newest.result.ok);
  EXPECT_THAT(newest.result.warnings, ElementsAre(HasSubstr("operator set 99")));
  EXPECT_THAT(Parsed(one_node(OnnxNode("Relu", {"x"}, {"y"}), {2}, -3)).errors(), HasSubstr("version -3"));
}

TEST(OnnxGraph, KnowsItsOperators) {
  EXPECT_TRUE(onnx::supports_operator("Conv"));
  EXPECT_FALSE(onnx::supports_operator("Foo"));
}

std::vector<float> values_of(const dovetail::IConstantLayer& layer) {
  const dovetail::Weights w = layer.getWeights();
  const auto* values = static_cast<const float*>(w.values);
  return {values, values + w.count};
}

TEST(OnnxGraph, WeightsOutliveTheBytes) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {3}).output("y");
  model.initializer(onnx_floats("raw", {3}, {1, 2, 3}))
      .initializer(OnnxTensor("typed", kOnnxFloat, {3}).floats({4, 5, 6}));
  model.node(OnnxNode("Add", {"x", "raw"}, {"h"})).node(OnnxNode("Add", {"h", "typed"}, {"y"}));
  const Parsed p(model);  // spoils the bytes
  ASSERT_TRUE(p.result.ok) << p.errors();
  std::vector<std::vector<float>> constants;
  for (int i = 0; i < p.network->getNbLayers(); ++i)
    if (p.network->getLayer(i)->getType() == LayerType::kCONSTANT)
      constants.push_back(values_of(static_cast<dovetail::IConstantLayer&>(*p.network->getLayer(i))));
  EXPECT_THAT(constants, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
}

TEST(OnnxGraph, ConstantsAreAlignedAndBooleansNormalized) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {3}).output("y").output("z");
  const std::vector<std::byte> truths{std::byte{0}, std::byte{7}, std::byte{1}};
  model.initializer(OnnxTensor("odd name", kOnnxBool, {3}).raw(truths)).initializer(onnx_floats("w", {3}, {1, 2, 3}));
  model.node(OnnxNode("Where", {"odd name", "x", "w"}, {"y"})).node(OnnxNode("Identity", {"odd name"}, {"z"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  for (int i = 0; i < p.network->getNbLayers(); ++i) {
    if (p.network->getLayer(i)->getType() != LayerType::kCONSTANT) continue;
    const auto w = static_cast<dovetail::IConstantLayer*>(p.network->getLayer(i))->getWeights();
    if (w.type == dovetail::DataType::kBOOL)
      EXPECT_EQ(static_cast<const uint8_t*>(w.values)[1], 1);
    else
      EXPECT_EQ(reinterpret_cast<uintptr_t>(w.values) % 4, 0u);
  }
}

TEST(OnnxGraph, FoldsShapeArithmeticOfConstants) {
  // axes = Cast(Sub([3, 4], [2, 2])): computed, and known all the same.
  OnnxModel model;
  model.input("x", kOnnxFloat, {"n", 2, 3}).output("y");
  model.initializer(onnx_int64s("a", {2}, {3, 4})).initializer(onnx_int64s("b", {1}, {2}));
  model.node(OnnxNode("Sub", {"a", "b"}, {"d"})).node(OnnxNode("Cast", {"d"}, {"axes"}).i("to", kOnnxInt64));
  model.node(OnnxNode("ReduceSum", {"x", "axes"}, {"y"}).i("keepdims", 0));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(), ElementsAre(-1));
  EXPECT_EQ(p.network->getNbLayers(), 1);
}

TEST(OnnxGraph, FoldsThePadsThatExportersWriteOut) {
  // [w before, w after] padded with zeros to a table of (axis, end), reversed, transposed and cast: [0 1 | 0 2].
  OnnxModel model;
  model.input("x", kOnnxFloat, {4, 5}).output("y").initializer(onnx_int64s("given", {2}, {1, 2}));
  model.initializer(onnx_int64s("missing", {1}, {2})).initializer(onnx_int64s("table", {2}, {-1, 2}));
  model.initializer(onnx_int64s("last", {1}, {-1})).initializer(onnx_int64s("end", {1}, {-INT64_MAX}));
  model.initializer(onnx_int64s("axis", {1}, {0})).initializer(onnx_int64s("list", {1}, {-1}));
  model.node(OnnxNode("ConstantOfShape", {"missing"}, {"zeros"}).tensor("value", onnx_int64s("", {1}, {0})));
  model.node(OnnxNode("Concat", {"given", "zeros"}, {"all"}).i("axis", 0));
  model.node(OnnxNode("Reshape", {"all", "table"}, {"rows"}));
  model.node(OnnxNode("Slice", {"rows", "last", "end", "axis", "last"}, {"reversed"}));
  model.node(OnnxNode("Transpose", {"reversed"}, {"columns"}).ints("perm", {1, 0}));
  model.node(OnnxNode("Reshape", {"columns", "list"}, {"pads"})).node(OnnxNode("Pad", {"x", "pads"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.network->getNbLayers(), 1);
  EXPECT_THAT(p.output_dims(), ElementsAre(4, 8));
}

TEST(OnnxGraph, LeavesWhatOverflowsToTheNetwork) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {1}).output("y");
  model.initializer(onnx_int64s("a", {1}, {INT64_MAX})).initializer(onnx_int64s("b", {1}, {0}));
  model.node(OnnxNode("Add", {"a", "a"}, {"c"})).node(OnnxNode("Div", {"c", "b"}, {"y"}));
  const Parsed p(model);
  EXPECT_EQ(p.count(LayerType::kELEMENTWISE), 2) << p.errors();
}

TEST(OnnxGraph, FilesThatCannotBeOpened) {
  Parsed p(OnnxModel{});
  const auto result = onnx::parse_file(*p.network, "/no/such/file.onnx");
  EXPECT_FALSE(result.ok);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].code(), onnx::ParserCode::kMODEL_DESERIALIZE_FAILED);
  EXPECT_THAT(result.errors[0].desc(), HasSubstr("/no/such/file.onnx"));
}

TEST(OnnxGraph, SurvivesEveryDamagedByte) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {"batch", 3}).output("y").initializer(onnx_floats("w", {3, 2}, {1, 2, 3, 4, 5, 6}));
  model.initializer(onnx_int64s("shape", {2}, {-1, 1}));
  model.node(OnnxNode("Gemm", {"x", "w"}, {"h"}).f("alpha", 2)).node(OnnxNode("Reshape", {"h", "shape"}, {"y"}));
  const std::string bytes = model.bytes();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (const int bit : {0, 3, 6, 7}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const Parsed p(damaged);
      EXPECT_EQ(p.result.ok, p.result.errors.empty());
    }
}

}  // namespace
}  // namespace dvt::test
