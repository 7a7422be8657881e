"""The driver API: functions, results, handles."""
from __future__ import annotations

import ctypes
import enum

from ._call import Handle, Maker
from ._library import load



class CUresult(enum.IntEnum):
    CUDA_SUCCESS = 0
    CUDA_ERROR_INVALID_VALUE = 1
    CUDA_ERROR_OUT_OF_MEMORY = 2
    CUDA_ERROR_NOT_INITIALIZED = 3
    CUDA_ERROR_NO_DEVICE = 100
    CUDA_ERROR_INVALID_DEVICE = 101
    CUDA_ERROR_INVALID_CONTEXT = 201
    CUDA_ERROR_OPERATING_SYSTEM = 304
    CUDA_ERROR_INVALID_HANDLE = 400
    CUDA_ERROR_NOT_FOUND = 500
    CUDA_ERROR_NOT_READY = 600
    CUDA_ERROR_NOT_PERMITTED = 800
    CUDA_ERROR_NOT_SUPPORTED = 801
    CUDA_ERROR_UNKNOWN = 999

    @classmethod
    def _missing_(cls, value):
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"CUDA_ERROR_{value}", value
        return member


class CUdevice_attribute(enum.IntEnum):
    CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1
    CU_DEVICE_ATTRIBUTE_WARP_SIZE = 10
    CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76
    CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY = 83


class CUdevice(Handle): ...
class CUcontext(Handle): ...
class CUdeviceptr(Handle): ...
class CUstream(Handle): ...
class CUevent(Handle): ...
class CUmodule(Handle): ...
class CUfunction(Handle): ...


_HANDLES = (CUdevice, CUcontext, CUdeviceptr, CUstream, CUevent, CUmodule, CUfunction)
_make = Maker(lambda: load("cuda"), CUresult, {t.__name__: t for t in _HANDLES})
_SIGNATURES = """
cuInit(Flags: uint)
cuDriverGetVersion() -> int
cuDeviceGetCount() -> int
cuDeviceGet(., ordinal: int) -> int
cuDeviceTotalMem(., dev: int) -> size
cuDeviceGetAttribute(., attrib: int, dev: int) -> int
cuCtxCreate(., flags: uint, dev: int) -> CUcontext
cuCtxDestroy(ctx: ptr)
cuCtxGetCurrent() -> CUcontext
cuCtxSetCurrent(ctx: ptr)
cuCtxPushCurrent(ctx: ptr)
cuCtxPopCurrent() -> CUcontext
cuCtxSynchronize()
cuDevicePrimaryCtxRetain(., dev: int) -> CUcontext
cuDevicePrimaryCtxRelease(dev: int)
cuMemGetInfo() -> size, size
cuMemAlloc(., bytesize: size) -> CUdeviceptr
cuMemAllocManaged(., bytesize: size, flags: uint) -> CUdeviceptr
cuMemAllocHost(., bytesize: size) -> ptr
cuMemHostAlloc(., bytesize: size, Flags: uint) -> ptr
cuMemFree(dptr: ptr)
cuMemFreeHost(p: ptr)
cuMemcpy(dst: ptr, src: ptr, ByteCount: size)
cuMemcpyAsync(dst: ptr, src: ptr, ByteCount: size, hStream: ptr)
cuMemcpyHtoD(dstDevice: ptr, srcHost: ptr, ByteCount: size)
cuMemcpyDtoH(dstHost: ptr, srcDevice: ptr, ByteCount: size)
cuMemcpyDtoD(dstDevice: ptr, srcDevice: ptr, ByteCount: size)
cuMemcpyHtoDAsync(dstDevice: ptr, srcHost: ptr, ByteCount: size, hStream: ptr)
cuMemcpyDtoHAsync(dstHost: ptr, srcDevice: ptr, ByteCount: size, hStream: ptr)
cuMemcpyDtoDAsync(dstDevice: ptr, srcDevice: ptr, ByteCount: size, hStream: ptr)
cuMemsetD8(dstDevice: ptr, uc: int, N: size)
cuMemsetD8Async(dstDevice: ptr, uc: int, N: size, hStream: ptr)
cuStreamCreate(., Flags: uint) -> CUstream
cuStreamDestroy(hStream: ptr)
cuStreamSynchronize(hStream: ptr)
cuStreamQuery(hStream: ptr)
cuStreamWaitEvent(hStream: ptr, hEvent: ptr, Flags: uint)
cuEventCreate(., Flags: uint) -> CUevent
cuEventRecord(hEvent: ptr, hStream: ptr)
cuEventQuery(hEvent: ptr)
cuEventSynchronize(hEvent: ptr)
cuEventElapsedTime(., hStart: ptr, hEnd: ptr) -> float
cuEventDestroy(hEvent: ptr)
cuModuleLoadData(., image: ptr) -> CUmodule
cuModuleGetFunction(., hmod: ptr, name: text) -> CUfunction
cuModuleUnload(hmod: ptr)
cuLaunchKernel(f: ptr, gridDimX: uint, gridDimY: uint, gridDimZ: uint, blockDimX: uint, blockDimY: uint, blockDimZ: uint, sharedMemBytes: uint, hStream: ptr, kernelParams: ptr, extra: ptr)
cuGetErrorName(error: int, .) -> text
cuGetErrorString(error: int, .) -> text
"""
for _line in _SIGNATURES.strip().splitlines():
    _name, _function = _make.function(_line)
    globals()[_name] = _function


def cuDeviceGetName(length: int, dev: int):
    """-> bytes"""
    buffer = ctypes.create_string_buffer(int(length))
    error = CUresult(_make.load().cuDeviceGetName(buffer, int(length), int(dev)))
    return error, buffer.value


__all__ = [name for name in globals() if name.startswith(("cu", "CU"))]
