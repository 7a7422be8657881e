#include "support.h"

#include <atomic>
#include <thread>

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// y = x * 2 with x [-1, 2], batch 1 to 4; profile 1 takes 5 to 8.
struct RunSession : Session {
  std::unique_ptr<ICudaEngine> made;
  std::unique_ptr<IExecutionContext> context;
  RunSession() {
    ITensor& x = input("x", {-1, 2});
    output(*network->addElementWise(x, constant({1, 1}, {2}), ElementWiseOperation::kPROD)->getOutput(0), "y");
    profile("x", {1, 2}, {2, 2}, {4, 2});
    profile("x", {5, 2}, {6, 2}, {8, 2});
    config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    made = engine();
    if (!made) throw std::runtime_error(logger.take_errors());
    context.reset(made->createExecutionContext());
  }
};

TEST(Engine, TellsOfItsTensors) {
  RunSession s;
  ICudaEngine& e = *s.made;
  EXPECT_EQ(e.getNbIOTensors(), 2);
  EXPECT_STREQ(e.getIOTensorName(0), "x");
  EXPECT_STREQ(e.getIOTensorName(1), "y");
  EXPECT_EQ(e.getIOTensorName(2), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("number 2"));
  EXPECT_THAT(list(e.getTensorShape("x")), ElementsAre(-1, 2));
  EXPECT_THAT(list(e.getTensorShape("y")), ElementsAre(-1, 2));
  EXPECT_EQ(e.getTensorDataType("y"), DataType::kFLOAT);
  EXPECT_EQ(e.getTensorIOMode("x"), TensorIOMode::kINPUT);
  EXPECT_EQ(e.getTensorIOMode("y"), TensorIOMode::kOUTPUT);
  EXPECT_EQ(e.getTensorIOMode("z"), TensorIOMode::kNONE);
  EXPECT_EQ(e.getTensorLocation("x"), TensorLocation::kDEVICE);
  EXPECT_FALSE(e.isShapeInferenceIO("x"));
  EXPECT_EQ(e.getTensorFormat("x"), TensorFormat::kLINEAR);
  EXPECT_THAT(e.getTensorFormatDesc("x"), HasSubstr("kLINEAR"));
  EXPECT_EQ(e.getTensorShape("z").nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no input or output 'z'; it has 'x', 'y'"));
  EXPECT_EQ(e.getTensorShape(nullptr).nbDims, -1);
  EXPECT_NE(s.logger.take_errors(), "");
  EXPECT_EQ(e.getNbOptimizationProfiles(), 2);
  EXPECT_THAT(list(e.getProfileShape("x", 1, OptProfileSelector::kOPT)), ElementsAre(6, 2));
  EXPECT_EQ(e.getProfileShape("x", 2, OptProfileSelector::kOPT).nbDims, -1);
  EXPECT_NE(s.logger.take_errors(), "");
  EXPECT_GE(e.getNbLayers(), 1);
  EXPECT_STREQ(e.getDevice(), "cpu");
  EXPECT_EQ(e.getNbBindings(), 4);
  EXPECT_STREQ(e.getBindingName(3), "y");
  EXPECT_EQ(e.getBindingIndex("nothing"), -1);
}

TEST(Engine, SerializesToThePlanItCameFrom) {
  RunSession s;
  const std::unique_ptr<IHostMemory> plan(s.made->serialize());
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  const std::unique_ptr<ICudaEngine> twin(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  ASSERT_NE(twin, nullptr) << s.logger.take_errors();
  EXPECT_THAT(run(*twin, {1, 2}, {1, 2}), ElementsAre(2, 4));
}

TEST(Inspector, DescribesLayersInBothForms) {
  RunSession s;
  const std::unique_ptr<IEngineInspector> inspector(s.made->createEngineInspector());
  EXPECT_THAT(inspector->getEngineInformation(LayerInformationFormat::kJSON), HasSubstr("\"Layers\""));
  EXPECT_THAT(inspector->getEngineInformation(LayerInformationFormat::kJSON), HasSubstr("\"TacticName\""));
  EXPECT_THAT(inspector->getEngineInformation(LayerInformationFormat::kONELINE), HasSubstr("Bindings:\nx\ny\n"));
  EXPECT_THAT(inspector->getLayerInformation(0, LayerInformationFormat::kONELINE), HasSubstr("LayerType: "));
  EXPECT_EQ(inspector->getLayerInformation(99, LayerInformationFormat::kJSON), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no layer 99"));
}

TEST(Context, ShapesAreUnknownUntilInputsAreSet) {
  RunSession s;
  EXPECT_THAT(list(s.context->getTensorShape("x")), ElementsAre(-1, 2));
  EXPECT_THAT(list(s.context->getTensorShape("y")), ElementsAre(-1, 2));
  EXPECT_FALSE(s.context->allInputDimensionsSpecified());
  const char* names[2] = {};
  EXPECT_EQ(s.context->inferShapes(2, names), 1);
  EXPECT_STREQ(names[0], "x");
  EXPECT_TRUE(s.context->setInputShape("x", dims({3, 2})));
  EXPECT_THAT(list(s.context->getTensorShape("y")), ElementsAre(3, 2));
  EXPECT_THAT(list(s.context->getTensorStrides("y")), ElementsAre(2, 1));
  EXPECT_EQ(s.context->inferShapes(0, nullptr), 0);
  EXPECT_TRUE(s.context->allInputDimensionsSpecified());
  EXPECT_EQ(s.context->getMaxOutputSize("y"), 24);
}

TEST(Context, ShapesOutsideTheProfileAreRefusedByName) {
  RunSession s;
  EXPECT_FALSE(s.context->setInputShape("x", dims({5, 2})));
  const std::string text = s.logger.take_errors();
  EXPECT_THAT(text, HasSubstr("'x'"));
  EXPECT_THAT(text, HasSubstr("5"));
  EXPECT_THAT(text, HasSubstr("1..4"));
  EXPECT_FALSE(s.context->setInputShape("x", dims({1, 3})));
  EXPECT_FALSE(s.context->setInputShape("x", dims({1})));
  EXPECT_FALSE(s.context->setInputShape("y", dims({1, 2})));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'y' is an output"));
  EXPECT_FALSE(s.context->setInputShape("x", dims({-1, 2})));
  EXPECT_FALSE(s.context->setInputShape(nullptr, dims({1, 2})));
  Dims bad{};
  bad.nbDims = 99;
  EXPECT_FALSE(s.context->setInputShape("x", bad));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("nbDims 99"));
}

TEST(Context, ProfilesAreChosenByNumber) {
  RunSession s;
  EXPECT_EQ(s.context->getOptimizationProfile(), 0);
  EXPECT_FALSE(s.context->setOptimizationProfileAsync(2, nullptr));
  EXPECT_TRUE(s.context->setOptimizationProfileAsync(1, nullptr));
  EXPECT_EQ(s.context->getOptimizationProfile(), 1);
  EXPECT_FALSE(s.context->setInputShape("x", dims({4, 2})));
  EXPECT_TRUE(s.context->setInputShape("x", dims({7, 2})));
}

TEST(Context, MissingShapesAndAddressesAreNamed) {
  RunSession s;
  float x[4] = {1, 2, 3, 4}, y[4] = {};
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'x'"));
  s.context->setInputShape("x", dims({2, 2}));
  s.context->setTensorAddress("x", x);
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'y'"));
  EXPECT_FALSE(s.context->setTensorAddress("nothing", y));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'nothing'"));
  s.context->setTensorAddress("y", y);
  EXPECT_EQ(s.context->getTensorAddress("y"), y);
  EXPECT_EQ(s.context->getOutputTensorAddress("y"), y);
  EXPECT_TRUE(s.context->enqueueV3(nullptr)) << s.logger.take_errors();
  EXPECT_THAT(y, ElementsAre(2, 4, 6, 8));
  s.context->setTensorAddress("x", nullptr);
  EXPECT_FALSE(s.context->enqueueV3(nullptr));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'x'"));
  void* bindings[] = {x, nullptr};
  EXPECT_FALSE(s.context->executeV2(bindings));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'y'"));
  EXPECT_FALSE(s.context->executeV2(nullptr));
  EXPECT_FALSE(s.context->setOutputTensorAddress("x", x));
  EXPECT_FALSE(s.context->setInputTensorAddress("y", x));
}

TEST(Context, RunsEveryShapeOfAProfile) {
  RunSession s;
  std::vector<float> x(8), y(8);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  void* bindings[] = {x.data(), y.data()};
  for (const int64_t batch : {1, 4, 2, 3, 1}) {
    ASSERT_TRUE(s.context->setInputShape("x", dims({batch, 2})));
    std::fill(y.begin(), y.end(), -1);
    ASSERT_TRUE(s.context->executeV2(bindings)) << s.logger.take_errors();
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_EQ(y[static_cast<size_t>(i)], i < 2 * batch ? 2 * static_cast<float>(i) : -1);
  }
}

TEST(Context, StreamsKeepOrder) {
  RunSession s;
  cudaStream_t stream = dovetailStreamCreate();
  ASSERT_NE(stream, nullptr);
  float x[2] = {1, 2}, y[2] = {};
  s.context->setInputShape("x", dims({1, 2}));
  s.context->setTensorAddress("x", x);
  s.context->setTensorAddress("y", y);
  EXPECT_TRUE(s.context->enqueueV3(stream)) << s.logger.take_errors();
  s.context->setTensorAddress("x", y);  // A later change does not touch the run before.
  s.context->setTensorAddress("y", x);
  EXPECT_TRUE(s.context->enqueueV3(stream));
  std::atomic<bool> called{false};
  EXPECT_TRUE(dovetailStreamAddCallback(
      stream, [](void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; }, &called));
  EXPECT_TRUE(dovetailStreamSynchronize(stream));
  EXPECT_TRUE(dovetailStreamQuery(stream));
  EXPECT_TRUE(called);
  EXPECT_THAT(x, ElementsAre(4, 8));
  dovetailStreamDestroy(stream);
  dovetailStreamDestroy(nullptr);
}

TEST(Context, SeveralRunAtOnce) {
  RunSession s;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        if (run(*s.made, {float(t), float(i)}, {1, 2}) != std::vector<float>{2.0F * t, 2.0F * i}) ++wrong;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Context, TheUserMayBringTheMemory) {
  RunSession s;
  const std::unique_ptr<IExecutionContext> context(s.made->createExecutionContextWithoutDeviceMemory());
  ASSERT_NE(context, nullptr) << s.logger.take_errors();
  const auto size = static_cast<size_t>(s.made->getDeviceMemorySizeV2());
  EXPECT_EQ(context->updateDeviceMemorySizeForShapes(),
            static_cast<size_t>(s.made->getDeviceMemorySizeForProfileV2(0)));
  std::unique_ptr<void, void (*)(void*)> memory(std::aligned_alloc(64, (size / 64 + 1) * 64), &std::free);
  context->setDeviceMemoryV2(memory.get(), static_cast<int64_t>(size));
  float x[2] = {1, 2}, y[2] = {};
  context->setInputShape("x", dims({1, 2}));
  void* bindings[] = {x, y};
  EXPECT_TRUE(context->executeV2(bindings)) << s.logger.take_errors();
  EXPECT_THAT(y, ElementsAre(2, 4));
  s.context->setDeviceMemoryV2(memory.get(), static_cast<int64_t>(size));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("kUSER_MANAGED"));
}

TEST(Context, LayerTimesComeAtOnceOrWhenAskedFor) {
  struct Profiler : IProfiler {
    void reportLayerTime(char const* name, float ms) noexcept override {
      names.push_back(name);
      EXPECT_GE(ms, 0);
    }
    std::vector<std::string> names;
  } profiler;
  RunSession s;
  float x[2] = {1, 2}, y[2] = {};
  void* bindings[] = {x, y};
  s.context->setInputShape("x", dims({1, 2}));
  EXPECT_FALSE(s.context->reportToProfiler());
  s.context->setProfiler(&profiler);
  ASSERT_TRUE(s.context->executeV2(bindings));
  EXPECT_EQ(static_cast<int32_t>(profiler.names.size()), s.made->getNbLayers());
  s.context->setEnqueueEmitsProfile(false);
  ASSERT_TRUE(s.context->executeV2(bindings));
  EXPECT_EQ(static_cast<int32_t>(profiler.names.size()), s.made->getNbLayers());
  EXPECT_TRUE(s.context->reportToProfiler());
  EXPECT_EQ(static_cast<int32_t>(profiler.names.size()), 2 * s.made->getNbLayers());
}

TEST(Context, EventsAreRefused) {
  RunSession s;
  int something = 0;
  EXPECT_TRUE(s.context->setInputConsumedEvent(nullptr));
  EXPECT_FALSE(s.context->setInputConsumedEvent(reinterpret_cast<cudaEvent_t>(&something)));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("event"));
}

TEST(Context, AShapeInputIsReadFromHostMemory) {
  Session s;
  ITensor& x = s.input("x", {-1});
  ITensor& shape = s.input("shape", {2}, DataType::kINT32);
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  shuffle->setInput(1, shape);
  EXPECT_TRUE(shape.isShapeTensor());
  EXPECT_FALSE(x.isShapeTensor());
  EXPECT_THAT(list(shuffle->getOutput(0)->getDimensions()), ElementsAre(-1, -1)) << s.logger.take_errors();
  s.output(*s.network->addUnary(*shuffle->getOutput(0), UnaryOperation::kNEG)->getOutput(0), "y");
  IOptimizationProfile* p = s.builder->createOptimizationProfile();
  const int64_t low[] = {1, 1}, middle[] = {2, 3}, high[] = {6, 6};
  p->setDimensions("x", OptProfileSelector::kMIN, dims({1}));
  p->setDimensions("x", OptProfileSelector::kOPT, dims({6}));
  p->setDimensions("x", OptProfileSelector::kMAX, dims({6}));
  s.config->addOptimizationProfile(p);
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the values of 'shape'"));
  p->setShapeValuesV2("shape", OptProfileSelector::kMIN, low, 2);
  p->setShapeValuesV2("shape", OptProfileSelector::kOPT, middle, 2);
  p->setShapeValuesV2("shape", OptProfileSelector::kMAX, high, 2);
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  EXPECT_TRUE(engine->isShapeInferenceIO("shape"));
  EXPECT_EQ(engine->getTensorLocation("shape"), TensorLocation::kHOST);
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  std::vector<float> in = {1, 2, 3, 4, 5, 6}, out(6);
  int32_t wanted[] = {3, 2};
  ASSERT_TRUE(context->setInputShape("x", dims({6}))) << s.logger.take_errors();
  const char* names[2] = {};
  EXPECT_EQ(context->inferShapes(2, names), 1);
  EXPECT_STREQ(names[0], "shape");
  context->setTensorAddress("x", in.data());
  context->setTensorAddress("shape", wanted);
  context->setTensorAddress("y", out.data());
  EXPECT_EQ(context->inferShapes(2, names), 0) << s.logger.take_errors();
  EXPECT_THAT(list(context->getTensorShape("y")), ElementsAre(3, 2));
  ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();
  EXPECT_THAT(out, ElementsAre(-1, -2, -3, -4, -5, -6));
}

}  // namespace
}  // namespace dovetail::test
