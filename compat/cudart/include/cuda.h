#pragma once
/// \file
/// The CUDA driver's interface on host memory: what programs use of it beside the runtime. Its streams, events and
/// memory are the runtime's. Modules and kernels are not there.

#include <stddef.h>
#include <stdint.h>

#ifndef CUDA_VERSION
#define CUDA_VERSION 12080
#endif

#ifdef __cplusplus
extern "C" {
#endif
#define CUDAAPI
#define DOVETAIL_CUDA extern __attribute__((visibility("default")))

typedef enum cudaError_enum {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_OPERATING_SYSTEM = 304,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_NOT_PERMITTED = 800,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_UNKNOWN = 999
} CUresult;

typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUuuid_st {
  char bytes[16];
} CUuuid;

/// Numbered as cudaDeviceAttr, which has the same values.
typedef enum CUdevice_attribute_enum {
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK = 8,
  CU_DEVICE_ATTRIBUTE_WARP_SIZE = 10,
  CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13,
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
  CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY = 19,
  CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS = 31,
  CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE = 36,
  CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH = 37,
  CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR = 39,
  CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT = 40,
  CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY = 83
} CUdevice_attribute;

#define CU_STREAM_DEFAULT 0x0
#define CU_STREAM_NON_BLOCKING 0x1
#define CU_EVENT_DEFAULT 0x0
#define CU_EVENT_BLOCKING_SYNC 0x1
#define CU_EVENT_DISABLE_TIMING 0x2
#define CU_CTX_SCHED_AUTO 0x00
#define CU_CTX_SCHED_SPIN 0x01
#define CU_CTX_SCHED_YIELD 0x02
#define CU_CTX_SCHED_BLOCKING_SYNC 0x04
#define CU_CTX_MAP_HOST 0x08
#define CU_MEMHOSTALLOC_PORTABLE 0x01
#define CU_MEMHOSTALLOC_DEVICEMAP 0x02
#define CU_MEMHOSTALLOC_WRITECOMBINED 0x04

// The names of the first releases stand for the second ones, as in CUDA's header.
#define cuDeviceTotalMem cuDeviceTotalMem_v2
#define cuCtxCreate cuCtxCreate_v2
#define cuCtxDestroy cuCtxDestroy_v2
#define cuCtxPushCurrent cuCtxPushCurrent_v2
#define cuCtxPopCurrent cuCtxPopCurrent_v2
#define cuDevicePrimaryCtxRelease cuDevicePrimaryCtxRelease_v2
#define cuMemGetInfo cuMemGetInfo_v2
#define cuMemAlloc cuMemAlloc_v2
#define cuMemAllocHost cuMemAllocHost_v2
#define cuMemFree cuMemFree_v2
#define cuMemcpyHtoD cuMemcpyHtoD_v2
#define cuMemcpyDtoH cuMemcpyDtoH_v2
#define cuMemcpyDtoD cuMemcpyDtoD_v2
#define cuMemcpyHtoDAsync cuMemcpyHtoDAsync_v2
#define cuMemcpyDtoHAsync cuMemcpyDtoHAsync_v2
#define cuMemcpyDtoDAsync cuMemcpyDtoDAsync_v2
#define cuMemsetD8 cuMemsetD8_v2
#define cuStreamDestroy cuStreamDestroy_v2
#define cuEventDestroy cuEventDestroy_v2

DOVETAIL_CUDA CUresult cuInit(unsigned int flags);
DOVETAIL_CUDA CUresult cuDriverGetVersion(int* driverVersion);
DOVETAIL_CUDA CUresult cuGetErrorName(CUresult error, const char** pStr);
DOVETAIL_CUDA CUresult cuGetErrorString(CUresult error, const char** pStr);

DOVETAIL_CUDA CUresult cuDeviceGetCount(int* count);
DOVETAIL_CUDA CUresult cuDeviceGet(CUdevice* device, int ordinal);
DOVETAIL_CUDA CUresult cuDeviceGetName(char* name, int len, CUdevice dev);
DOVETAIL_CUDA CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice dev);
DOVETAIL_CUDA CUresult cuDeviceTotalMem(size_t* bytes, CUdevice dev);
DOVETAIL_CUDA CUresult cuDeviceGetAttribute(int* pi, CUdevice_attribute attrib, CUdevice dev);

// There is one context for the one device; creating another gives the same one.
DOVETAIL_CUDA CUresult cuCtxCreate(CUcontext* pctx, unsigned int flags, CUdevice dev);
DOVETAIL_CUDA CUresult cuCtxDestroy(CUcontext ctx);
DOVETAIL_CUDA CUresult cuCtxGetCurrent(CUcontext* pctx);
DOVETAIL_CUDA CUresult cuCtxSetCurrent(CUcontext ctx);
DOVETAIL_CUDA CUresult cuCtxPushCurrent(CUcontext ctx);
DOVETAIL_CUDA CUresult cuCtxPopCurrent(CUcontext* pctx);
DOVETAIL_CUDA CUresult cuCtxGetDevice(CUdevice* device);
DOVETAIL_CUDA CUresult cuCtxSynchronize(void);
DOVETAIL_CUDA CUresult cuDevicePrimaryCtxRetain(CUcontext* pctx, CUdevice dev);
DOVETAIL_CUDA CUresult cuDevicePrimaryCtxRelease(CUdevice dev);

DOVETAIL_CUDA CUresult cuMemGetInfo(size_t* free, size_t* total);
DOVETAIL_CUDA CUresult cuMemAlloc(CUdeviceptr* dptr, size_t bytesize);
DOVETAIL_CUDA CUresult cuMemAllocManaged(CUdeviceptr* dptr, size_t bytesize, unsigned int flags);
DOVETAIL_CUDA CUresult cuMemAllocHost(void** pp, size_t bytesize);
DOVETAIL_CUDA CUresult cuMemHostAlloc(void** pp, size_t bytesize, unsigned int flags);
DOVETAIL_CUDA CUresult cuMemFree(CUdeviceptr dptr);
DOVETAIL_CUDA CUresult cuMemFreeHost(void* p);
DOVETAIL_CUDA CUresult cuMemcpy(CUdeviceptr dst, CUdeviceptr src, size_t byteCount);
DOVETAIL_CUDA CUresult cuMemcpyAsync(CUdeviceptr dst, CUdeviceptr src, size_t byteCount, CUstream stream);
DOVETAIL_CUDA CUresult cuMemcpyHtoD(CUdeviceptr dst, const void* src, size_t byteCount);
DOVETAIL_CUDA CUresult cuMemcpyDtoH(void* dst, CUdeviceptr src, size_t byteCount);
DOVETAIL_CUDA CUresult cuMemcpyDtoD(CUdeviceptr dst, CUdeviceptr src, size_t byteCount);
DOVETAIL_CUDA CUresult cuMemcpyHtoDAsync(CUdeviceptr dst, const void* src, size_t byteCount, CUstream stream);
DOVETAIL_CUDA CUresult cuMemcpyDtoHAsync(void* dst, CUdeviceptr src, size_t byteCount, CUstream stream);
DOVETAIL_CUDA CUresult cuMemcpyDtoDAsync(CUdeviceptr dst, CUdeviceptr src, size_t byteCount, CUstream stream);
DOVETAIL_CUDA CUresult cuMemsetD8(CUdeviceptr dst, unsigned char value, size_t count);
DOVETAIL_CUDA CUresult cuMemsetD8Async(CUdeviceptr dst, unsigned char value, size_t count, CUstream stream);

DOVETAIL_CUDA CUresult cuStreamCreate(CUstream* phStream, unsigned int flags);
DOVETAIL_CUDA CUresult cuStreamDestroy(CUstream hStream);
DOVETAIL_CUDA CUresult cuStreamSynchronize(CUstream hStream);
DOVETAIL_CUDA CUresult cuStreamQuery(CUstream hStream);
DOVETAIL_CUDA CUresult cuStreamWaitEvent(CUstream hStream, CUevent hEvent, unsigned int flags);
DOVETAIL_CUDA CUresult cuEventCreate(CUevent* phEvent, unsigned int flags);
DOVETAIL_CUDA CUresult cuEventRecord(CUevent hEvent, CUstream hStream);
DOVETAIL_CUDA CUresult cuEventQuery(CUevent hEvent);
DOVETAIL_CUDA CUresult cuEventSynchronize(CUevent hEvent);
DOVETAIL_CUDA CUresult cuEventElapsedTime(float* pMilliseconds, CUevent hStart, CUevent hEnd);
DOVETAIL_CUDA CUresult cuEventDestroy(CUevent hEvent);

DOVETAIL_CUDA CUresult cuModuleLoadData(CUmodule* module, const void* image);
DOVETAIL_CUDA CUresult cuModuleGetFunction(CUfunction* hfunc, CUmodule hmod, const char* name);
DOVETAIL_CUDA CUresult cuModuleUnload(CUmodule hmod);
DOVETAIL_CUDA CUresult cuLaunchKernel(CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
                                      unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
                                      unsigned int sharedMemBytes, CUstream hStream, void** kernelParams, void** extra);

#undef DOVETAIL_CUDA
#ifdef __cplusplus
}
#endif
