// Saves a plan with free dimensions and loads it again:  save_and_load FILE.plan
// The network scores every word of every sentence: x[batch, words, 4] W[4, 3], then softmax over the three classes.
#include <dovetail/dovetail.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

using namespace dovetail;

class Logger : public ILogger {
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

static bool save(const char* path, ILogger& logger) {
  static const float weights[4 * 3] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0.5f, 0.5f};
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  ITensor& x = *network->addInput("x", DataType::kFLOAT, Dims3{-1, -1, 4});
  ITensor& w = *network->addConstant(Dims3{1, 4, 3}, Weights{DataType::kFLOAT, weights, 12})->getOutput(0);
  ITensor& scores = *network->addMatrixMultiply(x, MatrixOperation::kNONE, w, MatrixOperation::kNONE)->getOutput(0);
  ISoftMaxLayer* softmax = network->addSoftMax(scores);
  softmax->setAxes(1U << 2);
  softmax->getOutput(0)->setName("y");
  network->markOutput(*softmax->getOutput(0));

  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, Dims3{1, 1, 4});
  profile->setDimensions("x", OptProfileSelector::kOPT, Dims3{2, 32, 4});  // kernels are timed at this shape
  profile->setDimensions("x", OptProfileSelector::kMAX, Dims3{8, 128, 4});
  config->addOptimizationProfile(profile);
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) return false;
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));
  return static_cast<bool>(file.flush());
}

// Runs one shape; its buffers may be of any size that holds it.
static bool run(IExecutionContext& context, int64_t batch, int64_t words) {
  if (!context.setInputShape("x", Dims3{batch, words, 4})) return false;  // outside the profile: the reason is logged
  const Dims shape = context.getTensorShape("y");                         // follows from the input's
  std::vector<float> x(static_cast<size_t>(batch * words * 4));
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 4);
  std::vector<float> y(static_cast<size_t>(shape.d[0] * shape.d[1] * shape.d[2]));
  context.setTensorAddress("x", x.data());
  context.setTensorAddress("y", y.data());
  if (!context.enqueueV3(nullptr)) return false;
  std::printf("x[%ld,%ld,4] -> y[%ld,%ld,%ld], y[0,0] = %.3f %.3f %.3f\n", long(batch), long(words), long(shape.d[0]),
              long(shape.d[1]), long(shape.d[2]), y[0], y[1], y[2]);
  return true;
}

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s FILE.plan\n", argv[0]), 2;
  Logger logger;
  if (!save(argv[1], logger)) return 1;

  // A program that only does the rest includes <dovetail/runtime.h> and links libdovetail_runtime.
  std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngineFromFile(argv[1]));  // mapped, not copied
  if (!engine) return 1;
  std::printf("memory of a context: %ld bytes\n", long(engine->getDeviceMemorySizeV2()));
  std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  if (!run(*context, 1, 1) || !run(*context, 2, 32) || !run(*context, 3, 77) || !run(*context, 8, 128)) return 1;
  if (run(*context, 2, 129)) return 1;
  std::printf("x[2,129,4] was refused\n");
}
