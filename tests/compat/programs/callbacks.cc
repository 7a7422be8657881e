// Everything that a program implements: recorder, profiler, allocators, an output's allocator, calibrator, selector;
// and the objects beside a build: timing cache, refitter, inspector.

#include <cstring>
#include <map>
#include <mutex>

#include "program.hpp"

using namespace nvinfer1;

namespace {

class Recorder : public IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(errors_.size()); }
  ErrorCode getErrorCode(int32_t i) const noexcept override { return errors_[static_cast<std::size_t>(i)].first; }
  ErrorDesc getErrorDesc(int32_t i) const noexcept override {
    return errors_[static_cast<std::size_t>(i)].second.c_str();
  }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { errors_.clear(); }
  bool reportError(ErrorCode code, ErrorDesc text) noexcept override {
    errors_.emplace_back(code, text);
    return false;
  }
  RefCount incRefCount() noexcept override { return ++references; }
  RefCount decRefCount() noexcept override { return --references; }
  int32_t references = 0;

 private:
  std::vector<std::pair<ErrorCode, std::string>> errors_;
};

class Profiler : public IProfiler {
 public:
#if NV_TENSORRT_MAJOR >= 11
  InterfaceInfo getInterfaceInfo() const noexcept override { return InterfaceInfo{"IProfiler", 1, 7}; }
#endif
  void reportLayerTime(char const* name, float ms) noexcept override {
    CHECK(ms >= 0);
    times[name] += ms;
  }
  std::map<std::string, float> times;
};

class Allocator : public IGpuAllocator {
 public:
  void* allocate(uint64_t size, uint64_t /*alignment*/, AllocatorFlags /*flags*/) noexcept override {
    void* memory = nullptr;
    return cudaMalloc(&memory, size) == cudaSuccess ? memory : nullptr;
  }
#if NV_TENSORRT_MAJOR < 10
  void free(void* memory) noexcept override { cudaFree(memory); }
#else
  bool deallocate(void* memory) noexcept override { return cudaFree(memory) == cudaSuccess; }
#endif
};

class OutputAllocator : public IOutputAllocator {
 public:
  ~OutputAllocator() override { cudaFree(memory); }
#if NV_TENSORRT_MAJOR < 10
  void* reallocateOutput(char const* name, void* /*current*/, uint64_t size, uint64_t /*alignment*/) noexcept override {
#else
  void* reallocateOutputAsync(char const* name, void* /*current*/, uint64_t size, uint64_t /*alignment*/,
                              cudaStream_t /*stream*/) noexcept override {
#endif
    CHECK(std::strcmp(name, "y") == 0);
    if (size > bytes) {
      cudaFree(memory);
      CUDA(cudaMalloc(&memory, size));
      bytes = size;
    }
    return memory;
  }
  void notifyShape(char const* /*name*/, Dims const& shape) noexcept override { dims = shape; }
  void* memory = nullptr;
  uint64_t bytes = 0;
  Dims dims{};
};

#if NV_TENSORRT_MAJOR < 11
class Calibrator : public IInt8EntropyCalibrator2 {
 public:
  int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void** /*bindings*/, char const** /*names*/, int32_t /*count*/) noexcept override { return false; }
  void const* readCalibrationCache(std::size_t& length) noexcept override {
    length = 0;
    return nullptr;
  }
  void writeCalibrationCache(void const*, std::size_t) noexcept override {}
};

class Selector : public IAlgorithmSelector {
 public:
  int32_t selectAlgorithms(IAlgorithmContext const& context, IAlgorithm const* const* /*choices*/, int32_t count,
                           int32_t* selection) noexcept override {
    CHECK(context.getNbInputs() > 0);
    std::iota(selection, selection + count, 0);
    return count;
  }
  void reportAlgorithms(IAlgorithmContext const* const*, IAlgorithm const* const*, int32_t) noexcept override {}
};
#endif

UniquePtr<INetworkDefinition> define(IBuilder& builder, std::vector<float> const& kernel) {
  UniquePtr<INetworkDefinition> network{createNetwork(builder)};
  network->setName("two layers");
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2{-1, 16});
  IConstantLayer* k = network->addConstant(Dims2{16, 8}, weights(kernel));
  IMatrixMultiplyLayer* product =
      network->addMatrixMultiply(*x, MatrixOperation::kNONE, *k->getOutput(0), MatrixOperation::kNONE);
  product->setName("product");
  IActivationLayer* act = network->addActivation(*product->getOutput(0), ActivationType::kTANH);
  act->getOutput(0)->setName("y");
  network->markOutput(*act->getOutput(0));
  return network;
}

}  // namespace

int main() {
#if NV_TENSORRT_MAJOR >= 11
  CHECK(getLogger()->getAPILanguage() == APILanguage::kCPP);
  CHECK(std::strcmp(getLogger()->getInterfaceInfo().kind, "ILogger") == 0);
#endif
  Logger logger(ILogger::Severity::kINTERNAL_ERROR);
  Recorder recorder;
  Allocator allocator;
  std::vector<float> const kernel = numbers(16 * 8, 3);
  {
    UniquePtr<IBuilder> builder{createInferBuilder(logger)};
    builder->setErrorRecorder(&recorder);
    CHECK(builder->getErrorRecorder() == &recorder && recorder.references > 0);
    CHECK(builder->getLogger() == &logger);
    builder->setGpuAllocator(&allocator);
    UniquePtr<INetworkDefinition> network = define(*builder, kernel);
    UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};

    // Without a profile the build fails, and says so in both places.
    UniquePtr<IHostMemory> none{builder->buildSerializedNetwork(*network, *config)};
    CHECK(!none && recorder.getNbErrors() > 0 && logger.errors > 0);
    CHECK(recorder.getErrorCode(0) != ErrorCode::kSUCCESS && std::strlen(recorder.getErrorDesc(0)) > 0);
    recorder.clear();
    logger.errors = 0;

    IOptimizationProfile* profile = builder->createOptimizationProfile();
    profile->setDimensions("x", OptProfileSelector::kMIN, Dims2{1, 16});
    profile->setDimensions("x", OptProfileSelector::kOPT, Dims2{4, 16});
    profile->setDimensions("x", OptProfileSelector::kMAX, Dims2{8, 16});
    config->addOptimizationProfile(profile);
    config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    config->setBuilderOptimizationLevel(2);

    UniquePtr<ITimingCache> cache{config->createTimingCache(nullptr, 0)};
    CHECK(cache && config->setTimingCache(*cache, false));
    UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
    CHECK(plan);
    UniquePtr<IHostMemory> bytes{config->getTimingCache()->serialize()};
    CHECK(bytes && bytes->size() > 0);
    UniquePtr<ITimingCache> copy{config->createTimingCache(bytes->data(), bytes->size())};
    CHECK(copy && copy->combine(*cache, true));

    UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
    runtime->setErrorRecorder(&recorder);
    runtime->setGpuAllocator(&allocator);
    UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
    CHECK(engine);
    UniquePtr<ICudaEngine> garbage{runtime->deserializeCudaEngine("no plan at all", 14)};
    CHECK(!garbage && recorder.getNbErrors() == 1);

    UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
    Profiler profiler;
    OutputAllocator output;
    context->setProfiler(&profiler);
    CHECK(context->getProfiler() == &profiler);
    CHECK(context->setOutputAllocator("y", &output) && context->getOutputAllocator("y") == &output);
    Buffer x(3 * 16), y(3 * 8);
    x.host = numbers(3 * 16, 4);
    x.upload(nullptr);
    CHECK(context->setInputShape("x", Dims2{3, 16}) && context->setTensorAddress("x", x.device()));
    CHECK(context->enqueueV3(nullptr));
    CHECK(output.dims.nbDims == 2 && output.dims.d[0] == 3 && output.dims.d[1] == 8);
    CUDA(cudaMemcpy(y.host.data(), output.memory, 3 * 8 * sizeof(float), cudaMemcpyDeviceToHost));
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 8; ++j) {
        float sum = 0;
        for (std::size_t k = 0; k < 16; ++k) sum += x.host[i * 16 + k] * kernel[k * 8 + j];
        CHECK(close(y.host[i * 8 + j], std::tanh(sum)));
      }
    CHECK(!profiler.times.empty());

    // An engine that was not built for it is not refitted.
    UniquePtr<IRefitter> refitter{createInferRefitter(*engine, logger)};
    CHECK(!refitter && logger.last.find("refit") != std::string::npos);
#if NV_TENSORRT_MAJOR < 11
    Calibrator calibrator;
    Selector selector;
    config->setInt8Calibrator(&calibrator);
    CHECK(config->getInt8Calibrator() == &calibrator);
    CHECK(calibrator.getAlgorithm() == CalibrationAlgoType::kENTROPY_CALIBRATION_2);
    config->setInt8Calibrator(nullptr);
    config->setAlgorithmSelector(&selector);
    CHECK(config->getAlgorithmSelector() == &selector);
    config->setAlgorithmSelector(nullptr);
#endif
  }
  CHECK(recorder.references == 0);
  std::puts("PASSED");
}
