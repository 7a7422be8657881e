// How operators become layers: both exporters' spellings, and what moved between operator sets.
#include "support.h"

namespace dvt::test {
namespace {

using dovetail::LayerType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int64_t> list(const dovetail::Dims& d) { return {d.d, d.d + d.nbDims}; }

/// Output dimensions of a model of one node, or the errors.
struct Shape {
  std::vector<int64_t> dims;
  std::string errors;
};
Shape shape_of(const OnnxModel& model) {
  const Parsed p(model);
  return p.result.ok ? Shape{p.output_dims(), ""} : Shape{{}, p.errors()};
}

TEST(OnnxImport, Conv) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {"n", 2, 8, 9}).output("y");
  model.initializer(onnx_floats("w", {4, 1, 3, 3}, std::vector<float>(36, 1)))
      .initializer(onnx_floats("b", {4}, {1, 2, 3, 4}));
  model.node(OnnxNode("Conv", {"x", "w", "b"}, {"y"}, "c")
                 .ints("pads", {1, 0, 2, 1})
                 .ints("strides", {2, 1})
                 .ints("dilations", {1, 2})
                 .i("group", 2));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_EQ(p.network->getNbLayers(), 1) << "kernel and bias are weights of the layer";
  const auto* conv = p.first<dovetail::IConvolutionLayer>(LayerType::kCONVOLUTION);
  EXPECT_EQ(conv->getNbOutputMaps(), 4);
  EXPECT_EQ(conv->getNbGroups(), 2);
  EXPECT_THAT(list(conv->getPrePadding()), ElementsAre(1, 0));
  EXPECT_THAT(list(conv->getPostPadding()), ElementsAre(2, 1));
  EXPECT_THAT(list(conv->getStrideNd()), ElementsAre(2, 1));
  EXPECT_THAT(list(conv->getDilationNd()), ElementsAre(1, 2));
  EXPECT_EQ(conv->getBiasWeights().count, 4);
  EXPECT_THAT(p.output_dims(), ElementsAre(-1, 4, 5, 6));
}

TEST(OnnxImport, ConvSpellings) {
  const auto conv = [](OnnxNode node, std::vector<int64_t> kernel) {
    int64_t volume = 1;
    for (const int64_t d : kernel) volume *= d;
    std::vector<OnnxDim> x{1, kernel[1]};
    for (size_t i = 2; i < kernel.size(); ++i) x.push_back(7);
    OnnxModel model = one_node(node, x);
    model.initializer(onnx_floats("w", kernel, std::vector<float>(static_cast<size_t>(volume), 1)));
    return shape_of(model);
  };
  const OnnxNode plain("Conv", {"x", "w"}, {"y"});
  EXPECT_THAT(conv(plain, {3, 2, 3}).dims, ElementsAre(1, 3, 5));
  EXPECT_THAT(conv(plain, {3, 2, 3, 3, 3}).dims, ElementsAre(1, 3, 5, 5, 5));
  EXPECT_THAT(conv(OnnxNode(plain).s("auto_pad", "SAME_UPPER").ints("strides", {2, 2}), {3, 2, 3, 3}).dims,
              ElementsAre(1, 3, 4, 4));
  EXPECT_THAT(conv(OnnxNode(plain).s("auto_pad", "VALID"), {3, 2, 3, 3}).dims, ElementsAre(1, 3, 5, 5));
  EXPECT_THAT(conv(OnnxNode(plain).s("auto_pad", "NOTSET").ints("pads", {1, 1, 1, 1}), {3, 2, 3, 3}).dims,
              ElementsAre(1, 3, 7, 7));
  EXPECT_THAT(conv(OnnxNode(plain).s("auto_pad", "MAYBE"), {3, 2, 3, 3}).errors, HasSubstr("auto_pad"));
  EXPECT_THAT(conv(OnnxNode(plain).ints("pads", {1, 1}), {3, 2, 3, 3}).errors, HasSubstr("'pads' has 2 values"));
  EXPECT_THAT(conv(OnnxNode(plain).ints("kernel_shape", {5, 5}), {3, 2, 3, 3}).errors, HasSubstr("kernel_shape"));
}

TEST(OnnxImport, ConvTakesAComputedKernel) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {1, 2, 5, 5}).input("w", kOnnxFloat, {3, 2, 3, 3}).output("y");
  model.node(OnnxNode("Conv", {"x", "w"}, {"y"}));
  EXPECT_THAT(shape_of(model).dims, ElementsAre(1, 3, 3, 3));
}

TEST(OnnxImport, ConvTransposeWithOutputPadding) {
  OnnxModel model =
      one_node(OnnxNode("ConvTranspose", {"x", "w"}, {"y"}).ints("strides", {2, 2}).ints("output_padding", {1, 1}),
               {1, 2, 3, 3});
  model.initializer(onnx_floats("w", {2, 4, 3, 3}, std::vector<float>(72, 1)));
  EXPECT_THAT(shape_of(model).dims, ElementsAre(1, 4, 8, 8));
}

TEST(OnnxImport, Pools) {
  const OnnxNode max = OnnxNode("MaxPool", {"x"}, {"y"}).ints("kernel_shape", {3, 3}).ints("strides", {2, 2});
  EXPECT_THAT(shape_of(one_node(max, {1, 2, 8, 8})).dims, ElementsAre(1, 2, 3, 3));
  EXPECT_THAT(shape_of(one_node(OnnxNode(max).i("ceil_mode", 1), {1, 2, 8, 8})).dims, ElementsAre(1, 2, 4, 4));
  EXPECT_THAT(shape_of(one_node(OnnxNode(max).ints("dilations", {2, 2}), {1, 2, 8, 8})).dims, ElementsAre(1, 2, 2, 2));
  EXPECT_THAT(shape_of(one_node(OnnxNode("GlobalAveragePool", {"x"}, {"y"}), {1, 2, "h", "w"})).dims,
              ElementsAre(1, 2, 1, 1));
  const Parsed average(one_node(
      OnnxNode("AveragePool", {"x"}, {"y"}).ints("kernel_shape", {2, 2}).i("count_include_pad", 1), {1, 2, 4, 4}));
  EXPECT_FALSE(average.first<dovetail::IPoolingLayer>(LayerType::kPOOLING)->getAverageCountExcludesPadding());
  EXPECT_THAT(shape_of(one_node(OnnxNode("MaxPool", {"x"}, {"y"}), {1, 2, 8, 8})).errors, HasSubstr("kernel_shape"));
}

TEST(OnnxImport, GemmIsAProductAndASum) {
  const auto gemm = [](OnnxNode node) {
    OnnxModel model = one_node(node, {"n", 3});
    model.initializer(onnx_floats("w", {2, 3}, {1, 2, 3, 4, 5, 6})).initializer(onnx_floats("c", {2}, {1, 2}));
    return Parsed(model);
  };
  const Parsed plain = gemm(OnnxNode("Gemm", {"x", "w", "c"}, {"y"}).i("transB", 1));
  EXPECT_EQ(plain.count(LayerType::kMATRIX_MULTIPLY), 1);
  EXPECT_EQ(plain.count(LayerType::kELEMENTWISE), 1);
  EXPECT_EQ(plain.count(LayerType::kSHUFFLE), 0) << "a constant gets its rank without a layer";
  EXPECT_THAT(plain.output_dims(), ElementsAre(-1, 2));
  const Parsed scaled = gemm(OnnxNode("Gemm", {"x", "w", "c"}, {"y"}).i("transB", 1).f("alpha", 2).f("beta", 3));
  EXPECT_EQ(scaled.count(LayerType::kELEMENTWISE), 3);
  EXPECT_EQ(gemm(OnnxNode("Gemm", {"x", "w"}, {"y"}).i("transB", 1)).count(LayerType::kELEMENTWISE), 0);
}

TEST(OnnxImport, MatMulOfVectors) {
  const auto product = [](std::vector<OnnxDim> a, std::vector<OnnxDim> b) {
    OnnxModel model;
    model.input("a", kOnnxFloat, a).input("b", kOnnxFloat, b).output("y").node(OnnxNode("MatMul", {"a", "b"}, {"y"}));
    return shape_of(model).dims;
  };
  EXPECT_THAT(product({3}, {3}), ElementsAre());
  EXPECT_THAT(product({3}, {5, 3, 4}), ElementsAre(5, 4));
  EXPECT_THAT(product({5, 2, 3}, {3}), ElementsAre(5, 2));
  EXPECT_THAT(product({"b", 2, 3}, {3, 4}), ElementsAre(-1, 2, 4));
}

TEST(OnnxImport, ElementwiseAlignsRanks) {
  OnnxModel model;
  model.input("a", kOnnxFloat, {"n", 4, 3}).input("b", kOnnxFloat, {"m"}).output("y");
  model.node(OnnxNode("Add", {"a", "b"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.network->getNbLayers(), 3) << "axes, unsqueeze, sum";
}

TEST(OnnxImport, PowOfANumberByOneHalfIsARoot) {
  const auto layers = [](const std::vector<OnnxDim>& dims, float exponent) {
    OnnxModel model;
    model.input("x", kOnnxFloat, dims).output("y").initializer(onnx_floats("e", {}, {exponent}));
    const Parsed p(model.node(OnnxNode("Pow", {"x", "e"}, {"y"})));
    return p.count(LayerType::kUNARY);
  };
  EXPECT_EQ(layers({}, 0.5F), 1);
  EXPECT_EQ(layers({}, 2.0F), 0);
  EXPECT_EQ(layers({4}, 0.5F), 0) << "a tensor's infinities have another root than power";
}

TEST(OnnxImport, BroadcastByAttributeBeforeSet7) {
  OnnxModel model(6);
  model.input("a", kOnnxFloat, {2, 3, 4}).input("b", kOnnxFloat, {3}).output("y");
  model.node(OnnxNode("Mul", {"a", "b"}, {"y"}).i("broadcast", 1).i("axis", 1));
  EXPECT_THAT(shape_of(model).dims, ElementsAre(2, 3, 4));
}

TEST(OnnxImport, ClipByAttributeAndInput) {
  const Parsed old(one_node(OnnxNode("Clip", {"x"}, {"y"}).f("min", 0).f("max", 6), {2}, 10));
  const auto* layer = old.first<dovetail::IActivationLayer>(LayerType::kACTIVATION);
  ASSERT_NE(layer, nullptr);
  EXPECT_EQ(layer->getBeta(), 6);
  OnnxModel model = one_node(OnnxNode("Clip", {"x", "", "high"}, {"y"}), {2}, 13);
  model.initializer(onnx_floats("high", {}, {6}));
  const Parsed recent(model);
  const auto* clip = recent.first<dovetail::IActivationLayer>(LayerType::kACTIVATION);
  ASSERT_NE(clip, nullptr) << recent.errors();
  EXPECT_EQ(clip->getBeta(), 6);
  EXPECT_LT(clip->getAlpha(), -1e38F);
}

TEST(OnnxImport, AxesAsAttributeAndAsInput) {
  const auto as_attribute = [](const char* op, int64_t opset) {
    return shape_of(one_node(OnnxNode(op, {"x"}, {"y"}).ints("axes", {1}), {"n", 1, 3}, opset)).dims;
  };
  const auto as_input = [](const char* op, int64_t opset) {
    OnnxModel model = one_node(OnnxNode(op, {"x", "axes"}, {"y"}), {"n", 1, 3}, opset);
    model.initializer(onnx_int64s("axes", {1}, {1}));
    return shape_of(model).dims;
  };
  EXPECT_THAT(as_attribute("Squeeze", 11), ElementsAre(-1, 3));
  EXPECT_THAT(as_input("Squeeze", 13), ElementsAre(-1, 3));
  EXPECT_THAT(as_attribute("Unsqueeze", 11), ElementsAre(-1, 1, 1, 3));
  EXPECT_THAT(as_input("Unsqueeze", 13), ElementsAre(-1, 1, 1, 3));
  EXPECT_THAT(as_attribute("ReduceSum", 11), ElementsAre(-1, 1, 3));
  EXPECT_THAT(as_input("ReduceSum", 13), ElementsAre(-1, 1, 3));
  EXPECT_THAT(as_attribute("ReduceMean", 13), ElementsAre(-1, 1, 3));
  EXPECT_THAT(as_input("ReduceMean", 18), ElementsAre(-1, 1, 3));
  EXPECT_THAT(shape_of(one_node(OnnxNode("ReduceMax", {"x"}, {"y"}).i("keepdims", 0), {"n", 2})).dims, ElementsAre());
  EXPECT_THAT(shape_of(one_node(OnnxNode("Squeeze", {"x"}, {"y"}), {1, 1, 3})).dims, ElementsAre(3));
}

TEST(OnnxImport, ASqueezeWithoutAxesKeepsWhatOnlyTheRunKnows) {
  const Parsed p(one_node(OnnxNode("Squeeze", {"x"}, {"y"}), {"n", 1, 3}));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(), ElementsAre(-1, 3));
  const auto* assertion = p.first<dovetail::IAssertionLayer>(LayerType::kASSERTION);
  ASSERT_NE(assertion, nullptr);
  EXPECT_THAT(assertion->getMessage(), HasSubstr("give Squeeze its axes"));
}

/// Dimensions of the output of a node whose further inputs are int64 inputs of the graph, with one number each.
std::vector<int64_t> with_computed(OnnxNode node, const std::vector<OnnxDim>& x, const std::vector<std::string>& lists,
                                   int64_t opset = 20) {
  OnnxModel model = one_node(node, x, opset);
  for (const std::string& name : lists) model.input(name, kOnnxInt64, {1});
  const Parsed p(model);
  EXPECT_TRUE(p.result.ok) << p.errors();
  for (int i = 1; i < p.network->getNbInputs(); ++i)
    EXPECT_TRUE(p.network->getInput(i)->isShapeTensor()) << p.network->getInput(i)->getName();
  return p.result.ok ? p.output_dims() : std::vector<int64_t>{};
}

TEST(OnnxImport, ListsThatAreInputsDecideShapes) {
  EXPECT_THAT(with_computed(OnnxNode("Slice", {"x", "s", "e", "a", "d"}, {"y"}), {4, 5}, {"s", "e", "a", "d"}),
              ElementsAre(-1, -1));
  EXPECT_THAT(with_computed(OnnxNode("Unsqueeze", {"x", "a"}, {"y"}), {4, 5}, {"a"}), ElementsAre(-1, -1, -1));
  EXPECT_THAT(with_computed(OnnxNode("Squeeze", {"x", "a"}, {"y"}), {4, 1, 3}, {"a"}), ElementsAre(-1, -1));
  EXPECT_THAT(with_computed(OnnxNode("ReduceSum", {"x", "a"}, {"y"}).i("keepdims", 0), {4, 5}, {"a"}), ElementsAre(-1));
  EXPECT_THAT(with_computed(OnnxNode("ReduceL2", {"x", "a"}, {"y"}), {1, 2, 3, 4, 5}, {"a"}),
              ElementsAre(1, -1, -1, -1, -1));
  EXPECT_THAT(with_computed(OnnxNode("DFT", {"x", "", "a"}, {"y"}), {4, 5, 2}, {"a"}), ElementsAre(-1, -1, 2));
  EXPECT_THAT(with_computed(OnnxNode("Resize", {"x", "", "", "e"}, {"y"}).ints("axes", {1}), {4, 5}, {"e"}),
              ElementsAre(4, -1));
}

TEST(OnnxImport, AListOfUnknownLengthIsRefused) {
  OnnxModel model = one_node(OnnxNode("ReduceSum", {"x", "a"}, {"y"}), {4, 5});
  model.input("a", kOnnxInt64, {"k"});
  EXPECT_THAT(shape_of(model).errors, HasSubstr("input 1 must be a list of known length"));
}

TEST(OnnxImport, SoftmaxBeforeSet13FlattensFromTheAxis) {
  const Parsed old(one_node(OnnxNode("Softmax", {"x"}, {"y"}), {"n", 3, 4}, 11));
  ASSERT_TRUE(old.result.ok) << old.errors();
  EXPECT_THAT(old.output_dims(), ElementsAre(-1, 3, 4));
  EXPECT_EQ(old.first<dovetail::ISoftMaxLayer>(LayerType::kSOFTMAX)->getInput(0)->getDimensions().nbDims, 2);
  const Parsed last(one_node(OnnxNode("Softmax", {"x"}, {"y"}).i("axis", 2), {"n", 3, 4}, 11));
  EXPECT_EQ(last.network->getNbLayers(), 1);
  const Parsed recent(one_node(OnnxNode("Softmax", {"x"}, {"y"}), {"n", 3, 4}, 13));
  EXPECT_EQ(recent.first<dovetail::ISoftMaxLayer>(LayerType::kSOFTMAX)->getAxes(), 4u);
}

TEST(OnnxImport, Reshape) {
  const auto reshape = [](std::vector<int64_t> shape, std::vector<OnnxDim> x, int64_t allow_zero = 0) {
    OnnxModel model = one_node(OnnxNode("Reshape", {"x", "s"}, {"y"}).i("allowzero", allow_zero), x);
    model.initializer(onnx_int64s("s", {static_cast<int64_t>(shape.size())}, shape));
    return shape_of(model);
  };
  EXPECT_THAT(reshape({0, -1}, {"n", 3, 4}).dims, ElementsAre(-1, 12));
  EXPECT_THAT(reshape({0, 2}, {0, 2}, 1).dims, ElementsAre(0, 2));
  EXPECT_THAT(reshape({5}, {2, 3}).errors, HasSubstr("reshape"));
  OnnxModel computed = one_node(OnnxNode("Reshape", {"x", "s"}, {"y"}), {"n", "s", 4});
  computed.initializer(onnx_int64s("i", {2}, {1, 0})).initializer(onnx_int64s("rest", {1}, {-1}));
  computed.node(OnnxNode("Shape", {"x"}, {"shape"})).node(OnnxNode("Gather", {"shape", "i"}, {"front"}));
  computed.node(OnnxNode("Concat", {"front", "rest"}, {"s"}).i("axis", 0));
  EXPECT_THAT(shape_of(computed).dims, ElementsAre(-1, -1, 4));
}

TEST(OnnxImport, ShapesThatAreKnownAreConstants) {
  const Parsed p(one_node(OnnxNode("Shape", {"x"}, {"y"}).i("start", 1), {"n", 3, 4}));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kSHAPE), 0);
  EXPECT_THAT(p.output_dims(), ElementsAre(2));
}

TEST(OnnxImport, AComparisonOfNothingIsATruthValue) {
  OnnxModel model;
  model.input("x", kOnnxFloat, {5, 1}).output("y");
  model.initializer(onnx_int64s("at", {1}, {2}));
  model.node(OnnxNode("Shape", {"x"}, {"s"}));
  model.node(OnnxNode("Slice", {"s", "at", "at"}, {"none"}));
  model.node(OnnxNode("Greater", {"none", "none"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.network->getOutput(0)->getType(), dovetail::DataType::kBOOL);
  EXPECT_THAT(p.output_dims(), ElementsAre(0));
}

TEST(OnnxImport, Slice) {
  const auto slice = [](std::vector<int64_t> starts, std::vector<int64_t> ends, std::vector<int64_t> axes,
                        std::vector<int64_t> steps) {
    OnnxModel model = one_node(OnnxNode("Slice", {"x", "starts", "ends", "axes", "steps"}, {"y"}), {"n", 10, 7});
    const auto add = [&](const char* name, const std::vector<int64_t>& values) {
      model.initializer(onnx_int64s(name, {static_cast<int64_t>(values.size())}, values));
    };
    add("starts", starts), add("ends", ends), add("axes", axes), add("steps", steps);
    return shape_of(model);
  };
  EXPECT_THAT(slice({1}, {5}, {1}, {1}).dims, ElementsAre(-1, 4, 7));
  EXPECT_THAT(slice({-3}, {INT64_MAX}, {1}, {2}).dims, ElementsAre(-1, 2, 7));
  EXPECT_THAT(slice({-1}, {INT64_MIN}, {-2}, {-1}).dims, ElementsAre(-1, 10, 7));
  EXPECT_THAT(slice({8}, {2}, {1}, {-3}).dims, ElementsAre(-1, 2, 7));
  EXPECT_THAT(slice({5}, {2}, {1}, {1}).dims, ElementsAre(-1, 0, 7));
  EXPECT_THAT(slice({0, 2}, {INT32_MAX, 100}, {1, 2}, {3, 1}).dims, ElementsAre(-1, 4, 5));
  EXPECT_THAT(slice({0}, {INT64_MAX}, {0}, {1}).dims, ElementsAre(-1, 10, 7));
  EXPECT_THAT(slice({0}, {1}, {1}, {0}).errors, HasSubstr("step"));
  EXPECT_THAT(slice({0, 1}, {1}, {1}, {1}).errors, HasSubstr("2 starts"));
  EXPECT_THAT(slice({0}, {1}, {3}, {1}).errors, HasSubstr("axis 3 is outside rank 3"));
  EXPECT_THAT(slice({0, 0}, {1, 1}, {1, -2}, {1, 1}).errors, HasSubstr("given twice"));
  const OnnxNode old = OnnxNode("Slice", {"x"}, {"y"}).ints("starts", {1}).ints("ends", {3}).ints("axes", {1});
  EXPECT_THAT(shape_of(one_node(old, {"n", 10}, 9)).dims, ElementsAre(-1, 2));
}

TEST(OnnxImport, Split) {
  const auto lengths = [](const OnnxModel& model) {
    const Parsed p(model);
    std::vector<int64_t> result;
    for (int i = 0; i < p.network->getNbOutputs(); ++i) result.push_back(p.output_dims(i)[1]);
    return p.result.ok ? result : std::vector<int64_t>{-100};
  };
  const auto model = [](OnnxNode node, int64_t opset) {
    OnnxModel m(opset);
    m.input("x", kOnnxFloat, {"n", 10}).output("a").output("b").node(node.i("axis", 1));
    return m;
  };
  EXPECT_THAT(lengths(model(OnnxNode("Split", {"x"}, {"a", "b"}), 11)), ElementsAre(5, 5));
  EXPECT_THAT(lengths(model(OnnxNode("Split", {"x"}, {"a", "b"}).ints("split", {3, 7}), 11)), ElementsAre(3, 7));
  EXPECT_THAT(lengths(model(OnnxNode("Split", {"x", "s"}, {"a", "b"}), 13).initializer(onnx_int64s("s", {2}, {4, 6}))),
              ElementsAre(4, 6));
  EXPECT_THAT(lengths(model(OnnxNode("Split", {"x"}, {"a", "b"}).i("num_outputs", 2), 18)), ElementsAre(5, 5));
  EXPECT_THAT(Parsed(model(OnnxNode("Split", {"x"}, {"a", "b"}).ints("split", {3, 8}), 11)).errors(), HasSubstr("11"));
}

TEST(OnnxImport, ResizeForms) {
  const auto with = [](OnnxModel model, const char* name, std::vector<float> values) {
    model.initializer(onnx_floats(name, {static_cast<int64_t>(values.size())}, values));
    return shape_of(model);
  };
  const std::vector<OnnxDim> x{"n", 2, 4, 5};
  EXPECT_THAT(with(one_node(OnnxNode("Upsample", {"x", "s"}, {"y"}), x, 9), "s", {1, 1, 2, 2}).dims,
              ElementsAre(-1, 2, 8, 10));
  EXPECT_THAT(with(one_node(OnnxNode("Resize", {"x", "s"}, {"y"}), x, 10), "s", {1, 1, 2, 2}).dims,
              ElementsAre(-1, 2, 8, 10));
  EXPECT_THAT(with(one_node(OnnxNode("Resize", {"x", "", "s"}, {"y"}), x, 13), "s", {1, 1, 2, 2}).dims,
              ElementsAre(-1, 2, 8, 10));
  EXPECT_THAT(with(one_node(OnnxNode("Resize", {"x", "", "s"}, {"y"}).ints("axes", {2, 3}), x, 18), "s", {2, 3}).dims,
              ElementsAre(-1, 2, 8, 15));
  OnnxModel sizes = one_node(OnnxNode("Resize", {"x", "", "", "z"}, {"y"}).s("mode", "linear"), {1, 2, 4, 5}, 13);
  sizes.initializer(onnx_int64s("z", {4}, {1, 2, 6, 6}));
  EXPECT_THAT(shape_of(sizes).dims, ElementsAre(1, 2, 6, 6));
  EXPECT_THAT(shape_of(one_node(OnnxNode("Resize", {"x"}, {"y"}), x, 13)).errors, HasSubstr("scales or sizes"));
}

TEST(OnnxImport, NormalizationsAndDropout) {
  OnnxModel batch = one_node(OnnxNode("BatchNormalization", {"x", "s", "s", "s", "s"}, {"y"}), {"n", 2, 4});
  batch.initializer(onnx_floats("s", {2}, {1, 1}));
  EXPECT_THAT(shape_of(batch).dims, ElementsAre(-1, 2, 4));
  OnnxModel training =
      one_node(OnnxNode("BatchNormalization", {"x", "s", "s", "s", "s"}, {"y"}).i("training_mode", 1), {1, 2});
  training.initializer(onnx_floats("s", {2}, {1, 1}));
  EXPECT_THAT(shape_of(training).dims, ElementsAre(1, 2));
  OnnxModel layer = one_node(OnnxNode("LayerNormalization", {"x", "s"}, {"y"}), {"n", 2});
  layer.initializer(onnx_floats("s", {2}, {1, 1}));
  EXPECT_THAT(shape_of(layer).dims, ElementsAre(-1, 2));
  EXPECT_THAT(shape_of(one_node(OnnxNode("Dropout", {"x"}, {"y"}).f("ratio", 0.5F), {2}, 10)).dims, ElementsAre(2));
}

TEST(OnnxImport, ConstantForms) {
  const auto dims = [](OnnxNode node) {
    OnnxModel model;
    model.input("x", kOnnxFloat, {1}).output("y").node(node);
    return shape_of(model);
  };
  const OnnxNode constant("Constant", {}, {"y"});
  EXPECT_THAT(dims(OnnxNode(constant).f("value_float", 1)).dims, ElementsAre());
  EXPECT_THAT(dims(OnnxNode(constant).ints("value_ints", {1, 2, 3})).dims, ElementsAre(3));
  EXPECT_THAT(dims(OnnxNode(constant).tensor("value", onnx_floats("", {2, 1}, {1, 2}))).dims, ElementsAre(2, 1));
  EXPECT_THAT(dims(OnnxNode(constant).s("value_string", "a")).dims, ElementsAre());
  EXPECT_THAT(dims(OnnxNode(constant).strings("value_strings", {"a", "b"})).dims, ElementsAre(2));
  EXPECT_THAT(dims(constant).errors, HasSubstr("without a value"));
}

TEST(OnnxImport, Einsum) {
  const auto einsum = [](const char* equation, std::vector<OnnxDim> a, std::vector<OnnxDim> b) {
    OnnxModel model;
    model.input("a", kOnnxFloat, a).output("y");
    std::vector<std::string> inputs{"a"};
    if (!b.empty()) {
      model.input("b", kOnnxFloat, b);
      inputs.push_back("b");
    }
    return shape_of(model.node(OnnxNode("Einsum", inputs, {"y"}).s("equation", equation)));
  };
  EXPECT_THAT(einsum("ij,jk->ik", {2, 3}, {3, 4}).dims, ElementsAre(2, 4));
  EXPECT_THAT(einsum("bhid, bhjd -> bhij", {"b", 2, 3, 4}, {"b", 2, 5, 4}).dims, ElementsAre(-1, 2, 3, 5));
  EXPECT_THAT(einsum("bijc,dc->bijd", {2, 3, 4, 5}, {6, 5}).dims, ElementsAre(2, 3, 4, 6));
  EXPECT_THAT(einsum("i,j->ij", {2}, {3}).dims, ElementsAre(2, 3));
  EXPECT_THAT(einsum("ij->ji", {2, 3}, {}).dims, ElementsAre(3, 2));
  EXPECT_THAT(einsum("ij", {2, 3}, {}).dims, ElementsAre(2, 3));
  EXPECT_THAT(einsum("...ij,...jk->...ik", {7, 2, 3}, {3, 4}).dims, ElementsAre(7, 2, 4));
  EXPECT_THAT(einsum("ii->i", {2, 2}, {}).dims, ElementsAre(2));
  EXPECT_THAT(einsum("ij->k", {2, 2}, {}).errors, HasSubstr("no input has"));
  EXPECT_THAT(einsum("i,j->", {2}, {}).errors, HasSubstr("2 terms for 1 inputs"));
  EXPECT_THAT(einsum("ijk->i", {2, 2}, {}).errors, HasSubstr("does not fit"));
}

TEST(OnnxImport, QuantizedOperatorsAreDequantizedAndQuantized) {
  OnnxModel model;
  model.input("x", kOnnxUint8, {1, 2, 4, 4}).output("y");
  const std::vector<std::byte> kernel(2 * 3 * 3 * 3, std::byte{1}), zero(1, std::byte{0});
  model.initializer(onnx_floats("s", {}, {0.1F})).initializer(OnnxTensor("zu", kOnnxUint8, {}).raw(zero));
  model.initializer(OnnxTensor("w", kOnnxInt8, {3, 2, 3, 3}).raw(kernel))
      .initializer(OnnxTensor("zi", kOnnxInt8, {}).raw(zero));
  model.node(OnnxNode("QLinearConv", {"x", "s", "zu", "w", "s", "zi", "s", "zu"}, {"y"}));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kDEQUANTIZE), 2);
  EXPECT_EQ(p.count(LayerType::kQUANTIZE), 1);
  EXPECT_EQ(p.network->getOutput(0)->getType(), dovetail::DataType::kUINT8);
  EXPECT_THAT(p.output_dims(), ElementsAre(1, 3, 2, 2));
}

TEST(OnnxImport, RecurrentLayers) {
  const auto lstm = [](OnnxNode node) {
    OnnxModel model(14);
    model.input("x", kOnnxFloat, {"t", 2, 3}).output("y").output("h");
    model.initializer(onnx_floats("w", {1, 16, 3}, std::vector<float>(48, 0)));
    model.initializer(onnx_floats("r", {1, 16, 4}, std::vector<float>(64, 0)));
    return Parsed(model.node(node));
  };
  const OnnxNode plain = OnnxNode("LSTM", {"x", "w", "r"}, {"y", "h"}).i("hidden_size", 4);
  const Parsed p = lstm(plain);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(0), ElementsAre(-1, 1, 2, 4));
  EXPECT_THAT(p.output_dims(1), ElementsAre(1, 2, 4));
  EXPECT_THAT(lstm(OnnxNode(plain).s("direction", "sideways")).errors(), HasSubstr("sideways"));
  const Parsed batch_first = lstm(OnnxNode(plain).i("layout", 1));
  ASSERT_TRUE(batch_first.result.ok) << batch_first.errors();
  EXPECT_THAT(batch_first.output_dims(0), ElementsAre(-1, 2, 1, 4));
}

TEST(OnnxImport, BranchesOfAKnownCondition) {
  const auto branch = [](const char* op) {
    OnnxModel graph;
    graph.output("r").initializer(onnx_floats("one", {1}, {1})).node(OnnxNode("Add", {"h", "one"}, {"s"}));
    return graph.node(OnnxNode(op, {"s"}, {"r"}, "inner"));
  };
  const auto model = [&](bool known) {
    OnnxModel m;
    m.input("x", kOnnxFloat, {2}).input("c", kOnnxBool, {}).output("y");
    const std::vector<std::byte> truth{std::byte{1}};
    m.initializer(OnnxTensor("t", kOnnxBool, {}).raw(truth));
    // The node stands before what its branches read.
    m.node(OnnxNode("If", {known ? "t" : "c"}, {"y"}, "if")
               .graph("then_branch", branch("Sigmoid").graph_bytes())
               .graph("else_branch", branch("Abs").graph_bytes()));
    return m.node(OnnxNode("Relu", {"x"}, {"h"}));
  };
  const Parsed p(model(true));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kACTIVATION), 2);
  EXPECT_EQ(p.count(LayerType::kUNARY), 0);
  EXPECT_STREQ(p.network->getOutput(0)->getName(), "y");
  const Parsed computed(model(false));
  ASSERT_TRUE(computed.result.ok) << computed.errors();
  EXPECT_EQ(computed.count(LayerType::kCONDITIONAL_OUTPUT), 1);
}

}  // namespace
}  // namespace dvt::test
