"""Models as ONNX Runtime saves them after its own optimizations agree with what they were before.

At the highest level its convolutional networks are in blocks of channels and its quantized ones have channels last; both
hold operators that only its optimizer writes. The networks are small, of random weights.
"""
import os
import pathlib
import sys

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
from onnx import helper, numpy_helper  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import one_model  # noqa: E402

pytestmark = one_model.needs_runner
LEVELS = {"extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED, "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}


class Network:
    """Adds nodes one behind the other."""

    def __init__(self, shape, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights, self.shape, self.last = [], [], shape, "x"

    def add(self, op, *inputs, at=None, **attributes):
        names = [at or self.last]
        for value in inputs:
            if isinstance(value, str):
                names.append(value)
                continue
            names.append(f"w{len(self.weights)}")
            self.weights.append(numpy_helper.from_array(value, names[-1]))
        self.last = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, names, [self.last], **attributes))
        return self.last

    def conv(self, outputs, inputs, kernel=3, at=None, **attributes):
        group = attributes.get("group", 1)
        scale = 1 / np.sqrt(inputs // group * kernel * kernel)
        weights = self.rng.uniform(-1, 1, (outputs, inputs // group, kernel, kernel)) * 2 * scale
        attributes.setdefault("pads", [kernel // 2] * 4)
        return self.add("Conv", weights.astype(np.float32), self.rng.uniform(-1, 1, outputs).astype(np.float32), at=at, **attributes)

    def model(self):
        graph = helper.make_graph(self.nodes, "network", [helper.make_tensor_value_info("x", 1, self.shape)],
                                  [helper.make_tensor_value_info(self.last, 1, None)], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def residual():
    """Sums that become inputs of convolutions."""
    n = Network([1, 3, 16, 16], 1)
    n.conv(32, 3, strides=[2, 2])
    trunk = n.add("Relu")
    n.conv(32, 32)
    n.add("Relu")
    n.conv(32, 32)
    n.add("Add", trunk)
    n.add("Relu")
    n.add("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    n.conv(48, 32, kernel=1)
    n.add("GlobalAveragePool")
    return n.model()


def depthwise():
    n = Network([1, 3, 15, 13], 2)
    n.conv(32, 3)
    n.add("Clip", np.float32(0), np.float32(6))
    n.conv(32, 32, group=32, strides=[2, 1])
    n.add("LeakyRelu", alpha=0.2)
    n.conv(64, 32, group=2)
    n.add("AveragePool", kernel_shape=[2, 2], strides=[2, 2], count_include_pad=1)
    n.conv(18, 64, kernel=1, dilations=[1, 1])
    return n.model()


def resized():
    """Concatenation and upsampling inside of the blocks."""
    n = Network([1, 1, 8, 8], 3)
    first = n.conv(16, 1)
    n.conv(32, 16, strides=[2, 2])
    n.add("Sigmoid")
    n.add("Resize", "", np.array([1, 1, 2, 2], np.float32), mode="nearest", coordinate_transformation_mode="asymmetric",
          nearest_mode="floor")
    n.add("Concat", first, axis=1)
    n.conv(16, 48)
    n.add("Tanh")
    n.add("Resize", "", np.array([1, 1, 2, 2], np.float32), mode="linear", coordinate_transformation_mode="half_pixel")
    n.add("GlobalMaxPool")
    return n.model()


def quantized():
    """Quantized convolutions, a pool and a sum, as a quantizer writes them."""
    n = Network([1, 8, 12, 12], 4)

    def rounded(scale, zero):
        n.add("QuantizeLinear", np.float32(scale), np.uint8(zero))
        return n.add("DequantizeLinear", np.float32(scale), np.uint8(zero))

    def conv(outputs, inputs):
        x = n.last
        weights = n.rng.integers(-127, 128, (outputs, inputs, 3, 3)).astype(np.int8)
        name = f"w{len(n.weights)}"
        n.weights.append(numpy_helper.from_array(weights, name))
        w = n.add("DequantizeLinear", np.float32(1 / 512), np.int8(0), at=name)
        n.add("Conv", w, at=x, pads=[1, 1, 1, 1])

    rounded(1 / 32, 128)
    conv(16, 8)
    n.add("Relu")
    trunk = rounded(1 / 16, 0)
    conv(16, 16)
    rounded(1 / 16, 120)
    n.add("Add", trunk)
    rounded(1 / 8, 100)
    n.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    rounded(1 / 8, 100)
    conv(16, 16)
    rounded(1 / 4, 128)
    return n.model()


NETWORKS = {"residual": residual, "depthwise": depthwise, "resized": resized, "quantized": quantized}
WRITTEN = {"residual": {"Conv", "MaxPool", "GlobalAveragePool", "ReorderOutput"}, "depthwise": {"Conv", "AveragePool"},
           "resized": {"Conv", "Upsample", "ReorderOutput"}, "quantized": {"QLinearConv", "QLinearAdd"}}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_optimized_model(name, level, tmp_path):
    model = NETWORKS[name]()
    x = np.random.default_rng(9).standard_normal([d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim])
    feeds = {"x": x.astype(np.float32)}
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    expected = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, feeds)
    options.graph_optimization_level = LEVELS[level]
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    optimized = onnx.load(tmp_path / "optimized.onnx")
    if level == "all" and os.uname().machine == "x86_64":
        assert WRITTEN[name] <= {n.op_type for n in optimized.graph.node if n.domain}
    # Where rounding to 8 bits falls to the other side, one step of the output is the difference.
    atol = 1 / 4 if name == "quantized" else 1e-5
    one_model.check(tmp_path, optimized, [(list(feeds.values()), expected)], 1e-4, atol)
