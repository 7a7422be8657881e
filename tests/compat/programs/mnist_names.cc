// The newer way: a plan in memory, tensors by name, addresses, enqueueV3, delete.

#include "mnist.hpp"

using namespace nvinfer1;

int main() {
  Logger logger;
  Mnist const mnist;
  std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
  std::unique_ptr<INetworkDefinition> network{
      builder->createNetworkV2(1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED))};
  std::unique_ptr<IBuilderConfig> config{builder->createBuilderConfig()};
  CHECK(network->getFlag(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED));
  mnist.define(*network, Dims4{2, 1, 28, 28});
  CHECK(static_cast<int>(LayerType::kCAST) == 1 && static_cast<int>(BuilderFlag::kTF32) == 6);
  config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 32ULL << 20);
  config->setFlag(BuilderFlag::kVERSION_COMPATIBLE);
  CHECK(config->getFlag(BuilderFlag::kVERSION_COMPATIBLE) && !config->getFlag(BuilderFlag::kSTRIP_PLAN));
  CHECK((config->getFlags() >> static_cast<uint32_t>(BuilderFlag::kVERSION_COMPATIBLE) & 1U) == 1U);
  config->clearFlag(BuilderFlag::kVERSION_COMPATIBLE);
  config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
  std::unique_ptr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  CHECK(plan && plan->size() > 0);

  std::unique_ptr<IRuntime> runtime{createInferRuntime(logger)};
  std::unique_ptr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  plan.reset();
  CHECK(engine && engine->getNbIOTensors() == 2);
  std::unique_ptr<IExecutionContext> context{engine->createExecutionContext()};

  std::vector<std::unique_ptr<Buffer>> buffers;
  Buffer *in = nullptr, *out = nullptr;
  for (int32_t i = 0; i < engine->getNbIOTensors(); ++i) {
    char const* name = engine->getIOTensorName(i);
    CHECK(engine->getTensorDataType(name) == DataType::kFLOAT);
    CHECK(engine->getTensorLocation(name) == TensorLocation::kDEVICE);
    CHECK(engine->getTensorFormat(name) == TensorFormat::kLINEAR);
    buffers.emplace_back(new Buffer(volume(engine->getTensorShape(name))));
    CHECK(context->setTensorAddress(name, buffers.back()->device()));
    CHECK(context->getTensorAddress(name) == buffers.back()->device());
    (engine->getTensorIOMode(name) == TensorIOMode::kINPUT ? in : out) = buffers.back().get();
  }
  cudaStream_t stream;
  CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  for (unsigned b = 0; b < 2; ++b) {
    std::vector<float> const pixels = Mnist::picture(b);
    std::copy(pixels.begin(), pixels.end(), in->host.begin() + b * Mnist::kPixels);
  }
  in->upload(stream);
  CHECK(context->enqueueV3(stream));
  out->download(stream);
  CUDA(cudaStreamSynchronize(stream));
  for (unsigned b = 0; b < 2; ++b) {
    std::vector<float> const expected = mnist.reference(in->host.data() + b * Mnist::kPixels);
    for (std::size_t c = 0; c < Mnist::kClasses; ++c) CHECK(close(out->host[b * Mnist::kClasses + c], expected[c]));
  }

  std::unique_ptr<IEngineInspector> inspector{engine->createEngineInspector()};
  std::string const text = inspector->getEngineInformation(LayerInformationFormat::kJSON);
  CHECK(text.find("\"Layers\"") != std::string::npos);
  CHECK(engine->getNbLayers() > 0);
  CHECK(inspector->getLayerInformation(0, LayerInformationFormat::kONELINE) != nullptr);

  // What is wrong is refused by name.
  CHECK(!context->setTensorAddress("nothing", in->device()) && logger.last.find("nothing") != std::string::npos);
  int local = 0;
  CHECK(!context->enqueueV3(reinterpret_cast<cudaStream_t>(&local)));
  CHECK(logger.last.find("stream") != std::string::npos);
  CHECK(!context->enqueueV3(reinterpret_cast<cudaStream_t>(uintptr_t{0x7000})));
  CUDA(cudaStreamDestroy(stream));
  CHECK(!context->enqueueV3(stream));
  std::puts("PASSED");
}
