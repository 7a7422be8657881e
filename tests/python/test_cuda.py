"""cuda.cudart, cuda.cuda and cuda.bindings on host memory, with cuda-python's conventions."""
import importlib.util
import subprocess
import sys

import dovetail as trt
import numpy as np
import pytest
from python_testing import BUILD, ROOT, mlp, weights
from dovetail import _hostcuda

if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

from cuda import cuda, cudart  # noqa: E402
from cuda.bindings import driver, nvrtc, runtime  # noqa: E402


def ok(result):
    error, *values = result
    assert error == cudart.cudaError_t.cudaSuccess, error
    return values[0] if len(values) == 1 else tuple(values)


def test_calls_return_tuples():
    assert cudart.cudaDeviceSynchronize() == (cudart.cudaError_t.cudaSuccess,)
    error, pointer = cudart.cudaMalloc(16)
    assert error == cudart.cudaError_t.cudaSuccess and isinstance(pointer, int) and pointer % 16 == 0
    assert cudart.cudaFree(pointer)[0] == 0
    error, = cudart.cudaFree(12345)
    assert error != 0 and error.name.startswith("cudaError")
    assert cudart.cudaGetErrorName(cudart.cudaError_t.cudaErrorInvalidValue)[1] == b"cudaErrorInvalidValue"
    assert ok(cudart.cudaGetErrorString(cudart.cudaError_t.cudaSuccess)) == b"no error"
    assert runtime.cudaMalloc is cudart.cudaMalloc and driver.cuInit is cuda.cuInit
    with pytest.raises(TypeError, match="size"):
        cudart.cudaMalloc()


def test_devices():
    assert ok(cudart.cudaGetDeviceCount()) == 1 and ok(cudart.cudaGetDevice()) == 0 and cudart.cudaSetDevice(0)[0] == 0
    major = ok(cudart.cudaDeviceGetAttribute(cudart.cudaDeviceAttr.cudaDevAttrComputeCapabilityMajor, 0))
    properties = ok(cudart.cudaGetDeviceProperties(0))
    assert properties.major == major and properties.name and properties.multiProcessorCount > 0
    free, total = ok(cudart.cudaMemGetInfo())
    assert 0 < free <= total


def test_a_program_of_the_older_style(engine):
    stream = ok(cudart.cudaStreamCreate())
    context = engine.create_execution_context()
    x, y = weights(2, 16), np.empty((2, 4), np.float32)
    buffers = [ok(cudart.cudaMallocAsync(a.nbytes, stream)) for a in (x, y)]
    kind = cudart.cudaMemcpyKind
    cudart.cudaMemcpyAsync(buffers[0], x.ctypes.data, x.nbytes, kind.cudaMemcpyHostToDevice, stream)
    for name, buffer in zip("xy", buffers):
        context.set_tensor_address(name, buffer)
    assert context.execute_async_v3(stream)
    cudart.cudaMemcpyAsync(y.ctypes.data, buffers[1], y.nbytes, kind.cudaMemcpyDeviceToHost, stream)
    cudart.cudaStreamSynchronize(stream)
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)
    for buffer in buffers:
        assert cudart.cudaFreeAsync(buffer, stream)[0] == 0
    assert cudart.cudaStreamDestroy(stream)[0] == 0


def test_pinned_memory_and_arrays_as_pointers():
    pinned = ok(cudart.cudaHostAlloc(64, cudart.cudaHostAllocWriteCombined))
    x, y = weights(4, 4), np.empty((4, 4), np.float32)
    assert cudart.cudaMemcpy(pinned, x, 64, cudart.cudaMemcpyKind.cudaMemcpyHostToHost)[0] == 0
    assert cudart.cudaMemcpy(y, np.uint64(pinned), 64, cudart.cudaMemcpyKind.cudaMemcpyDefault)[0] == 0
    assert np.array_equal(x, y) and cudart.cudaFreeHost(pinned)[0] == 0


def test_events_measure(engine):
    stream = ok(cudart.cudaStreamCreate())
    start, end = ok(cudart.cudaEventCreate()), ok(cudart.cudaEventCreate())
    context = engine.create_execution_context()
    x, y = weights(2, 16), np.empty((2, 4), np.float32)
    context.set_tensor_address("x", x.ctypes.data)
    context.set_tensor_address("y", y.ctypes.data)
    cudart.cudaEventRecord(start, stream)
    assert context.execute_async_v3(stream)
    cudart.cudaEventRecord(end, stream)
    cudart.cudaEventSynchronize(end)
    assert ok(cudart.cudaEventElapsedTime(start, end)) >= 0
    for event in (start, end):
        cudart.cudaEventDestroy(event)
    cudart.cudaStreamDestroy(stream)


def test_graphs_capture_copies_and_runs(engine):
    stream = ok(cudart.cudaStreamCreate())
    context = engine.create_execution_context()
    x, y = np.zeros((2, 16), np.float32), np.empty((2, 4), np.float32)
    device = [ok(cudart.cudaMalloc(a.nbytes)) for a in (x, y)]
    for name, address in zip("xy", device):
        context.set_tensor_address(name, address)
    kind = cudart.cudaMemcpyKind
    cudart.cudaStreamBeginCapture(stream, cudart.cudaStreamCaptureMode.cudaStreamCaptureModeGlobal)
    cudart.cudaMemcpyAsync(device[0], x.ctypes.data, x.nbytes, kind.cudaMemcpyHostToDevice, stream)
    assert context.execute_async_v3(stream)
    cudart.cudaMemcpyAsync(y.ctypes.data, device[1], y.nbytes, kind.cudaMemcpyDeviceToHost, stream)
    graph = ok(cudart.cudaStreamEndCapture(stream))
    executable = ok(cudart.cudaGraphInstantiate(graph, 0))
    assert len(cudart.cudaGraphInstantiate(graph, b"", 0)) == 3
    for seed in (1, 2):
        x[:] = weights(2, 16, seed=seed)
        cudart.cudaGraphLaunch(executable, stream)
        cudart.cudaStreamSynchronize(stream)
        np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_driver():
    assert cuda.cuInit(0)[0] == cuda.CUresult.CUDA_SUCCESS
    error, device = cuda.cuDeviceGet(0)
    assert error == 0 and cuda.cuDeviceGetName(64, device)[1]
    error, pointer = cuda.cuMemAlloc(64)
    x, y = weights(4, 4), np.empty((4, 4), np.float32)
    assert error == 0 and cuda.cuMemcpyHtoD(pointer, x.ctypes.data, 64)[0] == 0
    assert cuda.cuMemcpyDtoH(y.ctypes.data, pointer, 64)[0] == 0 and np.array_equal(x, y)
    assert cuda.cuMemFree(pointer)[0] == 0
    with pytest.raises(NotImplementedError, match="GPU"):
        nvrtc.nvrtcVersion()


def test_importing_loads_no_library():
    """PyTorch imports cuda.bindings where it finds it: a driver that was loaded by that would be taken for a GPU's."""
    code = ("import sys; sys.path[:0] = sys.argv[1:]; import cuda.bindings.driver, cuda.bindings.runtime, cuda.cuda, cuda.cudart; "
            "sys.exit('libcuda' in open('/proc/self/maps').read())")
    folders = [str(ROOT / "compat" / "cuda_python"), str(BUILD / "python")]
    assert subprocess.run([sys.executable, "-c", code, *folders]).returncode == 0


def test_nothing_of_nvidia_is_shadowed():
    assert importlib.util.find_spec("nvidia") is None or "dovetail" not in str(importlib.util.find_spec("nvidia"))
