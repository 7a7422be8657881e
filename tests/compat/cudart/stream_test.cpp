#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;

void sleep_20ms(void*) { std::this_thread::sleep_for(milliseconds(20)); }

struct Stream {
  explicit Stream(unsigned flags = cudaStreamDefault) {
    EXPECT_EQ(cudaStreamCreateWithFlags(&handle, flags), cudaSuccess);
  }
  ~Stream() { EXPECT_EQ(cudaStreamDestroy(handle), cudaSuccess); }
  operator cudaStream_t() const { return handle; }
  cudaStream_t handle = nullptr;
};

TEST(CudaStream, RunsBehindTheCallerInOrder) {
  Stream stream;
  std::vector<int> order;
  struct Step {
    std::vector<int>* order;
    int number;
  } steps[3] = {{&order, 0}, {&order, 1}, {&order, 2}};
  EXPECT_EQ(cudaLaunchHostFunc(stream, sleep_20ms, nullptr), cudaSuccess);
  for (Step& s : steps)
    EXPECT_EQ(cudaLaunchHostFunc(
                  stream,
                  [](void* p) {
                    auto* step = static_cast<Step*>(p);
                    step->order->push_back(step->number);
                  },
                  &s),
              cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  cudaGetLastError();
}

TEST(CudaStream, TheLegacyStreamWaitsForBlockingStreams) {
  Stream blocking, other(cudaStreamNonBlocking);
  std::atomic<int> done{0};
  const auto count = [](void* p) {
    sleep_20ms(nullptr);
    ++*static_cast<std::atomic<int>*>(p);
  };
  ASSERT_EQ(cudaLaunchHostFunc(blocking, count, &done), cudaSuccess);
  int* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 4), cudaSuccess);
  EXPECT_EQ(cudaMemset(device, 0, 4), cudaSuccess);
  EXPECT_EQ(done, 1);
  ASSERT_EQ(cudaLaunchHostFunc(other, count, &done), cudaSuccess);
  EXPECT_EQ(cudaMemset(device, 0, 4), cudaSuccess);
  EXPECT_EQ(done, 1);  // a non-blocking stream is not waited for
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(done, 2);
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST(CudaStream, PageableMemoryMayChangeOnceACopyWasEnqueued) {
  Stream stream;
  int source = 1, result = 0, *device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 4), cudaSuccess);
  ASSERT_EQ(cudaLaunchHostFunc(stream, sleep_20ms, nullptr), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(device, &source, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  source = 2;
  ASSERT_EQ(cudaMemcpyAsync(&result, device, 4, cudaMemcpyDeviceToHost, stream), cudaSuccess);
  EXPECT_EQ(result, 1);  // a pageable destination is written when the call returns
  EXPECT_EQ(cudaFree(device), cudaSuccess);
}

TEST(CudaStream, PinnedMemoryIsCopiedBehindTheCaller) {
  Stream stream;
  int *pinned = nullptr, *device = nullptr;
  ASSERT_EQ(cudaMallocHost(&pinned, 4), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&device, 4), cudaSuccess);
  *pinned = 5;
  ASSERT_EQ(cudaLaunchHostFunc(stream, sleep_20ms, nullptr), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(device, pinned, 4, cudaMemcpyHostToDevice, stream), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
  EXPECT_EQ(cudaFree(device), cudaSuccess);  // waits
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
  cudaGetLastError();
}

TEST(CudaStream, WhatIsNoStreamIsRefused) {
  int local = 0;
  const auto garbage = reinterpret_cast<cudaStream_t>(&local);
  EXPECT_EQ(cudaStreamSynchronize(garbage), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaMemsetAsync(nullptr, 0, 0, garbage), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamDestroy(garbage), cudaErrorInvalidResourceHandle);
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreate(&stream), cudaSuccess);
  ASSERT_EQ(cudaStreamDestroy(stream), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamCreate(nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, 8), cudaErrorInvalidValue);
  EXPECT_EQ(cudaLaunchHostFunc(nullptr, nullptr, nullptr), cudaErrorInvalidValue);
  cudaGetLastError();
}

TEST(CudaStream, AHostFunctionMayNotWait) {
  Stream stream;
  struct Result {
    cudaStream_t stream;
    cudaError_t error;
  } result{stream, cudaSuccess};
  ASSERT_EQ(cudaLaunchHostFunc(
                stream,
                [](void* p) {
                  auto* r = static_cast<Result*>(p);
                  r->error = cudaStreamSynchronize(r->stream);
                },
                &result),
            cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(result.error, cudaErrorNotPermitted);
}

TEST(CudaStream, KeepsItsFlagsAndPriority) {
  int least = -1, greatest = 1, priority = 7;
  EXPECT_EQ(cudaDeviceGetStreamPriorityRange(&least, &greatest), cudaSuccess);
  EXPECT_LE(greatest, least);
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, greatest - 3), cudaSuccess);
  unsigned flags = 0;
  EXPECT_EQ(cudaStreamGetFlags(stream, &flags), cudaSuccess);
  EXPECT_EQ(flags, unsigned{cudaStreamNonBlocking});
  EXPECT_EQ(cudaStreamGetPriority(stream, &priority), cudaSuccess);
  EXPECT_EQ(priority, greatest);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaSuccess);
}

TEST(CudaStream, ACallbackGetsItsStream) {
  Stream stream;
  cudaStream_t seen = nullptr;
  ASSERT_EQ(cudaStreamAddCallback(
                stream, [](cudaStream_t s, cudaError_t, void* to) { *static_cast<cudaStream_t*>(to) = s; }, &seen, 0),
            cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  EXPECT_EQ(seen, stream.handle);
}

TEST(CudaEvent, MeasuresRealTime) {
  Stream stream;
  cudaEvent_t start = nullptr, stop = nullptr;
  ASSERT_EQ(cudaEventCreate(&start), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&stop, cudaEventBlockingSync), cudaSuccess);
  float ms = -1;
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, stop), cudaErrorInvalidResourceHandle);  // not recorded
  ASSERT_EQ(cudaEventRecord(start, stream), cudaSuccess);
  ASSERT_EQ(cudaLaunchHostFunc(stream, sleep_20ms, nullptr), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(stop, stream), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(stop), cudaErrorNotReady);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, stop), cudaErrorNotReady);
  EXPECT_EQ(cudaEventSynchronize(stop), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&ms, start, stop), cudaSuccess);
  EXPECT_GE(ms, 19.5F);
  EXPECT_EQ(cudaEventDestroy(start), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(stop), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(stop), cudaErrorInvalidResourceHandle);
  cudaGetLastError();
}

TEST(CudaEvent, WithoutTimingHasNoTime) {
  cudaEvent_t a = nullptr, b = nullptr;
  ASSERT_EQ(cudaEventCreate(&a, cudaEventDisableTiming), cudaSuccess);
  ASSERT_EQ(cudaEventCreate(&b), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(a), cudaSuccess);  // never recorded: nothing to wait for
  EXPECT_EQ(cudaEventRecord(a), cudaSuccess);
  EXPECT_EQ(cudaEventRecord(b), cudaSuccess);
  float ms = 0;
  EXPECT_EQ(cudaEventElapsedTime(&ms, a, b), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventDestroy(a), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(b), cudaSuccess);
}

TEST(CudaEvent, OrdersTwoStreams) {
  Stream first, second;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
  std::atomic<int> value{0};
  int seen = -1;
  struct Two {
    std::atomic<int>* value;
    int* seen;
  } two{&value, &seen};
  ASSERT_EQ(cudaLaunchHostFunc(
                first,
                [](void* p) {
                  sleep_20ms(nullptr);
                  *static_cast<std::atomic<int>*>(p) = 1;
                },
                &value),
            cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, first), cudaSuccess);
  ASSERT_EQ(cudaStreamWaitEvent(second, event), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);  // what waits for it keeps it
  ASSERT_EQ(cudaLaunchHostFunc(
                second,
                [](void* p) {
                  auto* t = static_cast<Two*>(p);
                  *t->seen = *t->value;
                },
                &two),
            cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(second), cudaSuccess);
  EXPECT_EQ(seen, 1);
}

}  // namespace
