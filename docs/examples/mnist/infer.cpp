// The trained network through the API and through ONNX: mnist FOLDER (what train.py wrote).
#include <dovetail/dovetail.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "npz.h"

using namespace dovetail;

class Logger : public ILogger {
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};
static Logger logger;

// Weights are not copied: the arrays stay readable until the network has been built.
static Weights weights(const Npz::Array& a) {
  return {DataType::kFLOAT, a.bytes.data(), static_cast<int64_t>(a.bytes.size() / sizeof(float))};
}

// Convolution, ReLU, max pool.
static ITensor* block(INetworkDefinition& network, ITensor& x, const Npz& para, const std::string& name) {
  const Npz::Array& w = para[name + ".weight"];
  IConvolutionLayer* conv =
      network.addConvolutionNd(x, w.dims[0], DimsHW{3, 3}, weights(w), weights(para[name + ".bias"]));
  conv->setPaddingNd(DimsHW{1, 1});
  conv->setName(name.c_str());
  ITensor* relu = network.addActivation(*conv->getOutput(0), ActivationType::kRELU)->getOutput(0);
  IPoolingLayer* pool = network.addPoolingNd(*relu, PoolingType::kMAX, DimsHW{2, 2});
  pool->setStrideNd(DimsHW{2, 2});
  return pool->getOutput(0);
}

// x w' + b
static ITensor* dense(INetworkDefinition& network, ITensor& x, const Npz& para, const std::string& name) {
  const Npz::Array &w = para[name + ".weight"], &b = para[name + ".bias"];
  ITensor* kernel = network.addConstant(Dims2{w.dims[0], w.dims[1]}, weights(w))->getOutput(0);
  ITensor* bias = network.addConstant(Dims2{1, b.dims[0]}, weights(b))->getOutput(0);
  IMatrixMultiplyLayer* product =
      network.addMatrixMultiply(x, MatrixOperation::kNONE, *kernel, MatrixOperation::kTRANSPOSE);
  product->setName(name.c_str());
  return network.addElementWise(*product->getOutput(0), *bias, ElementWiseOperation::kSUM)->getOutput(0);
}

static void make_network(INetworkDefinition& network, const Npz& para) {
  ITensor* x = network.addInput("x", DataType::kFLOAT, Dims4{-1, 1, 8, 8});
  x = block(network, *block(network, *x, para, "conv1"), para, "conv2");
  IShuffleLayer* flat = network.addShuffle(*x);
  flat->setReshapeDimensions(Dims2{-1, 128});
  x = dense(network, *flat->getOutput(0), para, "fc1");
  x = network.addActivation(*x, ActivationType::kRELU)->getOutput(0);
  ISoftMaxLayer* softmax = network.addSoftMax(*dense(network, *x, para, "fc2"));
  softmax->setAxes(1U << 1);
  ITopKLayer* best = network.addTopK(*softmax->getOutput(0), TopKOperation::kMAX, 1, 1U << 1);
  softmax->getOutput(0)->setName("y");
  best->getOutput(1)->setName("z");
  network.markOutput(*softmax->getOutput(0));
  network.markOutput(*best->getOutput(1));
}

static std::unique_ptr<IHostMemory> build(const std::string& folder, bool through_onnx) {
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  const Npz para(folder + "/para.npz");
  if (through_onnx) {
    std::unique_ptr<onnx::IParser> parser(onnx::createParser(*network, logger));
    if (!parser->parseFromFile((folder + "/model.onnx").c_str(), 2)) throw std::runtime_error("the model was refused");
  } else {
    make_network(*network, para);
  }
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, Dims4{1, 1, 8, 8});
  profile->setDimensions("x", OptProfileSelector::kOPT, Dims4{4, 1, 8, 8});
  profile->setDimensions("x", OptProfileSelector::kMAX, Dims4{512, 1, 8, 8});
  config->addOptimizationProfile(profile);
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) throw std::runtime_error("the network could not be built");
  return plan;
}

// Classes of pictures; the API's arg max is of 32-bit integers, ONNX's of 64.
static std::vector<int64_t> classify(ICudaEngine& engine, const float* pictures, int64_t count, float* best) {
  std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
  std::vector<float> y(static_cast<size_t>(count) * 10);
  std::vector<int64_t> z(static_cast<size_t>(count));
  if (!context->setInputShape("x", Dims4{count, 1, 8, 8}) || !context->setInputTensorAddress("x", pictures) ||
      !context->setTensorAddress("y", y.data()) || !context->setTensorAddress("z", z.data()) ||
      !context->enqueueV3(nullptr))
    throw std::runtime_error("the run failed");
  *best = *std::max_element(y.begin(), y.begin() + 10);
  if (engine.getTensorDataType("z") == DataType::kINT64) return z;
  const auto* narrow = reinterpret_cast<const int32_t*>(z.data());
  return std::vector<int64_t>(narrow, narrow + count);
}

static void run(const std::string& folder) {
  const Npz test(folder + "/test.npz");
  const Npz::Array &pictures = test["pictures"], &classes = test["classes"];
  const int64_t count = classes.dims[0];
  for (const bool through_onnx : {false, true}) {
    const std::string file = folder + (through_onnx ? "/onnx_cpp.plan" : "/api_cpp.plan");
    const std::unique_ptr<IHostMemory> plan = build(folder, through_onnx);
    std::ofstream(file, std::ios::binary)
        .write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));

    std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngineFromFile(file.c_str()));
    if (!engine) throw std::runtime_error("the plan was refused");
    float best = 0;
    const std::vector<int64_t> found = classify(*engine, pictures.floats(), count, &best);
    int64_t right = 0;
    for (int64_t i = 0; i < count; ++i) right += found[static_cast<size_t>(i)] == classes.integers()[i];
    std::printf("%s: %.1f%% of %lld test pictures are right; the first is a %lld with %.1f%%\n",
                through_onnx ? "onnx" : "api", 100.0 * static_cast<double>(right) / static_cast<double>(count),
                static_cast<long long>(count), static_cast<long long>(found[0]), 100.0 * static_cast<double>(best));
  }
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: mnist FOLDER (what train.py wrote)\n");
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "mnist: %s\n", e.what());
    return 1;
  }
  return 0;
}
