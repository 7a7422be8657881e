#pragma once

#include <dovetail/allocator.h>
#include <dovetail/builder_config.h>
#include <dovetail/engine.h>
#include <dovetail/logger.h>
#include <dovetail/network.h>
#include <dovetail/plugin_registry.h>
#include <dovetail/stream_reader.h>
#include <dovetail/version.h>

namespace DOVETAIL_NAMESPACE {

/// Makes networks and configurations, and compiles them into plans. Owned by the caller, freed with delete; what it
/// made may outlive it, except optimization profiles.
class IBuilder : public INoCopy {
 public:
  virtual ~IBuilder() noexcept = default;
  void destroy() noexcept { delete this; }

  /// \return An empty network, owned by the caller; nullptr, with the reason reported, for unknown flags.
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  /// \return A configuration with the defaults, owned by the caller.
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  /// \return An empty profile, owned by the builder.
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;

  /// Compiles a network into a plan: bytes that a runtime for the same kind of device can load.
  ///
  /// The network is not modified and may be built again. Tactics are timed on the current device unless the
  /// configuration carries a timing cache that answers every problem.
  ///
  /// \param network  Must have at least one output.
  /// \param config   Precision, limits, profiles. May be reused between builds.
  /// \return The plan, owned by the caller, or nullptr. On nullptr the reason has been given to the ILogger, and to the
  ///         IErrorRecorder if one is set. Never throws.
  /// \threadsafety Calls on one builder must not overlap; different builders are independent.
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
  /// As buildSerializedNetwork; the plan goes to writer. \return True when all of it was taken.
  virtual bool buildSerializedNetworkToStream(INetworkDefinition& network, IBuilderConfig& config,
                                              IStreamWriter& writer) noexcept = 0;
  /// As buildSerializedNetwork, then loads the plan. \return The engine, owned by the caller, or nullptr.
  virtual ICudaEngine* buildEngineWithConfig(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
  /// Whether a build would get as far as choosing tactics. The reason of a no is reported.
  virtual bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept = 0;

  virtual void setGpuAllocator(IGpuAllocator* allocator) noexcept = 0;
  /// nullptr for none. Networks made later report to it too.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  virtual ILogger* getLogger() const noexcept = 0;
  /// The registry of the process.
  virtual IPluginRegistry& getPluginRegistry() noexcept = 0;
  /// How many threads a build may use. \return False for numbers below 1.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  virtual int32_t getMaxThreads() const noexcept = 0;
  virtual bool platformHasTf32() const noexcept = 0;
  virtual bool platformHasFastFp16() const noexcept = 0;
  virtual bool platformHasFastInt8() const noexcept = 0;
  virtual int32_t getMaxDLABatchSize() const noexcept = 0;
  virtual int32_t getNbDLACores() const noexcept = 0;
  /// Forgets limits and recorder.
  virtual void reset() noexcept = 0;

  INetworkDefinition* createNetwork() noexcept { return createNetworkV2(0U); }
  /// There is no implicit batch; the number is ignored.
  void setMaxBatchSize(int32_t /*batchSize*/) noexcept {}
  int32_t getMaxBatchSize() const noexcept { return 1; }
};

}  // namespace DOVETAIL_NAMESPACE

/// Behind createInferBuilder. \param logger  An ILogger. \param version  DOVETAIL_API_VERSION.
extern "C" DOVETAIL_API void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;
/// The registry that builders of a capability use: the one of the process. nullptr for capabilities other than
/// kSTANDARD.
extern "C" DOVETAIL_API DOVETAIL_NAMESPACE::IPluginRegistry* getBuilderPluginRegistry(
    DOVETAIL_NAMESPACE::EngineCapability capability) noexcept;
/// Where a library split in parts finds them. This one is whole: the path is not needed. \return True unless nullptr.
extern "C" DOVETAIL_API bool setInternalLibraryPath(DOVETAIL_NAMESPACE::AsciiChar const* path) noexcept;

namespace DOVETAIL_NAMESPACE {

/// \param logger  Shared by everything that the builder makes.
/// \return A builder, owned by the caller; nullptr when the library does not serve these headers (reported).
inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
  return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, DOVETAIL_API_VERSION));
}

}  // namespace DOVETAIL_NAMESPACE
