// Two profiles, a shape tensor as input, several contexts; by names (8.5 and later).

#include "program.hpp"

using namespace nvinfer1;

namespace {

#if NV_TENSORRT_MAJOR < 10
using ShapeValue = int32_t;
constexpr DataType kShapeType = DataType::kINT32;
#else
using ShapeValue = int64_t;
constexpr DataType kShapeType = DataType::kINT64;
#endif

bool setValues(IOptimizationProfile& profile, OptProfileSelector select, std::vector<ShapeValue> const& values) {
#if NV_TENSORRT_MAJOR < 10
  return profile.setShapeValues("shape", select, values.data(), static_cast<int32_t>(values.size()));
#else
  return profile.setShapeValuesV2("shape", select, values.data(), static_cast<int32_t>(values.size()));
#endif
}

// y = relu(x) in a shape that comes as a tensor; n = the number of rows of x.
UniquePtr<IHostMemory> build(Logger& logger) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2{-1, 12});
  x->setDimensionName(0, "rows");
  CHECK(std::string(x->getDimensionName(0)) == "rows");
  ITensor* shape = network->addInput("shape", kShapeType, Dims{1, {2}});
  IActivationLayer* relu = network->addActivation(*x, ActivationType::kRELU);
  IShuffleLayer* shuffle = network->addShuffle(*relu->getOutput(0));
  shuffle->setInput(1, *shape);
  shuffle->getOutput(0)->setName("y");
  network->markOutput(*shuffle->getOutput(0));
  CHECK(shuffle->getOutput(0)->getDimensions().nbDims == 2 && shape->isShapeTensor());
  IShapeLayer* extents = network->addShape(*x);
#if NV_TENSORRT_MAJOR < 10
  CHECK(extents->getOutput(0)->getType() == DataType::kINT32);
#else
  CHECK(extents->getOutput(0)->getType() == DataType::kINT64);
#endif
  ISliceLayer* rows = network->addSlice(*extents->getOutput(0), Dims{1, {0}}, Dims{1, {1}}, Dims{1, {1}});
  rows->getOutput(0)->setName("n");
  network->markOutput(*rows->getOutput(0));

  for (int p = 0; p < 2; ++p) {
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    int32_t const low = p == 0 ? 1 : 16, high = p == 0 ? 8 : 64;
    CHECK(profile->setDimensions("x", OptProfileSelector::kMIN, Dims2{low, 12}));
    CHECK(profile->setDimensions("x", OptProfileSelector::kOPT, Dims2{high / 2, 12}));
    CHECK(profile->setDimensions("x", OptProfileSelector::kMAX, Dims2{high, 12}));
    CHECK(setValues(*profile, OptProfileSelector::kMIN, {1, 1}));
    CHECK(setValues(*profile, OptProfileSelector::kOPT, {high, 6}));
    CHECK(setValues(*profile, OptProfileSelector::kMAX, {high * 12, high * 12}));
    CHECK(profile->isValid());
    CHECK(config->addOptimizationProfile(profile) == p);
  }
  CHECK(config->getNbOptimizationProfiles() == 2);
  return UniquePtr<IHostMemory>{builder->buildSerializedNetwork(*network, *config)};
}

void run(IExecutionContext& context, int32_t rows, ShapeValue first) {
  Buffer x(rows * 12), y(rows * 12);
  ShapeValue const shape[2] = {first, rows * 12 / first};
  for (std::size_t i = 0; i < x.host.size(); ++i) x.host[i] = static_cast<float>(i) - 20;
  CHECK(context.setInputShape("x", Dims2{rows, 12}));
  CHECK(context.setTensorAddress("x", x.device()) && context.setTensorAddress("y", y.device()));
  CHECK(context.setInputTensorAddress("shape", shape));  // a shape tensor is read on the host
  std::vector<ShapeValue> n(1);
  CHECK(context.setTensorAddress("n", n.data()));
  CHECK(context.inferShapes(0, nullptr) == 0);
  Dims const out = context.getTensorShape("y");
  CHECK(out.nbDims == 2 && out.d[0] == first && out.d[1] == rows * 12 / first);
  cudaStream_t stream;
  CUDA(cudaStreamCreate(&stream));
  x.upload(stream);
  CHECK(context.enqueueV3(stream));
  y.download(stream);
  CUDA(cudaStreamSynchronize(stream));
  CUDA(cudaStreamDestroy(stream));
  for (std::size_t i = 0; i < y.host.size(); ++i) CHECK(y.host[i] == std::fmax(0.0F, x.host[i]));
  CHECK(n[0] == rows);
}

}  // namespace

int main() {
  Logger logger;
  UniquePtr<IHostMemory> plan = build(logger);
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  CHECK(engine && engine->getNbOptimizationProfiles() == 2);
  CHECK(engine->isShapeInferenceIO("shape") && engine->getTensorLocation("shape") == TensorLocation::kHOST);
  CHECK(engine->getTensorShape("x").d[0] == -1);
  CHECK(engine->getProfileShape("x", 1, OptProfileSelector::kMAX).d[0] == 64);

  UniquePtr<IExecutionContext> first{engine->createExecutionContext()}, second{engine->createExecutionContext()};
  char const* missing[4] = {};
  CHECK(first->inferShapes(4, missing) == 2);
  CHECK(!first->allInputDimensionsSpecified());
  CHECK(second->setOptimizationProfileAsync(1, nullptr) && second->getOptimizationProfile() == 1);
  run(*first, 4, 6);
  run(*second, 32, 3);
  run(*first, 8, 1);
  CHECK(logger.errors == 0);
  CHECK(!first->setInputShape("x", Dims2{16, 12}));  // another profile's
  CHECK(logger.last.find("x") != std::string::npos);
  run(*second, 16, 192);
  std::puts("PASSED");
}
