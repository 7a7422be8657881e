// A network made layer by layer: two inputs, a hidden layer of two, one output. The weights compute "exclusive or".
//   y = relu(x W1 + b1) W2
#include <dovetail/dovetail.h>

#include <cstdio>
#include <memory>

using namespace dovetail;

class Logger : public ILogger {
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

// Weights are not copied: they stay readable until the network has been built.
static const float kW1[] = {1, 1, 1, 1};  // [2 inputs][2 hidden]
static const float kB1[] = {0, -1};       // [1][2 hidden]
static const float kW2[] = {1, -2};       // [2 hidden][1 output]

static ITensor& constant(INetworkDefinition& network, Dims2 dims, const float* values, const char* name) {
  IConstantLayer* layer = network.addConstant(dims, Weights{DataType::kFLOAT, values, dims.d[0] * dims.d[1]});
  layer->setName(name);
  return *layer->getOutput(0);
}

static ITensor& matmul(INetworkDefinition& network, ITensor& x, ITensor& w, const char* name) {
  IMatrixMultiplyLayer* layer = network.addMatrixMultiply(x, MatrixOperation::kNONE, w, MatrixOperation::kNONE);
  layer->setName(name);
  return *layer->getOutput(0);
}

static void describe(INetworkDefinition& network) {
  ITensor& x = *network.addInput("x", DataType::kFLOAT, Dims2{4, 2});
  ITensor& sum = matmul(network, x, constant(network, {2, 2}, kW1, "W1"), "hidden");
  ITensor& biased =
      *network.addElementWise(sum, constant(network, {1, 2}, kB1, "b1"), ElementWiseOperation::kSUM)->getOutput(0);
  ITensor& hidden = *network.addActivation(biased, ActivationType::kRELU)->getOutput(0);
  ITensor& y = matmul(network, hidden, constant(network, {2, 1}, kW2, "W2"), "output");
  y.setName("y");
  network.markOutput(y);
}

int main() {
  Logger logger;
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  describe(*network);
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);  // so that the inspector has something to tell
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) return 1;

  std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  if (!engine) return 1;
  std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
  for (int i = 0; i < engine->getNbLayers(); ++i)  // fused: fewer layers than were added
    std::printf("%s\n", inspector->getLayerInformation(i, LayerInformationFormat::kONELINE));

  std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  float x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, y[4];
  context->setTensorAddress("x", x);
  context->setTensorAddress("y", y);
  if (!context->enqueueV3(nullptr)) return 1;
  for (int i = 0; i < 4; ++i) std::printf("%g xor %g = %g\n", x[i][0], x[i][1], y[i]);
}
