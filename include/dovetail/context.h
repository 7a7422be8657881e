#pragma once

#include <cstddef>

#include <dovetail/allocator.h>
#include <dovetail/debug_listener.h>
#include <dovetail/engine.h>
#include <dovetail/output_allocator.h>
#include <dovetail/profiler.h>

namespace DOVETAIL_NAMESPACE {

/// One running state of an engine: shapes, addresses and scratch memory. Owned by the caller, freed with delete.
/// \threadsafety Calls on one context must not overlap. Several contexts of one engine may run at the same time.
class IExecutionContext : public INoCopy {
 public:
  virtual ~IExecutionContext() noexcept = default;
  void destroy() noexcept { delete this; }

  // Shapes.

  /// \param dims  Within the current profile. \return False, with the name, what was given and what is allowed
  ///              reported, when it is not.
  virtual bool setInputShape(char const* tensorName, Dims const& dims) noexcept = 0;
  /// -1 stands for an extent that is not known yet: an input shape is missing, or it depends on data. In the latter
  /// case it is known when a run is done, until shapes are set again.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  /// In elements, as Dims.
  virtual Dims getTensorStrides(char const* tensorName) const noexcept = 0;
  /// Infers every shape from the inputs' shapes and, for shape tensors, from the values at their addresses.
  /// \param nbMaxNames  Room in tensorNames, which may be nullptr when it is 0.
  /// \return How many inputs still lack a shape or an address; their names go to tensorNames. Negative: an error.
  virtual int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept = 0;
  virtual bool allInputDimensionsSpecified() const noexcept = 0;
  virtual bool allInputShapesSpecified() const noexcept = 0;
  /// Selects a profile; 0 at the beginning. The input shapes must be set again afterwards.
  virtual bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept = 0;
  virtual int32_t getOptimizationProfile() const noexcept = 0;

  // Addresses.

  /// The memory of an input or output; it must be large enough when the engine runs. nullptr takes it back.
  /// For an output whose shape depends on data that is getMaxOutputSize() bytes; too little cannot be noticed.
  virtual bool setTensorAddress(char const* tensorName, void* data) noexcept = 0;
  virtual void const* getTensorAddress(char const* tensorName) const noexcept = 0;
  virtual bool setInputTensorAddress(char const* tensorName, void const* data) noexcept = 0;
  virtual bool setOutputTensorAddress(char const* tensorName, void* data) noexcept = 0;
  virtual void* getOutputTensorAddress(char const* tensorName) const noexcept = 0;
  /// For an output whose shape depends on data: asked for memory in the run, once the shape is known. It must outlive
  /// the runs; nullptr takes it back.
  virtual bool setOutputAllocator(char const* tensorName, IOutputAllocator* outputAllocator) noexcept = 0;
  virtual IOutputAllocator* getOutputAllocator(char const* tensorName) const noexcept = 0;
  /// The largest size in bytes that the output can have: at the current input shapes or, where its shape depends on
  /// data, within the profile. -1 when there is no bound (then it needs an output allocator), or on failure.
  virtual int64_t getMaxOutputSize(char const* tensorName) const noexcept = 0;

  // Running.

  /// Runs the engine in the order of a stream; nullptr runs it on the calling thread and returns when it is done.
  /// \return False, with the reason and the tensor's name reported, when a shape or an address is missing. Where shapes
  ///         depend on data, a run may also fail on its way: reported in the same manner, on a stream when it happens.
  /// A stream that records (a CUDA graph is captured) keeps the run, with the shapes and addresses of now, for replays;
  /// the context must not run elsewhere while one is replayed.
  /// \param stream  nullptr, from dovetailStreamCreate, or a DovetailStream; what is none of these is refused.
  virtual bool enqueueV3(cudaStream_t stream) noexcept = 0;
  /// Runs and waits. \param bindings  An address for each input and output, in the order of getIOTensorName.
  virtual bool executeV2(void* const* bindings) noexcept = 0;
  /// An event (see DovetailEvent) that each run marks when its inputs may be overwritten; nullptr for none. They may be
  /// as well after enqueueV3(nullptr) has returned, or when the stream is done.
  virtual bool setInputConsumedEvent(cudaEvent_t event) noexcept = 0;
  virtual cudaEvent_t getInputConsumedEvent() const noexcept = 0;

  // Memory.

  /// Scratch memory for kUSER_MANAGED contexts. \param size  At least what updateDeviceMemorySizeForShapes gave.
  virtual void setDeviceMemoryV2(void* memory, int64_t size) noexcept = 0;
  /// Bytes that the current input shapes need, or 0 on failure.
  virtual std::size_t updateDeviceMemorySizeForShapes() noexcept = 0;
  virtual bool setTemporaryStorageAllocator(IGpuAllocator* allocator) noexcept = 0;
  virtual IGpuAllocator* getTemporaryStorageAllocator() const noexcept = 0;
  virtual void setPersistentCacheLimit(std::size_t size) noexcept = 0;
  virtual std::size_t getPersistentCacheLimit() const noexcept = 0;

  // Watching.

  /// nullptr for none. It must outlive the runs.
  virtual void setProfiler(IProfiler* profiler) noexcept = 0;
  virtual IProfiler* getProfiler() const noexcept = 0;
  /// True, the default: each run reports to the profiler. False: reportToProfiler does.
  virtual void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept = 0;
  virtual bool getEnqueueEmitsProfile() const noexcept = 0;
  virtual bool reportToProfiler() const noexcept = 0;
  virtual void setDebugSync(bool sync) noexcept = 0;
  virtual bool getDebugSync() const noexcept = 0;
  virtual bool setDebugListener(IDebugListener* listener) noexcept = 0;
  virtual IDebugListener* getDebugListener() noexcept = 0;
  virtual bool setTensorDebugState(char const* name, bool flag) noexcept = 0;
  virtual bool setAllTensorsDebugState(bool flag) noexcept = 0;
  virtual bool getDebugState(char const* name) const noexcept = 0;
  /// For engines whose network had markUnfusedTensorsAsDebugTensors.
  virtual bool setUnfusedTensorsDebugState(bool flag) noexcept = 0;
  virtual bool getUnfusedTensorsDebugState() const noexcept = 0;
  virtual bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual ProfilingVerbosity getNvtxVerbosity() const noexcept = 0;

  // About the context.

  /// The engine that made the context; once that was destroyed, a stand-in that the context owns.
  virtual ICudaEngine const& getEngine() const noexcept = 0;
  /// Copied.
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual IRuntimeConfig* getRuntimeConfig() const noexcept = 0;
  virtual void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept = 0;
  /// An engine runs on one device: anything but nullptr is refused.
  virtual bool setCommunicator(void* communicator) noexcept = 0;
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;

  // Short forms, and bindings as ICudaEngine numbers them.

  void const* getInputTensorAddress(char const* tensorName) const noexcept { return getTensorAddress(tensorName); }
  void setDeviceMemory(void* memory) noexcept { setDeviceMemoryV2(memory, getEngine().getDeviceMemorySizeV2()); }
  bool enqueueV2(void* const* bindings, cudaStream_t stream, cudaEvent_t* inputConsumed) noexcept {
    ICudaEngine const& engine = getEngine();
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
      if (!setTensorAddress(engine.getIOTensorName(i), bindings[i])) return false;
    }
    if (inputConsumed != nullptr && !setInputConsumedEvent(*inputConsumed)) return false;
    return enqueueV3(stream);
  }
  bool setBindingDimensions(int32_t bindingIndex, Dims const& dimensions) noexcept {
    return setInputShape(getEngine().getBindingName(bindingIndex), dimensions);
  }
  Dims getBindingDimensions(int32_t bindingIndex) const noexcept {
    return getTensorShape(getEngine().getBindingName(bindingIndex));
  }
  Dims getStrides(int32_t bindingIndex) const noexcept {
    return getTensorStrides(getEngine().getBindingName(bindingIndex));
  }
  bool setInputShapeBinding(int32_t bindingIndex, int32_t const* data) noexcept {
    return setInputTensorAddress(getEngine().getBindingName(bindingIndex), data);
  }
  bool setOptimizationProfile(int32_t profileIndex) noexcept {
    return setOptimizationProfileAsync(profileIndex, nullptr);
  }
};

}  // namespace DOVETAIL_NAMESPACE
