"""Networks made through the layer API: what comes back is right, usable, and stays alive."""
import gc

import dovetail as trt
import numpy as np
import pytest
from python_testing import Log, mlp, mlp_network, mlp_plan, weights


def run(plan, log, feed):
    engine = trt.Runtime(log).deserialize_cuda_engine(plan)
    assert engine is not None, log.errors
    return engine.run(feed)


def test_mlp_runs_after_its_arrays_are_out_of_reach(log):
    builder = trt.Builder(log)
    network = mlp_network(builder)
    gc.collect()  # the arrays live in the network alone
    config = builder.create_builder_config()
    plan = builder.build_serialized_network(network, config)
    assert isinstance(plan, trt.IHostMemory), log.errors
    x = weights(2, 16, seed=9)
    np.testing.assert_allclose(run(plan, log, {"x": x})["y"], mlp(x), rtol=1e-5, atol=1e-5)


def test_plan_is_a_buffer(plan, tmp_path):
    assert plan.nbytes == len(bytes(plan)) == memoryview(plan).nbytes and plan.dtype == trt.int8
    (tmp_path / "x.plan").write_bytes(plan)
    with open(tmp_path / "y.plan", "wb") as file:
        file.write(plan)
    assert (tmp_path / "x.plan").read_bytes() == (tmp_path / "y.plan").read_bytes() == bytes(plan)


def test_layers_come_back_as_layers_and_are_cast_by_class(log):
    network = trt.Builder(log).create_network()
    x = network.add_input("x", trt.float32, (1, 3, 8, 8))
    made = network.add_convolution_nd(x, 4, (3, 3), weights(4, 3, 3, 3), weights(4))
    made.name = "conv"
    made.padding_nd = (1, 1)
    del made
    gc.collect()
    layer = network[0]
    assert type(layer) is trt.ILayer and layer.type == trt.LayerType.CONVOLUTION and network.get_layer(0).name == "conv"
    layer.__class__ = trt.IConvolutionLayer
    assert layer.num_output_maps == 4 and layer.padding_nd == (1, 1) and layer.kernel_size_nd == (3, 3)
    assert isinstance(layer.kernel, np.ndarray) and layer.kernel.shape == (4 * 3 * 3 * 3,)
    assert layer.bias.dtype == np.float32 and layer.stride == (1, 1)
    layer.stride_nd = (2, 2)
    assert layer.get_output(0).shape == (1, 4, 4, 4)
    assert len(network) == network.num_layers == 1 and network[-1].name == "conv"
    with pytest.raises(IndexError):
        network[1]
    assert [each.name for each in network] == ["conv"]


def test_activation_hides_the_layer_type_behind_its_own(log):
    network = trt.Builder(log).create_network()
    layer = network.add_activation(network.add_input("x", trt.float32, (4,)), type=trt.ActivationType.CLIP)
    layer.alpha, layer.beta = -1, 2
    assert layer.type == trt.ActivationType.CLIP and (layer.alpha, layer.beta) == (-1, 2)
    assert network[0].type == trt.LayerType.ACTIVATION


def test_kernel_array_outlives_network_and_builder(log):
    builder = trt.Builder(log)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (1, 1, 4, 4))
    kernel = network.add_convolution_nd(x, 1, (1, 1), np.full((1, 1, 1, 1), 3, np.float32)).kernel
    del x, network, builder
    gc.collect()
    assert list(kernel) == [3]


def test_properties_of_tensors(log):
    network = trt.Builder(log).create_network()
    x = network.add_input("x", trt.float32, (-1, 3))
    assert x.is_network_input and not x.is_network_output and x.shape == (-1, 3) and x.location == trt.TensorLocation.DEVICE
    assert network.get_input(0) is x and x.allowed_formats & 1 << int(trt.TensorFormat.LINEAR)
    x.set_dimension_name(0, "batch")
    assert x.get_dimension_name(0) == "batch" and x.get_dimension_name(1) is None
    assert x.dynamic_range is None
    x.dynamic_range = (-2, 3)
    assert x.dynamic_range == (-2, 3) and x.set_dynamic_range(-1, 1)
    x.reset_dynamic_range()
    x.shape = [4, 3]
    x.dtype = trt.float16
    assert x.shape == (4, 3) and x.dtype == trt.float16 and "x" in repr(x)
    y = network.add_identity(x).get_output(0)
    network.mark_output(y)
    assert y.is_network_output and network.num_outputs == 1 and network.get_output(0) is y
    network.unmark_output(y)
    assert network.num_outputs == 0 and network.get_output(0) is None


def test_refusals_return_none_and_reach_the_logger(log):
    network = trt.Builder(log).create_network()
    x = network.add_input("x", trt.float32, (2, 3))
    assert network.add_input("x", trt.float32, (2, 3)) is None and "'x'" in log.errors[-1]
    assert network.add_shuffle(x).get_output(7) is None
    with pytest.raises(TypeError):
        network.add_activation(None, trt.ActivationType.RELU)
    assert mlp_plan(Log()) is not None


LAYERS = {
    "unary": lambda n, x: n.add_unary(x, op=trt.UnaryOperation.ABS),
    "softmax": lambda n, x: n.add_softmax(x),
    "reduce": lambda n, x: n.add_reduce(x, op=trt.ReduceOperation.SUM, axes=1 << 1, keep_dims=True),
    "topk": lambda n, x: n.add_topk(x, op=trt.TopKOperation.MAX, k=2, axes=1 << 1),
    "shuffle": lambda n, x: n.add_shuffle(x),
    "slice": lambda n, x: n.add_slice(x, start=(0, 1), shape=(2, 2), stride=(1, 1)),
    "concatenation": lambda n, x: n.add_concatenation([x, x]),
    "elementwise": lambda n, x: n.add_elementwise(x, x, op=trt.ElementWiseOperation.PROD),
    "cast": lambda n, x: n.add_cast(x, to_type=trt.int32),
    "einsum": lambda n, x: n.add_einsum([x, x], equation="ij,ij->i"),
    "padding": lambda n, x: n.add_padding_nd(x, pre_padding=(1, 1), post_padding=(0, 0)),
    "shape": lambda n, x: n.add_shape(x),
    "identity": lambda n, x: n.add_identity(x),
}
EXPECTED = {
    "unary": np.abs,
    "softmax": None,
    "reduce": lambda x: x.sum(1, keepdims=True),
    "topk": lambda x: -np.sort(-x, axis=1)[:, :2],
    "shuffle": lambda x: x,
    "slice": lambda x: x[:, 1:3],
    "concatenation": None,
    "elementwise": lambda x: x * x,
    "cast": lambda x: x.astype(np.int32),
    "einsum": lambda x: (x * x).sum(1),
    "padding": lambda x: np.pad(x, ((1, 0), (1, 0))),
    "shape": lambda x: np.array(x.shape, np.int64),
    "identity": lambda x: x,
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_by_keyword(log, name):
    builder = trt.Builder(log)
    network = builder.create_network()
    layer = LAYERS[name](network, network.add_input("x", trt.float32, (2, 4)))
    y = layer.get_output(0)
    y.name = "y"
    network.mark_output(y)
    plan = builder.build_serialized_network(network, builder.create_builder_config())
    assert plan is not None, log.errors
    x = weights(2, 4, seed=5) * 3
    got = run(plan, log, {"x": x})["y"]
    expected = EXPECTED[name]
    if expected is None:
        assert np.isfinite(got).all()
    else:
        np.testing.assert_allclose(got, expected(x), rtol=1e-5, atol=1e-6)


def test_older_forms_of_layers(log):
    network = trt.Builder(log).create_network()
    x = network.add_input("x", trt.float32, (1, 3, 8, 8))
    conv = network.add_convolution(x, 2, trt.DimsHW(3, 3), weights(2, 3, 3, 3))
    conv.stride = (2, 2)
    conv.padding = (1, 1)
    assert conv.kernel_size == (3, 3) and conv.dilation == (1, 1) and conv.get_output(0).shape == (1, 2, 4, 4)
    pool = network.add_pooling(conv.get_output(0), trt.PoolingType.MAX, (2, 2))
    pool.stride = (2, 2)
    assert pool.window_size == (2, 2) and pool.type == trt.PoolingType.MAX and pool.get_output(0).shape == (1, 2, 2, 2)


def test_plugins_are_refused_by_name(log):
    network = trt.Builder(log).create_network()
    with pytest.raises(NotImplementedError, match="add_plugin_v2"):
        network.add_plugin_v2([], None)
    with pytest.raises(NotImplementedError, match="ONNX"):
        trt.CaffeParser()


def test_operators_without_a_layer(log):
    network = trt.Builder(log).create_network()
    x = network.add_input("x", trt.float32, (2, 3))
    layer = network.add_operator("dovetail", "softmax", [trt.PluginField("axis", np.array([1], np.int64),
                                                                        trt.PluginFieldType.INT64)], [x])
    assert layer is not None, log.errors
    assert layer.operator == "softmax" and layer.domain == "dovetail" and "axis=1" in layer.attributes


def test_network_as_a_whole(log):
    builder = trt.Builder(log)
    network = mlp_network(builder)
    network.name = "two layers"
    assert network.name == "two layers" and network.builder is builder and builder.logger is log
    assert network.num_inputs == 1 and not network.has_implicit_batch_dimension
    assert not network.get_flag(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    assert "x FLOAT (2, 16) -> y FLOAT (2, 4)" in repr(network)
