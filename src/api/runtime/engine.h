#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/reporter.h"
#include "api/runtime/annotations.h"
#include "runtime/engine.h"

namespace dvt::api {

class Engine;

/// What the public engine and its contexts share: it lives as long as one of them does.
struct EngineShared {
  std::shared_ptr<const runtime::Engine> engine;
  ILogger* logger = nullptr;
  std::vector<std::string> format_descriptions;  ///< Per input or output.
  Annotations annotations;
  IGpuAllocator* allocator = nullptr;  ///< For the memory of contexts; nullptr: the library's own.
  /// The object that the user holds, or nullptr once it was destroyed.
  std::atomic<Engine*> handle{nullptr};
};

/// The public engine: a view of runtime::Engine.
class Engine final : public ICudaEngine {
 public:
  /// The object that users hold. Throws Error.
  static std::unique_ptr<Engine> create(std::shared_ptr<const runtime::Engine> engine, const Reporter& reporter,
                                        IGpuAllocator* allocator = nullptr);
  /// Another view of an engine whose own object is gone.
  explicit Engine(std::shared_ptr<EngineShared> shared, const Reporter& reporter);
  ~Engine() noexcept override;

  const runtime::Engine& get() const { return *shared_->engine; }
  const std::shared_ptr<EngineShared>& shared() const { return shared_; }
  const Reporter& reporter() const { return reporter_; }

  int32_t getNbIOTensors() const noexcept override;
  char const* getIOTensorName(int32_t index) const noexcept override;
  Dims getTensorShape(char const* tensorName) const noexcept override;
  DataType getTensorDataType(char const* tensorName) const noexcept override;
  TensorIOMode getTensorIOMode(char const* tensorName) const noexcept override;
  TensorLocation getTensorLocation(char const* tensorName) const noexcept override;
  bool isShapeInferenceIO(char const* tensorName) const noexcept override;
  TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept override;
  char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept override;
  int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept override;
  int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept override;
  int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept override;
  char const* getAliasedInputTensor(char const* tensorName) const noexcept override;

  int32_t getNbOptimizationProfiles() const noexcept override;
  Dims getProfileShape(char const* tensorName, int32_t profileIndex, OptProfileSelector select) const noexcept override;
  int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                          OptProfileSelector select) const noexcept override;
  int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                        OptProfileSelector select) const noexcept override;

  IExecutionContext* createExecutionContext(ExecutionContextAllocationStrategy strategy) noexcept override;
  IExecutionContext* createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept override;
  IRuntimeConfig* createRuntimeConfig() noexcept override;
  int64_t getDeviceMemorySizeV2() const noexcept override;
  int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept override;

  char const* getName() const noexcept override;
  int32_t getNbLayers() const noexcept override;
  IEngineInspector* createEngineInspector() const noexcept override;
  ProfilingVerbosity getProfilingVerbosity() const noexcept override;
  IHostMemory* serialize() const noexcept override;
  ISerializationConfig* createSerializationConfig() noexcept override;
  IHostMemory* serializeWithConfig(ISerializationConfig& config) const noexcept override;
  bool isRefittable() const noexcept override { return false; }
  EngineCapability getEngineCapability() const noexcept override { return EngineCapability::kSTANDARD; }
  TacticSources getTacticSources() const noexcept override { return 0; }
  HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept override {
    return HardwareCompatibilityLevel::kNONE;
  }
  int32_t getNbAuxStreams() const noexcept override { return 0; }
  bool isDebugTensor(char const*) const noexcept override { return false; }
  int64_t getEngineStat(EngineStat stat) const noexcept override;
  char const* getDevice() const noexcept override { return "cpu"; }

  int64_t getStreamableWeightsSize() const noexcept override { return 0; }
  bool setWeightStreamingBudgetV2(int64_t) noexcept override { return true; }
  int64_t getWeightStreamingBudgetV2() const noexcept override { return 0; }
  int64_t getWeightStreamingAutomaticBudget() const noexcept override { return 0; }
  int64_t getWeightStreamingScratchMemorySize() const noexcept override { return 0; }

  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }

 private:
  /// Throws Error(kInvalidArgument) for nullptr and names that are none.
  const runtime::IoTensor& io(char const* name) const;
  size_t io_index(char const* name) const;
  const IoAnnotation& annotation(char const* name) const { return shared_->annotations.io[io_index(name)]; }

  std::shared_ptr<EngineShared> shared_;
  Reporter reporter_;
  /// 32-bit copies of profile values, made when asked for.
  mutable std::map<const int64_t*, std::vector<int32_t>> narrow_values_;
};

/// Whether layers can be told in full (the plan was built with detailed verbosity).
bool is_detailed(const runtime::Engine& engine);

}  // namespace dvt::api
