// <dovetail/types.h>: enumerations.

#include "bind.h"

namespace dovetail::python {

void bind_types(py::module_& m) {
  bind_enum<DataType>(m, "DataType")
      // clang-format off
      VALUE(DataType, FLOAT) VALUE(DataType, HALF) VALUE(DataType, BF16) VALUE(DataType, INT8) VALUE(DataType, INT32)
      VALUE(DataType, INT64) VALUE(DataType, BOOL) VALUE(DataType, UINT8) VALUE(DataType, FP8) VALUE(DataType, INT4)
      VALUE(DataType, FP4) VALUE(DataType, E8M0) VALUE(DataType, FLOAT64) VALUE(DataType, INT16)
      VALUE(DataType, UINT16) VALUE(DataType, UINT32) VALUE(DataType, UINT64) VALUE(DataType, UINT4)
      VALUE(DataType, FP8E5M2)
      VALUE(DataType, FP8E4M3FNUZ) VALUE(DataType, FP8E5M2FNUZ) VALUE(DataType, INT2) VALUE(DataType, UINT2) VALUE(DataType, TEXT);
  bind_enum<TensorFormat>(m, "TensorFormat")
      VALUE(TensorFormat, LINEAR) VALUE(TensorFormat, CHW2) VALUE(TensorFormat, HWC8) VALUE(TensorFormat, CHW4)
      VALUE(TensorFormat, CHW16) VALUE(TensorFormat, CHW32) VALUE(TensorFormat, DHWC8) VALUE(TensorFormat, CDHW32)
      VALUE(TensorFormat, HWC) VALUE(TensorFormat, DLA_LINEAR) VALUE(TensorFormat, DLA_HWC4)
      VALUE(TensorFormat, HWC16) VALUE(TensorFormat, DHWC);
  bind_enum<TensorLocation>(m, "TensorLocation") VALUE(TensorLocation, DEVICE) VALUE(TensorLocation, HOST);
  bind_enum<TensorIOMode>(m, "TensorIOMode")
      VALUE(TensorIOMode, NONE) VALUE(TensorIOMode, INPUT) VALUE(TensorIOMode, OUTPUT);
  bind_enum<DeviceType>(m, "DeviceType") VALUE(DeviceType, GPU) VALUE(DeviceType, DLA);
  bind_enum<EngineCapability>(m, "EngineCapability")
      VALUE(EngineCapability, STANDARD) VALUE(EngineCapability, SAFETY) VALUE(EngineCapability, DLA_STANDALONE)
      VALUE(EngineCapability, DEFAULT) VALUE(EngineCapability, SAFE_GPU) VALUE(EngineCapability, SAFE_DLA);
  bind_enum<ProfilingVerbosity>(m, "ProfilingVerbosity")
      VALUE(ProfilingVerbosity, LAYER_NAMES_ONLY) VALUE(ProfilingVerbosity, DETAILED) VALUE(ProfilingVerbosity, NONE)
      VALUE(ProfilingVerbosity, DEFAULT) VALUE(ProfilingVerbosity, VERBOSE);
  bind_enum<HardwareCompatibilityLevel>(m, "HardwareCompatibilityLevel")
      VALUE(HardwareCompatibilityLevel, NONE) VALUE(HardwareCompatibilityLevel, AMPERE_PLUS)
      VALUE(HardwareCompatibilityLevel, SAME_COMPUTE_CAPABILITY);
  bind_enum<ExecutionContextAllocationStrategy>(m, "ExecutionContextAllocationStrategy")
      VALUE(ExecutionContextAllocationStrategy, STATIC) VALUE(ExecutionContextAllocationStrategy, ON_PROFILE_CHANGE)
      VALUE(ExecutionContextAllocationStrategy, USER_MANAGED);
  bind_enum<TacticSource>(m, "TacticSource")
      VALUE(TacticSource, CUBLAS) VALUE(TacticSource, CUBLAS_LT) VALUE(TacticSource, CUDNN)
      VALUE(TacticSource, EDGE_MASK_CONVOLUTIONS) VALUE(TacticSource, JIT_CONVOLUTIONS);
  bind_enum<EngineStat>(m, "EngineStat")
      VALUE(EngineStat, TOTAL_WEIGHTS_SIZE) VALUE(EngineStat, STRIPPED_WEIGHTS_SIZE);
  bind_enum<WeightsRole>(m, "WeightsRole")
      VALUE(WeightsRole, KERNEL) VALUE(WeightsRole, BIAS) VALUE(WeightsRole, SHIFT) VALUE(WeightsRole, SCALE)
      VALUE(WeightsRole, CONSTANT) VALUE(WeightsRole, ANY);
  // clang-format on
}

}  // namespace dovetail::python
