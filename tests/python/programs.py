"""Runs networks the way programs for TensorRT run them: the drop-in packages, device memory, tensors by name or by number."""
import warnings

import numpy as np
import tensorrt as trt
from cuda import cudart


def check(result):
    """The values that a call of cuda-python gives behind its error."""
    assert result[0] == cudart.cudaError_t.cudaSuccess, result[0]
    return result[1] if len(result) == 2 else result[1:]


def build(log, define, feeds, dynamic=(), values=None, flags=(), configure=None):
    """The engine of the network that define(network, **inputs) makes; it gives the tensors (or layers) to be outputs.

    dynamic: inputs whose first dimension is free, 1 to 16. values: shape tensors among the inputs, name -> (min, opt, max).
    """
    builder = trt.Builder(log)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    inputs = {}
    for name, array in feeds.items():
        shape = list(array.shape)
        if name in dynamic:
            shape[0] = -1
            profile.set_shape(name, [1, *shape[1:]], array.shape, [16, *shape[1:]])
        inputs[name] = network.add_input(name, getattr(trt.DataType, KINDS[array.dtype]), shape)
    for name, (least, best, most) in (values or {}).items():
        profile.set_shape_input(name, least, best, most)
    if dynamic or values:
        config.add_optimization_profile(profile)
    for flag in flags:
        config.set_flag(flag)
    made = define(network, **inputs)
    for i, tensor in enumerate(made if isinstance(made, (list, tuple)) else [made]):
        tensor = tensor if isinstance(tensor, trt.ITensor) else tensor.get_output(0)
        tensor.name = f"out{i}"
        network.mark_output(tensor)
    if configure:
        configure(config)
    plan = builder.build_serialized_network(network, config)
    assert plan is not None, log.errors
    engine = trt.Runtime(log).deserialize_cuda_engine(plan)
    assert engine is not None, log.errors
    return engine


KINDS = {np.dtype(k): v for k, v in (("f4", "FLOAT"), ("f2", "HALF"), ("i1", "INT8"), ("i4", "INT32"), ("i8", "INT64"),
                                     ("?", "BOOL"), ("u1", "UINT8"))}


class Growing(trt.IOutputAllocator):
    """Memory of an output whose extent only the run tells."""

    def __init__(self):
        trt.IOutputAllocator.__init__(self)
        self.shape, self.address, self.bytes = None, 0, 0

    def reallocate_output(self, tensor_name, old_address, size, alignment):
        if size > self.bytes:
            if self.address:
                cudart.cudaFree(self.address)
            self.bytes, self.address = size, check(cudart.cudaMalloc(size))
        return self.address

    def notify_shape(self, tensor_name, shape):
        self.shape = tuple(shape)


def by_name(engine, feeds):
    context = engine.create_execution_context()
    kind = cudart.cudaMemcpyKind
    stream = check(cudart.cudaStreamCreate())
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    device, growing, results = {}, {}, []
    for name in names:
        if engine.get_tensor_mode(name) != trt.TensorIOMode.INPUT:
            continue
        array = feeds[name] = np.ascontiguousarray(feeds[name])
        context.set_input_shape(name, array.shape)
        if engine.get_tensor_location(name) == trt.TensorLocation.HOST:
            context.set_tensor_address(name, array.ctypes.data)
            continue
        device[name] = check(cudart.cudaMalloc(max(array.nbytes, 1)))
        check(cudart.cudaMemcpyAsync(device[name], array.ctypes.data, array.nbytes, kind.cudaMemcpyHostToDevice, stream))
        context.set_tensor_address(name, int(device[name]))
    assert context.infer_shapes() == []
    for name in names:
        if engine.get_tensor_mode(name) == trt.TensorIOMode.OUTPUT:
            growing[name] = Growing()
            context.set_output_allocator(name, growing[name])
    assert context.execute_async_v3(stream)
    cudart.cudaStreamSynchronize(stream)
    for name, memory in growing.items():
        array = np.empty(memory.shape, trt.nptype(engine.get_tensor_dtype(name)))
        check(cudart.cudaMemcpy(array.ctypes.data, memory.address, array.nbytes, kind.cudaMemcpyDeviceToHost))
        results.append(array)
        cudart.cudaFree(memory.address)
    for address in device.values():
        cudart.cudaFree(address)
    cudart.cudaStreamDestroy(stream)
    return results


def by_number(engine, feeds):
    """As before 8.5; outputs have their shapes before the run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = engine.create_execution_context()
        count = sum(engine.binding_is_input(i) for i in range(engine.num_bindings))
        host, kind = [], cudart.cudaMemcpyKind
        for i in range(engine.num_bindings):
            if i < count:
                host.append(np.ascontiguousarray(feeds[engine.get_binding_name(i)]))
                context.set_binding_shape(i, host[i].shape)
        assert context.all_binding_shapes_specified
        for i in range(count, engine.num_bindings):
            host.append(np.empty(context.get_binding_shape(i), trt.nptype(engine.get_binding_dtype(i))))
        device = [check(cudart.cudaMalloc(max(a.nbytes, 1))) for a in host]
        for a, d in zip(host[:count], device):
            cudart.cudaMemcpy(d, a.ctypes.data, a.nbytes, kind.cudaMemcpyHostToDevice)
        assert context.execute_v2(device)
        for a, d in zip(host[count:], device[count:]):
            cudart.cudaMemcpy(a.ctypes.data, d, a.nbytes, kind.cudaMemcpyDeviceToHost)
        for d in device:
            cudart.cudaFree(d)
        return host[count:]


def ints(*values, dtype=np.int32):
    return np.array(values, dtype)


def constant(network, array):
    return network.add_constant(array.shape, trt.Weights(np.ascontiguousarray(array))).get_output(0)


def expect(results, expected):
    expected = expected if isinstance(expected, list) else [expected]
    assert len(results) == len(expected)
    for i, (got, want) in enumerate(zip(results, expected)):
        want = np.asarray(want)
        assert got.shape == want.shape, f"output {i}: {got.shape}, expected {want.shape}"
        if want.dtype == np.bool_ or want.dtype.kind == "i":
            np.testing.assert_array_equal(got, want, err_msg=f"output {i}")
        else:
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5, err_msg=f"output {i}")
