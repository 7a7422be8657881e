"""Inputs and outputs by number, as before TensorRT 8.5."""
import dovetail as trt
import numpy as np
import pytest
from python_testing import mlp, onnx_mlp, weights

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_bindings(engine):
    assert engine.num_bindings == 2 and [engine.get_binding_name(i) for i in range(2)] == ["x", "y"]
    assert engine.get_binding_index("y") == 1 and engine["y"] == 1 and engine.get_binding_index("z") == -1
    assert engine.binding_is_input(0) and not engine.binding_is_input("y") and len(engine) == 2
    assert engine.get_binding_shape(0) == (2, 16) and engine.get_binding_dtype("y") == trt.float32
    assert engine.get_location(0) == trt.TensorLocation.DEVICE and not engine.is_shape_binding(0)
    assert engine.is_execution_binding(0) and engine.max_batch_size == 1
    context = engine.create_execution_context()
    x, y = weights(2, 16), np.zeros((2, 4), np.float32)
    assert context.get_binding_shape(1) == (2, 4) and context.get_strides(1) == (4, 1)
    for run in (lambda b: context.execute_v2(b), lambda b: context.execute_async_v2(b, 0),
                lambda b: context.execute(1, b), lambda b: context.execute_async(1, b, 0)):
        y[:] = 0
        assert run([int(x.ctypes.data), int(y.ctypes.data)])
        np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="no implicit batch"):
        context.execute(2, [0, 0])


def test_bindings_of_several_profiles(log):
    builder = trt.Builder(log)
    network = builder.create_network()
    assert trt.OnnxParser(network, log).parse(onnx_mlp())
    config = builder.create_builder_config()
    for first, last in ((1, 2), (3, 8)):
        profile = builder.create_optimization_profile()
        profile.set_shape("x", (first, 16), (last, 16), (last, 16))
        config.add_optimization_profile(profile)
    engine = builder.build_engine(network, config)
    assert engine.num_bindings == 4 and engine.get_binding_name(2) == "x [profile 1]"
    assert engine.get_binding_index("y [profile 1]") == 3 and engine.get_binding_shape(2) == (-1, 16)
    assert [tuple(s) for s in engine.get_profile_shape(1, 2)] == [(3, 16), (8, 16), (8, 16)]
    context = engine.create_execution_context()
    assert context.set_optimization_profile_async(1, 0) and context.active_optimization_profile == 1
    assert context.set_binding_shape(2, (5, 16)) and context.get_binding_shape(3) == (5, 4)
    x, y = weights(5, 16), np.zeros((5, 4), np.float32)
    assert context.all_binding_shapes_specified and context.all_shape_inputs_specified
    assert context.execute_v2([0, 0, x.ctypes.data, y.ctypes.data])
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_calls_warn_and_name_their_successor(engine):
    with pytest.warns(DeprecationWarning, match="Use get_tensor_shape instead."):
        engine.get_binding_shape(0)
