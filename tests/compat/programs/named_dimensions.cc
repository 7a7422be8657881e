// Inputs that share a named dimension; what is said when their extents differ; a batch of pictures that are resized
// first.

#include "program.hpp"

using namespace nvinfer1;

namespace {

UniquePtr<ICudaEngine> engineOf(IBuilder& builder, INetworkDefinition& network, IBuilderConfig& config,
                                Logger& logger) {
  UniquePtr<IHostMemory> plan{builder.buildSerializedNetwork(network, config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  return UniquePtr<ICudaEngine>{runtime->deserializeCudaEngine(plan->data(), plan->size())};
}

void range(IOptimizationProfile& profile, char const* name, Dims const& least, Dims const& best, Dims const& most) {
  CHECK(profile.setDimensions(name, OptProfileSelector::kMIN, least));
  CHECK(profile.setDimensions(name, OptProfileSelector::kOPT, best));
  CHECK(profile.setDimensions(name, OptProfileSelector::kMAX, most));
}

// Two inputs are joined along their columns: their rows are one dimension.
void namedDimension() {
  Logger logger(ILogger::Severity::kINTERNAL_ERROR);
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* parts[] = {network->addInput("a", DataType::kFLOAT, Dims2{-1, 3}),
                      network->addInput("b", DataType::kFLOAT, Dims2{-1, 2})};
  for (ITensor* t : parts) t->setDimensionName(0, "rows");
  IConcatenationLayer* joined = network->addConcatenation(parts, 2);
  joined->setAxis(1);
  joined->getOutput(0)->setName("y");
  network->markOutput(*joined->getOutput(0));
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  range(*profile, "a", Dims2{1, 3}, Dims2{4, 3}, Dims2{8, 3});
  range(*profile, "b", Dims2{1, 2}, Dims2{4, 2}, Dims2{8, 2});
  config->addOptimizationProfile(profile);
  UniquePtr<ICudaEngine> engine = engineOf(*builder, *network, *config, logger);
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  Buffer a(2 * 3), b(2 * 2), y(2 * 5);
  a.host = numbers(6, 1);
  b.host = numbers(4, 2);
  a.upload(nullptr);
  b.upload(nullptr);
  CHECK(context->setTensorAddress("a", a.device()) && context->setTensorAddress("b", b.device()));
  CHECK(context->setTensorAddress("y", y.device()));
  CHECK(context->setInputShape("a", Dims2{2, 3}) && context->setInputShape("b", Dims2{2, 2}));
  CHECK(context->enqueueV3(nullptr));
  y.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  CHECK(y.host[0] == a.host[0] && y.host[3] == b.host[0] && y.host[5] == a.host[3] && y.host[9] == b.host[3]);
  CHECK(logger.errors == 0);
  bool const taken = context->setInputShape("b", Dims2{3, 2}) && context->enqueueV3(nullptr);
  CHECK(!taken && logger.errors > 0);
}

// Pictures of any size are brought to one, and the mean of each is the answer: a network in front of another.
void resizedFirst() {
  Logger logger;
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> before{createNetwork(*builder)}, behind{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()}, plain{builder->createBuilderConfig()};
  ITensor* picture = before->addInput("picture", DataType::kFLOAT, Dims4{-1, 1, -1, -1});
  IResizeLayer* resize = before->addResize(*picture);
  resize->setResizeMode(ResizeMode::kLINEAR);
  resize->setCoordinateTransformation(ResizeCoordinateTransformation::kALIGN_CORNERS);
  resize->setSelectorForSinglePixel(ResizeSelector::kUPPER);
  resize->setNearestRounding(ResizeRoundMode::kFLOOR);
  resize->setOutputDimensions(Dims4{1, 1, 4, 4});
  resize->getOutput(0)->setName("small");
  before->markOutput(*resize->getOutput(0));
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  range(*profile, "picture", Dims4{1, 1, 2, 2}, Dims4{1, 1, 7, 7}, Dims4{1, 1, 32, 32});
  CHECK(profile->isValid() && config->addOptimizationProfile(profile) == 0);
#if NV_TENSORRT_MAJOR < 11
  CHECK(config->setCalibrationProfile(profile) && config->getCalibrationProfile() == profile);
#endif

  ITensor* small = behind->addInput("small", DataType::kFLOAT, Dims4{1, 1, 4, 4});
  IReduceLayer* mean = behind->addReduce(*small, ReduceOperation::kAVG, 1U << 2 | 1U << 3, false);
  mean->getOutput(0)->setName("mean");
  behind->markOutput(*mean->getOutput(0));

  UniquePtr<ICudaEngine> first = engineOf(*builder, *before, *config, logger);
  UniquePtr<ICudaEngine> second = engineOf(*builder, *behind, *plain, logger);
  UniquePtr<IExecutionContext> firstContext{first->createExecutionContext()};
  UniquePtr<IExecutionContext> secondContext{second->createExecutionContext()};
  for (int32_t side : {2, 7, 10, 32}) {
    Buffer in(side * side), between(16), out(1);
    for (int32_t i = 0; i < side * side; ++i)  // rises from 0 to 1 along each row: so does the small one, with mean 1/2
      in.host[static_cast<std::size_t>(i)] = static_cast<float>(i % side) / static_cast<float>(side - 1);
    in.upload(nullptr);
    CHECK(firstContext->setInputShape("picture", Dims4{1, 1, side, side}));
    CHECK(firstContext->allInputDimensionsSpecified());
    void* bindings[] = {in.device(), between.device()};
    CHECK(firstContext->executeV2(bindings));
    void* next[] = {between.device(), out.device()};
    CHECK(secondContext->executeV2(next));
    out.download(nullptr);
    between.download(nullptr);
    CUDA(cudaStreamSynchronize(nullptr));
    CHECK(close(out.host[0], 0.5F) && close(between.host[3], 1.0F) && close(between.host[4], 0.0F));
  }
  Dims const most = first->getProfileShape("picture", 0, OptProfileSelector::kMAX);
  CHECK(most.nbDims == 4 && most.d[3] == 32);
  CHECK(logger.errors == 0);
}

}  // namespace

int main() {
  namedDimension();
  resizedFirst();
  std::puts("PASSED");
}
