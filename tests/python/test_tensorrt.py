"""Programs that import tensorrt: the drop-in package."""
import os
import subprocess
import sys

import dovetail
import numpy as np
import pytest
from python_testing import weights

import tensorrt as trt


def test_the_package_is_dovetail_under_another_name():
    assert trt.ICudaEngine is dovetail.ICudaEngine and trt.float32 is dovetail.float32 and trt._itemsize[trt.int8] == 1
    assert tuple(int(part) for part in trt.__version__.split(".")) >= (10, 1)
    assert trt.tensorrt.Dims is trt.Dims
    import tensorrt.plugin as trtp
    import tensorrt_bindings
    import tensorrt_dispatch
    import tensorrt_lean
    import tensorrt_libs  # noqa: F401

    assert tensorrt_bindings.Builder is tensorrt_lean.Builder is tensorrt_dispatch.Builder is trt.Builder
    with pytest.raises(NotImplementedError, match="register"):
        trtp.register("a::b")


def test_programs_ask_for_other_versions():
    code = "import tensorrt; print(tensorrt.__version__)"
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), DOVETAIL_TENSORRT_VERSION="8.6.1")
    assert subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True).stdout == "8.6.1\n"


def test_a_program_in_the_style_of_8_6(log):
    """Named output, workspace by its older name, bindings in order."""
    builder = trt.Builder(log)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    config = builder.create_builder_config()
    config.max_workspace_size = 1 << 24
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 1 << 24
    config.set_flag(trt.BuilderFlag.FP16)
    assert config.get_flag(trt.BuilderFlag.FP16) and config.flags & 1
    config.clear_flag(trt.BuilderFlag.FP16)
    x = network.add_input("inputT0", trt.float32, (-1, 1, 28, 28))
    profile = builder.create_optimization_profile()
    profile.set_shape(x.name, [1, 1, 28, 28], [4, 1, 28, 28], [8, 1, 28, 28])
    config.add_optimization_profile(profile)
    w = trt.Weights(np.ascontiguousarray(weights(8, 1, 5, 5) / 10))
    layer = network.add_convolution_nd(x, 8, (5, 5), w, trt.Weights(np.zeros(8, np.float32)))
    layer.padding_nd = (2, 2)
    layer = network.add_activation(layer.get_output(0), trt.ActivationType.RELU)
    layer = network.add_pooling_nd(layer.get_output(0), trt.PoolingType.MAX, (2, 2))
    layer.stride_nd = (2, 2)
    layer = network.add_shuffle(layer.get_output(0))
    layer.reshape_dims = (-1, 8 * 14 * 14)
    kernel = network.add_constant((8 * 14 * 14, 10), trt.Weights(weights(8 * 14 * 14, 10) / 100))
    layer = network.add_matrix_multiply(layer.get_output(0), trt.MatrixOperation.NONE, kernel.get_output(0),
                                        trt.MatrixOperation.NONE)
    layer = network.add_softmax(layer.get_output(0))
    layer.axes = 1 << 1
    layer = network.add_topk(layer.get_output(0), trt.TopKOperation.MAX, 1, 1 << 1)
    network.mark_output(layer.get_output(1))
    plan = builder.build_serialized_network(network, config)
    assert plan is not None, log.errors
    engine = trt.Runtime(log).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    context.set_input_shape(engine.get_tensor_name(0), (3, 1, 28, 28))
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    arrays = [np.empty(context.get_tensor_shape(n), trt.nptype(engine.get_tensor_dtype(n))) for n in names]
    arrays[0][:] = weights(3, 1, 28, 28)
    for name, array in zip(names, arrays):
        context.set_tensor_address(name, array.ctypes.data)
    assert context.execute_async_v3(0) and arrays[1].shape == (3, 1) and arrays[1].dtype == np.int32
    assert ((arrays[1] >= 0) & (arrays[1] < 10)).all()
