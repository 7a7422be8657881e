// Streams, events, pinned memory, a captured graph with copies around the engine, its update, two contexts at once.

#include <thread>

#include "program.hpp"

using namespace nvinfer1;

namespace {

// y = (x * 2) + bias, over a batch of rows.
UniquePtr<ICudaEngine> build(Logger& logger) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2{-1, 64});
  static std::vector<float> const two = {2.0F}, bias = numbers(64, 9);
  IConstantLayer* factor = network->addConstant(Dims2{1, 1}, weights(two));
  IConstantLayer* offset = network->addConstant(Dims2{1, 64}, weights(bias));
  IElementWiseLayer* product = network->addElementWise(*x, *factor->getOutput(0), ElementWiseOperation::kPROD);
  IElementWiseLayer* sum =
      network->addElementWise(*product->getOutput(0), *offset->getOutput(0), ElementWiseOperation::kSUM);
  sum->getOutput(0)->setName("y");
  network->markOutput(*sum->getOutput(0));
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, Dims2{1, 64});
  profile->setDimensions("x", OptProfileSelector::kOPT, Dims2{8, 64});
  profile->setDimensions("x", OptProfileSelector::kMAX, Dims2{32, 64});
  config->addOptimizationProfile(profile);
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  return UniquePtr<ICudaEngine>{runtime->deserializeCudaEngine(plan->data(), plan->size())};
}

struct Run {
  explicit Run(ICudaEngine& engine, int rows) : context{engine.createExecutionContext()}, count(rows * 64) {
    CUDA(cudaStreamCreate(&stream));
    CUDA(cudaMallocHost(reinterpret_cast<void**>(&in), bytes()));
    CUDA(cudaHostAlloc(reinterpret_cast<void**>(&out), bytes(), cudaHostAllocMapped));
    CUDA(cudaMalloc(&x, bytes()));
    CUDA(cudaMalloc(&y, bytes()));
    CHECK(context->setInputShape("x", Dims2{rows, 64}));
    CHECK(context->setTensorAddress("x", x) && context->setTensorAddress("y", y));
  }
  ~Run() {
    cudaStreamSynchronize(stream);
    cudaStreamDestroy(stream);
    cudaFreeHost(in);
    cudaFreeHost(out);
    cudaFree(x);
    cudaFree(y);
  }
  std::size_t bytes() const { return static_cast<std::size_t>(count) * sizeof(float); }
  void submit() {
    CUDA(cudaMemcpyAsync(x, in, bytes(), cudaMemcpyHostToDevice, stream));
    CHECK(context->enqueueV3(stream));
    CUDA(cudaMemcpyAsync(out, y, bytes(), cudaMemcpyDeviceToHost, stream));
  }
  cudaGraph_t capture() {
    cudaGraph_t graph;
    CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    submit();
    CUDA(cudaStreamEndCapture(stream, &graph));
    return graph;
  }
  bool right() const {
    std::vector<float> const bias = numbers(64, 9);
    for (int i = 0; i < count; ++i)
      if (!close(out[i], 2 * in[i] + bias[static_cast<std::size_t>(i % 64)])) return false;
    return true;
  }
  void fill(float value) {
    for (int i = 0; i < count; ++i) in[i] = value + static_cast<float>(i);
  }

  UniquePtr<IExecutionContext> context;
  int count;
  cudaStream_t stream = nullptr;
  float *in = nullptr, *out = nullptr;
  void *x = nullptr, *y = nullptr;
};

void times(ICudaEngine& engine) {
  Run run(engine, 8);
  run.fill(1);
  cudaEvent_t start, stop;
  CUDA(cudaEventCreate(&start));
  CUDA(cudaEventCreate(&stop));
  CUDA(cudaEventRecord(start, run.stream));
  for (int i = 0; i < 20; ++i) run.submit();
  CUDA(cudaEventRecord(stop, run.stream));
  CUDA(cudaEventSynchronize(stop));
  float ms = 0;
  CUDA(cudaEventElapsedTime(&ms, start, stop));
  CHECK(ms > 0 && run.right());
  CUDA(cudaEventDestroy(start));
  CUDA(cudaEventDestroy(stop));
}

void graphs(ICudaEngine& engine) {
  Run run(engine, 4);
  run.fill(0);
  run.submit();  // once before capture, as shapes are settled by the first run
  CUDA(cudaStreamSynchronize(run.stream));
  cudaGraph_t graph = run.capture();
  size_t nodes = 0;
  CUDA(cudaGraphGetNodes(graph, nullptr, &nodes));
  CHECK(nodes == 3);
  cudaGraphExec_t exec;
  CUDA(cudaGraphInstantiate(&exec, graph, nullptr, nullptr, 0));
  for (int i = 0; i < 5; ++i) {
    run.fill(static_cast<float>(10 * i));
    CUDA(cudaGraphLaunch(exec, run.stream));
    CUDA(cudaStreamSynchronize(run.stream));
    CHECK(run.right());
  }
  CUDA(cudaGraphDestroy(graph));

  // The context may take another shape; the graph keeps its own until it is updated.
  Run larger(engine, 32);
  larger.fill(3);
  cudaGraph_t next = larger.capture();
  cudaGraphNode_t node;
  cudaGraphExecUpdateResult result;
  CUDA(cudaGraphExecUpdate(exec, next, &node, &result));
  CHECK(result == cudaGraphExecUpdateSuccess);
  CUDA(cudaGraphLaunch(exec, larger.stream));
  CUDA(cudaStreamSynchronize(larger.stream));
  CHECK(larger.right());
  CUDA(cudaGraphDestroy(next));
  CUDA(cudaGraphExecDestroy(exec));
}

void threads(ICudaEngine& engine) {
  std::vector<std::thread> workers;
  for (int t = 0; t < 3; ++t)
    workers.emplace_back([&engine, t] {
      Run run(engine, 1 + 5 * t);
      for (int i = 0; i < 30; ++i) {
        run.fill(static_cast<float>(t * 1000 + i));
        run.submit();
        CUDA(cudaStreamSynchronize(run.stream));
        CHECK(run.right());
      }
    });
  for (std::thread& w : workers) w.join();
}

void defaultStream(ICudaEngine& engine) {
  Run run(engine, 2);
  run.fill(7);
  // The copy is on a blocking stream, for which the default stream waits.
  CUDA(cudaLaunchHostFunc(
      run.stream, [](void*) { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }, nullptr));
  CUDA(cudaMemcpyAsync(run.x, run.in, run.bytes(), cudaMemcpyHostToDevice, run.stream));
  CHECK(run.context->enqueueV3(nullptr));
  CUDA(cudaMemcpy(run.out, run.y, run.bytes(), cudaMemcpyDeviceToHost));
  CHECK(run.right());
}

void consumedEvent(ICudaEngine& engine) {
  Run run(engine, 2);
  run.fill(5);
  cudaEvent_t event;
  CUDA(cudaEventCreate(&event));
  CHECK(run.context->setInputConsumedEvent(event) && run.context->getInputConsumedEvent() == event);
  run.submit();
  CUDA(cudaEventSynchronize(event));
  CUDA(cudaStreamSynchronize(run.stream));
  CHECK(run.right());
  CHECK(run.context->setInputConsumedEvent(nullptr));
  CUDA(cudaEventDestroy(event));
  CHECK(!run.context->setInputConsumedEvent(event));  // it is gone
}

}  // namespace

int main() {
  Logger logger;
  UniquePtr<ICudaEngine> engine = build(logger);
  CHECK(engine);
  times(*engine);
  graphs(*engine);
  threads(*engine);
  defaultStream(*engine);
  CHECK(logger.errors == 0);
  Logger quiet(ILogger::Severity::kINTERNAL_ERROR);
  consumedEvent(*engine);
  std::puts("PASSED");
}
