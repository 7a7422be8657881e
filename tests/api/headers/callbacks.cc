// A user's program, C++14 without RTTI: implements every interface that users implement and hands each to the library.

#include <dovetail/dovetail.h>

#include <cstring>
#include <memory>
#include <string>

namespace api = DOVETAIL_NAMESPACE;

namespace {

class Logger : public api::ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kERROR) (errors += message) += '\n';
  }
  bool told(char const* text) {
    bool const found = errors.find(text) != std::string::npos;
    errors.clear();
    return found;
  }
  std::string errors;
};

class PluginV2 : public api::IPluginV2DynamicExt {
 public:
  api::AsciiChar const* getPluginType() const noexcept override { return "Twice"; }
  api::AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
  int32_t getNbOutputs() const noexcept override { return 1; }
  int32_t initialize() noexcept override { return 0; }
  void terminate() noexcept override {}
  std::size_t getSerializationSize() const noexcept override { return 0; }
  void serialize(void*) const noexcept override {}
  void destroy() noexcept override { delete this; }
  IPluginV2DynamicExt* clone() const noexcept override { return new PluginV2; }
  void setPluginNamespace(api::AsciiChar const*) noexcept override {}
  api::AsciiChar const* getPluginNamespace() const noexcept override { return ""; }
  api::DataType getOutputDataType(int32_t, api::DataType const* types, int32_t) const noexcept override {
    return types[0];
  }
  api::DimsExprs getOutputDimensions(int32_t, api::DimsExprs const* inputs, int32_t,
                                     api::IExprBuilder& builder) noexcept override {
    api::DimsExprs shape(inputs[0]);
    shape.d[0] = builder.operation(api::DimensionOperation::kPROD, *shape.d[0], *builder.constant(2));
    return shape;
  }
  bool supportsFormatCombination(int32_t, api::PluginTensorDesc const* desc, int32_t, int32_t) noexcept override {
    return desc->format == api::PluginFormat::kLINEAR;
  }
  void configurePlugin(api::DynamicPluginTensorDesc const*, int32_t, api::DynamicPluginTensorDesc const*,
                       int32_t) noexcept override {}
  std::size_t getWorkspaceSize(api::PluginTensorDesc const*, int32_t, api::PluginTensorDesc const*,
                               int32_t) const noexcept override {
    return 0;
  }
  int32_t enqueue(api::PluginTensorDesc const*, api::PluginTensorDesc const*, void const* const*, void* const*, void*,
                  cudaStream_t) noexcept override {
    return 0;
  }
};

class PluginV3 : public api::IPluginV3,
                 public api::IPluginV3OneCore,
                 public api::IPluginV3OneBuildV2,
                 public api::IPluginV3OneRuntime {
 public:
  api::InterfaceInfo getInterfaceInfo() const noexcept override { return api::IPluginV3::getInterfaceInfo(); }
  api::IPluginCapability* getCapabilityInterface(api::PluginCapabilityType type) noexcept override {
    if (type == api::PluginCapabilityType::kCORE) return static_cast<api::IPluginV3OneCore*>(this);
    if (type == api::PluginCapabilityType::kBUILD) return static_cast<api::IPluginV3OneBuild*>(this);
    return static_cast<api::IPluginV3OneRuntime*>(this);
  }
  api::IPluginV3* clone() noexcept override { return new PluginV3; }
  api::AsciiChar const* getPluginName() const noexcept override { return "Thrice"; }
  api::AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
  api::AsciiChar const* getPluginNamespace() const noexcept override { return ""; }
  int32_t configurePlugin(api::DynamicPluginTensorDesc const*, int32_t, api::DynamicPluginTensorDesc const*,
                          int32_t) noexcept override {
    return 0;
  }
  int32_t getOutputDataTypes(api::DataType* out, int32_t, api::DataType const* in, int32_t) const noexcept override {
    out[0] = in[0];
    return 0;
  }
  int32_t getOutputShapes(api::DimsExprs const* inputs, int32_t, api::DimsExprs const*, int32_t,
                          api::DimsExprs* outputs, int32_t, api::IExprBuilder&) noexcept override {
    outputs[0] = inputs[0];
    return 0;
  }
  bool supportsFormatCombination(int32_t, api::DynamicPluginTensorDesc const*, int32_t, int32_t) noexcept override {
    return true;
  }
  int32_t getNbOutputs() const noexcept override { return 1; }
  int32_t getAliasedInput(int32_t) noexcept override { return 0; }
  int32_t setTactic(int32_t) noexcept override { return 0; }
  int32_t onShapeChange(api::PluginTensorDesc const*, int32_t, api::PluginTensorDesc const*,
                        int32_t) noexcept override {
    return 0;
  }
  int32_t enqueue(api::PluginTensorDesc const*, api::PluginTensorDesc const*, void const* const*, void* const*, void*,
                  cudaStream_t) noexcept override {
    return 0;
  }
  api::IPluginV3* attachToContext(api::IPluginResourceContext*) noexcept override { return clone(); }
  api::PluginFieldCollection const* getFieldsToSerialize() noexcept override { return &fields; }
  api::PluginFieldCollection fields;
};

class CreatorV1 : public api::IPluginCreator {
 public:
  api::AsciiChar const* getPluginName() const noexcept override { return "Twice"; }
  api::AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
  api::PluginFieldCollection const* getFieldNames() noexcept override { return &fields; }
  api::IPluginV2* createPlugin(api::AsciiChar const*, api::PluginFieldCollection const*) noexcept override {
    return new PluginV2;
  }
  api::IPluginV2* deserializePlugin(api::AsciiChar const*, void const*, std::size_t) noexcept override {
    return new PluginV2;
  }
  void setPluginNamespace(api::AsciiChar const* text) noexcept override { name_space = text; }
  api::AsciiChar const* getPluginNamespace() const noexcept override { return name_space.c_str(); }
  api::PluginFieldCollection fields;
  std::string name_space;
};

class CreatorV3 : public api::IPluginCreatorV3One {
 public:
  api::AsciiChar const* getPluginName() const noexcept override { return "Thrice"; }
  api::AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
  api::AsciiChar const* getPluginNamespace() const noexcept override { return ""; }
  api::PluginFieldCollection const* getFieldNames() noexcept override { return &fields; }
  api::IPluginV3* createPlugin(api::AsciiChar const*, api::PluginFieldCollection const*,
                               api::TensorRTPhase) noexcept override {
    return new PluginV3;
  }
  api::PluginFieldCollection fields;
};

class CreatorQuick : public api::IPluginCreatorV3Quick {
 public:
  api::AsciiChar const* getPluginName() const noexcept override { return "Quick"; }
  api::AsciiChar const* getPluginVersion() const noexcept override { return "1"; }
  api::AsciiChar const* getPluginNamespace() const noexcept override { return "own"; }
  api::PluginFieldCollection const* getFieldNames() noexcept override { return &fields; }
  api::IPluginV3* createPlugin(api::AsciiChar const*, api::AsciiChar const*, api::PluginFieldCollection const*,
                               api::TensorRTPhase, api::QuickPluginCreationRequest) noexcept override {
    return nullptr;
  }
  api::PluginFieldCollection fields;
};

class Resource : public api::IPluginResource {
 public:
  explicit Resource(int* alive) : alive_(alive) {}
  int32_t release() noexcept override {
    --*alive_;
    return 0;
  }
  api::IPluginResource* clone() noexcept override {
    ++*alive_;
    return new Resource(alive_);
  }

 private:
  int* alive_;
};

template <class Base>
class Calibrator : public Base {
 public:
  int32_t getBatchSize() const noexcept override { return 1; }
  bool getBatch(void**, char const**, int32_t) noexcept override { return false; }
  void const* readCalibrationCache(std::size_t& length) noexcept override {
    length = 0;
    return nullptr;
  }
  void writeCalibrationCache(void const*, std::size_t) noexcept override {}
};

class LegacyCalibrator : public Calibrator<api::IInt8LegacyCalibrator> {
 public:
  double getQuantile() const noexcept override { return 0.5; }
  double getRegressionCutoff() const noexcept override { return 0.5; }
  void const* readHistogramCache(std::size_t&) noexcept override { return nullptr; }
  void writeHistogramCache(void const*, std::size_t) noexcept override {}
};

class Selector : public api::IAlgorithmSelector {
 public:
  int32_t selectAlgorithms(api::IAlgorithmContext const&, api::IAlgorithm const* const*, int32_t,
                           int32_t*) noexcept override {
    return 0;
  }
  void reportAlgorithms(api::IAlgorithmContext const* const*, api::IAlgorithm const* const*,
                        int32_t) noexcept override {}
};

class AsyncAllocator : public api::IGpuAsyncAllocator {
 public:
  void* allocateAsync(uint64_t size, uint64_t, api::AllocatorFlags, cudaStream_t) noexcept override {
    return ::operator new(size, std::nothrow);
  }
  bool deallocateAsync(void* memory, cudaStream_t) noexcept override {
    ::operator delete(memory);
    return true;
  }
};

std::string plugins(Logger& logger, api::INetworkDefinition& network, api::ITensor& x) {
  api::IPluginRegistry& registry = *getPluginRegistry();
  CreatorV1 v1;
  CreatorV3 v3;
  CreatorQuick quick;
  int32_t before = 0, count = 0;
  registry.getAllCreators(&before);
  if (!registry.registerCreator(v1, "") || !registry.registerCreator(v3, "") || !registry.registerCreator(quick, ""))
    return "a creator was not registered: " + logger.errors;
  if (registry.registerCreator(v1, "") || !logger.told("Twice")) return "a creator was registered twice";
  if (registry.getCreator("Thrice", "1", "") != &v3 || registry.getCreator("Thrice", "2", "") != nullptr)
    return "getCreator";
  if (registry.getPluginCreator("Twice", "1") != &v1 || registry.getPluginCreator("Thrice", "1") != nullptr)
    return "getPluginCreator";
  if (registry.getCreator("Quick", "1", "own") != &quick) return "the namespace of a quick creator";
  registry.getAllCreators(&count);
  if (count != before + 3 || registry.getAllCreatorsRecursive(&count)[count - 1] != &quick) return "getAllCreators";
  int32_t count_v1 = 0;
  if (registry.getPluginCreatorList(&count_v1)[count_v1 - 1] != &v1) return "getPluginCreatorList";

  int alive = 0;
  Resource resource(&alive);
  api::IPluginResource* first = registry.acquirePluginResource("key", &resource);
  if (first == nullptr || first == &resource || registry.acquirePluginResource("key", nullptr) != first || alive != 1)
    return "acquirePluginResource";
  if (registry.releasePluginResource("key") != 0 || alive != 1) return "a resource in use was released";
  if (registry.releasePluginResource("key") != 0 || alive != 0) return "a resource was not released";
  if (registry.releasePluginResource("key") == 0 || !logger.told("key")) return "a resource was released twice";
  if (registry.loadLibrary("libx.so") != nullptr || !logger.told("libx.so")) return "loadLibrary";

  std::unique_ptr<api::IPluginV3> plugin3(v3.createPlugin("p", &v3.fields, api::TensorRTPhase::kBUILD));
  api::IPluginV2* plugin2 = v1.createPlugin("p", &v1.fields);
  api::ITensor* inputs[] = {&x};
  api::IPluginV2Layer* layer2 = network.addPluginV2(inputs, 1, *plugin2);
  if (layer2 == nullptr && !logger.told("Twice")) return "addPluginV2 gave no reason";
  api::IPluginV3Layer* layer3 = network.addPluginV3(inputs, 1, nullptr, 0, *plugin3);
  if (layer3 == nullptr && !logger.told("Thrice")) return "addPluginV3 gave no reason";
  plugin2->destroy();
  if (!registry.deregisterCreator(v1) || !registry.deregisterCreator(v3) || !registry.deregisterCreator(quick) ||
      registry.deregisterCreator(v1))
    return "deregisterCreator";
  return logger.errors;
}

std::string configuration(Logger& logger, api::IBuilder& builder, api::INetworkDefinition& network) {
  Calibrator<api::IInt8EntropyCalibrator> entropy;
  Calibrator<api::IInt8EntropyCalibrator2> entropy2;
  Calibrator<api::IInt8MinMaxCalibrator> minmax;
  LegacyCalibrator legacy;
  Selector selector;
  std::unique_ptr<api::IBuilderConfig> config(builder.createBuilderConfig());
  api::IInt8Calibrator* calibrators[] = {&entropy, &entropy2, &minmax, &legacy};
  for (api::IInt8Calibrator* calibrator : calibrators) {
    config->setInt8Calibrator(calibrator);
    if (config->getInt8Calibrator() != calibrator) return "getInt8Calibrator";
  }
  if (calibrators[3]->getAlgorithm() != api::CalibrationAlgoType::kLEGACY_CALIBRATION) return "getAlgorithm";
  config->setQuantizationFlag(api::QuantizationFlag::kCALIBRATE_BEFORE_FUSION);
  if (!config->getQuantizationFlag(api::QuantizationFlag::kCALIBRATE_BEFORE_FUSION) ||
      config->getQuantizationFlags() != 1)
    return "quantization flags";
  config->setInt8Calibrator(nullptr);
  config->setAlgorithmSelector(&selector);
  if (config->getAlgorithmSelector() != &selector) return "getAlgorithmSelector";
  std::unique_ptr<api::IHostMemory> plan(builder.buildSerializedNetwork(network, *config));
  if (plan == nullptr && !logger.told("selector")) return "a selector was refused without a reason";
  config->reset();
  AsyncAllocator allocator;
  void* memory = allocator.allocate(16, 16, 0);
  if (memory == nullptr || !allocator.deallocate(memory)) return "the allocator";
  return logger.errors;
}

}  // namespace

/// Returns "" or what went wrong.
std::string PROGRAM() {
  Logger logger;
  std::unique_ptr<api::IBuilder> builder(api::createInferBuilder(logger));
  std::unique_ptr<api::INetworkDefinition> network(builder->createNetworkV2(0));
  api::ITensor* x = network->addInput("x", api::DataType::kFLOAT, api::Dims2(2, 2));
  network->markOutput(*network->addIdentity(*x)->getOutput(0));
  std::string what = plugins(logger, *network, *x);
  return what.empty() ? configuration(logger, *builder, *network) : what;
}
