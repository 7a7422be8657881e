"""The runtime API: functions, enumerations, handles."""
from __future__ import annotations

import ctypes
import enum

from ._call import Handle, Maker
from ._library import load



class _Errors(enum.IntEnum):
    """An error that the library knows by number but this module not by name becomes a member when it is met."""

    @classmethod
    def _missing_(cls, value):
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"cudaError{value}", value
        return member


cudaError_t = _Errors("cudaError_t", {
    "cudaSuccess": 0, "cudaErrorInvalidValue": 1, "cudaErrorMemoryAllocation": 2, "cudaErrorInitializationError": 3,
    "cudaErrorCudartUnloading": 4, "cudaErrorInvalidConfiguration": 9, "cudaErrorInvalidPitchValue": 12,
    "cudaErrorInvalidSymbol": 13, "cudaErrorInvalidHostPointer": 16, "cudaErrorInvalidDevicePointer": 17,
    "cudaErrorInvalidMemcpyDirection": 21, "cudaErrorInsufficientDriver": 35, "cudaErrorInvalidDeviceFunction": 98,
    "cudaErrorNoDevice": 100, "cudaErrorInvalidDevice": 101, "cudaErrorInvalidKernelImage": 200,
    "cudaErrorInvalidResourceHandle": 400, "cudaErrorIllegalState": 401, "cudaErrorSymbolNotFound": 500,
    "cudaErrorNotReady": 600, "cudaErrorIllegalAddress": 700, "cudaErrorHostMemoryAlreadyRegistered": 712,
    "cudaErrorHostMemoryNotRegistered": 713, "cudaErrorLaunchFailure": 719, "cudaErrorNotPermitted": 800,
    "cudaErrorNotSupported": 801, "cudaErrorStreamCaptureUnsupported": 900, "cudaErrorStreamCaptureInvalidated": 901,
    "cudaErrorStreamCaptureMerge": 902, "cudaErrorStreamCaptureUnmatched": 903, "cudaErrorStreamCaptureUnjoined": 904,
    "cudaErrorStreamCaptureIsolation": 905, "cudaErrorStreamCaptureImplicit": 906, "cudaErrorCapturedEvent": 907,
    "cudaErrorStreamCaptureWrongThread": 908, "cudaErrorUnknown": 999,
})


def _enumeration(name: str, prefix: str, members: str, first: int = 0) -> type[enum.IntEnum]:
    return enum.IntEnum(name, [(prefix + m, first + i) for i, m in enumerate(members.split())])


cudaMemcpyKind = _enumeration("cudaMemcpyKind", "cudaMemcpy", "HostToHost HostToDevice DeviceToHost DeviceToDevice Default")
cudaMemoryType = _enumeration("cudaMemoryType", "cudaMemoryType", "Unregistered Host Device Managed")
cudaStreamCaptureMode = _enumeration("cudaStreamCaptureMode", "cudaStreamCaptureMode", "Global ThreadLocal Relaxed")
cudaStreamCaptureStatus = _enumeration("cudaStreamCaptureStatus", "cudaStreamCaptureStatus", "None Active Invalidated")
cudaMemoryAdvise = _enumeration("cudaMemoryAdvise", "cudaMemAdvise", "SetReadMostly UnsetReadMostly SetPreferredLocation "
                                "UnsetPreferredLocation SetAccessedBy UnsetAccessedBy", 1)
cudaDeviceAttr = enum.IntEnum("cudaDeviceAttr", {"cudaDevAttr" + name: value for name, value in {
    "MaxThreadsPerBlock": 1, "MaxBlockDimX": 2, "MaxBlockDimY": 3, "MaxBlockDimZ": 4, "MaxGridDimX": 5, "MaxGridDimY": 6,
    "MaxGridDimZ": 7, "MaxSharedMemoryPerBlock": 8, "TotalConstantMemory": 9, "WarpSize": 10, "MaxPitch": 11,
    "MaxRegistersPerBlock": 12, "ClockRate": 13, "TextureAlignment": 14, "MultiProcessorCount": 16, "KernelExecTimeout": 17,
    "Integrated": 18, "CanMapHostMemory": 19, "ComputeMode": 20, "ConcurrentKernels": 31, "EccEnabled": 32, "PciBusId": 33,
    "PciDeviceId": 34, "MemoryClockRate": 36, "GlobalMemoryBusWidth": 37, "L2CacheSize": 38,
    "MaxThreadsPerMultiProcessor": 39, "AsyncEngineCount": 40, "UnifiedAddressing": 41, "ComputeCapabilityMajor": 75,
    "ComputeCapabilityMinor": 76, "StreamPrioritiesSupported": 78, "MaxSharedMemoryPerMultiprocessor": 81,
    "ManagedMemory": 83, "PageableMemoryAccess": 88, "ConcurrentManagedAccess": 89, "CooperativeLaunch": 95,
    "MaxSharedMemoryPerBlockOptin": 97, "MemoryPoolsSupported": 115}.items()})

for _name, _value in {
    "cudaHostAllocDefault": 0, "cudaHostAllocPortable": 1, "cudaHostAllocMapped": 2, "cudaHostAllocWriteCombined": 4,
    "cudaHostRegisterDefault": 0, "cudaHostRegisterPortable": 1, "cudaHostRegisterMapped": 2, "cudaEventDefault": 0,
    "cudaEventBlockingSync": 1, "cudaEventDisableTiming": 2, "cudaEventInterprocess": 4, "cudaEventRecordDefault": 0,
    "cudaEventRecordExternal": 1, "cudaEventWaitDefault": 0, "cudaEventWaitExternal": 1, "cudaStreamDefault": 0,
    "cudaStreamNonBlocking": 1, "cudaStreamLegacy": 1, "cudaStreamPerThread": 2, "cudaMemAttachGlobal": 1,
    "cudaMemAttachHost": 2, "cudaMemAttachSingle": 4, "cudaDeviceScheduleAuto": 0, "cudaDeviceScheduleSpin": 1,
    "cudaDeviceScheduleYield": 2, "cudaDeviceScheduleBlockingSync": 4, "cudaDeviceMapHost": 8,
    "cudaGraphInstantiateFlagAutoFreeOnLaunch": 1, "cudaGraphInstantiateFlagUpload": 2, "CUDART_VERSION": 12080,
}.items():
    globals()[_name] = _value


class cudaStream_t(Handle): ...
class cudaEvent_t(Handle): ...
class cudaGraph_t(Handle): ...
class cudaGraphNode_t(Handle): ...
class cudaGraphExec_t(Handle): ...
class cudaMemPool_t(Handle): ...
class cudaHostFn_t(Handle): ...


class cudaDeviceProp(ctypes.Structure):
    """The leading fields, in CUDA 12's order; what follows is there as bytes."""

    _fields_ = [("name", ctypes.c_char * 256), ("_uuid", ctypes.c_char * 16), ("luid", ctypes.c_char * 8),
                ("luidDeviceNodeMask", ctypes.c_uint), ("totalGlobalMem", ctypes.c_size_t),
                ("sharedMemPerBlock", ctypes.c_size_t), ("regsPerBlock", ctypes.c_int), ("warpSize", ctypes.c_int),
                ("memPitch", ctypes.c_size_t), ("maxThreadsPerBlock", ctypes.c_int), ("maxThreadsDim", ctypes.c_int * 3),
                ("maxGridSize", ctypes.c_int * 3), ("clockRate", ctypes.c_int), ("totalConstMem", ctypes.c_size_t),
                ("major", ctypes.c_int), ("minor", ctypes.c_int), ("textureAlignment", ctypes.c_size_t),
                ("texturePitchAlignment", ctypes.c_size_t), ("deviceOverlap", ctypes.c_int),
                ("multiProcessorCount", ctypes.c_int), ("kernelExecTimeoutEnabled", ctypes.c_int),
                ("integrated", ctypes.c_int), ("canMapHostMemory", ctypes.c_int), ("computeMode", ctypes.c_int),
                ("_rest", ctypes.c_char * 2048)]


_HANDLES = (cudaStream_t, cudaEvent_t, cudaGraph_t, cudaGraphNode_t, cudaGraphExec_t, cudaMemPool_t)
_make = Maker(lambda: load("cudart"), cudaError_t,
              {t.__name__: t for t in (*_HANDLES, cudaStreamCaptureStatus, cudaStreamCaptureMode)})
_SIGNATURES = """
cudaGetDeviceCount() -> int
cudaGetDevice() -> int
cudaSetDevice(device: int)
cudaSetDeviceFlags(flags: uint)
cudaDeviceGetAttribute(., attr: int, device: int) -> int
cudaDeviceSynchronize()
cudaDeviceReset()
cudaDeviceGetStreamPriorityRange() -> int, int
cudaDriverGetVersion() -> int
cudaRuntimeGetVersion() -> int
cudaGetLastError()
cudaPeekAtLastError()
cudaMalloc(., size: size) -> ptr
cudaMallocHost(., size: size) -> ptr
cudaMallocManaged(., size: size, flags: uint = 1) -> ptr
cudaMallocAsync(., size: size, hStream: ptr) -> ptr
cudaMallocPitch(., width: size, height: size) -> ptr, size
cudaHostAlloc(., size: size, flags: uint) -> ptr
cudaHostRegister(ptr: ptr, size: size, flags: uint)
cudaHostUnregister(ptr: ptr)
cudaHostGetDevicePointer(., pHost: ptr, flags: uint) -> ptr
cudaFree(devPtr: ptr)
cudaFreeHost(ptr: ptr)
cudaFreeAsync(devPtr: ptr, hStream: ptr)
cudaMemGetInfo() -> size, size
cudaMemcpy(dst: ptr, src: ptr, count: size, kind: int)
cudaMemcpyAsync(dst: ptr, src: ptr, count: size, kind: int, stream: ptr = 0)
cudaMemcpy2D(dst: ptr, dpitch: size, src: ptr, spitch: size, width: size, height: size, kind: int)
cudaMemcpy2DAsync(dst: ptr, dpitch: size, src: ptr, spitch: size, width: size, height: size, kind: int, stream: ptr = 0)
cudaMemcpyPeer(dst: ptr, dstDevice: int, src: ptr, srcDevice: int, count: size)
cudaMemset(devPtr: ptr, value: int, count: size)
cudaMemsetAsync(devPtr: ptr, value: int, count: size, stream: ptr = 0)
cudaMemset2D(devPtr: ptr, pitch: size, value: int, width: size, height: size)
cudaMemPrefetchAsync(devPtr: ptr, count: size, dstDevice: int, stream: ptr = 0)
cudaMemAdvise(devPtr: ptr, count: size, advice: int, device: int)
cudaDeviceGetDefaultMemPool(., device: int) -> cudaMemPool_t
cudaStreamCreate() -> cudaStream_t
cudaStreamCreateWithFlags(., flags: uint) -> cudaStream_t
cudaStreamCreateWithPriority(., flags: uint, priority: int) -> cudaStream_t
cudaStreamDestroy(stream: ptr)
cudaStreamSynchronize(stream: ptr)
cudaStreamQuery(stream: ptr)
cudaStreamWaitEvent(stream: ptr, event: ptr, flags: uint = 0)
cudaStreamGetFlags(hStream: ptr, .) -> uint
cudaStreamGetPriority(hStream: ptr, .) -> int
cudaLaunchHostFunc(stream: ptr, fn: ptr, userData: ptr)
cudaEventCreate() -> cudaEvent_t
cudaEventCreateWithFlags(., flags: uint) -> cudaEvent_t
cudaEventRecord(event: ptr, stream: ptr = 0)
cudaEventRecordWithFlags(event: ptr, stream: ptr, flags: uint)
cudaEventQuery(event: ptr)
cudaEventSynchronize(event: ptr)
cudaEventElapsedTime(., start: ptr, end: ptr) -> float
cudaEventDestroy(event: ptr)
cudaStreamBeginCapture(stream: ptr, mode: int)
cudaStreamEndCapture(stream: ptr, .) -> cudaGraph_t
cudaStreamIsCapturing(stream: ptr, .) -> cudaStreamCaptureStatus
cudaGraphCreate(., flags: uint) -> cudaGraph_t
cudaGraphInstantiateWithFlags(., graph: ptr, flags: ulonglong) -> cudaGraphExec_t
cudaGraphUpload(graphExec: ptr, stream: ptr)
cudaGraphLaunch(graphExec: ptr, stream: ptr)
cudaGraphExecDestroy(graphExec: ptr)
cudaGraphDestroy(graph: ptr)
cudaGraphClone(., originalGraph: ptr) -> cudaGraph_t
cudaProfilerStart()
cudaProfilerStop()
"""
for _line in _SIGNATURES.strip().splitlines():
    _name, _function = _make.function(_line)
    globals()[_name] = _function


def cudaGraphInstantiate(graph, flags_or_log=0, buffer_size=None):
    """(graph, flags) -> graphExec, as from CUDA 12 on; (graph, log, size) -> graphExec, error node, as before."""
    flags = flags_or_log if buffer_size is None else 0
    error, executable = cudaGraphInstantiateWithFlags(graph, flags or 0)
    return (error, executable) if buffer_size is None else (error, executable, cudaGraphNode_t(0))


def cudaGetDeviceProperties(device: int):
    """-> cudaDeviceProp"""
    properties = cudaDeviceProp()
    library = _make.load()
    function = getattr(library, "cudaGetDeviceProperties_v2", None) or library.cudaGetDeviceProperties
    error = cudaError_t(function(ctypes.byref(properties), int(device)))
    return error, properties


def _text(function: str, error) -> bytes:
    call = getattr(_make.load(), function)
    call.restype = ctypes.c_char_p
    return call(int(error))


def cudaGetErrorName(error):
    """-> bytes"""
    return cudaError_t.cudaSuccess, _text("cudaGetErrorName", error)


def cudaGetErrorString(error):
    """-> bytes"""
    return cudaError_t.cudaSuccess, _text("cudaGetErrorString", error)


__all__ = [name for name in globals() if name.startswith(("cuda", "CUDA"))]
