#include "support.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Network, ShapesAreInferredWhenAskedFor) {
  Session s;
  ITensor& x = s.input("x", {-1, 6, 8, 8});
  IConvolutionLayer* conv =
      s.network->addConvolutionNd(x, 6, DimsHW(3, 3), s.weights(std::vector<float>(54, 1)), Weights{});
  ASSERT_NE(conv, nullptr) << s.logger.take_errors();
  // The kernel has one channel per group: until groups are set the layer makes no sense, and that is no error.
  conv->setNbGroups(6);
  conv->setPaddingNd(DimsHW(1, 1));
  EXPECT_THAT(list(conv->getOutput(0)->getDimensions()), ElementsAre(-1, 6, 8, 8));
  conv->setStrideNd(DimsHW(2, 2));
  EXPECT_THAT(list(conv->getOutput(0)->getDimensions()), ElementsAre(-1, 6, 4, 4));
  EXPECT_EQ(s.logger.take_errors(), "");
}

TEST(Network, ASetterChangesWhatFollows) {
  Session s;
  ITensor& x = s.input("x", {2, 3, 4});
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  IReduceLayer* reduce = s.network->addReduce(*shuffle->getOutput(0), ReduceOperation::kSUM, 1U << 1, false);
  EXPECT_THAT(list(reduce->getOutput(0)->getDimensions()), ElementsAre(2, 4));
  shuffle->setReshapeDimensions(dims({0, -1}));
  EXPECT_THAT(list(shuffle->getOutput(0)->getDimensions()), ElementsAre(2, 12));
  EXPECT_THAT(list(reduce->getOutput(0)->getDimensions()), ElementsAre(2));
  reduce->setKeepDimensions(true);
  EXPECT_THAT(list(reduce->getOutput(0)->getDimensions()), ElementsAre(2, 1));
}

TEST(Network, AnInconsistentLayerIsReportedByName) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  ITensor& y = s.input("y", {2, 4});
  IElementWiseLayer* sum = s.network->addElementWise(x, y, ElementWiseOperation::kSUM);
  sum->setName("the sum");
  EXPECT_EQ(sum->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the sum"));
}

TEST(Network, ConcatenationTakesItsAxisLater) {
  Session s;
  ITensor* inputs[] = {&s.input("x", {2, 3}), &s.input("y", {2, 5})};
  IConcatenationLayer* concat = s.network->addConcatenation(inputs, 2);
  concat->setAxis(1);
  EXPECT_THAT(list(concat->getOutput(0)->getDimensions()), ElementsAre(2, 8));
  EXPECT_EQ(s.logger.take_errors(), "");
}

TEST(Network, DefaultNamesTellLayerAndType) {
  Session s;
  ITensor& x = s.input("x", {2, 3, 4});
  ITopKLayer* topk = s.network->addTopK(x, TopKOperation::kMAX, 2, 1U << 2);
  EXPECT_STREQ(topk->getName(), "(Unnamed Layer* 0) [TopK]");
  EXPECT_STREQ(topk->getOutput(1)->getName(), "(Unnamed Layer* 0) [TopK]_output_2");
  EXPECT_EQ(topk->getOutput(1)->getType(), DataType::kINT32);
  EXPECT_THAT(list(topk->getOutput(1)->getDimensions()), ElementsAre(2, 3, 2));
  topk->setName("best");
  EXPECT_STREQ(topk->getOutput(0)->getName(), "best_output");
}

TEST(Network, NamesOfInputsAndOutputsAreUnique) {
  Session s;
  ITensor& x = s.input("x", {2});
  EXPECT_EQ(s.network->addInput("x", DataType::kFLOAT, dims({2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("already has an input 'x'"));
  ITensor* y = s.network->addIdentity(x)->getOutput(0);
  y->setName("x");
  s.network->markOutput(*y);
  EXPECT_FALSE(y->isNetworkOutput());
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("already has an input 'x'"));
}

TEST(Network, MisuseIsReported) {
  Session s, other;
  ITensor& x = s.input("x", {2});
  ITensor& foreign = other.input("foreign", {2});
  EXPECT_EQ(s.network->addElementWise(x, foreign, ElementWiseOperation::kSUM), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'foreign' belongs to another network"));
  EXPECT_EQ(s.network->addInput(nullptr, DataType::kFLOAT, dims({2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("name is nullptr"));
  EXPECT_EQ(s.network->addInput("y", DataType::kFLOAT, dims({-2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("dimension 0 is -2"));
  EXPECT_EQ(s.network->addInput("y", static_cast<DataType>(99), dims({2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("data type with number 99"));
  EXPECT_EQ(s.network->addUnary(x, static_cast<UnaryOperation>(99)), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("unary operation with number 99"));
  EXPECT_EQ(s.network->addConstant(dims({3}), Weights{DataType::kFLOAT, nullptr, 3}), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("nullptr"));
  EXPECT_EQ(s.network->addConstant(dims({3}), s.weights({1, 2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("shape holds 3 elements, the weights 2"));
  EXPECT_EQ(s.network->addConcatenation(nullptr, 2), nullptr);
  EXPECT_NE(s.logger.take_errors(), "");
}

TEST(Network, LayersThatAreMissingSayWhatToDo) {
  Session s;
  ITensor& x = s.input("x", {1, 1, 4, 4});
  EXPECT_EQ(s.network->addDistCollective(x, CollectiveOperation::kALL_REDUCE, ReduceOperation::kSUM, 0, nullptr, 0),
            nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("DistCollective is not supported yet; an engine runs on one device"));
}

TEST(Network, ACycleIsFound) {
  Session s;
  ITensor& x = s.input("x", {2});
  IUnaryLayer* a = s.network->addUnary(x, UnaryOperation::kEXP);
  IUnaryLayer* b = s.network->addUnary(*a->getOutput(0), UnaryOperation::kNEG);
  a->setInput(0, *b->getOutput(0));
  EXPECT_EQ(b->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("depends on itself"));
}

TEST(Network, ADeepChainNeedsNoDeepStack) {
  Session s;
  ITensor* t = &s.input("x", {2});
  for (int i = 0; i < 20000; ++i) t = s.network->addUnary(*t, UnaryOperation::kNEG)->getOutput(0);
  EXPECT_THAT(list(t->getDimensions()), ElementsAre(2));
}

TEST(Network, TensorsAreRemoved) {
  Session s;
  ITensor& x = s.input("x", {2});
  ITensor& unused = s.input("unused", {2});
  IUnaryLayer* a = s.network->addUnary(x, UnaryOperation::kEXP);
  IUnaryLayer* b = s.network->addUnary(*a->getOutput(0), UnaryOperation::kNEG);
  s.network->removeTensor(*a->getOutput(0));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("is read by a layer"));
  s.network->removeTensor(unused);
  EXPECT_EQ(s.network->getNbInputs(), 1);
  s.network->removeTensor(*b->getOutput(0));
  EXPECT_EQ(s.network->getNbLayers(), 1);
  EXPECT_EQ(s.network->getLayer(1), nullptr);
  EXPECT_EQ(s.network->getLayer(0), a);
}

TEST(Network, AnOperatorTakesItsAttributesByName) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  const int64_t perm[] = {1, 0};
  const PluginField fields[] = {{"perm", perm, PluginFieldType::kINT64, 2}};
  ITensor* inputs[] = {&x};
  IOperatorLayer* layer = s.network->addOperator("dovetail", "transpose", {1, fields}, inputs, 1);
  ASSERT_NE(layer, nullptr) << s.logger.take_errors();
  EXPECT_THAT(list(layer->getOutput(0)->getDimensions()), ElementsAre(3, 2));
  EXPECT_STREQ(layer->getOperator(), "transpose");
  EXPECT_STREQ(layer->getAttributes(), "{perm=[1,0]}");
  EXPECT_EQ(layer->getType(), LayerType::kOPERATOR);

  const PluginField wrong[] = {{"permutation", perm, PluginFieldType::kINT64, 2}};
  EXPECT_EQ(s.network->addOperator("", "transpose", {1, wrong}, inputs, 1), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no attribute 'permutation'; it has perm"));
  EXPECT_EQ(s.network->addOperator("", "no_such_operator", {0, nullptr}, inputs, 1), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no_such_operator"));
  EXPECT_EQ(s.network->addOperator("elsewhere", "transpose", {0, nullptr}, inputs, 1), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("elsewhere"));
  const PluginField text[] = {{"perm", "10", PluginFieldType::kCHAR, 2}};
  EXPECT_EQ(s.network->addOperator("", "transpose", {1, text}, inputs, 1), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'perm' must be an integer"));
}

TEST(Network, ResourcesAreReleasedOnce) {
  int released = 0;
  const auto release = [](void* count) { ++*static_cast<int*>(count); };
  {
    Session s;
    EXPECT_TRUE(s.network->retainResource(&released, release));
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Network, TheRecorderHearsWhatTheLoggerHears) {
  Session s;
  Recorder recorder;
  s.network->setErrorRecorder(&recorder);
  EXPECT_EQ(recorder.references, 1);
  EXPECT_EQ(s.network->getErrorRecorder(), &recorder);
  s.network->addInput(nullptr, DataType::kFLOAT, dims({2}));
  ASSERT_EQ(recorder.getNbErrors(), 1);
  EXPECT_EQ(recorder.getErrorCode(0), ErrorCode::kINVALID_ARGUMENT);
  EXPECT_THAT(s.logger.errors, ElementsAre(recorder.getErrorDesc(0)));
  s.network->setErrorRecorder(nullptr);
  EXPECT_EQ(recorder.references, 0);
}

TEST(Network, DimensionNamesTieInputsTogether) {
  Session s;
  ITensor& x = s.input("x", {-1, 3});
  ITensor& y = s.input("y", {-1, 3});
  x.setDimensionName(0, "batch");
  y.setDimensionName(0, "batch");
  EXPECT_STREQ(x.getDimensionName(0), "batch");
  EXPECT_EQ(x.getDimensionName(1), nullptr);
  s.output(*s.network->addElementWise(x, y, ElementWiseOperation::kSUM)->getOutput(0), "z");
  EXPECT_THAT(s.network->toText(), HasSubstr("f32[batch,3]"));
  x.setDimensionName(2, "no");
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no dimension 2"));
}

}  // namespace
}  // namespace dovetail::test
