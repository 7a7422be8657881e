// A user's program: C++14 without RTTI, with the namespaces that the build gives the API. Implements every callback
// interface, builds a network, runs it, and uses the older names as well.

#include <dovetail/dovetail.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace api = DOVETAIL_NAMESPACE;
namespace parser_api = DOVETAIL_PARSER_NAMESPACE;

// Programs re-open the namespace and declare what they need.
namespace DOVETAIL_NAMESPACE {
class ICudaEngine;
class ILogger;
struct UsersOwn {};
}  // namespace DOVETAIL_NAMESPACE

namespace {

class Logger : public api::ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kERROR) errors += message;
  }
  std::string errors;
};

class Monitor : public api::IProgressMonitor {
 public:
  void phaseStart(char const*, char const*, int32_t) noexcept override { ++open; }
  bool stepComplete(char const*, int32_t) noexcept override { return true; }
  void phaseFinish(char const*) noexcept override { --open; }
  int open = 0;
};

class Profiler : public api::IProfiler {
 public:
  void reportLayerTime(char const*, float) noexcept override { ++layers; }
  int layers = 0;
};

class OutputAllocator : public api::IOutputAllocator {
 public:
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    memory.resize(size / sizeof(float) + 1);
    return memory.data();
  }
  void notifyShape(char const*, api::Dims const& dims) noexcept override { shape = dims; }
  std::vector<float> memory;
  api::Dims shape{};
};

struct Destroyer {
  template <class T>
  void operator()(T* object) const {
    object->destroy();
  }
};
template <class T>
using Owned = std::unique_ptr<T, Destroyer>;

}  // namespace

/// y = relu(x) + 1 over [-1, 2]; returns "" or what went wrong.
std::string PROGRAM() {
  Logger logger;
  Monitor monitor;
  Owned<api::IBuilder> builder(api::createInferBuilder(logger));
  if (!builder) return "no builder";
  auto const explicitBatch = 1U << static_cast<uint32_t>(api::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
  Owned<api::INetworkDefinition> network(builder->createNetworkV2(explicitBatch));
  Owned<parser_api::IParser> parser(parser_api::createParser(*network, logger));
  if (!parser) return "no parser";
  api::ITensor* x = network->addInput("x", api::DataType::kFLOAT, api::Dims2(-1, 2));
  float const one = 1;
  api::IConstantLayer* constant = network->addConstant(api::Dims2(1, 1), api::Weights{api::DataType::kFLOAT, &one, 1});
  api::IActivationLayer* relu = network->addActivation(*x, api::ActivationType::kRELU);
  api::IElementWiseLayer* sum =
      network->addElementWise(*relu->getOutput(0), *constant->getOutput(0), api::ElementWiseOperation::kSUM);
  sum->getOutput(0)->setName("y");
  network->markOutput(*sum->getOutput(0));

  Owned<api::IBuilderConfig> config(builder->createBuilderConfig());
  config->setMaxWorkspaceSize(1U << 20);
  config->setProgressMonitor(&monitor);
  config->setBuilderOptimizationLevel(0);
  api::IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", api::OptProfileSelector::kMIN, api::Dims2(1, 2));
  profile->setDimensions("x", api::OptProfileSelector::kOPT, api::Dims2(2, 2));
  profile->setDimensions("x", api::OptProfileSelector::kMAX, api::Dims2(4, 2));
  config->addOptimizationProfile(profile);
  Owned<api::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) return "no plan: " + logger.errors;
  if (monitor.open != 0) return "a phase was not finished";

  Owned<api::IRuntime> runtime(api::createInferRuntime(logger));
  Owned<api::ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size(), nullptr));
  if (!engine) return "no engine: " + logger.errors;
  if (engine->getNbBindings() != 2 || engine->getBindingIndex("y") != 1 || !engine->bindingIsInput(0))
    return "bindings";
  Owned<api::IExecutionContext> context(engine->createExecutionContext());
  Profiler profiler;
  context->setProfiler(&profiler);
  if (!context->setBindingDimensions(0, api::Dims2(3, 2))) return "no shape: " + logger.errors;
  float in[6] = {-1, 2, -3, 4, -5, 6};
  float out[6] = {};
  void* bindings[2] = {in, out};
  if (!context->enqueueV2(bindings, nullptr, nullptr)) return "no run: " + logger.errors;
  for (int i = 0; i < 6; ++i)
    if (out[i] != (in[i] > 0 ? in[i] : 0) + 1) return "wrong result";
  if (profiler.layers == 0) return "no layer times";
  OutputAllocator allocator;
  context->setOutputAllocator("y", &allocator);
  if (!context->enqueueV3(nullptr) || allocator.shape.d[0] != 3 || allocator.memory[1] != 3) return "output allocator";
  return logger.errors;
}
