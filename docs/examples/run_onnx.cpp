// An ONNX file, compiled and run:  run_onnx MODEL.onnx [INPUT.bin ...]
// Each INPUT.bin holds one input's elements, row-major; inputs without a file are zeros. Prints what each output holds.
#include <dovetail/dovetail.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace dovetail;

class Logger : public ILogger {
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};

static std::unique_ptr<IHostMemory> compile(const char* model, ILogger& logger) {
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(*network, logger));
  if (!parser->parseFromFile(model, static_cast<int>(ILogger::Severity::kWARNING))) {
    // Everything that is wrong is listed, not only the first thing.
    for (int i = 0; i < parser->getNbErrors(); ++i) {
      const onnx::IParserError& e = *parser->getError(i);
      std::fprintf(stderr, "error %d: node %d '%s': %s\n", static_cast<int>(e.code()), e.node(), e.nodeName(),
                   e.desc());
    }
    return nullptr;
  }
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  for (int i = 0; i < network->getNbInputs(); ++i) {
    const ITensor& input = *network->getInput(i);
    Dims dims = input.getDimensions();  // free dimensions are 1 here; save_and_load.cpp shows ranges
    for (int k = 0; k < dims.nbDims; ++k) dims.d[k] = std::max<int64_t>(dims.d[k], 1);
    for (auto which : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
      profile->setDimensions(input.getName(), which, dims);
  }
  config->addOptimizationProfile(profile);
  return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

static size_t bytes_of(DataType type) {
  switch (type) {
    case DataType::kINT64:
    case DataType::kFLOAT64:
      return 8;
    case DataType::kFLOAT:
    case DataType::kINT32:
      return 4;
    case DataType::kHALF:
    case DataType::kBF16:
      return 2;
    default:
      return 1;
  }
}

static size_t bytes_of(const ICudaEngine& engine, const IExecutionContext& context, const char* name) {
  size_t bytes = bytes_of(engine.getTensorDataType(name));
  const Dims shape = context.getTensorShape(name);
  for (int k = 0; k < shape.nbDims; ++k) bytes *= static_cast<size_t>(shape.d[k]);
  return bytes;
}

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s MODEL.onnx [INPUT.bin ...]\n", argv[0]), 2;
  Logger logger;
  const auto plan = compile(argv[1], logger);
  if (!plan) return 1;

  std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  if (!engine) return 1;
  std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    if (engine->getTensorIOMode(name) == TensorIOMode::kINPUT)
      context->setInputShape(name, engine->getProfileShape(name, 0, OptProfileSelector::kOPT));
  }

  std::map<std::string, std::vector<char>> buffers;
  int next_file = 2;
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    std::vector<char>& buffer = buffers[name];
    buffer.resize(bytes_of(*engine, *context, name));
    context->setTensorAddress(name, buffer.data());
    if (engine->getTensorIOMode(name) != TensorIOMode::kINPUT || next_file >= argc) continue;
    std::ifstream file(argv[next_file++], std::ios::binary);
    if (!file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())))
      return std::fprintf(stderr, "'%s': %zu bytes expected for '%s'\n", argv[next_file - 1], buffer.size(), name), 1;
  }

  const auto begin = std::chrono::steady_clock::now();
  if (!context->enqueueV3(nullptr)) return 1;  // nullptr: on this thread, done when it returns
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begin;
  std::printf("ran in %.3f ms (the first run of a shape also lays out memory)\n", elapsed.count());
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    if (engine->getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
    std::printf("%s: %zu bytes", name, buffers[name].size());
    if (engine->getTensorDataType(name) == DataType::kFLOAT && !buffers[name].empty()) {
      const float* values = reinterpret_cast<const float*>(buffers[name].data());
      const auto* largest = std::max_element(values, values + buffers[name].size() / sizeof(float));
      std::printf(", largest value %g at %td", *largest, largest - values);
    }
    std::printf("\n");
  }
}
