#pragma once

#include <cstddef>

#include <dovetail/error_recorder.h>
#include <dovetail/host_memory.h>
#include <dovetail/inspector.h>
#include <dovetail/runtime_config.h>

namespace DOVETAIL_NAMESPACE {

class IExecutionContext;

using SerializationFlags = uint32_t;
enum class SerializationFlag : int32_t { kEXCLUDE_WEIGHTS = 0, kEXCLUDE_LEAN_RUNTIME = 1, kINCLUDE_REFIT = 2 };
DOVETAIL_ENUM_MAX(SerializationFlag, 3)

/// What serializeWithConfig writes. Owned by the caller.
class ISerializationConfig : public INoCopy {
 public:
  virtual ~ISerializationConfig() noexcept = default;
  virtual bool setFlags(SerializationFlags serializationFlags) noexcept = 0;
  virtual SerializationFlags getFlags() const noexcept = 0;
  virtual bool clearFlag(SerializationFlag serializationFlag) noexcept = 0;
  virtual bool setFlag(SerializationFlag serializationFlag) noexcept = 0;
  virtual bool getFlag(SerializationFlag serializationFlag) const noexcept = 0;
};

/// A loaded plan. The name is TensorRT's; the engine runs on the device that its plan was built for.
/// Owned by the caller, freed with delete. Contexts made from it keep what they need and may outlive it.
/// \threadsafety Every const method may be called from several threads at once.
class ICudaEngine : public INoCopy {
 public:
  virtual ~ICudaEngine() noexcept = default;
  void destroy() noexcept { delete this; }

  // Inputs and outputs. An unknown name is reported; the answer is then -1, nullptr, kNONE or false.

  virtual int32_t getNbIOTensors() const noexcept = 0;
  /// Inputs first, then outputs. nullptr when index is out of range.
  virtual char const* getIOTensorName(int32_t index) const noexcept = 0;
  /// -1 stands for an extent that depends on inputs.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  virtual DataType getTensorDataType(char const* tensorName) const noexcept = 0;
  virtual TensorIOMode getTensorIOMode(char const* tensorName) const noexcept = 0;
  /// kHOST for an input whose values decide shapes.
  virtual TensorLocation getTensorLocation(char const* tensorName) const noexcept = 0;
  /// True when the values of the input are needed before shapes can be inferred.
  virtual bool isShapeInferenceIO(char const* tensorName) const noexcept = 0;
  virtual TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Valid as long as the engine.
  virtual char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// -1 unless the format packs several elements of a dimension together; the same for the next two.
  virtual int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  virtual int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  virtual int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// The input that an output shares its memory with, or nullptr.
  virtual char const* getAliasedInputTensor(char const* tensorName) const noexcept = 0;

  // Profiles.

  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  virtual Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                               OptProfileSelector select) const noexcept = 0;
  /// nullptr unless the input is a shape tensor. Valid as long as the engine.
  virtual int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                  OptProfileSelector select) const noexcept = 0;
  virtual int32_t const* getProfileTensorValues(char const* tensorName, int32_t profileIndex,
                                                OptProfileSelector select) const noexcept = 0;

  // Running.

  /// \return A context, owned by the caller, or nullptr with the reason reported (no memory, say).
  virtual IExecutionContext* createExecutionContext(
      ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept = 0;
  virtual IExecutionContext* createExecutionContext(IRuntimeConfig* runtimeConfig) noexcept = 0;
  virtual IRuntimeConfig* createRuntimeConfig() noexcept = 0;
  /// Bytes of scratch memory of a context: exact, for the largest shapes of every profile, or of one.
  virtual int64_t getDeviceMemorySizeV2() const noexcept = 0;
  virtual int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept = 0;

  // About the engine.

  virtual char const* getName() const noexcept = 0;
  /// How many layers there are after optimization.
  virtual int32_t getNbLayers() const noexcept = 0;
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;
  /// \return The plan, owned by the caller.
  virtual IHostMemory* serialize() const noexcept = 0;
  virtual ISerializationConfig* createSerializationConfig() noexcept = 0;
  virtual IHostMemory* serializeWithConfig(ISerializationConfig& config) const noexcept = 0;
  virtual bool isRefittable() const noexcept = 0;
  virtual EngineCapability getEngineCapability() const noexcept = 0;
  virtual TacticSources getTacticSources() const noexcept = 0;
  virtual HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept = 0;
  virtual int32_t getNbAuxStreams() const noexcept = 0;
  virtual bool isDebugTensor(char const* name) const noexcept = 0;
  virtual int64_t getEngineStat(EngineStat stat) const noexcept = 0;
  /// The device that the engine runs on: "cpu", "cuda:0". Valid as long as the engine.
  virtual char const* getDevice() const noexcept = 0;

  // Weights are resident: streaming has nothing to stream.
  virtual int64_t getStreamableWeightsSize() const noexcept = 0;
  virtual bool setWeightStreamingBudgetV2(int64_t gpuMemoryBudget) noexcept = 0;
  virtual int64_t getWeightStreamingBudgetV2() const noexcept = 0;
  virtual int64_t getWeightStreamingAutomaticBudget() const noexcept = 0;
  virtual int64_t getWeightStreamingScratchMemorySize() const noexcept = 0;

  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;

  // Short forms.

  TensorFormat getTensorFormat(char const* tensorName) const noexcept { return getTensorFormat(tensorName, 0); }
  char const* getTensorFormatDesc(char const* tensorName) const noexcept { return getTensorFormatDesc(tensorName, 0); }
  int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept {
    return getTensorBytesPerComponent(tensorName, 0);
  }
  int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept {
    return getTensorComponentsPerElement(tensorName, 0);
  }
  int32_t getTensorVectorizedDim(char const* tensorName) const noexcept {
    return getTensorVectorizedDim(tensorName, 0);
  }
  std::size_t getDeviceMemorySize() const noexcept { return static_cast<std::size_t>(getDeviceMemorySizeV2()); }
  std::size_t getDeviceMemorySizeForProfile(int32_t profileIndex) const noexcept {
    return static_cast<std::size_t>(getDeviceMemorySizeForProfileV2(profileIndex));
  }
  IExecutionContext* createExecutionContextWithoutDeviceMemory() noexcept {
    return createExecutionContext(ExecutionContextAllocationStrategy::kUSER_MANAGED);
  }
  bool hasImplicitBatchDimension() const noexcept { return false; }
  bool setWeightStreamingBudget(int64_t gpuMemoryBudget) noexcept {
    return setWeightStreamingBudgetV2(gpuMemoryBudget);
  }
  int64_t getWeightStreamingBudget() const noexcept { return getWeightStreamingBudgetV2(); }
  int64_t getMinimumWeightStreamingBudget() const noexcept { return 0; }

  // Bindings: inputs and outputs by number. With several profiles the numbers repeat, one block a profile.

  int32_t getNbBindings() const noexcept { return getNbIOTensors() * getNbOptimizationProfiles(); }
  char const* getBindingName(int32_t bindingIndex) const noexcept {
    int32_t const count = getNbIOTensors();
    return bindingIndex < 0 || count == 0 ? nullptr : getIOTensorName(bindingIndex % count);
  }
  /// -1 when there is no input or output of that name.
  int32_t getBindingIndex(char const* name) const noexcept {
    if (name == nullptr) return -1;
    for (int32_t i = 0; i < getNbIOTensors(); ++i) {
      char const* a = getIOTensorName(i);
      char const* b = name;
      while (*a != '\0' && *a == *b) ++a, ++b;
      if (*a == *b) return i;
    }
    return -1;
  }
  bool bindingIsInput(int32_t bindingIndex) const noexcept {
    return getTensorIOMode(getBindingName(bindingIndex)) == TensorIOMode::kINPUT;
  }
  Dims getBindingDimensions(int32_t bindingIndex) const noexcept {
    return getTensorShape(getBindingName(bindingIndex));
  }
  DataType getBindingDataType(int32_t bindingIndex) const noexcept {
    return getTensorDataType(getBindingName(bindingIndex));
  }
  TensorFormat getBindingFormat(int32_t bindingIndex) const noexcept {
    return getTensorFormat(getBindingName(bindingIndex));
  }
  char const* getBindingFormatDesc(int32_t bindingIndex) const noexcept {
    return getTensorFormatDesc(getBindingName(bindingIndex));
  }
  TensorLocation getLocation(int32_t bindingIndex) const noexcept {
    return getTensorLocation(getBindingName(bindingIndex));
  }
  bool isShapeBinding(int32_t bindingIndex) const noexcept { return isShapeInferenceIO(getBindingName(bindingIndex)); }
  bool isExecutionBinding(int32_t bindingIndex) const noexcept { return !isShapeBinding(bindingIndex); }
  Dims getProfileDimensions(int32_t bindingIndex, int32_t profileIndex, OptProfileSelector select) const noexcept {
    return getProfileShape(getBindingName(bindingIndex), profileIndex, select);
  }
  int32_t const* getProfileShapeValues(int32_t profileIndex, int32_t inputIndex,
                                       OptProfileSelector select) const noexcept {
    return getProfileTensorValues(getBindingName(inputIndex), profileIndex, select);
  }
  int32_t getBindingBytesPerComponent(int32_t bindingIndex) const noexcept {
    return getTensorBytesPerComponent(getBindingName(bindingIndex));
  }
  int32_t getBindingComponentsPerElement(int32_t bindingIndex) const noexcept {
    return getTensorComponentsPerElement(getBindingName(bindingIndex));
  }
  int32_t getBindingVectorizedDim(int32_t bindingIndex) const noexcept {
    return getTensorVectorizedDim(getBindingName(bindingIndex));
  }
  int32_t getMaxBatchSize() const noexcept { return 1; }
};

}  // namespace DOVETAIL_NAMESPACE
