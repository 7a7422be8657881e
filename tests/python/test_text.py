"""Tensors of text: arrays of str in, arrays of str out."""
import ctypes

import dovetail as trt
import numpy as np
import onnx
import pytest
from onnx import helper


@pytest.fixture(scope="module")
def joined():
    """y = x + x, for x of any length."""
    def value(name):
        return helper.make_tensor_value_info(name, onnx.TensorProto.STRING, ["n"])
    graph = helper.make_graph([helper.make_node("StringConcat", ["x", "x"], ["y"])], "joined", [value("x")], [value("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return trt.build(model.SerializeToString(), shapes={"x": "0..10@2"})


@pytest.mark.parametrize("make", [list, lambda v: np.array(v), lambda v: np.array(v, object),
                                  lambda v: np.array([s.encode() for s in v])])
def test_text_comes_in_every_form_that_numpy_has(joined, make):
    words = ["a", "Grüße", "", "日本"]
    y = joined.run({"x": make(words)})["y"]
    assert y.dtype == object and y.tolist() == [w + w for w in words]


def test_shapes_change_and_may_be_empty(joined):
    for count in (3, 0, 10, 1):
        words = [str(i) * i for i in range(count)]
        assert joined.run({"x": np.array(words, object)})["y"].tolist() == [w + w for w in words]


def test_bytes_that_are_no_utf8_come_back(joined):
    y = joined.run({"x": np.array([b"\xff\xc3"], object)})["y"]
    assert y[0].encode("utf-8", "surrogateescape") == b"\xff\xc3\xff\xc3"
    assert joined.run({"x": y})["y"][0] == y[0] + y[0]


def test_results_stay_when_the_engine_runs_again(joined):
    first = joined.run({"x": ["one"]})["y"]
    joined.run({"x": ["other"]})
    assert first.tolist() == ["oneone"]


def test_out_is_filled(joined):
    out = np.array(["", ""], object)
    assert joined.run({"x": ["a", "b"]}, out={"y": out})["y"] is out
    assert out.tolist() == ["aa", "bb"]


def test_numbers_are_refused(joined):
    with pytest.raises(TypeError, match="takes text"):
        joined.run({"x": np.zeros(2, np.float32)})
    with pytest.raises(TypeError, match="str or bytes, got"):
        joined.run({"x": np.array([1, None], object)})


def test_texts_are_attributes_of_operators(log):
    builder = trt.Builder(log)
    network = builder.create_network(0)
    x = network.add_input("x", trt.DataType.TEXT, (3,))
    keys = trt.PluginField("keys", ["a", "é".encode(), ""], trt.PluginFieldType.TEXT)
    y = network.add_operator("dovetail", "text_index", [keys], [x]).get_output(0)
    y.name = "y"
    network.mark_output(y)
    plan = builder.build_serialized_network(network, builder.create_builder_config())
    engine = trt.Runtime(log).deserialize_cuda_engine(plan)
    assert engine.run({"x": ["é", "b", "a"]})["y"].tolist() == [1, 3, 0]
    with pytest.raises(TypeError, match="str or bytes"):
        trt.PluginField("keys", [1], trt.PluginFieldType.TEXT)


def test_addresses_and_sizes_are_the_raw_form(joined):
    assert joined.get_tensor_dtype("x") == trt.DataType.TEXT
    context = joined.create_execution_context()
    word = np.frombuffer(b"word", np.uint8)
    x = np.array([(word.ctypes.data, 4)], trt.nptype(trt.DataType.TEXT))
    y = np.zeros(1, trt.nptype(trt.DataType.TEXT))
    assert x.itemsize == 16 and context.set_input_shape("x", (1,))
    assert context.set_tensor_address("x", x.ctypes.data) and context.set_tensor_address("y", y.ctypes.data)
    assert context.execute_async_v3(0)
    assert ctypes.string_at(int(y[0]["data"]), int(y[0]["size"])) == b"wordword"
