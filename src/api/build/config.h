#pragma once
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "api/build/profile.h"
#include "api/reporter.h"
#include "builder/tune/timing_cache.h"

#include <dovetail/builder_config.h>

namespace dvt::api {

/// The public configuration: settings as the user made them; builder.cpp turns them into build options.
class Config final : public IBuilderConfig {
 public:
  explicit Config(const Reporter& reporter) : reporter_(reporter) {}

  const std::vector<std::shared_ptr<ProfileData>>& profiles() const { return settings_.profiles; }
  double build_budget() const { return settings_.build_budget; }
  bool set_build_budget(double seconds) noexcept;
  const std::string& tactics() const { return settings_.tactics; }
  void set_tactics(std::string_view patterns) { settings_.tactics = patterns; }
  const std::shared_ptr<builder::TimingCache>& timing_cache() const { return settings_.timing_cache; }

  void setFlags(BuilderFlags flags) noexcept override { settings_.flags = flags; }
  BuilderFlags getFlags() const noexcept override { return settings_.flags; }
  void setFlag(BuilderFlag flag) noexcept override;
  void clearFlag(BuilderFlag flag) noexcept override { settings_.flags &= ~bit(flag); }
  bool getFlag(BuilderFlag flag) const noexcept override { return (settings_.flags & bit(flag)) != 0; }
  void setMemoryPoolLimit(MemoryPoolType pool, std::size_t size) noexcept override;
  std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept override;
  int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept override;
  int32_t getNbOptimizationProfiles() const noexcept override { return static_cast<int32_t>(profiles().size()); }
  void setBuilderOptimizationLevel(int32_t level) noexcept override;
  int32_t getBuilderOptimizationLevel() const noexcept override { return settings_.level; }
  void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept override { settings_.verbosity = verbosity; }
  ProfilingVerbosity getProfilingVerbosity() const noexcept override { return settings_.verbosity; }
  ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept override;
  bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept override;
  ITimingCache const* getTimingCache() const noexcept override { return settings_.timing_cache_handle; }
  void setAvgTimingIterations(int32_t iterations) noexcept override;
  int32_t getAvgTimingIterations() const noexcept override { return settings_.timing_iterations; }
  void setMaxNbTactics(int32_t count) noexcept override { settings_.max_tactics = count; }
  int32_t getMaxNbTactics() const noexcept override { return settings_.max_tactics; }
  bool setTacticSources(TacticSources sources) noexcept override;
  TacticSources getTacticSources() const noexcept override { return settings_.tactic_sources; }
  void setProgressMonitor(IProgressMonitor* monitor) noexcept override { settings_.monitor = monitor; }
  IProgressMonitor* getProgressMonitor() const noexcept override { return settings_.monitor; }
  bool setMaxThreads(int32_t threads) noexcept override;
  int32_t getMaxThreads() const noexcept override { return settings_.threads; }
  void setEngineCapability(EngineCapability capability) noexcept override;
  EngineCapability getEngineCapability() const noexcept override { return EngineCapability::kSTANDARD; }
  void setHardwareCompatibilityLevel(HardwareCompatibilityLevel level) noexcept override { settings_.hardware = level; }
  HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override { return settings_.hardware; }
  bool setRuntimePlatform(RuntimePlatform platform) noexcept override;
  RuntimePlatform getRuntimePlatform() const noexcept override { return RuntimePlatform::kSAME_AS_BUILD; }
  bool setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept override;
  TilingOptimizationLevel getTilingOptimizationLevel() const noexcept override { return settings_.tiling; }
  bool setL2LimitForTiling(int64_t size) noexcept override;
  int64_t getL2LimitForTiling() const noexcept override { return settings_.l2_limit; }
  void setPreviewFeature(PreviewFeature feature, bool enable) noexcept override;
  bool getPreviewFeature(PreviewFeature feature) const noexcept override {
    return (settings_.preview >> static_cast<uint32_t>(feature) & 1U) != 0;
  }
  void setMaxAuxStreams(int32_t count) noexcept override { settings_.aux_streams = count; }
  int32_t getMaxAuxStreams() const noexcept override { return settings_.aux_streams; }
  void setProfileStream(cudaStream_t stream) noexcept override { settings_.stream = stream; }
  cudaStream_t getProfileStream() const noexcept override { return settings_.stream; }
  void setDeviceType(ILayer const* layer, DeviceType type) noexcept override;
  DeviceType getDeviceType(ILayer const*) const noexcept override { return DeviceType::kGPU; }
  bool isDeviceTypeSet(ILayer const*) const noexcept override { return false; }
  void resetDeviceType(ILayer const*) noexcept override {}
  bool canRunOnDLA(ILayer const*) const noexcept override { return false; }
  void setDLACore(int32_t) noexcept override { no_dla(); }
  int32_t getDLACore() const noexcept override { return -1; }
  void setDefaultDeviceType(DeviceType type) noexcept override { setDeviceType(nullptr, type); }
  DeviceType getDefaultDeviceType() const noexcept override { return DeviceType::kGPU; }
  void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept override { settings_.calibrator = calibrator; }
  IInt8Calibrator* getInt8Calibrator() const noexcept override { return settings_.calibrator; }
  bool setCalibrationProfile(IOptimizationProfile const* profile) noexcept override;
  IOptimizationProfile const* getCalibrationProfile() noexcept override { return settings_.calibration_profile; }
  void setQuantizationFlags(QuantizationFlags flags) noexcept override { settings_.quantization_flags = flags; }
  QuantizationFlags getQuantizationFlags() const noexcept override { return settings_.quantization_flags; }
  void clearQuantizationFlag(QuantizationFlag flag) noexcept override { settings_.quantization_flags &= ~bit(flag); }
  void setQuantizationFlag(QuantizationFlag flag) noexcept override { settings_.quantization_flags |= bit(flag); }
  bool getQuantizationFlag(QuantizationFlag flag) const noexcept override {
    return (settings_.quantization_flags & bit(flag)) != 0;
  }
  void setAlgorithmSelector(IAlgorithmSelector* selector) noexcept override { settings_.selector = selector; }
  IAlgorithmSelector* getAlgorithmSelector() const noexcept override { return settings_.selector; }
  void setPluginsToSerialize(char const* const* paths, int32_t count) noexcept override;
  char const* getPluginToSerialize(int32_t index) const noexcept override;
  int32_t getNbPluginsToSerialize() const noexcept override { return static_cast<int32_t>(settings_.plugins.size()); }
  bool setRemoteAutoTuningConfig(char const* config) noexcept override;
  char const* getRemoteAutoTuningConfig() const noexcept override { return ""; }
  bool setBuildRoute(char const* route) noexcept override;
  char const* getBuildRoute() const noexcept override { return kRoute; }
  char const* getAllBuildRoutes() const noexcept override { return "[\"default\"]"; }
  void reset() noexcept override { settings_ = Settings(); }

 private:
  static constexpr char kRoute[] = "default";
  static constexpr BuilderFlags bit(BuilderFlag flag) { return 1U << static_cast<uint32_t>(flag); }
  static constexpr QuantizationFlags bit(QuantizationFlag flag) { return 1U << static_cast<uint32_t>(flag); }
  void no_dla() const noexcept;

  struct Settings {
    BuilderFlags flags = bit(BuilderFlag::kTF32);
    std::array<std::size_t, 6> pool_limits = {SIZE_MAX, 0,       std::size_t{1} << 30, std::size_t{1} << 29,
                                              SIZE_MAX, SIZE_MAX};
    std::vector<std::shared_ptr<ProfileData>> profiles;
    int32_t level = 3;
    double build_budget = std::numeric_limits<double>::infinity();
    std::string tactics;
    ProfilingVerbosity verbosity = ProfilingVerbosity::kLAYER_NAMES_ONLY;
    std::shared_ptr<builder::TimingCache> timing_cache;
    ITimingCache const* timing_cache_handle = nullptr;
    int32_t timing_iterations = 1;
    int32_t max_tactics = -1;
    TacticSources tactic_sources = 1U << static_cast<uint32_t>(TacticSource::kJIT_CONVOLUTIONS);
    IProgressMonitor* monitor = nullptr;
    int32_t threads = 0;
    HardwareCompatibilityLevel hardware = HardwareCompatibilityLevel::kNONE;
    TilingOptimizationLevel tiling = TilingOptimizationLevel::kNONE;
    int64_t l2_limit = -1;
    uint32_t preview = 0;
    int32_t aux_streams = -1;
    cudaStream_t stream = nullptr;
    IInt8Calibrator* calibrator = nullptr;
    IOptimizationProfile const* calibration_profile = nullptr;
    QuantizationFlags quantization_flags = 0;
    IAlgorithmSelector* selector = nullptr;
    std::vector<std::string> plugins;
  };
  Reporter reporter_;
  Settings settings_;
};

}  // namespace dvt::api
