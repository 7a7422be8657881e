// What 10 added around builds and runs: plans through writers and readers, progress and its cancelling, memory of the
// program's own, configurations of contexts and of serialization, debug listeners.

#include <cstring>

#include "program.hpp"

using namespace nvinfer1;

namespace {

class Writer : public IStreamWriter {
 public:
  int64_t write(void const* data, int64_t count) override {
    char const* from = static_cast<char const*>(data);
    bytes.insert(bytes.end(), from, from + count);
    return count;
  }
  std::vector<char> bytes;
};

class Reader : public IStreamReaderV2 {
 public:
  explicit Reader(std::vector<char> const& bytes) : bytes_(bytes) {}
  int64_t read(void* to, int64_t count, cudaStream_t) noexcept override {
    int64_t const left = static_cast<int64_t>(bytes_.size()) - at_;
    count = count < left ? count : left;
    std::memcpy(to, bytes_.data() + at_, static_cast<std::size_t>(count));
    at_ += count;
    return count;
  }
  bool seek(int64_t offset, SeekPosition where) noexcept override {
    at_ = offset + (where == SeekPosition::kCUR   ? at_
                    : where == SeekPosition::kEND ? static_cast<int64_t>(bytes_.size())
                                                  : 0);
    return at_ >= 0 && at_ <= static_cast<int64_t>(bytes_.size());
  }

 private:
  std::vector<char> const& bytes_;
  int64_t at_ = 0;
};

class Monitor : public IProgressMonitor {
 public:
  explicit Monitor(bool cancel) : cancel_(cancel) {}
  void phaseStart(char const*, char const*, int32_t steps) noexcept override {
    CHECK(steps >= 1);
    ++started;
  }
  bool stepComplete(char const*, int32_t) noexcept override { return !cancel_; }
  void phaseFinish(char const*) noexcept override { ++finished; }
  int started = 0, finished = 0;

 private:
  bool cancel_;
};

class AsyncAllocator : public IGpuAsyncAllocator {
 public:
  void* allocateAsync(uint64_t size, uint64_t, AllocatorFlags, cudaStream_t stream) noexcept override {
    void* memory = nullptr;
    return cudaMallocAsync(&memory, size, stream) == cudaSuccess ? memory : nullptr;
  }
  bool deallocateAsync(void* memory, cudaStream_t stream) noexcept override {
    return memory == nullptr || cudaFreeAsync(memory, stream) == cudaSuccess;
  }
};

class Listener : public IDebugListener {
 public:
  bool processDebugTensor(void const*, TensorLocation, DataType, Dims const&, char const*, cudaStream_t) override {
    return true;
  }
};

// Rows of x, exp'd and summed.
std::unique_ptr<INetworkDefinition> define(IBuilder& builder) {
  std::unique_ptr<INetworkDefinition> network{createNetwork(builder)};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2{4, 256});
  IUnaryLayer* e = network->addUnary(*x, UnaryOperation::kEXP);
  IReduceLayer* sum = network->addReduce(*e->getOutput(0), ReduceOperation::kSUM, 1U << 1, false);
  sum->getOutput(0)->setName("y");
  network->markOutput(*sum->getOutput(0));
  return network;
}

void run(IExecutionContext& context, cudaStream_t stream) {
  Buffer x(4 * 256), y(4);
  x.host = numbers(4 * 256, 5);
  x.upload(stream);
  CHECK(context.setTensorAddress("x", x.device()) && context.setTensorAddress("y", y.device()));
  CHECK(context.enqueueV3(stream));
  y.download(stream);
  CUDA(cudaStreamSynchronize(stream));
  for (std::size_t r = 0; r < 4; ++r) {
    float sum = 0;
    for (std::size_t i = 0; i < 256; ++i) sum += std::exp(x.host[r * 256 + i]);
    CHECK(close(y.host[r], sum));
  }
}

}  // namespace

int main() {
  Logger logger(ILogger::Severity::kINTERNAL_ERROR);
  std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
  std::unique_ptr<INetworkDefinition> network = define(*builder);
  std::unique_ptr<IBuilderConfig> config{builder->createBuilderConfig()};
  CHECK(builder->setMaxThreads(2) && builder->getMaxThreads() == 2);
  CHECK(builder->isNetworkSupported(*network, *config));

  Monitor refuses(true), watches(false);
  config->setProgressMonitor(&refuses);
  CHECK(!std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config)));
  CHECK(refuses.started > 0 && refuses.started == refuses.finished);
  config->setProgressMonitor(&watches);
  CHECK(config->getProgressMonitor() == &watches);
  Writer writer;
  CHECK(builder->buildSerializedNetworkToStream(*network, *config, writer));
  CHECK(watches.started > 0 && watches.started == watches.finished && !writer.bytes.empty());

  std::unique_ptr<IRuntime> runtime{createInferRuntime(logger)};
  Reader reader(writer.bytes);
  std::unique_ptr<ICudaEngine> engine{runtime->deserializeCudaEngine(reader)};
  CHECK(engine);
  std::unique_ptr<ISerializationConfig> how{engine->createSerializationConfig()};
  std::unique_ptr<IHostMemory> again{engine->serializeWithConfig(*how)};
  CHECK(again && again->size() == writer.bytes.size());
  CHECK(std::memcmp(again->data(), writer.bytes.data(), again->size()) == 0);

  cudaStream_t stream;
  CUDA(cudaStreamCreate(&stream));
  std::unique_ptr<IExecutionContext> context{engine->createExecutionContext()};
  AsyncAllocator allocator;
  Listener listener;
  CHECK(context->setTemporaryStorageAllocator(&allocator) && context->setDebugListener(&listener));
  run(*context, stream);

  // Scratch memory that the program owns, shared by two contexts that run one after the other.
  std::unique_ptr<IRuntimeConfig> owned{engine->createRuntimeConfig()};
  owned->setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy::kUSER_MANAGED);
  std::unique_ptr<IExecutionContext> first{engine->createExecutionContext(owned.get())};
  std::unique_ptr<IExecutionContext> second{
      engine->createExecutionContext(ExecutionContextAllocationStrategy::kUSER_MANAGED)};
  int64_t const size = engine->getDeviceMemorySizeV2();
  CHECK(size >= 0 && static_cast<int64_t>(first->updateDeviceMemorySizeForShapes()) <= size);
  void* scratch = nullptr;
  CUDA(cudaMalloc(&scratch, static_cast<std::size_t>(size)));
  for (IExecutionContext* c : {first.get(), second.get()}) {
    c->setDeviceMemoryV2(scratch, size);
    run(*c, stream);
  }
  CUDA(cudaFree(scratch));
  CUDA(cudaStreamDestroy(stream));
  CHECK(engine->getEngineStat(EngineStat::kTOTAL_WEIGHTS_SIZE) >= 0);

  int32_t const version = getInferLibVersion();
  CHECK(version == NV_TENSORRT_VERSION && version / 10000 == NV_TENSORRT_MAJOR);
  CHECK(getInferLibMajorVersion() == NV_TENSORRT_MAJOR && getInferLibMinorVersion() == NV_TENSORRT_MINOR);
  CHECK(getLogger() == &logger);
  std::puts("PASSED");
}
