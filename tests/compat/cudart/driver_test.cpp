#include <cuda.h>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <vector>

namespace {

TEST(CudaDriver, ServesTheRuntimesDevice) {
  CUdevice device = -1;
  CUcontext context = nullptr, current = nullptr;
  ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
  ASSERT_EQ(cuDeviceGet(&device, 0), CUDA_SUCCESS);
  EXPECT_EQ(cuDeviceGet(&device, 1), CUDA_ERROR_INVALID_DEVICE);
  device = 0;
  char name[64];
  EXPECT_EQ(cuDeviceGetName(name, sizeof name, device), CUDA_SUCCESS);
  EXPECT_EQ(std::string(name).substr(0, 8), "Dovetail");
  int major = 0;
  EXPECT_EQ(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device), CUDA_SUCCESS);
  EXPECT_EQ(major, 8);
  ASSERT_EQ(cuCtxCreate(&context, CU_CTX_SCHED_AUTO, device), CUDA_SUCCESS);
  EXPECT_EQ(cuCtxGetCurrent(&current), CUDA_SUCCESS);
  EXPECT_EQ(current, context);
  EXPECT_EQ(cuCtxDestroy(context), CUDA_SUCCESS);
  EXPECT_EQ(cuCtxDestroy(nullptr), CUDA_ERROR_INVALID_CONTEXT);
}

TEST(CudaDriver, CopiesInAStreamOfTheRuntime) {
  ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
  CUstream stream = nullptr;
  CUdeviceptr memory = 0;
  ASSERT_EQ(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), CUDA_SUCCESS);
  ASSERT_EQ(cuMemAlloc(&memory, 64), CUDA_SUCCESS);
  std::vector<char> in(64, 5), out(64);
  EXPECT_EQ(cuMemcpyHtoDAsync(memory, in.data(), 64, stream), CUDA_SUCCESS);
  EXPECT_EQ(cuMemsetD8Async(memory + 32, 9, 32, stream), CUDA_SUCCESS);
  EXPECT_EQ(cuMemcpyDtoHAsync(out.data(), memory, 64, stream), CUDA_SUCCESS);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);  // one stream, two interfaces
  EXPECT_EQ(out[31], 5);
  EXPECT_EQ(out[32], 9);
  EXPECT_EQ(cuMemFree(memory), CUDA_SUCCESS);
  EXPECT_EQ(cuMemFree(memory), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuStreamDestroy(stream), CUDA_SUCCESS);
  const char* text = nullptr;
  EXPECT_EQ(cuGetErrorName(CUDA_ERROR_INVALID_HANDLE, &text), CUDA_SUCCESS);
  EXPECT_STREQ(text, "CUDA_ERROR_INVALID_HANDLE");
  cudaGetLastError();
}

}  // namespace
