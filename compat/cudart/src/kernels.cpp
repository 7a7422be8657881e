// Device code: there is none, so no function is a kernel. Occupancy is arithmetic over the device's numbers.

#include <algorithm>

#include "error.h"

using namespace dvt::cudart;

cudaError_t cudaLaunchKernel(const void*, dim3, dim3, void**, size_t, cudaStream_t) {
  return note(cudaErrorInvalidDeviceFunction);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attr, const void*) {
  return note(attr == nullptr ? cudaErrorInvalidValue : cudaErrorInvalidDeviceFunction);
}

cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return note(cudaErrorInvalidDeviceFunction); }

cudaError_t cudaFuncSetCacheConfig(const void*, cudaFuncCache) { return note(cudaErrorInvalidDeviceFunction); }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* numBlocks, const void* func, int blockSize,
                                                                   size_t dynamicSMemSize, unsigned int) {
  return call([&] {
    if (numBlocks == nullptr || func == nullptr || blockSize <= 0) return cudaErrorInvalidValue;
    cudaDeviceProp p;
    if (const cudaError_t error = cudaGetDeviceProperties(&p, 0); error != cudaSuccess) return error;
    *numBlocks = 0;
    if (blockSize > p.maxThreadsPerBlock || dynamicSMemSize > p.sharedMemPerBlockOptin) return cudaSuccess;
    const int warps = (blockSize + p.warpSize - 1) / p.warpSize;
    *numBlocks = std::min(p.maxBlocksPerMultiProcessor, p.maxThreadsPerMultiProcessor / (warps * p.warpSize));
    if (dynamicSMemSize > 0)
      *numBlocks = std::min(*numBlocks, static_cast<int>(p.sharedMemPerMultiprocessor / dynamicSMemSize));
    return cudaSuccess;
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* numBlocks, const void* func, int blockSize,
                                                          size_t dynamicSMemSize) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(numBlocks, func, blockSize, dynamicSMemSize, 0);
}
