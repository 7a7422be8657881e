"""The ONNX parser as TensorRT's programs use it, and real models through both styles."""
import sys

import dovetail as trt
import numpy as np
import pytest
from python_testing import ROOT, onnx_mlp


def broken_model() -> bytes:
    from onnx import TensorProto, helper

    graph = helper.make_graph([helper.make_node("NoSuchOp", ["x"], ["y"], name="odd one")], "g",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def test_errors_have_methods(log):
    network = trt.Builder(log).create_network()
    parser = trt.OnnxParser(network, log)
    assert not parser.parse(broken_model()) and parser.num_errors == 1
    error = parser.get_error(0)
    assert isinstance(error.code(), trt.ErrorCode) and "NoSuchOp" in error.desc() and error.node() == 0
    assert error.node_name() == "odd one" and error.node_operator() == "NoSuchOp" and error.local_function_stack() == []
    assert "NoSuchOp" in str(error) and error.file() and error.func() and error.line() > 0
    assert parser.get_error(1) is None
    parser.clear_errors()
    assert parser.num_errors == 0


def test_support_of_models_and_their_parts(log):
    parser = trt.OnnxParser(trt.Builder(log).create_network(), log)
    assert parser.supports_operator("Conv") and not parser.supports_operator("NoSuchOp")
    assert parser.supports_model_v2(onnx_mlp(2)) and parser.num_subgraphs == 1
    assert parser.is_subgraph_supported(0) and parser.get_subgraph_nodes(0) == [0, 1, 2, 3, 4]
    supported, parts = parser.supports_model(broken_model())
    assert not supported and not all(ok for _, ok in parts)


def test_flags_and_files(log, tmp_path):
    network = trt.Builder(log).create_network()
    parser = trt.OnnxParser(network, log)
    parser.set_flag(trt.OnnxParserFlag.NATIVE_INSTANCENORM)
    assert parser.get_flag(trt.OnnxParserFlag.NATIVE_INSTANCENORM) and parser.flags & 1
    (tmp_path / "m.onnx").write_bytes(onnx_mlp(2))
    assert parser.parse_from_file(str(tmp_path / "m.onnx")), log.errors
    assert parser.get_used_vc_plugin_libraries() == []
    assert network.num_outputs == 1 and network.get_output(0).name == "y"
    with pytest.raises(TypeError):
        parser.parse(None)


# Small ones of different kinds; both styles of running.
@pytest.mark.parametrize("name", ["mobilenet_v2", "minilm_l6", "lenet5", "bilstm_tagger"])
def test_real_models_match_onnx_runtime(name, log):
    sys.path.insert(0, str(ROOT / "scripts"))
    import models

    if models.source() is None:
        pytest.skip("DOVETAIL_MODELS is not set")
    onnxruntime = pytest.importorskip("onnxruntime")
    feed = models.source().inputs(name)
    expected = onnxruntime.InferenceSession(str(models.path(name))).run(None, feed)
    engine = trt.build(models.path(name), shapes={key: value.shape for key, value in feed.items()}, optimization_level=0)
    for got, want in zip(engine.run(feed).values(), expected):
        assert np.abs(got - want).max() <= 1e-3 * max(1, np.abs(want).max())

    context = engine.create_execution_context()
    arrays = dict(feed, **{t.name: np.empty(context.get_tensor_shape(t.name), trt.nptype(t.dtype)) for t in engine.outputs})
    for key, array in arrays.items():
        assert context.set_tensor_address(key, np.ascontiguousarray(array).ctypes.data)
    assert context.execute_async_v3(0)
    for t, want in zip(engine.outputs, expected):
        assert np.abs(arrays[t.name] - want).max() <= 1e-3 * max(1, np.abs(want).max())
