#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

namespace {

TEST(CudaDevice, ThereIsOne) {
  int count = 0, device = -1, value = 0;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(device, 0);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrWarpSize, 3), cudaErrorInvalidDevice);
  cudaGetLastError();
}

TEST(CudaDevice, AttributesAgreeWithProperties) {
  cudaDeviceProp p;
  ASSERT_EQ(cudaGetDeviceProperties(&p, 0), cudaSuccess);
  EXPECT_NE(std::string(p.name).find("Dovetail"), std::string::npos);
  EXPECT_GE(p.multiProcessorCount, 1);
  EXPECT_GT(p.totalGlobalMem, 1U << 20);
  int value = 0;
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrComputeCapabilityMajor, 0), cudaSuccess);
  EXPECT_EQ(value, p.major);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0), cudaSuccess);
  EXPECT_EQ(value, p.multiProcessorCount);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, static_cast<cudaDeviceAttr>(100000), 0), cudaErrorInvalidValue);
  cudaGetLastError();
}

TEST(CudaDevice, VersionsAreStated) {
  int driver = 0, runtime = 0;
  EXPECT_EQ(cudaDriverGetVersion(&driver), cudaSuccess);
  EXPECT_EQ(cudaRuntimeGetVersion(&runtime), cudaSuccess);
  EXPECT_EQ(runtime, CUDART_VERSION);
  EXPECT_GE(driver, runtime);
}

TEST(CudaDevice, ThereAreNoKernels) {
  EXPECT_EQ(cudaLaunchKernel(static_cast<const void*>(nullptr), dim3(1), dim3(1), nullptr, 0, nullptr),
            cudaErrorInvalidDeviceFunction);
  int blocks = 0;
  const void* function = &blocks;
  EXPECT_EQ(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, 256, 0), cudaSuccess);
  EXPECT_EQ(blocks, 6);  // 1536 threads
  EXPECT_EQ(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, 2048, 0), cudaSuccess);
  EXPECT_EQ(blocks, 0);
  cudaGetLastError();
}

TEST(CudaError, TheLastOneIsKeptForEachThread) {
  EXPECT_EQ(cudaSetDevice(9), cudaErrorInvalidDevice);
  std::thread([] { EXPECT_EQ(cudaGetLastError(), cudaSuccess); }).join();
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST(CudaError, EveryErrorHasANameAndAText) {
  std::set<std::string> names;
#define CUDA_ERROR(name, value, text)                       \
  EXPECT_STREQ(cudaGetErrorName(cuda##name), "cuda" #name); \
  EXPECT_STREQ(cudaGetErrorString(cuda##name), text);       \
  EXPECT_TRUE(names.insert(cudaGetErrorName(cuda##name)).second);
#include "cuda_errors.inc"
#undef CUDA_ERROR
  EXPECT_STREQ(cudaGetErrorString(static_cast<cudaError_t>(12345)), "unrecognized error code");
}

}  // namespace
