#pragma once
/// \file
/// The CUDA runtime on host memory, for machines without a GPU: what programs around an inference engine use of it.
///
/// Device memory is host memory, a stream is a thread that keeps order, an event is a point in it with its time, a
/// graph is a list of recorded work. Kernels are not compiled or launched. A call that CUDA refuses is refused here
/// with the same error.

#include "driver_types.h"

/// The release of CUDA whose interface this is. A program that checks for another may define it beforehand.
#ifndef CUDART_VERSION
#define CUDART_VERSION 12080
#endif

#ifdef __cplusplus
#define DOVETAIL_DEFAULT(value) = value
extern "C" {
#else
#define DOVETAIL_DEFAULT(value)
#endif
#define DOVETAIL_CUDART extern __attribute__((visibility("default")))

// Errors. The last one is kept for each thread.
DOVETAIL_CUDART cudaError_t cudaGetLastError(void);
DOVETAIL_CUDART cudaError_t cudaPeekAtLastError(void);
DOVETAIL_CUDART const char* cudaGetErrorName(cudaError_t error);
DOVETAIL_CUDART const char* cudaGetErrorString(cudaError_t error);

// The device.
DOVETAIL_CUDART cudaError_t cudaGetDeviceCount(int* count);
DOVETAIL_CUDART cudaError_t cudaGetDevice(int* device);
DOVETAIL_CUDART cudaError_t cudaSetDevice(int device);
DOVETAIL_CUDART cudaError_t cudaInitDevice(int device, unsigned int deviceFlags, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaSetValidDevices(int* devices, int count);
DOVETAIL_CUDART cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp* prop);
DOVETAIL_CUDART cudaError_t cudaSetDeviceFlags(unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaGetDeviceFlags(unsigned int* flags);
DOVETAIL_CUDART cudaError_t cudaGetDeviceProperties(cudaDeviceProp* prop, int device);
DOVETAIL_CUDART cudaError_t cudaGetDeviceProperties_v2(cudaDeviceProp* prop, int device);
DOVETAIL_CUDART cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attr, int device);
DOVETAIL_CUDART cudaError_t cudaDeviceGetPCIBusId(char* pciBusId, int len, int device);
DOVETAIL_CUDART cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* pciBusId);
DOVETAIL_CUDART cudaError_t cudaDeviceSynchronize(void);
DOVETAIL_CUDART cudaError_t cudaThreadSynchronize(void);
DOVETAIL_CUDART cudaError_t cudaDeviceReset(void);
DOVETAIL_CUDART cudaError_t cudaDeviceGetLimit(size_t* value, cudaLimit limit);
DOVETAIL_CUDART cudaError_t cudaDeviceSetLimit(cudaLimit limit, size_t value);
DOVETAIL_CUDART cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* config);
DOVETAIL_CUDART cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache config);
DOVETAIL_CUDART cudaError_t cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* config);
DOVETAIL_CUDART cudaError_t cudaDeviceSetSharedMemConfig(cudaSharedMemConfig config);
DOVETAIL_CUDART cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority);
DOVETAIL_CUDART cudaError_t cudaDeviceCanAccessPeer(int* canAccessPeer, int device, int peerDevice);
DOVETAIL_CUDART cudaError_t cudaDeviceEnablePeerAccess(int peerDevice, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaDeviceDisablePeerAccess(int peerDevice);
DOVETAIL_CUDART cudaError_t cudaDriverGetVersion(int* driverVersion);
DOVETAIL_CUDART cudaError_t cudaRuntimeGetVersion(int* runtimeVersion);
DOVETAIL_CUDART cudaError_t cudaProfilerStart(void);
DOVETAIL_CUDART cudaError_t cudaProfilerStop(void);

// Memory.
DOVETAIL_CUDART cudaError_t cudaMalloc(void** devPtr, size_t size);
DOVETAIL_CUDART cudaError_t cudaMallocHost(void** ptr, size_t size);
DOVETAIL_CUDART cudaError_t cudaMallocManaged(void** devPtr, size_t size,
                                              unsigned int flags DOVETAIL_DEFAULT(cudaMemAttachGlobal));
DOVETAIL_CUDART cudaError_t cudaMallocPitch(void** devPtr, size_t* pitch, size_t width, size_t height);
DOVETAIL_CUDART cudaError_t cudaMalloc3D(cudaPitchedPtr* pitchedDevPtr, cudaExtent extent);
DOVETAIL_CUDART cudaError_t cudaMallocAsync(void** devPtr, size_t size, cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaMallocFromPoolAsync(void** ptr, size_t size, cudaMemPool_t memPool,
                                                    cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaFree(void* devPtr);
DOVETAIL_CUDART cudaError_t cudaFreeAsync(void* devPtr, cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaFreeHost(void* ptr);
DOVETAIL_CUDART cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaHostRegister(void* ptr, size_t size, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaHostUnregister(void* ptr);
DOVETAIL_CUDART cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaHostGetFlags(unsigned int* pFlags, void* pHost);
DOVETAIL_CUDART cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* ptr);
DOVETAIL_CUDART cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
DOVETAIL_CUDART cudaError_t cudaMemPrefetchAsync(const void* devPtr, size_t count, int dstDevice,
                                                 cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemAdvise(const void* devPtr, size_t count, cudaMemoryAdvise advice, int device);

// Memory pools: there is no caching, so a pool is the allocator and its attributes are kept without effect.
DOVETAIL_CUDART cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* memPool, int device);
DOVETAIL_CUDART cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* memPool, int device);
DOVETAIL_CUDART cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t memPool);
DOVETAIL_CUDART cudaError_t cudaMemPoolCreate(cudaMemPool_t* memPool, const cudaMemPoolProps* poolProps);
DOVETAIL_CUDART cudaError_t cudaMemPoolDestroy(cudaMemPool_t memPool);
DOVETAIL_CUDART cudaError_t cudaMemPoolTrimTo(cudaMemPool_t memPool, size_t minBytesToKeep);
DOVETAIL_CUDART cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t memPool, cudaMemPoolAttr attr, void* value);
DOVETAIL_CUDART cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t memPool, cudaMemPoolAttr attr, void* value);

// Copies.
DOVETAIL_CUDART cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, cudaMemcpyKind kind);
DOVETAIL_CUDART cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind,
                                            cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemcpyPeer(void* dst, int dstDevice, const void* src, int srcDevice, size_t count);
DOVETAIL_CUDART cudaError_t cudaMemcpyPeerAsync(void* dst, int dstDevice, const void* src, int srcDevice, size_t count,
                                                cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemcpy2D(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                                         size_t height, cudaMemcpyKind kind);
DOVETAIL_CUDART cudaError_t cudaMemcpy2DAsync(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                                              size_t height, cudaMemcpyKind kind,
                                              cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms* p);
DOVETAIL_CUDART cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms* p, cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* src, size_t count,
                                               size_t offset DOVETAIL_DEFAULT(0),
                                               cudaMemcpyKind kind DOVETAIL_DEFAULT(cudaMemcpyHostToDevice));
DOVETAIL_CUDART cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* src, size_t count, size_t offset,
                                                    cudaMemcpyKind kind, cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemcpyFromSymbol(void* dst, const void* symbol, size_t count,
                                                 size_t offset DOVETAIL_DEFAULT(0),
                                                 cudaMemcpyKind kind DOVETAIL_DEFAULT(cudaMemcpyDeviceToHost));
DOVETAIL_CUDART cudaError_t cudaMemcpyFromSymbolAsync(void* dst, const void* symbol, size_t count, size_t offset,
                                                      cudaMemcpyKind kind, cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemset(void* devPtr, int value, size_t count);
DOVETAIL_CUDART cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count,
                                            cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaMemset2D(void* devPtr, size_t pitch, int value, size_t width, size_t height);
DOVETAIL_CUDART cudaError_t cudaMemset2DAsync(void* devPtr, size_t pitch, int value, size_t width, size_t height,
                                              cudaStream_t stream DOVETAIL_DEFAULT(0));

// Streams.
DOVETAIL_CUDART cudaError_t cudaStreamCreate(cudaStream_t* pStream);
DOVETAIL_CUDART cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int priority);
DOVETAIL_CUDART cudaError_t cudaStreamDestroy(cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaStreamSynchronize(cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaStreamQuery(cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                                unsigned int flags DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* userData,
                                                  unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* userData);
DOVETAIL_CUDART cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned int* flags);
DOVETAIL_CUDART cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority);
DOVETAIL_CUDART cudaError_t cudaStreamGetId(cudaStream_t stream, unsigned long long* streamId);
DOVETAIL_CUDART cudaError_t cudaStreamAttachMemAsync(cudaStream_t stream, void* devPtr,
                                                     size_t length DOVETAIL_DEFAULT(0),
                                                     unsigned int flags DOVETAIL_DEFAULT(cudaMemAttachSingle));

// Events.
DOVETAIL_CUDART cudaError_t cudaEventCreate(cudaEvent_t* event);
DOVETAIL_CUDART cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream DOVETAIL_DEFAULT(0),
                                                     unsigned int flags DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaEventQuery(cudaEvent_t event);
DOVETAIL_CUDART cudaError_t cudaEventSynchronize(cudaEvent_t event);
DOVETAIL_CUDART cudaError_t cudaEventDestroy(cudaEvent_t event);
DOVETAIL_CUDART cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end);

// Graphs.
DOVETAIL_CUDART cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
DOVETAIL_CUDART cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* pGraph);
DOVETAIL_CUDART cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* pCaptureStatus);
DOVETAIL_CUDART cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* pCaptureStatus,
                                                     unsigned long long* pId DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode);
DOVETAIL_CUDART cudaError_t cudaGraphCreate(cudaGraph_t* pGraph, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaGraphDestroy(cudaGraph_t graph);
DOVETAIL_CUDART cudaError_t cudaGraphClone(cudaGraph_t* pGraphClone, cudaGraph_t originalGraph);
DOVETAIL_CUDART cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                                  const cudaGraphNode_t* pDependencies, size_t numDependencies);
DOVETAIL_CUDART cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                                 const cudaGraphNode_t* pDependencies, size_t numDependencies,
                                                 const cudaHostNodeParams* pNodeParams);
DOVETAIL_CUDART cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                                     const cudaGraphNode_t* pDependencies, size_t numDependencies,
                                                     void* dst, const void* src, size_t count, cudaMemcpyKind kind);
DOVETAIL_CUDART cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                                   const cudaGraphNode_t* pDependencies, size_t numDependencies,
                                                   const cudaMemsetParams* pMemsetParams);
DOVETAIL_CUDART cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                                       const cudaGraphNode_t* pDependencies, size_t numDependencies,
                                                       cudaGraph_t childGraph);
DOVETAIL_CUDART cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                                     const cudaGraphNode_t* to, size_t numDependencies);
DOVETAIL_CUDART cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* numNodes);
DOVETAIL_CUDART cudaError_t cudaGraphGetRootNodes(cudaGraph_t graph, cudaGraphNode_t* pRootNodes,
                                                  size_t* pNumRootNodes);
DOVETAIL_CUDART cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to,
                                              size_t* numEdges);
DOVETAIL_CUDART cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* pType);
DOVETAIL_CUDART cudaError_t cudaGraphDebugDotPrint(cudaGraph_t graph, const char* path, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                                 unsigned long long flags DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                                          unsigned long long flags DOVETAIL_DEFAULT(0));
DOVETAIL_CUDART cudaError_t cudaGraphExecUpdate(cudaGraphExec_t hGraphExec, cudaGraph_t hGraph,
                                                cudaGraphExecUpdateResultInfo* resultInfo);
DOVETAIL_CUDART cudaError_t cudaGraphUpload(cudaGraphExec_t graphExec, cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec);

// Kernels: there are none, so a function is never a kernel.
DOVETAIL_CUDART cudaError_t cudaLaunchKernel(const void* func, dim3 gridDim, dim3 blockDim, void** args,
                                             size_t sharedMem, cudaStream_t stream);
DOVETAIL_CUDART cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attr, const void* func);
DOVETAIL_CUDART cudaError_t cudaFuncSetAttribute(const void* func, cudaFuncAttribute attr, int value);
DOVETAIL_CUDART cudaError_t cudaFuncSetCacheConfig(const void* func, cudaFuncCache cacheConfig);
DOVETAIL_CUDART cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* numBlocks, const void* func,
                                                                          int blockSize, size_t dynamicSMemSize);
DOVETAIL_CUDART cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* numBlocks, const void* func,
                                                                                   int blockSize,
                                                                                   size_t dynamicSMemSize,
                                                                                   unsigned int flags);

// Sharing between processes is not supported; the calls say so.
DOVETAIL_CUDART cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* devPtr);
DOVETAIL_CUDART cudaError_t cudaIpcOpenMemHandle(void** devPtr, cudaIpcMemHandle_t handle, unsigned int flags);
DOVETAIL_CUDART cudaError_t cudaIpcCloseMemHandle(void* devPtr);
DOVETAIL_CUDART cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t* handle, cudaEvent_t event);
DOVETAIL_CUDART cudaError_t cudaIpcOpenEventHandle(cudaEvent_t* event, cudaIpcEventHandle_t handle);

/// Tells the runtime how large a variable is whose address serves as device memory (see cudaGetSymbolAddress in
/// cuda_runtime.h).
DOVETAIL_CUDART cudaError_t dovetailCudaRegisterSymbol(const void* symbol, size_t size);

#ifdef __cplusplus
}

// CUDA 11's forms of two calls.
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t graph, cudaGraphNode_t* pErrorNode,
                                        char* pLogBuffer, size_t bufferSize) {
  if (pErrorNode != nullptr) *pErrorNode = nullptr;
  if (pLogBuffer != nullptr && bufferSize > 0) pLogBuffer[0] = '\0';
  return cudaGraphInstantiate(pGraphExec, graph, 0ULL);
}
inline cudaError_t cudaGraphExecUpdate(cudaGraphExec_t hGraphExec, cudaGraph_t hGraph, cudaGraphNode_t* hErrorNode_out,
                                       cudaGraphExecUpdateResult* updateResult_out) {
  cudaGraphExecUpdateResultInfo info;
  cudaError_t const error = cudaGraphExecUpdate(hGraphExec, hGraph, &info);
  if (hErrorNode_out != nullptr) *hErrorNode_out = info.errorNode;
  if (updateResult_out != nullptr) *updateResult_out = info.result;
  return error;
}
#endif
#undef DOVETAIL_DEFAULT
#undef DOVETAIL_CUDART
