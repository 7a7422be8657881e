#pragma once

#include <cstddef>

#include <dovetail/algorithm_selector.h>
#include <dovetail/calibrator.h>
#include <dovetail/layer.h>
#include <dovetail/optimization_profile.h>
#include <dovetail/progress_monitor.h>
#include <dovetail/stream.h>
#include <dovetail/timing_cache.h>

namespace DOVETAIL_NAMESPACE {

/// Bit n stands for the BuilderFlag whose value is n.
using BuilderFlags = uint32_t;

enum class BuilderFlag : int32_t {
  kFP16 = 0,  ///< Allows binary16 where it is faster.
  kINT8 = 1,
  kDEBUG = 2,  ///< Synchronizes after each layer.
  kGPU_FALLBACK = 3,
  kREFIT = 4,
  kDISABLE_TIMING_CACHE = 5,
  kTF32 = 6,  ///< On by default.
  kSPARSE_WEIGHTS = 7,
  kSAFETY_SCOPE = 8,
  kOBEY_PRECISION_CONSTRAINTS = 9,
  kPREFER_PRECISION_CONSTRAINTS = 10,
  kDIRECT_IO = 11,
  kREJECT_EMPTY_ALGORITHMS = 12,
  kVERSION_COMPATIBLE = 13,
  kEXCLUDE_LEAN_RUNTIME = 14,
  kFP8 = 15,
  kERROR_ON_TIMING_CACHE_MISS = 16,  ///< Fails the build when the cache does not answer a problem.
  kBF16 = 17,
  kDISABLE_COMPILATION_CACHE = 18,
  kSTRIP_PLAN = 19,
  kWEIGHTLESS = kSTRIP_PLAN,
  kREFIT_IDENTICAL = 20,
  kWEIGHT_STREAMING = 21,
  kINT4 = 22,
  kREFIT_INDIVIDUAL = 23,
  kSTRICT_NANS = 24,
  kMONITOR_MEMORY = 25,
  kFP4 = 26,
  kEDITABLE_TIMING_CACHE = 27,
  kDISTRIBUTIVE_INDEPENDENCE = 28,
};
DOVETAIL_ENUM_MAX(BuilderFlag, 29)

enum class MemoryPoolType : int32_t {
  kWORKSPACE = 0,  ///< Scratch memory of tactics. No limit by default.
  kDLA_MANAGED_SRAM = 1,
  kDLA_LOCAL_DRAM = 2,
  kDLA_GLOBAL_DRAM = 3,
  kTACTIC_DRAM = 4,
  kTACTIC_SHARED_MEMORY = 5,
};
DOVETAIL_ENUM_MAX(MemoryPoolType, 6)

enum class PreviewFeature : int32_t {
  kPROFILE_SHARING_0806 = 0,
  kALIASED_PLUGIN_IO_10_03 = 1,
  kRUNTIME_ACTIVATION_RESIZE_10_10 = 2,
  kMULTIDEVICE_RUNTIME_10_16 = 3,
};
DOVETAIL_ENUM_MAX(PreviewFeature, 4)

enum class RuntimePlatform : int32_t { kSAME_AS_BUILD = 0, kWINDOWS_AMD64 = 1 };
DOVETAIL_ENUM_MAX(RuntimePlatform, 2)

enum class TilingOptimizationLevel : int32_t { kNONE = 0, kFAST = 1, kMODERATE = 2, kFULL = 3 };
DOVETAIL_ENUM_MAX(TilingOptimizationLevel, 4)

/// How a network is built. Owned by the caller, freed with delete; may be used for several builds.
/// \threadsafety Calls on one configuration must not overlap with each other or with a build that uses it.
class IBuilderConfig : public INoCopy {
 public:
  virtual ~IBuilderConfig() noexcept = default;
  void destroy() noexcept { delete this; }

  virtual void setFlags(BuilderFlags builderFlags) noexcept = 0;
  virtual BuilderFlags getFlags() const noexcept = 0;
  virtual void setFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual void clearFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual bool getFlag(BuilderFlag builderFlag) const noexcept = 0;

  /// \param poolSize  In bytes.
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept = 0;
  virtual std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept = 0;

  /// \param profile  Of the same builder. \return Its index, or -1 with the reason reported.
  virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;

  /// 0 (fastest build) to 5 (searches most). 3 by default. Higher values are cut to 5.
  virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
  virtual int32_t getBuilderOptimizationLevel() const noexcept = 0;
  /// kLAYER_NAMES_ONLY by default.
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;

  /// \param blob, size  What serialize() gave, or nothing for an empty cache. Foreign or damaged entries are left out,
  ///                    with a warning. The bytes are copied.
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  /// The cache is read and filled by builds. It must outlive the configuration.
  /// \param ignoreMismatch  Use it even when it was made on another target.
  virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
  /// nullptr when none was set.
  virtual ITimingCache const* getTimingCache() const noexcept = 0;
  /// How often a tactic is timed; the average decides. At least 1.
  virtual void setAvgTimingIterations(int32_t avgTiming) noexcept = 0;
  virtual int32_t getAvgTimingIterations() const noexcept = 0;
  virtual void setMaxNbTactics(int32_t maxNbTactics) noexcept = 0;
  virtual int32_t getMaxNbTactics() const noexcept = 0;
  virtual bool setTacticSources(TacticSources tacticSources) noexcept = 0;
  virtual TacticSources getTacticSources() const noexcept = 0;

  /// nullptr for none. It must outlive the builds.
  virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
  virtual IProgressMonitor* getProgressMonitor() const noexcept = 0;

  /// How many threads the engine is tuned for and runs with; 0, the default, for what the process may use.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  virtual int32_t getMaxThreads() const noexcept = 0;

  virtual void setEngineCapability(EngineCapability capability) noexcept = 0;
  virtual EngineCapability getEngineCapability() const noexcept = 0;
  virtual void setHardwareCompatibilityLevel(HardwareCompatibilityLevel hardwareCompatibilityLevel) noexcept = 0;
  virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
  virtual bool setRuntimePlatform(RuntimePlatform runtimePlatform) noexcept = 0;
  virtual RuntimePlatform getRuntimePlatform() const noexcept = 0;
  virtual bool setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept = 0;
  virtual TilingOptimizationLevel getTilingOptimizationLevel() const noexcept = 0;
  virtual bool setL2LimitForTiling(int64_t size) noexcept = 0;
  virtual int64_t getL2LimitForTiling() const noexcept = 0;
  virtual void setPreviewFeature(PreviewFeature feature, bool enable) noexcept = 0;
  virtual bool getPreviewFeature(PreviewFeature feature) const noexcept = 0;
  virtual void setMaxAuxStreams(int32_t nbStreams) noexcept = 0;
  virtual int32_t getMaxAuxStreams() const noexcept = 0;
  virtual void setProfileStream(cudaStream_t stream) noexcept = 0;
  virtual cudaStream_t getProfileStream() const noexcept = 0;

  // Devices of a layer. There is one device a plan; anything but kGPU, which stands for it, is refused.
  virtual void setDeviceType(ILayer const* layer, DeviceType deviceType) noexcept = 0;
  virtual DeviceType getDeviceType(ILayer const* layer) const noexcept = 0;
  virtual bool isDeviceTypeSet(ILayer const* layer) const noexcept = 0;
  virtual void resetDeviceType(ILayer const* layer) noexcept = 0;
  virtual bool canRunOnDLA(ILayer const* layer) const noexcept = 0;
  virtual void setDLACore(int32_t dlaCore) noexcept = 0;
  virtual int32_t getDLACore() const noexcept = 0;
  virtual void setDefaultDeviceType(DeviceType deviceType) noexcept = 0;
  virtual DeviceType getDefaultDeviceType() const noexcept = 0;

  // 8-bit ranges. A build with kINT8 and a calibrator asks it for inputs; nullptr takes it back.
  virtual void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept = 0;
  virtual IInt8Calibrator* getInt8Calibrator() const noexcept = 0;
  /// The shapes that the calibrator gives. \return False, with the reason reported, for a profile that is not complete.
  virtual bool setCalibrationProfile(IOptimizationProfile const* profile) noexcept = 0;
  /// nullptr when none was set.
  virtual IOptimizationProfile const* getCalibrationProfile() noexcept = 0;
  virtual void setQuantizationFlags(QuantizationFlags flags) noexcept = 0;
  virtual QuantizationFlags getQuantizationFlags() const noexcept = 0;
  virtual void clearQuantizationFlag(QuantizationFlag flag) noexcept = 0;
  virtual void setQuantizationFlag(QuantizationFlag flag) noexcept = 0;
  virtual bool getQuantizationFlag(QuantizationFlag flag) const noexcept = 0;

  /// Asked for each layer during a build; nullptr takes it back.
  virtual void setAlgorithmSelector(IAlgorithmSelector* selector) noexcept = 0;
  virtual IAlgorithmSelector* getAlgorithmSelector() const noexcept = 0;

  /// Plugin libraries that a plan carries. The paths are copied.
  virtual void setPluginsToSerialize(char const* const* paths, int32_t nbPaths) noexcept = 0;
  /// nullptr when index is out of range.
  virtual char const* getPluginToSerialize(int32_t index) const noexcept = 0;
  virtual int32_t getNbPluginsToSerialize() const noexcept = 0;

  /// Tactics are timed on this machine: anything but "" and nullptr is refused.
  virtual bool setRemoteAutoTuningConfig(char const* config) noexcept = 0;
  virtual char const* getRemoteAutoTuningConfig() const noexcept = 0;
  /// Ways to optimize, by name. There is one, "default". \return False, with an error reported, for another.
  virtual bool setBuildRoute(char const* buildRoute) noexcept = 0;
  virtual char const* getBuildRoute() const noexcept = 0;
  /// As a JSON list of texts.
  virtual char const* getAllBuildRoutes() const noexcept = 0;

  /// Back to what createBuilderConfig gave.
  virtual void reset() noexcept = 0;

  void setMaxWorkspaceSize(std::size_t workspaceSize) noexcept {
    setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, workspaceSize);
  }
  void setMinTimingIterations(int32_t minTiming) noexcept { setAvgTimingIterations(minTiming); }
  int32_t getMinTimingIterations() const noexcept { return getAvgTimingIterations(); }
  std::size_t getMaxWorkspaceSize() const noexcept { return getMemoryPoolLimit(MemoryPoolType::kWORKSPACE); }
};

}  // namespace DOVETAIL_NAMESPACE
