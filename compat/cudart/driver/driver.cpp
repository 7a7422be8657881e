// libcuda.so.1: the driver's calls by way of the runtime's. Errors of both have the same numbers.

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstring>

namespace {

/// The one context; only its address matters.
CUcontext the_context() {
  static char context;
  return reinterpret_cast<CUcontext>(&context);
}
thread_local CUcontext current = nullptr;
bool initialized = false;

CUresult result(cudaError_t error) { return static_cast<CUresult>(error); }
void* address(CUdeviceptr pointer) { return reinterpret_cast<void*>(static_cast<uintptr_t>(pointer)); }

CUresult check_context() { return initialized ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED; }
CUresult check_device(CUdevice device) {
  if (!initialized) return CUDA_ERROR_NOT_INITIALIZED;
  return device == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult hand_over(void* memory, cudaError_t error, CUdeviceptr* to) {
  if (error == cudaSuccess) *to = reinterpret_cast<uintptr_t>(memory);
  return result(error);
}

}  // namespace

CUresult cuInit(unsigned int flags) {
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  // A CUDA runtime of another make that stands in for ours asks for a driver, finds this one and waits for itself.
  thread_local bool asking = false;
  if (asking) return CUDA_ERROR_NO_DEVICE;
  asking = true;
  int count = 0;
  const CUresult error = result(cudaGetDeviceCount(&count));
  asking = false;
  initialized = error == CUDA_SUCCESS;
  return error;
}

CUresult cuDriverGetVersion(int* driverVersion) { return result(cudaDriverGetVersion(driverVersion)); }

CUresult cuGetErrorName(CUresult error, const char** pStr) {
  if (pStr == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *pStr = nullptr;
  switch (error) {
#define NAME(name) \
  case name:       \
    *pStr = #name; \
    break;
    NAME(CUDA_SUCCESS)
    NAME(CUDA_ERROR_INVALID_VALUE)
    NAME(CUDA_ERROR_OUT_OF_MEMORY)
    NAME(CUDA_ERROR_NOT_INITIALIZED)
    NAME(CUDA_ERROR_NO_DEVICE)
    NAME(CUDA_ERROR_INVALID_DEVICE)
    NAME(CUDA_ERROR_INVALID_CONTEXT)
    NAME(CUDA_ERROR_OPERATING_SYSTEM)
    NAME(CUDA_ERROR_INVALID_HANDLE)
    NAME(CUDA_ERROR_NOT_FOUND)
    NAME(CUDA_ERROR_NOT_READY)
    NAME(CUDA_ERROR_NOT_PERMITTED)
    NAME(CUDA_ERROR_NOT_SUPPORTED)
    NAME(CUDA_ERROR_UNKNOWN)
#undef NAME
  }
  return *pStr == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char** pStr) {
  if (pStr == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *pStr = cudaGetErrorString(static_cast<cudaError_t>(error));
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  if (!initialized) return CUDA_ERROR_NOT_INITIALIZED;
  return result(cudaGetDeviceCount(count));
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *device = ordinal;
  return check_device(ordinal);
}

CUresult cuDeviceGetName(char* name, int len, CUdevice dev) {
  if (name == nullptr || len <= 0) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  cudaDeviceProp p;
  const cudaError_t error = cudaGetDeviceProperties(&p, dev);
  std::strncpy(name, p.name, static_cast<size_t>(len) - 1);
  name[len - 1] = '\0';
  return result(error);
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice dev) {
  if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  cudaDeviceProp p;
  const cudaError_t error = cudaGetDeviceProperties(&p, dev);
  std::memcpy(uuid->bytes, p.uuid.bytes, sizeof uuid->bytes);
  return result(error);
}

CUresult cuDeviceTotalMem(size_t* bytes, CUdevice dev) {
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  size_t free = 0;
  return result(cudaMemGetInfo(&free, bytes));
}

CUresult cuDeviceGetAttribute(int* pi, CUdevice_attribute attrib, CUdevice dev) {
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  return result(cudaDeviceGetAttribute(pi, static_cast<cudaDeviceAttr>(attrib), dev));
}

CUresult cuCtxCreate(CUcontext* pctx, unsigned int, CUdevice dev) {
  if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  *pctx = current = the_context();
  return CUDA_SUCCESS;
}

CUresult cuCtxDestroy(CUcontext ctx) {
  if (ctx != the_context()) return CUDA_ERROR_INVALID_CONTEXT;
  current = nullptr;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* pctx) {
  if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *pctx = current;
  return check_context();
}

CUresult cuCtxSetCurrent(CUcontext ctx) {
  if (ctx != nullptr && ctx != the_context()) return CUDA_ERROR_INVALID_CONTEXT;
  current = ctx;
  return check_context();
}

CUresult cuCtxPushCurrent(CUcontext ctx) { return ctx == nullptr ? CUDA_ERROR_INVALID_CONTEXT : cuCtxSetCurrent(ctx); }

CUresult cuCtxPopCurrent(CUcontext* pctx) {
  if (current == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  if (pctx != nullptr) *pctx = current;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice* device) {
  if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *device = 0;
  return current == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void) { return result(cudaDeviceSynchronize()); }

CUresult cuDevicePrimaryCtxRetain(CUcontext* pctx, CUdevice dev) {
  if (pctx == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult error = check_device(dev); error != CUDA_SUCCESS) return error;
  *pctx = the_context();
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice dev) { return check_device(dev); }

CUresult cuMemGetInfo(size_t* free, size_t* total) { return result(cudaMemGetInfo(free, total)); }

CUresult cuMemAlloc(CUdeviceptr* dptr, size_t bytesize) {
  if (dptr == nullptr || bytesize == 0) return CUDA_ERROR_INVALID_VALUE;
  void* memory = nullptr;
  const cudaError_t error = cudaMalloc(&memory, bytesize);
  return hand_over(memory, error, dptr);
}

CUresult cuMemAllocManaged(CUdeviceptr* dptr, size_t bytesize, unsigned int flags) {
  if (dptr == nullptr) return CUDA_ERROR_INVALID_VALUE;
  void* memory = nullptr;
  const cudaError_t error = cudaMallocManaged(&memory, bytesize, flags);
  return hand_over(memory, error, dptr);
}

CUresult cuMemAllocHost(void** pp, size_t bytesize) { return result(cudaMallocHost(pp, bytesize)); }

CUresult cuMemHostAlloc(void** pp, size_t bytesize, unsigned int flags) {
  return result(cudaHostAlloc(pp, bytesize, flags));
}

CUresult cuMemFree(CUdeviceptr dptr) { return result(cudaFree(address(dptr))); }
CUresult cuMemFreeHost(void* p) { return result(cudaFreeHost(p)); }

CUresult cuMemcpy(CUdeviceptr dst, CUdeviceptr src, size_t byteCount) {
  return result(cudaMemcpy(address(dst), address(src), byteCount, cudaMemcpyDefault));
}
CUresult cuMemcpyAsync(CUdeviceptr dst, CUdeviceptr src, size_t byteCount, CUstream stream) {
  return result(cudaMemcpyAsync(address(dst), address(src), byteCount, cudaMemcpyDefault, stream));
}
CUresult cuMemcpyHtoD(CUdeviceptr dst, const void* src, size_t byteCount) {
  return result(cudaMemcpy(address(dst), src, byteCount, cudaMemcpyHostToDevice));
}
CUresult cuMemcpyDtoH(void* dst, CUdeviceptr src, size_t byteCount) {
  return result(cudaMemcpy(dst, address(src), byteCount, cudaMemcpyDeviceToHost));
}
CUresult cuMemcpyDtoD(CUdeviceptr dst, CUdeviceptr src, size_t byteCount) {
  return result(cudaMemcpy(address(dst), address(src), byteCount, cudaMemcpyDeviceToDevice));
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr dst, const void* src, size_t byteCount, CUstream stream) {
  return result(cudaMemcpyAsync(address(dst), src, byteCount, cudaMemcpyHostToDevice, stream));
}
CUresult cuMemcpyDtoHAsync(void* dst, CUdeviceptr src, size_t byteCount, CUstream stream) {
  return result(cudaMemcpyAsync(dst, address(src), byteCount, cudaMemcpyDeviceToHost, stream));
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr dst, CUdeviceptr src, size_t byteCount, CUstream stream) {
  return result(cudaMemcpyAsync(address(dst), address(src), byteCount, cudaMemcpyDeviceToDevice, stream));
}
CUresult cuMemsetD8(CUdeviceptr dst, unsigned char value, size_t count) {
  return result(cudaMemset(address(dst), value, count));
}
CUresult cuMemsetD8Async(CUdeviceptr dst, unsigned char value, size_t count, CUstream stream) {
  return result(cudaMemsetAsync(address(dst), value, count, stream));
}

CUresult cuStreamCreate(CUstream* phStream, unsigned int flags) {
  return result(cudaStreamCreateWithFlags(phStream, flags));
}
CUresult cuStreamDestroy(CUstream hStream) { return result(cudaStreamDestroy(hStream)); }
CUresult cuStreamSynchronize(CUstream hStream) { return result(cudaStreamSynchronize(hStream)); }
CUresult cuStreamQuery(CUstream hStream) { return result(cudaStreamQuery(hStream)); }
CUresult cuStreamWaitEvent(CUstream hStream, CUevent hEvent, unsigned int flags) {
  return result(cudaStreamWaitEvent(hStream, hEvent, flags));
}
CUresult cuEventCreate(CUevent* phEvent, unsigned int flags) {
  return result(cudaEventCreateWithFlags(phEvent, flags));
}
CUresult cuEventRecord(CUevent hEvent, CUstream hStream) { return result(cudaEventRecord(hEvent, hStream)); }
CUresult cuEventQuery(CUevent hEvent) { return result(cudaEventQuery(hEvent)); }
CUresult cuEventSynchronize(CUevent hEvent) { return result(cudaEventSynchronize(hEvent)); }
CUresult cuEventElapsedTime(float* pMilliseconds, CUevent hStart, CUevent hEnd) {
  return result(cudaEventElapsedTime(pMilliseconds, hStart, hEnd));
}
CUresult cuEventDestroy(CUevent hEvent) { return result(cudaEventDestroy(hEvent)); }

// There is no device code.
CUresult cuModuleLoadData(CUmodule*, const void*) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuModuleGetFunction(CUfunction*, CUmodule, const char*) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuModuleUnload(CUmodule) { return CUDA_ERROR_NOT_SUPPORTED; }
CUresult cuLaunchKernel(CUfunction, unsigned int, unsigned int, unsigned int, unsigned int, unsigned int, unsigned int,
                        unsigned int, CUstream, void**, void**) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
