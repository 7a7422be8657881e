#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/runtime/configs.h"
#include "api/runtime/context_memory.h"
#include "api/runtime/engine.h"
#include "runtime/context.h"

namespace dvt::api {

/// The public context: a view of runtime::Context that reports instead of throwing.
class Context final : public IExecutionContext {
 public:
  Context(std::shared_ptr<EngineShared> shared, const Reporter& reporter, ExecutionContextAllocationStrategy strategy);
  ~Context() noexcept override;

  bool setInputShape(char const* tensorName, Dims const& dims) noexcept override;
  Dims getTensorShape(char const* tensorName) const noexcept override;
  Dims getTensorStrides(char const* tensorName) const noexcept override;
  int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept override;
  bool allInputDimensionsSpecified() const noexcept override;
  bool allInputShapesSpecified() const noexcept override;
  bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept override;
  int32_t getOptimizationProfile() const noexcept override { return context_->profile(); }

  bool setTensorAddress(char const* tensorName, void* data) noexcept override;
  void const* getTensorAddress(char const* tensorName) const noexcept override;
  bool setInputTensorAddress(char const* tensorName, void const* data) noexcept override;
  bool setOutputTensorAddress(char const* tensorName, void* data) noexcept override;
  void* getOutputTensorAddress(char const* tensorName) const noexcept override;
  bool setOutputAllocator(char const* tensorName, IOutputAllocator* outputAllocator) noexcept override;
  IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept override;
  int64_t getMaxOutputSize(char const* tensorName) const noexcept override;

  bool enqueueV3(cudaStream_t stream) noexcept override;
  bool executeV2(void* const* bindings) noexcept override;
  bool setInputConsumedEvent(cudaEvent_t event) noexcept override;
  cudaEvent_t getInputConsumedEvent() const noexcept override { return input_consumed_; }

  void setDeviceMemoryV2(void* memory, int64_t size) noexcept override;
  std::size_t updateDeviceMemorySizeForShapes() noexcept override;
  bool setTemporaryStorageAllocator(IGpuAllocator* allocator) noexcept override;
  IGpuAllocator* getTemporaryStorageAllocator() const noexcept override { return allocator_; }
  void setPersistentCacheLimit(std::size_t size) noexcept override { persistent_cache_limit_ = size; }
  std::size_t getPersistentCacheLimit() const noexcept override { return persistent_cache_limit_; }

  void setProfiler(IProfiler* profiler) noexcept override;
  IProfiler* getProfiler() const noexcept override { return profiler_; }
  void setEnqueueEmitsProfile(bool emits) noexcept override { enqueue_emits_profile_ = emits; }
  bool getEnqueueEmitsProfile() const noexcept override { return enqueue_emits_profile_; }
  bool reportToProfiler() const noexcept override;
  void setDebugSync(bool sync) noexcept override { debug_sync_ = sync; }
  bool getDebugSync() const noexcept override { return debug_sync_; }
  bool setDebugListener(IDebugListener* listener) noexcept override;
  IDebugListener* getDebugListener() noexcept override { return debug_listener_; }
  bool setTensorDebugState(char const* name, bool flag) noexcept override;
  bool setAllTensorsDebugState(bool) noexcept override { return true; }
  bool getDebugState(char const*) const noexcept override { return false; }
  bool setUnfusedTensorsDebugState(bool flag) noexcept override;
  bool getUnfusedTensorsDebugState() const noexcept override { return false; }
  bool setCommunicator(void* communicator) noexcept override;
  bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept override;
  ProfilingVerbosity getNvtxVerbosity() const noexcept override { return nvtx_verbosity_; }

  ICudaEngine const& getEngine() const noexcept override;
  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return name_.c_str(); }
  IRuntimeConfig* getRuntimeConfig() const noexcept override { return &config_; }
  void setAuxStreams(cudaStream_t*, int32_t) noexcept override {}
  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }

 private:
  struct OutputAllocator {
    std::string name;
    IOutputAllocator* allocator = nullptr;
    const IoAnnotation* annotation = nullptr;
    cudaStream_t stream = nullptr;  ///< Of the latest run.
    // What the runtime calls in a run, for an output whose shape is known only there.
    static void* reallocate(void* self, void* current, size_t bytes) noexcept;
    static void notify(void* self, std::span<const int64_t> dims) noexcept;
  };
  struct LayerTime {
    const char* name;
    float ms;
  };
  const runtime::IoTensor& io(char const* name) const;
  const runtime::IoTensor& output(char const* name) const;
  /// Of the memory; what the user knows is logical().
  std::vector<int64_t> shape(const std::string& name) const { return context_->tensor_shape(name); }
  const IoAnnotation& annotation(const runtime::IoTensor& tensor) const;
  std::vector<int64_t> logical(const runtime::IoTensor& tensor) const;
  /// Throws Error(kInvalidState) with the message of an assertion that does not hold.
  void check_conditions() const;
  bool owns_memory() const {
    return config_.getExecutionContextAllocationStrategy() != ExecutionContextAllocationStrategy::kUSER_MANAGED;
  }
  /// Scratch memory from the allocator that was set last, for the profile or for all of them.
  void take_memory(cudaStream_t stream);
  bool all_known() const;
  bool run(runtime::Stream* stream) noexcept;
  void allocate_outputs(cudaStream_t stream);
  static void on_failure(void* self, const Error& error) noexcept;
  static void on_step(void* self, const char* step, float ms) noexcept;

  std::shared_ptr<EngineShared> shared_;
  Reporter reporter_;
  ContextMemory memory_;  ///< Outlives the runs, for which context_ waits when it goes.
  std::unique_ptr<runtime::Context> context_;
  std::string name_;
  mutable RuntimeConfig config_;
  mutable std::unique_ptr<Engine> stand_in_;  ///< getEngine() once the user's engine object is gone.
  std::vector<std::unique_ptr<OutputAllocator>> output_allocators_;
  cudaEvent_t input_consumed_ = nullptr;
  IGpuAllocator* allocator_ = nullptr;
  IProfiler* profiler_ = nullptr;
  std::vector<LayerTime> layer_times_;  ///< Of the latest run, for reportToProfiler().
  bool enqueue_emits_profile_ = true;
  bool debug_sync_ = false;
  IDebugListener* debug_listener_ = nullptr;
  ProfilingVerbosity nvtx_verbosity_ = ProfilingVerbosity::kLAYER_NAMES_ONLY;
  std::size_t persistent_cache_limit_ = 0;
};

}  // namespace dvt::api
