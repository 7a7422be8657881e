// The older way: workspace in the configuration, an engine from the builder, bindings by index, enqueueV2, destroy().

#include <fstream>

#include "mnist.hpp"

using namespace nvinfer1;

namespace {

UniquePtr<ICudaEngine> build(Mnist const& mnist, Logger& logger) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  CHECK(builder);
  UniquePtr<INetworkDefinition> network{
      builder->createNetworkV2(1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH))};
  CHECK(!network->hasImplicitBatchDimension());
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  mnist.define(*network, Dims4{-1, 1, 28, 28});
  CHECK(network->getInput(0)->getDimensions().d[2] == 28);
  int convolutions = 0;
  for (int32_t i = 0; i < network->getNbLayers(); ++i)
    convolutions += network->getLayer(i)->getType() == LayerType::kCONVOLUTION;
  CHECK(convolutions == 3);
  CHECK(static_cast<int>(LayerType::kIDENTITY) == 21 && static_cast<int>(BuilderFlag::kTF32) == 7);

  builder->setMaxBatchSize(4);
  config->setMaxWorkspaceSize(16 << 20);
  CHECK(config->getMemoryPoolLimit(MemoryPoolType::kWORKSPACE) == (16 << 20));
  CHECK(config->getFlag(BuilderFlag::kTF32));
  config->setFlag(BuilderFlag::kENABLE_TACTIC_HEURISTIC);  // accepted
  config->setFlag(BuilderFlag::kGPU_FALLBACK);
  CHECK((config->getFlags() & (1U << static_cast<uint32_t>(BuilderFlag::kGPU_FALLBACK))) != 0);
  CHECK(logger.errors == 0);

  IOptimizationProfile* profile = builder->createOptimizationProfile();
  CHECK(profile->setDimensions("data", OptProfileSelector::kMIN, Dims4{1, 1, 28, 28}));
  CHECK(profile->setDimensions("data", OptProfileSelector::kOPT, Dims4{2, 1, 28, 28}));
  CHECK(profile->setDimensions("data", OptProfileSelector::kMAX, Dims4{4, 1, 28, 28}));
  CHECK(config->addOptimizationProfile(profile) == 0);
  return UniquePtr<ICudaEngine>{builder->buildEngineWithConfig(*network, *config)};
}

UniquePtr<ICudaEngine> throughFile(ICudaEngine const& engine, Logger& logger) {
  std::string const path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") + "/mnist_bindings.plan";
  {
    UniquePtr<IHostMemory> plan{engine.serialize()};
    std::ofstream(path, std::ios::binary)
        .write(static_cast<char const*>(plan->data()), static_cast<std::streamsize>(plan->size()));
  }
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::remove(path.c_str());
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  return UniquePtr<ICudaEngine>{runtime->deserializeCudaEngine(bytes.data(), bytes.size(), nullptr)};
}

}  // namespace

int main() {
  Logger logger;
  Mnist const mnist;
  UniquePtr<ICudaEngine> built = build(mnist, logger);
  CHECK(built);
  UniquePtr<ICudaEngine> engine = throughFile(*built, logger);
  CHECK(engine);
  built.reset();

  CHECK(engine->getNbBindings() == 2);
  int const input = engine->getBindingIndex("data"), output = engine->getBindingIndex("prob");
  CHECK(engine->bindingIsInput(input) && !engine->bindingIsInput(output));
  CHECK(engine->getBindingIndex("nothing") == -1);
  CHECK(engine->getBindingDataType(output) == DataType::kFLOAT);
  CHECK(engine->getBindingDimensions(input).d[0] == -1);
  CHECK(engine->getProfileDimensions(input, 0, OptProfileSelector::kMAX).d[0] == 4);
  CHECK(std::string(engine->getBindingName(output)) == "prob");

  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  constexpr int kBatch = 3;
  CHECK(context->setBindingDimensions(input, Dims4{kBatch, 1, 28, 28}));
  CHECK(context->allInputDimensionsSpecified());
  CHECK(context->getBindingDimensions(output).d[0] == kBatch);
  CHECK(!context->setBindingDimensions(input, Dims4{5, 1, 28, 28}));  // past the profile
  CHECK(context->setBindingDimensions(input, Dims4{kBatch, 1, 28, 28}));

  Buffer in(volume(context->getBindingDimensions(input))), out(volume(context->getBindingDimensions(output)));
  for (unsigned b = 0; b < kBatch; ++b) {
    std::vector<float> const pixels = Mnist::picture(b);
    std::copy(pixels.begin(), pixels.end(), in.host.begin() + b * Mnist::kPixels);
  }
  std::vector<void*> bindings(2);
  bindings[static_cast<std::size_t>(input)] = in.device();
  bindings[static_cast<std::size_t>(output)] = out.device();
  cudaStream_t stream;
  cudaEvent_t consumed;
  CUDA(cudaStreamCreate(&stream));
  CUDA(cudaEventCreateWithFlags(&consumed, cudaEventDisableTiming));
  in.upload(stream);
  CHECK(context->enqueueV2(bindings.data(), stream, &consumed));
  CUDA(cudaEventSynchronize(consumed));
  out.download(stream);
  CUDA(cudaStreamSynchronize(stream));
  for (unsigned b = 0; b < kBatch; ++b) {
    std::vector<float> const expected = mnist.reference(in.host.data() + b * Mnist::kPixels);
    for (std::size_t c = 0; c < Mnist::kClasses; ++c) CHECK(close(out.host[b * Mnist::kClasses + c], expected[c]));
  }

  std::fill(out.host.begin(), out.host.end(), 0.0F);
  CHECK(context->executeV2(bindings.data()));
  out.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  CHECK(close(std::accumulate(out.host.begin(), out.host.end(), 0.0F), kBatch));

  // Calls of implicit batch say what replaces them.
  int const before = logger.errors;
  CHECK(!context->execute(kBatch, bindings.data()));
  CHECK(logger.errors == before + 1 && logger.last.find("executeV2") != std::string::npos);
  CHECK(!context->enqueue(kBatch, bindings.data(), stream, nullptr));
  CHECK(logger.last.find("enqueueV2") != std::string::npos);

  CUDA(cudaStreamDestroy(stream));
  CUDA(cudaEventDestroy(consumed));
  std::puts("PASSED");
}
