#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace {

TEST(CudaMemory, ACopyGoesThereAndBack) {
  std::vector<float> in(1000), out(1000);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  float* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, in.size() * sizeof(float)), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(device, in.data(), in.size() * sizeof(float), cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(out.data(), device, in.size() * sizeof(float), cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(in, out);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST(CudaMemory, AllocationsAreAlignedAndKnown) {
  void *device = nullptr, *pinned = nullptr, *managed = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 100), cudaSuccess);
  ASSERT_EQ(cudaMallocHost(&pinned, 100), cudaSuccess);
  ASSERT_EQ(cudaMallocManaged(&managed, 100), cudaSuccess);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(device) % 256, 0U);
  const auto type = [](const void* p) {
    cudaPointerAttributes a;
    EXPECT_EQ(cudaPointerGetAttributes(&a, p), cudaSuccess);
    return a.type;
  };
  EXPECT_EQ(type(static_cast<char*>(device) + 99), cudaMemoryTypeDevice);
  EXPECT_EQ(type(pinned), cudaMemoryTypeHost);
  EXPECT_EQ(type(managed), cudaMemoryTypeManaged);
  int local = 0;
  EXPECT_EQ(type(&local), cudaMemoryTypeUnregistered);
  void* mapped = nullptr;
  EXPECT_EQ(cudaHostGetDevicePointer(&mapped, pinned, 0), cudaSuccess);
  EXPECT_EQ(mapped, pinned);
  EXPECT_EQ(cudaHostGetDevicePointer(&mapped, &local, 0), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
  EXPECT_EQ(cudaFree(managed), cudaSuccess);
}

TEST(CudaMemory, MisuseIsRefusedAsCudaDoes) {
  int local = 0;
  char* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 16), cudaSuccess);
  EXPECT_EQ(cudaFree(&local), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(device + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(device), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMalloc(static_cast<void**>(nullptr), 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device, &local, 4, static_cast<cudaMemcpyKind>(7)), cudaErrorInvalidMemcpyDirection);
  EXPECT_EQ(cudaMemcpy(nullptr, &local, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(&local, &local, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);  // not device memory
  EXPECT_EQ(cudaMemcpy(device, device, 4, cudaMemcpyHostToHost), cudaErrorInvalidValue);
  char large[64] = {};
  EXPECT_EQ(cudaMemcpy(device, large, 64, cudaMemcpyHostToDevice), cudaErrorInvalidValue);  // past the end
  EXPECT_EQ(cudaMemset(device, 0, 17), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(large, 0, 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device, large, 0, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);  // twice
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
  void* managed = nullptr;
  EXPECT_EQ(cudaMallocManaged(&managed, 0), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMallocManaged(&managed, 8, 99), cudaErrorInvalidValue);
}

TEST(CudaMemory, MoreThanThereIsCannotBeHad) {
  size_t free = 0, total = 0;
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_GT(total, 0U);
  EXPECT_LE(free, total);
  void* memory = &total;
  EXPECT_EQ(cudaMalloc(&memory, total + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(memory, nullptr);
  EXPECT_STREQ(cudaGetErrorName(cudaGetLastError()), "cudaErrorMemoryAllocation");
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&memory, 0), cudaSuccess);
  EXPECT_EQ(memory, nullptr);
}

TEST(CudaMemory, RegisteredMemoryIsPageLocked) {
  std::vector<char> mine(8192);
  EXPECT_EQ(cudaHostUnregister(mine.data()), cudaErrorHostMemoryNotRegistered);
  ASSERT_EQ(cudaHostRegister(mine.data(), mine.size(), cudaHostRegisterDefault), cudaSuccess);
  EXPECT_EQ(cudaHostRegister(mine.data() + 100, 10, 0), cudaErrorHostMemoryAlreadyRegistered);
  void* device = nullptr;
  EXPECT_EQ(cudaHostGetDevicePointer(&device, mine.data(), 0), cudaSuccess);
  EXPECT_EQ(cudaMemset(device, 3, mine.size()), cudaSuccess);
  EXPECT_EQ(mine[8191], 3);
  EXPECT_EQ(cudaHostUnregister(mine.data()), cudaSuccess);
  EXPECT_EQ(cudaHostRegister(nullptr, 1, 0), cudaErrorInvalidValue);
}

TEST(CudaMemory, PitchedRowsAreCopied) {
  constexpr size_t kWidth = 10, kHeight = 4;
  unsigned char in[kHeight * kWidth], out[kHeight * kWidth] = {};
  for (size_t i = 0; i < sizeof in; ++i) in[i] = static_cast<unsigned char>(i);
  unsigned char* device = nullptr;
  size_t pitch = 0;
  ASSERT_EQ(cudaMallocPitch(&device, &pitch, kWidth, kHeight), cudaSuccess);
  EXPECT_GE(pitch, kWidth);
  EXPECT_EQ(cudaMemset2D(device, pitch, 0xee, kWidth, kHeight), cudaSuccess);
  EXPECT_EQ(cudaMemcpy2D(device, pitch, in, kWidth, kWidth, kHeight, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(device[pitch], in[kWidth]);
  EXPECT_EQ(cudaMemcpy2D(out, kWidth, device, pitch, kWidth, kHeight, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(std::memcmp(in, out, sizeof in), 0);
  EXPECT_EQ(cudaMemcpy2D(out, 5, device, pitch, kWidth, kHeight, cudaMemcpyDeviceToHost), cudaErrorInvalidPitchValue);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST(CudaMemory, AVolumeIsCopiedBySlices) {
  const cudaExtent extent = make_cudaExtent(6, 3, 2);
  cudaPitchedPtr device;
  ASSERT_EQ(cudaMalloc3D(&device, extent), cudaSuccess);
  unsigned char in[36], out[36] = {};
  for (size_t i = 0; i < 36; ++i) in[i] = static_cast<unsigned char>(i * 7);
  cudaMemcpy3DParms to = {}, from = {};
  to.srcPtr = make_cudaPitchedPtr(in, 6, 6, 3);
  to.dstPtr = from.srcPtr = device;
  from.dstPtr = make_cudaPitchedPtr(out, 6, 6, 3);
  to.extent = from.extent = extent;
  to.kind = cudaMemcpyHostToDevice;
  from.kind = cudaMemcpyDeviceToHost;
  EXPECT_EQ(cudaMemcpy3D(&to), cudaSuccess);
  EXPECT_EQ(cudaMemcpy3D(&from), cudaSuccess);
  EXPECT_EQ(std::memcmp(in, out, 36), 0);
  EXPECT_EQ(cudaFree(device.ptr), cudaSuccess);
}

__device__ float table[4];

TEST(CudaMemory, SymbolsAreVariables) {
  const float in[4] = {1, 2, 3, 4};
  float out[2] = {};
  EXPECT_EQ(cudaMemcpyToSymbol(table, in, sizeof in), cudaSuccess);
  EXPECT_EQ(cudaMemcpyFromSymbol(out, table, sizeof out, 2 * sizeof(float)), cudaSuccess);
  EXPECT_EQ(out[0], 3);
  EXPECT_EQ(cudaMemcpyToSymbol(table, in, sizeof in, 4), cudaErrorInvalidValue);
  void* address = nullptr;
  EXPECT_EQ(cudaGetSymbolAddress(&address, table), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(out, address, sizeof out, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(out[1], 2);
}

TEST(CudaMemory, AsyncMemoryGoesInTheStreamsOrder) {
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  int* device = nullptr;
  int result = 0;
  ASSERT_EQ(cudaMallocAsync(&device, sizeof(int), stream), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(device, 1, sizeof(int), stream), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(&result, device, sizeof(int), cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(cudaFreeAsync(device, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(result, 0x01010101);
  EXPECT_EQ(cudaFreeAsync(device, stream), cudaErrorInvalidValue);
  cudaMemPool_t pool = nullptr;
  EXPECT_EQ(cudaDeviceGetDefaultMemPool(&pool, 0), cudaSuccess);
  uint64_t threshold = 1 << 20, read = 0;
  EXPECT_EQ(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold), cudaSuccess);
  EXPECT_EQ(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &read), cudaSuccess);
  EXPECT_EQ(read, threshold);
  EXPECT_EQ(cudaMallocFromPoolAsync(&device, 8, pool, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

}  // namespace
