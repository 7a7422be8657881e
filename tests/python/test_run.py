"""Engines and contexts: both styles of running, streams, threads."""
import threading

import dovetail as trt
import numpy as np
import pytest
from python_testing import mlp, onnx_mlp, weights


def addresses(context, arrays):
    for name, array in arrays.items():
        assert context.set_tensor_address(name, array.ctypes.data)


def test_named_tensors(engine):
    context = engine.create_execution_context()
    x, y = weights(2, 16, seed=7), np.zeros((2, 4), np.float32)
    assert [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)] == ["x", "y"] == [engine[0], engine[1]]
    assert engine.get_tensor_mode("x") == trt.TensorIOMode.INPUT and engine.get_tensor_dtype("y") == trt.float32
    assert context.get_tensor_shape("y") == (2, 4) and engine.get_tensor_shape("x") == (2, 16)
    addresses(context, {"x": x, "y": y})
    assert context.get_tensor_address("y") == y.ctypes.data
    assert context.execute_async_v3(0)
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_addresses_may_be_anything_with_int(engine):
    context = engine.create_execution_context()
    x, y = weights(2, 16), np.zeros((2, 4), np.float32)
    assert context.set_tensor_address("x", np.uint64(x.ctypes.data))
    assert context.execute_v2([np.int64(x.ctypes.data), y.ctypes.data])
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(ValueError, match="addresses"):
        context.execute_v2([0])


def test_streams_keep_order(engine):
    stream = trt.stream_create()
    context = engine.create_execution_context()
    x, y = weights(2, 16), np.zeros((2, 4), np.float32)
    addresses(context, {"x": x, "y": y})
    for _ in range(50):
        assert context.execute_async_v3(stream)
    assert trt.stream_synchronize(stream) and trt.stream_query(stream)
    trt.stream_destroy(stream)
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)


def test_several_threads_share_an_engine(engine):
    wrong = []

    def work(seed):
        for i in range(30):
            x = weights(2, 16, seed=seed * 100 + i)
            if not np.allclose(engine.run({"x": x})["y"], mlp(x), rtol=1e-4, atol=1e-4):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_run_by_name_and_by_position(engine):
    x = weights(2, 16, seed=3)
    np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)
    outputs = engine.run({"x": x})
    assert list(outputs) == ["y"]
    mine = np.zeros((2, 4), np.float32)
    assert engine.run({"x": x}, out={"y": mine})["y"] is mine and np.array_equal(mine, outputs["y"])
    # An array with gaps is read through a copy; numbers become an array.
    np.testing.assert_array_equal(engine(np.asfortranarray(x)), outputs["y"])
    np.testing.assert_array_equal(engine(x.tolist()), outputs["y"])


@pytest.mark.parametrize("feed,error,text", [
    ({}, KeyError, "inputs are x"),
    ({"x": np.zeros((2, 16), np.float32), "z": 1}, KeyError, "'z'"),
    ({"x": np.zeros((2, 16), np.float64)}, TypeError, "float32, got float64"),
    ({"x": np.zeros((3, 16), np.float32)}, RuntimeError, "x"),
])
def test_run_says_what_is_wrong(engine, feed, error, text):
    with pytest.raises(error, match=text):
        engine.run(feed)
    x = weights(2, 16)
    np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)  # and goes on


def test_wrong_output_arrays_are_refused(engine):
    x = weights(2, 16)
    with pytest.raises(ValueError, match=r"\(2, 4\)"):
        engine.run({"x": x}, out={"y": np.zeros((4, 2), np.float32)})
    frozen = np.zeros((2, 4), np.float32)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="writable"):
        engine.run({"x": x}, out={"y": frozen})


def test_dlpack_both_ways(engine):
    class Foreign:
        """Only __dlpack__, as another library's tensor."""

        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **kwargs):
            return self.array.__dlpack__()

    x = weights(2, 16)
    y = engine(Foreign(x))
    np.testing.assert_allclose(y, mlp(x), rtol=1e-5, atol=1e-5)
    assert np.shares_memory(np.from_dlpack(y), y)
    with pytest.raises(TypeError, match="DLPack"):
        engine(Foreign(x.astype(np.float64)))
    with pytest.raises(ValueError, match="contiguous"):
        engine(Foreign(weights(16, 2).T))


def test_torch_tensors(engine):
    torch = pytest.importorskip("torch")
    x = torch.randn(2, 16)
    y = torch.from_dlpack(engine(x))
    np.testing.assert_allclose(y.numpy(), mlp(x.numpy()), rtol=1e-5, atol=1e-5)


def test_dynamic_shapes(log):
    builder = trt.Builder(log)
    network = builder.create_network()
    parser = trt.OnnxParser(network, log)
    assert parser.parse(onnx_mlp()), [parser.get_error(i).desc() for i in range(parser.num_errors)]
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    assert profile.get_shape("x") == []
    profile.set_shape("x", (1, 16), (2, 16), (8, 16))
    assert profile and [tuple(s) for s in profile.get_shape("x")] == [(1, 16), (2, 16), (8, 16)]
    assert config.add_optimization_profile(profile) == 0 and config.num_optimization_profiles == 1
    engine = builder.build_engine_with_config(network, config)
    assert [tuple(s) for s in engine.get_tensor_profile_shape("x", 0)] == [(1, 16), (2, 16), (8, 16)]
    context = engine.create_execution_context()
    assert context.infer_shapes() == ["x"] and not context.all_binding_shapes_specified
    assert not context.set_input_shape("x", (9, 16)) and log.errors
    assert context.set_input_shape("x", [8, 16]) and context.get_tensor_shape("y") == (8, 4)
    assert context.infer_shapes() == [] or context.infer_shapes() == ["x"]  # the address is not set
    for batch in (1, 8, 3):
        x = weights(batch, 16, seed=batch)
        np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)
    with pytest.raises(RuntimeError):
        profile.set_shape("x", (1, 16, 1), (2, 16, 1), (8, 16, 1))


def test_inspector(log, engine):
    inspector = engine.create_engine_inspector()
    assert engine.num_layers > 0 and "Layers" in inspector.get_engine_information(trt.LayerInformationFormat.JSON)
    assert inspector.get_layer_information(0, trt.LayerInformationFormat.ONELINE)
    context = engine.create_execution_context()
    inspector.execution_context = context
    assert inspector.execution_context is context


def test_about_engines(engine):
    assert engine.device_memory_size_v2 >= 0 and engine.num_optimization_profiles == 1 and not engine.refittable
    assert engine.device == "cpu" and engine.engine_capability == trt.EngineCapability.STANDARD
    assert engine.get_tensor_format("x") == trt.TensorFormat.LINEAR and engine.get_tensor_vectorized_dim("x") == -1
    assert engine.get_tensor_location("x") == trt.TensorLocation.DEVICE and not engine.is_shape_inference_io("x")
    assert bytes(engine.serialize())[:4] and "x FLOAT (2, 16) -> y FLOAT (2, 4)" in repr(engine)
    assert [t.name for t in engine.inputs] == ["x"] and engine.outputs[0].shape == (2, 4)
