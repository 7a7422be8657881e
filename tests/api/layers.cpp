// Each layer computes what its interface says: small cases with results worked out by hand.

#include "support.h"

#include <cmath>

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

/// Builds the session's network with `y` as its output and runs it on one input.
std::vector<float> result(Session& s, ITensor& y, std::vector<float> x, const std::vector<int64_t>& shape) {
  s.output(y, "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  EXPECT_NE(engine, nullptr) << s.logger.take_errors();
  if (!engine) return {};
  const std::vector<float> out = run(*engine, std::move(x), shape);
  EXPECT_EQ(s.logger.take_errors(), "");
  return out;
}

TEST(Layers, ConvolutionWithBiasAndStride) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 3, 3});
  IConvolutionLayer* conv =
      s.network->addConvolutionNd(x, 2, DimsHW(2, 2), s.weights({1, 1, 1, 1, 1, 0, 0, 0}), s.weights({10, 20}));
  EXPECT_THAT(result(s, *conv->getOutput(0), {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 3, 3}),
              ElementsAre(22, 26, 34, 38, 21, 22, 24, 25));
}

TEST(Layers, ConvolutionTakesKernelAndBiasAsTensors) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 2, 2});
  IConvolutionLayer* conv = s.network->addConvolutionNd(x, 1, DimsHW(2, 2), Weights{}, Weights{});
  conv->setInput(1, s.constant({1, 1, 2, 2}, {1, 2, 3, 4}));
  conv->setInput(2, s.constant({1}, {5}));
  EXPECT_THAT(result(s, *conv->getOutput(0), {1, 1, 1, 1}, {1, 1, 2, 2}), ElementsAre(15));
}

TEST(Layers, Deconvolution) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 1, 2});
  IDeconvolutionLayer* layer = s.network->addDeconvolutionNd(x, 1, DimsHW(1, 2), s.weights({1, 10}), Weights{});
  layer->setStrideNd(DimsHW(1, 2));
  EXPECT_THAT(result(s, *layer->getOutput(0), {1, 2}, {1, 1, 1, 2}), ElementsAre(1, 10, 2, 20));
}

TEST(Layers, AveragePoolingLeavesPaddingOut) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 2, 2});
  IPoolingLayer* pool = s.network->addPoolingNd(x, PoolingType::kAVERAGE, DimsHW(2, 2));
  pool->setPaddingNd(DimsHW(1, 1));
  pool->setStrideNd(DimsHW(2, 2));
  EXPECT_THAT(result(s, *pool->getOutput(0), {1, 2, 3, 4}, {1, 1, 2, 2}), ElementsAre(1, 2, 3, 4));
}

TEST(Layers, BlendOfMaximumAndAverage) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 2, 2});
  IPoolingLayer* pool = s.network->addPoolingNd(x, PoolingType::kMAX_AVERAGE_BLEND, DimsHW(2, 2));
  pool->setBlendFactor(0.5F);
  EXPECT_THAT(result(s, *pool->getOutput(0), {1, 2, 3, 6}, {1, 1, 2, 2}), ElementsAre(4.5F));
}

TEST(Layers, ScaleByChannel) {
  Session s;
  ITensor& x = s.input("x", {1, 2, 1, 2});
  IScaleLayer* scale =
      s.network->addScale(x, ScaleMode::kCHANNEL, s.weights({1, 0}), s.weights({2, 3}), s.weights({1, 2}));
  EXPECT_THAT(result(s, *scale->getOutput(0), {1, 2, 1, 2}, {1, 2, 1, 2}), ElementsAre(3, 5, 9, 36));
}

TEST(Layers, SoftMaxOverItsDefaultAxis) {
  Session s;
  ITensor& x = s.input("x", {2, 1, 1});
  ISoftMaxLayer* softmax = s.network->addSoftMax(x);
  EXPECT_EQ(softmax->getAxes(), 1U);
  EXPECT_THAT(result(s, *softmax->getOutput(0), {0, std::log(3.0F)}, {2, 1, 1}),
              ElementsAre(FloatNear(0.25F, 1e-6F), FloatNear(0.75F, 1e-6F)));
}

TEST(Layers, NormalizationOfLayersInstancesAndGroups) {
  for (const uint32_t axes : {1U << 2 | 1U << 3, 1U << 1 | 1U << 2 | 1U << 3, 1U << 0 | 1U << 3}) {
    SCOPED_TRACE(axes);
    Session s;
    ITensor& x = s.input("x", {1, 2, 1, 2});
    INormalizationLayer* layer =
        s.network->addNormalization(x, s.constant({1, 2, 1, 1}, {1, 2}), s.constant({1, 2, 1, 1}, {0, 5}), axes);
    layer->setEpsilon(0);
    const std::vector<float> y = result(s, *layer->getOutput(0), {-1, 1, -1, 1}, {1, 2, 1, 2});
    EXPECT_THAT(y, Pointwise(FloatNear(1e-5F), std::vector<float>{-1, 1, 3, 7}));
  }
}

TEST(Layers, NormalizationOfGroupsWithOneScaleEach) {
  Session s;
  ITensor& x = s.input("x", {1, 4, 1, 1});
  INormalizationLayer* layer = s.network->addNormalization(x, s.constant({1, 2, 1, 1}, {1, 10}),
                                                           s.constant({1, 2, 1, 1}, {0, 100}), 1U << 2 | 1U << 3);
  layer->setNbGroups(2);
  layer->setEpsilon(0);
  EXPECT_THAT(result(s, *layer->getOutput(0), {-1, 1, 3, 5}, {1, 4, 1, 1}),
              Pointwise(FloatNear(1e-4F), std::vector<float>{-1, 1, 90, 110}));
}

TEST(Layers, MatrixTimesTransposedAndVector) {
  Session s;
  ITensor& x = s.input("x", {2, 2});
  IMatrixMultiplyLayer* product = s.network->addMatrixMultiply(
      x, MatrixOperation::kNONE, s.constant({2, 2}, {1, 2, 3, 4}), MatrixOperation::kTRANSPOSE);
  IMatrixMultiplyLayer* vector = s.network->addMatrixMultiply(*product->getOutput(0), MatrixOperation::kNONE,
                                                              s.constant({2}, {1, 1}), MatrixOperation::kVECTOR);
  EXPECT_THAT(list(vector->getOutput(0)->getDimensions()), ElementsAre(2));
  EXPECT_THAT(result(s, *vector->getOutput(0), {1, 1, 1, 0}, {2, 2}), ElementsAre(10, 4));
}

TEST(Layers, EinsumContractsReducesAndTransposes) {
  const auto einsum = [](const char* equation, std::vector<int64_t> other) {
    Session s;
    ITensor& x = s.input("x", {2, 3});
    size_t count = 1;
    for (int64_t d : other) count *= static_cast<size_t>(d);
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
    ITensor* inputs[] = {&x, other.empty() ? nullptr : &s.constant(other, values)};
    IEinsumLayer* layer = s.network->addEinsum(inputs, other.empty() ? 1 : 2, equation);
    EXPECT_NE(layer, nullptr) << s.logger.take_errors();
    return result(s, *layer->getOutput(0), {1, 2, 3, 4, 5, 6}, {2, 3});
  };
  EXPECT_THAT(einsum("ij,jk->ik", {3, 2}), ElementsAre(22, 28, 49, 64));
  EXPECT_THAT(einsum("ij,jk", {3, 2}), ElementsAre(22, 28, 49, 64));
  EXPECT_THAT(einsum("ij->ji", {}), ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(einsum("ij->", {}), ElementsAre(21));
  EXPECT_THAT(einsum("ij, ij -> i", {2, 3}), ElementsAre(14, 77));
  EXPECT_THAT(einsum("...j,j->...j", {3}), ElementsAre(1, 4, 9, 4, 10, 18));
  EXPECT_THAT(einsum("i...,i->...", {2}), ElementsAre(9, 12, 15));
  EXPECT_THAT(einsum("ij,k->kji", {1}), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(Layers, AnEquationThatDoesNotFitIsRefused) {
  for (const char* equation : {"ij,jk->ik", "ijk->i", "ij->ik", "i1->i", "ij->jj"}) {
    Session s;
    ITensor* inputs[] = {&s.input("x", {2, 2})};
    IEinsumLayer* layer = s.network->addEinsum(inputs, 1, equation);
    ASSERT_NE(layer, nullptr);
    EXPECT_EQ(layer->getOutput(0)->getDimensions().nbDims, -1) << equation;
    EXPECT_THAT(s.logger.take_errors(), testing::HasSubstr("einsum"));
  }
}

TEST(Layers, RowsOfDifferentLengths) {
  const int32_t lengths[] = {2, 3};
  {
    Session s;
    ITensor& x = s.input("x", {2, 3});
    ITensor* bounds = s.network->addConstant(dims({2, 1}), Weights{DataType::kINT32, lengths, 2})->getOutput(0);
    EXPECT_THAT(result(s, *s.network->addRaggedSoftMax(x, *bounds)->getOutput(0), {5, 5, 99, 1, 1, 1}, {2, 3}),
                Pointwise(FloatNear(1e-6F), std::vector<float>{0.5F, 0.5F, 0, 1 / 3.F, 1 / 3.F, 1 / 3.F}));
  }
  {
    Session s;
    ITensor& x = s.input("x", {2, 3});
    ITensor* counts = s.network->addConstant(dims({2}), Weights{DataType::kINT32, lengths, 2})->getOutput(0);
    IReverseSequenceLayer* reverse = s.network->addReverseSequence(x, *counts);
    reverse->setBatchAxis(0);
    reverse->setSequenceAxis(1);
    EXPECT_THAT(result(s, *reverse->getOutput(0), {1, 2, 3, 4, 5, 6}, {2, 3}), ElementsAre(2, 1, 3, 6, 5, 4));
  }
}

TEST(Layers, ParametricReLUAndSelect) {
  Session s;
  ITensor& x = s.input("x", {4});
  ITensor* y = s.network->addParametricReLU(x, s.constant({1}, {0.5F}))->getOutput(0);
  ITensor* large = s.network->addElementWise(*y, s.constant({1}, {2}), ElementWiseOperation::kGREATER)->getOutput(0);
  EXPECT_EQ(large->getType(), DataType::kBOOL);
  ITensor* z = s.network->addSelect(*large, s.constant({1}, {9}), *y)->getOutput(0);
  EXPECT_THAT(result(s, *z, {-4, -1, 1, 3}, {4}), ElementsAre(-2, -0.5F, 1, 9));
}

TEST(Layers, ActivationsWithParameters) {
  Session s;
  ITensor& x = s.input("x", {4});
  IActivationLayer* clip = s.network->addActivation(x, ActivationType::kCLIP);
  clip->setAlpha(-1);
  clip->setBeta(2);
  IActivationLayer* leaky = s.network->addActivation(*clip->getOutput(0), ActivationType::kLEAKY_RELU);
  leaky->setAlpha(0.5F);
  EXPECT_THAT(result(s, *leaky->getOutput(0), {-5, -0.5F, 1, 7}, {4}), ElementsAre(-0.5F, -0.25F, 1, 2));
}

TEST(Layers, ShuffleTransposesAroundAReshape) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  shuffle->setFirstTranspose(Permutation{{1, 0}});
  shuffle->setReshapeDimensions(dims({2, 3}));
  shuffle->setSecondTranspose(Permutation{{1, 0}});
  EXPECT_THAT(result(s, *shuffle->getOutput(0), {1, 2, 3, 4, 5, 6}, {2, 3}), ElementsAre(1, 5, 4, 3, 2, 6));
}

TEST(Layers, SliceBeyondTheEndsFills) {
  Session s;
  ITensor& x = s.input("x", {3});
  ISliceLayer* fill = s.network->addSlice(x, dims({-1}), dims({5}), dims({1}));
  fill->setMode(SampleMode::kFILL);
  fill->setInput(4, s.constant({}, {7}));
  ISliceLayer* clamp = s.network->addSlice(*fill->getOutput(0), dims({4}), dims({4}), dims({-2}));
  clamp->setMode(SampleMode::kCLAMP);
  EXPECT_THAT(result(s, *clamp->getOutput(0), {1, 2, 3}, {3}), ElementsAre(7, 2, 7, 7));
}

TEST(Layers, SliceAlongChosenAxes) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  ISliceLayer* slice = s.network->addSlice(x, dims({1}), dims({2}), dims({1}));
  slice->setAxes(dims({1}));
  EXPECT_THAT(result(s, *slice->getOutput(0), {1, 2, 3, 4, 5, 6}, {2, 3}), ElementsAre(2, 3, 5, 6));
}

TEST(Layers, PaddingOfTheLastDimensions) {
  Session s;
  ITensor& x = s.input("x", {1, 2, 2});
  IPaddingLayer* padding = s.network->addPaddingNd(x, DimsHW(1, 0), DimsHW(-1, 1));
  EXPECT_THAT(result(s, *padding->getOutput(0), {1, 2, 3, 4}, {1, 2, 2}), ElementsAre(0, 0, 0, 1, 2, 0));
}

TEST(Layers, ReductionsKeepOrDropDimensions) {
  Session s;
  ITensor& x = s.input("x", {2, 2});
  ITensor* mean = s.network->addReduce(x, ReduceOperation::kAVG, 1U << 1, true)->getOutput(0);
  ITensor* most = s.network->addReduce(*mean, ReduceOperation::kMAX, 1U << 0 | 1U << 1, false)->getOutput(0);
  EXPECT_EQ(most->getDimensions().nbDims, 0);
  EXPECT_THAT(result(s, *most, {1, 3, 5, 9}, {2, 2}), ElementsAre(7));
}

TEST(Layers, GatherTopKAndCumulative) {
  Session s;
  ITensor& x = s.input("x", {4});
  ITopKLayer* topk = s.network->addTopK(x, TopKOperation::kMIN, 3, 1U);
  ITensor* picked = s.network->addGather(x, *topk->getOutput(1), 0)->getOutput(0);
  const int32_t axis = 0;
  ITensor* axis_tensor = s.network->addConstant(dims({}), Weights{DataType::kINT32, &axis, 1})->getOutput(0);
  ITensor* sums =
      s.network->addCumulative(*picked, *axis_tensor, CumulativeOperation::kSUM, false, false)->getOutput(0);
  EXPECT_THAT(result(s, *sums, {4, 1, 3, 2}, {4}), ElementsAre(1, 3, 6));
}

TEST(Layers, FillCountsFromAlphaByBeta) {
  Session s;
  ITensor& x = s.input("x", {3});
  IFillLayer* fill = s.network->addFill(dims({3}), FillOperation::kLINSPACE, DataType::kFLOAT);
  fill->setAlpha(10);
  fill->setBeta(2);
  EXPECT_THAT(result(s, *s.network->addElementWise(x, *fill->getOutput(0), ElementWiseOperation::kSUM)->getOutput(0),
                     {1, 1, 1}, {3}),
              ElementsAre(11, 13, 15));
}

TEST(Layers, ResizeByScales) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 1, 2});
  IResizeLayer* resize = s.network->addResize(x);
  const float scales[] = {1, 1, 2, 2};
  resize->setScales(scales, 4);
  EXPECT_EQ(resize->getScales(0, nullptr), 4);
  EXPECT_THAT(result(s, *resize->getOutput(0), {1, 2}, {1, 1, 1, 2}), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2));
}

TEST(Layers, QuantizeAndBack) {
  Session s;
  ITensor& x = s.input("x", {4});
  ITensor& scale = s.constant({}, {0.5F});
  ITensor* q = s.network->addQuantize(x, scale)->getOutput(0);
  EXPECT_EQ(q->getType(), DataType::kINT8);
  ITensor* y = s.network->addDequantize(*q, scale)->getOutput(0);
  EXPECT_THAT(result(s, *y, {0.3F, -0.3F, 1000, -1000}, {4}), ElementsAre(0.5F, -0.5F, 63.5F, -64));
}

TEST(Layers, OutputTypesAreCast) {
  Session s;
  ITensor& x = s.input("x", {3});
  IIdentityLayer* identity = s.network->addIdentity(x);
  identity->setOutputType(0, DataType::kINT32);
  EXPECT_EQ(identity->getOutput(0)->getType(), DataType::kINT32);
  ITensor* y = s.network->addCast(*identity->getOutput(0), DataType::kFLOAT)->getOutput(0);
  EXPECT_THAT(result(s, *y, {1.7F, -1.7F, 3}, {3}), ElementsAre(1, -1, 3));
}

TEST(Layers, ShapesOfDynamicInputsDriveAReshape) {
  Session s;
  ITensor& x = s.input("x", {-1, 2, 3});
  ITensor* shape = s.network->addShape(x)->getOutput(0);
  EXPECT_EQ(shape->getType(), DataType::kINT64);
  const int64_t six[] = {6};
  ITensor* first = s.network->addSlice(*shape, dims({0}), dims({1}), dims({1}))->getOutput(0);
  ITensor* parts[] = {first, s.network->addConstant(dims({1}), Weights{DataType::kINT64, six, 1})->getOutput(0)};
  ITensor* target = s.network->addConcatenation(parts, 2)->getOutput(0);
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  shuffle->setInput(1, *target);
  EXPECT_THAT(list(shuffle->getOutput(0)->getDimensions()), ElementsAre(-1, 6));
  EXPECT_TRUE(target->isShapeTensor());
  s.profile("x", {1, 2, 3}, {2, 2, 3}, {4, 2, 3});
  ITensor* sum = s.network->addReduce(*shuffle->getOutput(0), ReduceOperation::kSUM, 1U << 1, false)->getOutput(0);
  EXPECT_THAT(result(s, *sum, std::vector<float>(12, 1), {2, 2, 3}), ElementsAre(6, 6));
}

}  // namespace
}  // namespace dovetail::test
