// Memory pools: memory is taken from the system and given back at once, so a pool only keeps its attributes.

#include <cstdint>

#include "error.h"
#include "handles.h"

namespace dvt::cudart {
namespace {

/// A cudaMemPool_t points to one.
struct Pool {
  uint64_t attributes[cudaMemPoolAttrUsedMemHigh + 1] = {};
};

cudaMemPool_t default_pool() {
  static Pool* pool = handles<Pool>().add(std::make_shared<Pool>());
  return reinterpret_cast<cudaMemPool_t>(pool);
}

/// The three reuse policies are int, the rest 64-bit numbers.
bool is_policy(cudaMemPoolAttr attr) { return attr <= cudaMemPoolReuseAllowInternalDependencies; }
bool is_known(cudaMemPoolAttr attr) {
  return attr >= cudaMemPoolReuseFollowEventDependencies && attr <= cudaMemPoolAttrUsedMemHigh;
}

}  // namespace
}  // namespace dvt::cudart

using namespace dvt::cudart;

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* memPool, int device) {
  return call([&] {
    if (memPool == nullptr) return cudaErrorInvalidValue;
    if (device != 0) return cudaErrorInvalidDevice;
    *memPool = default_pool();
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* memPool, int device) {
  return cudaDeviceGetDefaultMemPool(memPool, device);
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t memPool) {
  return call([&] {
    if (device != 0) return cudaErrorInvalidDevice;
    return handles<Pool>().find(memPool) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* memPool, const cudaMemPoolProps* poolProps) {
  return call([&] {
    if (memPool == nullptr || poolProps == nullptr || poolProps->allocType != cudaMemAllocationTypePinned)
      return cudaErrorInvalidValue;
    if (poolProps->handleTypes != cudaMemHandleTypeNone) return cudaErrorNotSupported;
    *memPool = reinterpret_cast<cudaMemPool_t>(handles<Pool>().add(std::make_shared<Pool>()));
    return cudaSuccess;
  });
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t memPool) {
  return call([&] {
    if (memPool == default_pool()) return cudaErrorInvalidValue;
    return handles<Pool>().remove(memPool) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t memPool, size_t) {
  return call([&] { return handles<Pool>().find(memPool) ? cudaSuccess : cudaErrorInvalidValue; });
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t memPool, cudaMemPoolAttr attr, void* value) {
  return call([&] {
    const std::shared_ptr<Pool> pool = handles<Pool>().find(memPool);
    if (!pool || value == nullptr || !is_known(attr)) return cudaErrorInvalidValue;
    pool->attributes[attr] =
        is_policy(attr) ? static_cast<uint64_t>(*static_cast<int*>(value)) : *static_cast<uint64_t*>(value);
    return cudaSuccess;
  });
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t memPool, cudaMemPoolAttr attr, void* value) {
  return call([&] {
    const std::shared_ptr<Pool> pool = handles<Pool>().find(memPool);
    if (!pool || value == nullptr || !is_known(attr)) return cudaErrorInvalidValue;
    if (is_policy(attr))
      *static_cast<int*>(value) = static_cast<int>(pool->attributes[attr]);
    else
      *static_cast<uint64_t*>(value) = pool->attributes[attr];
    return cudaSuccess;
  });
}

cudaError_t cudaMallocFromPoolAsync(void** ptr, size_t size, cudaMemPool_t memPool, cudaStream_t stream) {
  return call([&] {
    if (!handles<Pool>().find(memPool)) return cudaErrorInvalidValue;
    return cudaMallocAsync(ptr, size, stream);
  });
}
