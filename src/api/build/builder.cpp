#include <dovetail/build_to_file.h>
#include <dovetail/builder.h>

#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/build/config.h"
#include "api/build/network.h"
#include "api/build/progress.h"
#include "api/host_memory.h"
#include "api/runtime/engine.h"
#include "api/runtime/last_logger.h"
#include "api/wall.h"
#include "backend/cpu/cpu.h"
#include "builder/build.h"
#include "plan/writer.h"

namespace dvt::api {
namespace {

struct Refused {
  BuilderFlag flag;
  std::string_view why;
};
constexpr Refused kRefusedFlags[] = {
    {BuilderFlag::kREFIT, "kREFIT: engines cannot be refitted; build again with the new weights"},
    {BuilderFlag::kREFIT_IDENTICAL, "kREFIT_IDENTICAL: engines cannot be refitted"},
    {BuilderFlag::kREFIT_INDIVIDUAL, "kREFIT_INDIVIDUAL: engines cannot be refitted"},
    {BuilderFlag::kSTRIP_PLAN, "kSTRIP_PLAN: a plan without its weights cannot be written"},
    {BuilderFlag::kWEIGHT_STREAMING, "kWEIGHT_STREAMING: weights are mapped from the plan, there is nothing to stream"},
    {BuilderFlag::kSAFETY_SCOPE, "kSAFETY_SCOPE: there is no safety-certified subset"},
};
/// A plan that went elsewhere.
struct Written {
  size_t bytes = 0;
  size_t size() const { return bytes; }
};
constexpr BuilderFlag kLowPrecision[] = {BuilderFlag::kFP16, BuilderFlag::kBF16, BuilderFlag::kINT8,
                                         BuilderFlag::kFP8,  BuilderFlag::kINT4, BuilderFlag::kFP4};

class Builder final : public IBuilder {
 public:
  explicit Builder(ILogger* logger) : reporter_(logger) {}

  INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept override {
    return guarded(reporter_, static_cast<INetworkDefinition*>(nullptr), [&] {
      if ((flags >> EnumMax<NetworkDefinitionCreationFlag>()) != 0)
        throw Error(ErrorCode::kInvalidArgument, "createNetworkV2: unknown flags in ", flags);
      return new Network(*this, reporter_, flags, num_networks_++);
    });
  }
  IBuilderConfig* createBuilderConfig() noexcept override {
    return guarded(reporter_, static_cast<IBuilderConfig*>(nullptr), [&] { return new Config(reporter_); });
  }
  IOptimizationProfile* createOptimizationProfile() noexcept override {
    return guarded(reporter_, static_cast<IOptimizationProfile*>(nullptr), [&]() -> IOptimizationProfile* {
      profiles_.push_back(std::make_unique<Profile>(reporter_));
      return profiles_.back().get();
    });
  }

  IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept override {
    return guarded(reporter_, static_cast<IHostMemory*>(nullptr),
                   [&] { return new HostMemory(build(network, config, &in_memory)); });
  }
  bool buildSerializedNetworkToStream(INetworkDefinition& network, IBuilderConfig& config,
                                      IStreamWriter& writer) noexcept override {
    return guarded(reporter_, [&] {
      build(network, config, [&](const plan::Document& document) {
        size_t written = 0;
        plan::write_plan(document, [&](std::span<const std::byte> bytes) {
          if (bytes.empty()) return;
          const auto size = static_cast<int64_t>(bytes.size());
          const int64_t taken = writer.write(bytes.data(), size);
          if (taken != size) throw Error(ErrorCode::kIo, "the stream writer took ", taken, " of ", size, " bytes");
          written += bytes.size();
        });
        return Written{written};
      });
    });
  }
  uint64_t build_to_file(INetworkDefinition& network, IBuilderConfig& config, const std::string& path) noexcept {
    return guarded(reporter_, uint64_t{0}, [&] {
      return build(network, config,
                   [&](const plan::Document& document) { return Written{plan::write_plan_file(document, path)}; })
          .size();
    });
  }
  ICudaEngine* buildEngineWithConfig(INetworkDefinition& network, IBuilderConfig& config) noexcept override {
    return guarded(reporter_, static_cast<ICudaEngine*>(nullptr), [&]() -> ICudaEngine* {
      const runtime::EngineOptions options{.threads = static_cast<Config&>(config).getMaxThreads()};
      return Engine::create(runtime::Engine::load(build(network, config, &in_memory), cpu::device(), options),
                            reporter_, allocator_)
          .release();
    });
  }
  bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept override {
    return guarded(reporter_, [&] {
      check_flags(config);
      // Preparing fills the network's graph and changes nothing that a user sees.
      auto& prepared = static_cast<Network&>(const_cast<INetworkDefinition&>(network));
      prepared.prepare();
      check_flags(prepared, config);
    });
  }

  void setGpuAllocator(IGpuAllocator* allocator) noexcept override { allocator_ = allocator; }
  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  ILogger* getLogger() const noexcept override { return reporter_.logger(); }
  IPluginRegistry& getPluginRegistry() noexcept override { return *::getPluginRegistry(); }
  bool setMaxThreads(int32_t threads) noexcept override {
    if (threads < 1) {
      reporter_.error(ErrorCode::kInvalidArgument, concat("setMaxThreads: ", threads, " is below 1"));
      return false;
    }
    threads_ = threads;
    return true;
  }
  int32_t getMaxThreads() const noexcept override {
    return threads_ > 0 ? threads_ : cpu::device().host_target(0).threads;
  }
  bool platformHasTf32() const noexcept override { return false; }
  bool platformHasFastFp16() const noexcept override {
    return cpu::device().host_target(0).has(backend::Isa::kAvx512Fp16);
  }
  bool platformHasFastInt8() const noexcept override {
    const backend::Target target = cpu::device().host_target(0);
    return target.has(backend::Isa::kAvx512Vnni) || target.has(backend::Isa::kAvxVnni);
  }
  int32_t getMaxDLABatchSize() const noexcept override { return 0; }
  int32_t getNbDLACores() const noexcept override { return 0; }
  void reset() noexcept override {
    threads_ = 0;
    reporter_.set_recorder(nullptr);
  }

 private:
  void check_flags(const IBuilderConfig& config) const {
    for (const Refused& refused : kRefusedFlags)
      if (config.getFlag(refused.flag)) throw Error(ErrorCode::kUnsupported, "builder flag ", refused.why);
    if (config.getInt8Calibrator() != nullptr && config.getFlag(BuilderFlag::kINT8))
      throw Error(ErrorCode::kUnsupported,
                  "calibration is not supported yet; clear BuilderFlag::kINT8, or write "
                  "quantize and dequantize layers into the network");
    if (config.getAlgorithmSelector() != nullptr)
      throw Error(ErrorCode::kUnsupported,
                  "algorithm selectors are not supported yet; a timing cache fixes the choice "
                  "of tactics");
    if (config.getNbPluginsToSerialize() > 0)
      throw Error(ErrorCode::kUnsupported, "a plan cannot carry plugin libraries ('", config.getPluginToSerialize(0),
                  "'); load them where the plan is run");
  }

  /// Flags that contradict the network.
  static void check_flags(const Network& network, const IBuilderConfig& config) {
    if (network.getFlag(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED))
      for (BuilderFlag flag : kLowPrecision)
        if (config.getFlag(flag))
          throw Error(ErrorCode::kInvalidArgument, "builder flag ", static_cast<int>(flag),
                      ": the network is strongly typed, so its types follow from its layers alone; clear the precision "
                      "flags");
    if (!config.getFlag(BuilderFlag::kDIRECT_IO)) return;
    const std::vector<std::string> notes = network.annotations();
    for (const std::string& note : notes)
      if (note.starts_with("format\t"))
        throw Error(ErrorCode::kUnsupported, "builder flag kDIRECT_IO: an input or output is not linear (",
                    note.substr(7),
                    "), which takes a conversion at the border; allow TensorFormat::kLINEAR or clear the flag");
  }

  void note_precisions(const IBuilderConfig& config) const {
    for (BuilderFlag flag : kLowPrecision)
      if (config.getFlag(flag)) {
        reporter_.log(
            ILogger::Severity::kINFO,
            "lower precisions are allowed; the CPU device computes floating types as the network states them");
        return;
      }
  }

  static Blob in_memory(const plan::Document& document) { return plan::write_plan_memory(document); }

  /// What `write` makes of the document, which shares the network's weights.
  template <class Write>
  std::invoke_result_t<Write, const plan::Document&> build(INetworkDefinition& network, IBuilderConfig& config,
                                                           Write&& write) {
    const auto begin = std::chrono::steady_clock::now();
    ReporterLog log(reporter_);
    const LogScope scope(&log);
    check_flags(config);
    note_precisions(config);
    const auto& settings = static_cast<const Config&>(config);
    const ir::Graph& graph = static_cast<Network&>(network).prepare();
    check_flags(static_cast<const Network&>(network), config);
    Progress progress(settings.getProgressMonitor());
    const std::shared_ptr<builder::TimingCache> cache = settings.timing_cache();
    const builder::BuildOptions options =
        build_options(settings, static_cast<const Network&>(network), graph, cache.get(), progress);
    plan::Document document = builder::build(graph, options, cpu::device());
    document.annotations = static_cast<Network&>(network).annotations();
    auto plan = write(std::as_const(document));
    progress.complete();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    reporter_.log(ILogger::Severity::kINFO, concat("built the network in ", std::to_string(seconds.count()),
                                                   " s: a plan of ", plan.size(), " bytes"));
    return plan;
  }

  builder::BuildOptions build_options(const Config& config, const Network& network, const ir::Graph& graph,
                                      builder::TimingCache* cache, Progress& progress) const {
    builder::BuildOptions options;
    options.target = cpu::device().host_target(config.getMaxThreads() > 0 ? config.getMaxThreads() : threads_);
    for (size_t i = 0; i < config.profiles().size(); ++i)
      options.profiles.push_back(to_plan_profile(network.memory_profile(*config.profiles()[i]), graph, i));
    options.optimization_level = config.getBuilderOptimizationLevel();
    options.budget_seconds = config.build_budget();
    options.tactics = config.tactics();
    options.timing_iterations = config.getAvgTimingIterations();
    options.workspace_limit = config.getMemoryPoolLimit(MemoryPoolType::kWORKSPACE);
    options.detailed = config.getProfilingVerbosity() == ProfilingVerbosity::kDETAILED;
    options.fail_on_cache_miss = config.getFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
    options.timing_cache = config.getFlag(BuilderFlag::kDISABLE_TIMING_CACHE) ? nullptr : cache;
    options.progress = [&progress](std::string_view phase, int done, int total) {
      return progress.step(phase, done, total);
    };
    return options;
  }

  Reporter reporter_;
  IGpuAllocator* allocator_ = nullptr;  ///< For the contexts of engines that are built here.
  int32_t threads_ = 0;
  int num_networks_ = 0;
  std::vector<std::unique_ptr<Profile>> profiles_;
};

}  // namespace
}  // namespace dvt::api

DOVETAIL_NAMESPACE::IPluginRegistry* getBuilderPluginRegistry(
    DOVETAIL_NAMESPACE::EngineCapability capability) noexcept {
  return capability == DOVETAIL_NAMESPACE::EngineCapability::kSTANDARD ? getPluginRegistry() : nullptr;
}

uint64_t dovetailBuildToFile(DOVETAIL_NAMESPACE::IBuilder* builder, DOVETAIL_NAMESPACE::INetworkDefinition* network,
                             DOVETAIL_NAMESPACE::IBuilderConfig* config,
                             DOVETAIL_NAMESPACE::AsciiChar const* path) noexcept {
  if (!builder || !network || !config || !path) return 0;
  return static_cast<dvt::api::Builder*>(builder)->build_to_file(*network, *config, path);
}

bool setInternalLibraryPath(DOVETAIL_NAMESPACE::AsciiChar const* path) noexcept { return path != nullptr; }

void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  dvt::api::set_last_logger(reporter.logger());
  return dvt::api::guarded(reporter, static_cast<void*>(nullptr), [&]() -> void* {
    return static_cast<DOVETAIL_NAMESPACE::IBuilder*>(new dvt::api::Builder(reporter.logger()));
  });
}
