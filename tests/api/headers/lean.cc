// Loads a plan with the lean library and runs it on zeros: lean <plan> prints the bytes of each output.

#include <dovetail/runtime.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace {
class Logger : public dovetail::ILogger {
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", message);
  }
};
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Logger logger;
  std::unique_ptr<dovetail::IRuntime> runtime(dovetail::createInferRuntime(logger));
  std::unique_ptr<dovetail::ICudaEngine> engine(runtime->deserializeCudaEngineFromFile(argv[1]));
  if (!engine) return 1;
  std::unique_ptr<dovetail::IExecutionContext> context(engine->createExecutionContext());
  std::vector<std::vector<double>> memory;  // Aligned for every element type.
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    char const* name = engine->getIOTensorName(i);
    if (engine->getTensorIOMode(name) == dovetail::TensorIOMode::kINPUT)
      context->setInputShape(name, engine->getProfileShape(name, 0, dovetail::OptProfileSelector::kOPT));
  }
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    char const* name = engine->getIOTensorName(i);
    dovetail::Dims const dims = context->getTensorShape(name);
    int64_t count = 1;
    for (int d = 0; d < dims.nbDims; ++d) count *= dims.d[d];
    memory.emplace_back(static_cast<size_t>(count));
    context->setTensorAddress(name, memory.back().data());
  }
  return context->enqueueV3(nullptr) ? 0 : 1;
}
