#pragma once

#include <cstddef>

#include <dovetail/host_memory.h>
#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// What contexts compile or prepare while they run, kept for later processes. Owned by the caller. Contexts of the CPU
/// device prepare everything when the engine is loaded: the cache stays empty.
class IRuntimeCache : public INoCopy {
 public:
  virtual ~IRuntimeCache() noexcept = default;
  /// \return The bytes, owned by the caller.
  virtual IHostMemory* serialize() const noexcept = 0;
  /// Replaces what the cache holds. \return False, with the reason reported, for bytes that serialize() did not give.
  virtual bool deserialize(void const* blob, std::size_t size) noexcept = 0;
  virtual bool reset() noexcept = 0;
};

/// How kernels for shapes that first appear at run time are made.
enum class DynamicShapesKernelSpecializationStrategy : int32_t { kLAZY = 0, kEAGER = 1, kNONE = 2 };
DOVETAIL_ENUM_MAX(DynamicShapesKernelSpecializationStrategy, 3)

/// Whether a context records its own CUDA graphs.
enum class CudaGraphStrategy : int32_t { kDISABLED = 0, kWHOLE_GRAPH_CAPTURE = 1 };
DOVETAIL_ENUM_MAX(CudaGraphStrategy, 2)

/// How contexts are created from an engine. Owned by the caller.
class IRuntimeConfig : public INoCopy {
 public:
  virtual ~IRuntimeConfig() noexcept = default;
  virtual void setExecutionContextAllocationStrategy(ExecutionContextAllocationStrategy strategy) noexcept = 0;
  virtual ExecutionContextAllocationStrategy getExecutionContextAllocationStrategy() const noexcept = 0;

  virtual IRuntimeCache* createRuntimeCache() const noexcept = 0;
  /// The cache must outlive the contexts. \return True.
  virtual bool setRuntimeCache(IRuntimeCache const& cache) noexcept = 0;
  /// nullptr when none was set.
  virtual IRuntimeCache* getRuntimeCache() const noexcept = 0;
  // Kept; they have no effect on the CPU device, which specializes nothing at run time and has no graphs.
  virtual void setDynamicShapesKernelSpecializationStrategy(
      DynamicShapesKernelSpecializationStrategy strategy) noexcept = 0;
  virtual DynamicShapesKernelSpecializationStrategy getDynamicShapesKernelSpecializationStrategy() const noexcept = 0;
  virtual bool setCudaGraphStrategy(CudaGraphStrategy strategy) noexcept = 0;
  virtual CudaGraphStrategy getCudaGraphStrategy() const noexcept = 0;
};

}  // namespace DOVETAIL_NAMESPACE
