"""Networks, arrays and a logger that several tests use."""
import os
import pathlib

import dovetail as trt
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DOVETAIL_BUILD", ROOT / "build" / "release"))


class Log(trt.ILogger):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__()
        self.messages: list[tuple[trt.ILogger.Severity, str]] = []

    def log(self, severity, msg):
        self.messages.append((severity, msg))

    @property
    def errors(self) -> list[str]:
        return [msg for severity, msg in self.messages if severity <= trt.ILogger.ERROR]


def weights(*shape: int, seed: int = 1) -> numpy.ndarray:
    return numpy.random.default_rng(seed).standard_normal(shape, dtype=numpy.float32)


def mlp_arrays() -> dict[str, numpy.ndarray]:
    return {"w1": weights(16, 32), "b1": weights(1, 32, seed=2), "w2": weights(32, 4, seed=3), "b2": weights(1, 4, seed=4)}


def mlp_network(builder, batch: int = 2):
    """Two layers through the network API; the arrays are given as they are and kept alive by the network alone."""
    a = mlp_arrays()
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    x = network.add_input("x", trt.float32, (batch, 16))
    for w, b in (("w1", "b1"), ("w2", "b2")):
        kernel = network.add_constant(a[w].shape, a[w]).get_output(0)
        product = network.add_matrix_multiply(x, trt.MatrixOperation.NONE, kernel, trt.MatrixOperation.NONE)
        bias = network.add_constant(a[b].shape, a[b]).get_output(0)
        x = network.add_elementwise(product.get_output(0), bias, trt.ElementWiseOperation.SUM).get_output(0)
        if w == "w1":
            x = network.add_activation(x, trt.ActivationType.RELU).get_output(0)
    x.name = "y"
    network.mark_output(x)
    return network


def mlp(x: numpy.ndarray) -> numpy.ndarray:
    a = mlp_arrays()
    return numpy.maximum(x @ a["w1"] + a["b1"], 0) @ a["w2"] + a["b2"]


def mlp_plan(log, batch: int = 2):
    builder = trt.Builder(log)
    network = mlp_network(builder, batch)
    config = builder.create_builder_config()
    return builder.build_serialized_network(network, config)


def onnx_mlp(batch: int | str = "n") -> bytes:
    """The same two layers as an ONNX model."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("MatMul", ["x", "w1"], ["p1"]), helper.make_node("Add", ["p1", "b1"], ["s1"]),
             helper.make_node("Relu", ["s1"], ["r1"]), helper.make_node("MatMul", ["r1", "w2"], ["p2"]),
             helper.make_node("Add", ["p2", "b2"], ["y"])]
    graph = helper.make_graph(nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 16])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])],
                              [numpy_helper.from_array(array, name) for name, array in mlp_arrays().items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    return model.SerializeToString()
