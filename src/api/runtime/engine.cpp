#include "api/runtime/engine.h"

#include "api/convert.h"
#include "api/host_memory.h"
#include "api/runtime/configs.h"
#include "api/runtime/context.h"
#include "api/runtime/inspector.h"
#include "api/wall.h"

namespace dvt::api {
namespace {

const std::vector<int64_t>& pick(const runtime::ProfileRange& range, OptProfileSelector select) {
  switch (select) {
    case OptProfileSelector::kMIN:
      return range.min;
    case OptProfileSelector::kOPT:
      return range.opt;
    case OptProfileSelector::kMAX:
      return range.max;
  }
  throw Error(ErrorCode::kInvalidArgument, "there is no profile selector ", static_cast<int>(select));
}

}  // namespace

bool is_detailed(const runtime::Engine& engine) { return !engine.document().graph_text.empty(); }

std::unique_ptr<Engine> Engine::create(std::shared_ptr<const runtime::Engine> engine, const Reporter& reporter,
                                       IGpuAllocator* allocator) {
  auto shared = std::make_shared<EngineShared>();
  shared->engine = std::move(engine);
  shared->logger = reporter.logger();
  shared->allocator = allocator;
  shared->annotations = read_annotations(*shared->engine);
  const std::span<const runtime::IoTensor> tensors = shared->engine->io_tensors();
  for (size_t i = 0; i < tensors.size(); ++i)
    shared->format_descriptions.push_back(describe_format(shared->annotations.io[i].format, tensors[i].dtype));
  auto made = std::make_unique<Engine>(shared, reporter);
  shared->handle = made.get();
  return made;
}

Engine::Engine(std::shared_ptr<EngineShared> shared, const Reporter& reporter)
    : shared_(std::move(shared)), reporter_(reporter) {}

Engine::~Engine() noexcept {
  Engine* self = this;
  shared_->handle.compare_exchange_strong(self, nullptr);
}

size_t Engine::io_index(char const* name) const {
  const int index = get().find_io(required(name, "the tensor name"));
  if (index < 0) {
    std::string names;
    for (const runtime::IoTensor& t : get().io_tensors()) names += concat(names.empty() ? "'" : ", '", t.name, "'");
    throw Error(ErrorCode::kInvalidArgument, "the engine has no input or output '", name, "'; it has ", names);
  }
  return static_cast<size_t>(index);
}

const runtime::IoTensor& Engine::io(char const* name) const { return get().io_tensors()[io_index(name)]; }

int32_t Engine::getNbIOTensors() const noexcept { return static_cast<int32_t>(get().io_tensors().size()); }

char const* Engine::getIOTensorName(int32_t index) const noexcept {
  if (index < 0 || index >= getNbIOTensors()) {
    reporter_.error(ErrorCode::kInvalidArgument,
                    concat("there is no input or output number ", index, "; the engine has ", getNbIOTensors()));
    return nullptr;
  }
  return get().io_tensors()[static_cast<size_t>(index)].name.c_str();
}

Dims Engine::getTensorShape(char const* name) const noexcept {
  return guarded(reporter_, invalid_dims(), [&] {
    const IoAnnotation& a = annotation(name);
    if (a.format == nullptr) return to_public(io(name).dims);
    return to_public(logical_dims(*a.format, io(name).dims, a.channels));
  });
}

DataType Engine::getTensorDataType(char const* name) const noexcept {
  return guarded(reporter_, DataType::kFLOAT, [&] { return to_public(io(name).dtype); });
}

TensorIOMode Engine::getTensorIOMode(char const* name) const noexcept {
  if (name == nullptr || get().find_io(name) < 0) return TensorIOMode::kNONE;
  return io(name).is_input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
}

TensorLocation Engine::getTensorLocation(char const* name) const noexcept {
  return guarded(reporter_, TensorLocation::kDEVICE,
                 [&] { return io(name).shape_io ? TensorLocation::kHOST : TensorLocation::kDEVICE; });
}

bool Engine::isShapeInferenceIO(char const* name) const noexcept {
  return guarded(reporter_, false, [&] { return io(name).shape_io; });
}

TensorFormat Engine::getTensorFormat(char const* name, int32_t) const noexcept {
  return guarded(reporter_, TensorFormat::kLINEAR, [&] {
    const FormatInfo* f = annotation(name).format;
    return f == nullptr ? TensorFormat::kLINEAR : f->format;
  });
}

char const* Engine::getTensorFormatDesc(char const* name, int32_t) const noexcept {
  return guarded(reporter_, static_cast<char const*>(nullptr),
                 [&] { return shared_->format_descriptions[io_index(name)].c_str(); });
}

// Formats that put no channels side by side have no components: -1 by the interface.
int32_t Engine::getTensorBytesPerComponent(char const* name, int32_t profile) const noexcept {
  return guarded(reporter_, int32_t{-1}, [&] {
    return getTensorComponentsPerElement(name, profile) < 0 ? -1 : static_cast<int32_t>(byte_size(io(name).dtype, 1));
  });
}
int32_t Engine::getTensorComponentsPerElement(char const* name, int32_t) const noexcept {
  return guarded(reporter_, int32_t{-1}, [&] {
    const FormatInfo* f = annotation(name).format;
    return f == nullptr || f->vector == 1 ? -1 : static_cast<int32_t>(f->vector);
  });
}
int32_t Engine::getTensorVectorizedDim(char const* name, int32_t profile) const noexcept {
  return guarded(reporter_, int32_t{-1}, [&] {
    if (getTensorComponentsPerElement(name, profile) < 0) return int32_t{-1};
    const FormatInfo& f = *annotation(name).format;
    const auto rank = static_cast<int32_t>(io(name).dims.size()) - (f.channels_last ? 0 : 1);
    return rank - f.trailing;
  });
}

char const* Engine::getAliasedInputTensor(char const* name) const noexcept {
  return guarded(reporter_, static_cast<char const*>(nullptr), [&]() -> char const* {
    const std::string& alias = annotation(name).alias;
    return alias.empty() ? nullptr : alias.c_str();
  });
}

int32_t Engine::getNbOptimizationProfiles() const noexcept { return get().num_profiles(); }

Dims Engine::getProfileShape(char const* name, int32_t profile, OptProfileSelector select) const noexcept {
  return guarded(reporter_, invalid_dims(), [&] {
    const IoAnnotation& a = annotation(name);
    const std::vector<int64_t>& dims = pick(get().profile_shape(profile, name), select);
    if (a.format != nullptr) return to_public(logical_dims(*a.format, dims, a.channels));
    return to_public(std::span<const int64_t>(dims));
  });
}

int64_t const* Engine::getProfileTensorValuesV2(char const* name, int32_t profile,
                                                OptProfileSelector select) const noexcept {
  return guarded(reporter_, static_cast<int64_t const*>(nullptr), [&] {
    return io(name).shape_io ? pick(get().profile_values(profile, name), select).data() : nullptr;
  });
}

int32_t const* Engine::getProfileTensorValues(char const* name, int32_t profile,
                                              OptProfileSelector select) const noexcept {
  return guarded(reporter_, static_cast<int32_t const*>(nullptr), [&]() -> int32_t const* {
    if (!io(name).shape_io) return nullptr;
    const std::vector<int64_t>& wide = pick(get().profile_values(profile, name), select);
    std::vector<int32_t>& narrow = narrow_values_[wide.data()];
    narrow.assign(wide.begin(), wide.end());
    return narrow.data();
  });
}

IExecutionContext* Engine::createExecutionContext(ExecutionContextAllocationStrategy strategy) noexcept {
  return guarded(reporter_, static_cast<IExecutionContext*>(nullptr),
                 [&] { return new Context(shared_, reporter_, strategy); });
}

IExecutionContext* Engine::createExecutionContext(IRuntimeConfig* config) noexcept {
  return createExecutionContext(config == nullptr ? ExecutionContextAllocationStrategy::kSTATIC
                                                  : config->getExecutionContextAllocationStrategy());
}

IRuntimeConfig* Engine::createRuntimeConfig() noexcept { return new (std::nothrow) RuntimeConfig(); }

int64_t Engine::getDeviceMemorySizeV2() const noexcept {
  return guarded(reporter_, int64_t{0}, [&] { return static_cast<int64_t>(get().memory().arena_bytes); });
}

int64_t Engine::getDeviceMemorySizeForProfileV2(int32_t profile) const noexcept {
  return guarded(reporter_, int64_t{0}, [&] { return static_cast<int64_t>(get().memory(profile).arena_bytes); });
}

char const* Engine::getName() const noexcept { return get().name().c_str(); }
int32_t Engine::getNbLayers() const noexcept { return static_cast<int32_t>(get().steps().size()); }

IEngineInspector* Engine::createEngineInspector() const noexcept {
  return guarded(reporter_, static_cast<IEngineInspector*>(nullptr), [&] { return new Inspector(shared_, reporter_); });
}

ProfilingVerbosity Engine::getProfilingVerbosity() const noexcept {
  return is_detailed(get()) ? ProfilingVerbosity::kDETAILED : ProfilingVerbosity::kLAYER_NAMES_ONLY;
}

IHostMemory* Engine::serialize() const noexcept {
  return guarded(reporter_, static_cast<IHostMemory*>(nullptr), [&] { return new HostMemory(get().serialize()); });
}

ISerializationConfig* Engine::createSerializationConfig() noexcept { return new (std::nothrow) SerializationConfig(); }

IHostMemory* Engine::serializeWithConfig(ISerializationConfig& config) const noexcept {
  return guarded(reporter_, static_cast<IHostMemory*>(nullptr), [&] {
    if (config.getFlag(SerializationFlag::kEXCLUDE_WEIGHTS))
      throw Error(ErrorCode::kUnsupported,
                  "a plan without its weights cannot be written; clear SerializationFlag::kEXCLUDE_WEIGHTS");
    return new HostMemory(get().serialize());
  });
}

int64_t Engine::getEngineStat(EngineStat stat) const noexcept {
  if (stat != EngineStat::kTOTAL_WEIGHTS_SIZE) return 0;
  return guarded(reporter_, int64_t{-1}, [&] { return static_cast<int64_t>(get().memory().weight_bytes); });
}

}  // namespace dvt::api
