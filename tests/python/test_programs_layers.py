"""One program for each layer, as tutorials show them: made through TensorRT's names, run on device memory, against NumPy."""
import numpy as np
import pytest
from dovetail import _hostcuda

if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

import programs  # noqa: E402
import tensorrt as trt  # noqa: E402
from programs import constant, expect, ints  # noqa: E402
from python_testing import weights  # noqa: E402

CASES = {}


def case(function):
    """A function that gives (feeds, define, expected): what goes in, how the network is made, what has to come out."""
    CASES[function.__name__] = function
    return function


def windows(x, size, stride, low, high, fill=0.0, dilation=1):
    """[n, c, h, w] -> [n, c, oh, ow, size * size]"""
    x = np.pad(x, ((0, 0), (0, 0), (low, high), (low, high)), constant_values=fill)
    reach = (size - 1) * dilation + 1
    view = np.lib.stride_tricks.sliding_window_view(x, (reach, reach), axis=(2, 3))
    view = view[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return view.reshape(*view.shape[:4], -1)


@case
def convolution_same_upper_with_groups_and_dilation():
    x, w, b = weights(2, 4, 7, 7), weights(6, 2, 3, 3, seed=2), weights(6, seed=3)

    def define(n, x):
        layer = n.add_convolution_nd(x, 6, (3, 3), trt.Weights(w), trt.Weights(b))
        layer.num_groups, layer.dilation_nd, layer.padding_mode = 2, (2, 2), trt.PaddingMode.SAME_UPPER
        assert layer.get_output(0).shape == (2, 6, 7, 7) and layer.num_groups == 2
        return layer

    v = windows(x, 3, 1, 2, 2, dilation=2).reshape(2, 2, 2, 7, 7, 9)
    y = np.einsum("ngcijk,gock->ngoij", v, w.reshape(2, 3, 2, 9)).reshape(2, 6, 7, 7)
    return {"x": x}, define, y + b[:, None, None]


@case
def convolution_with_a_kernel_that_is_a_tensor():
    x, w = weights(1, 2, 5, 5), weights(3, 2, 3, 3, seed=2)

    def define(n, x):
        layer = n.add_convolution_nd(x, 3, (3, 3), trt.Weights())
        layer.set_input(1, constant(n, w))
        layer.pre_padding, layer.post_padding, layer.stride_nd = (1, 1), (0, 0), (2, 2)
        return layer

    return {"x": x}, define, np.einsum("ncijk,ock->noij", windows(x, 3, 2, 1, 0), w.reshape(3, 2, 9))


@case
def deconvolution():
    x, w = weights(1, 2, 3, 3), weights(2, 4, 3, 3, seed=2)

    def define(n, x):
        layer = n.add_deconvolution_nd(x, 4, (3, 3), trt.Weights(w))
        layer.stride_nd, layer.padding_nd = (2, 2), (1, 1)
        return layer

    y = np.zeros((1, 4, 7, 7), np.float32)
    for i in range(3):
        for j in range(3):
            y[:, :, 2 * i:2 * i + 3, 2 * j:2 * j + 3] += np.einsum("nc,cokl->nokl", x[:, :, i, j], w)
    return {"x": x}, define, y[:, :, 1:-1, 1:-1]


@case
def pooling_kinds():
    x = weights(1, 2, 6, 6)

    def define(n, x):
        made = []
        for kind in (trt.PoolingType.MAX, trt.PoolingType.AVERAGE, trt.PoolingType.AVERAGE,
                     trt.PoolingType.MAX_AVERAGE_BLEND):
            layer = n.add_pooling_nd(x, kind, (3, 3))
            layer.stride_nd, layer.padding_nd = (3, 3), (1, 1)
            layer.average_count_excludes_padding = len(made) != 2
            made.append(layer)
        made[3].blend_factor = 0.25
        made[3].average_count_excludes_padding = False
        return made

    highest = windows(x, 3, 3, 1, 1, -np.inf)[:, :, :2, :2].max(-1)
    zeros = windows(x, 3, 3, 1, 1)[:, :, :2, :2]
    count = windows(np.ones_like(x), 3, 3, 1, 1)[:, :, :2, :2].sum(-1)
    return {"x": x}, define, [highest, zeros.sum(-1) / count, zeros.mean(-1), 0.75 * highest + 0.25 * zeros.mean(-1)]


@case
def scale_modes():
    x = np.abs(weights(1, 3, 2, 2)) + 1
    channel, each = weights(3, seed=4), weights(3, 2, 2, seed=5)

    def define(n, x):
        half = np.array([0.5], np.float32)
        uniform = n.add_scale(x, trt.ScaleMode.UNIFORM, trt.Weights(half), trt.Weights(half * 4), trt.Weights(half * 4))
        by_channel = n.add_scale_nd(x, trt.ScaleMode.CHANNEL, trt.Weights(channel), trt.Weights(), trt.Weights(), 1)
        assert by_channel.channel_axis == 1 and list(uniform.shift) == [0.5] and uniform.mode == trt.ScaleMode.UNIFORM
        return [uniform, by_channel, n.add_scale(x, trt.ScaleMode.ELEMENTWISE, scale=trt.Weights(each))]

    return {"x": x}, define, [(x * 2 + 0.5)**2, x + channel[:, None, None], x * each]


@case
def local_response_normalization():
    x = weights(1, 5, 2, 2)

    def define(n, x):
        layer = n.add_lrn(x, 3, 0.1, 0.75, 2.0)
        assert (layer.window_size, layer.k) == (3, 2.0) and layer.beta == 0.75
        return layer

    square = np.pad(x * x, ((0, 0), (1, 1), (0, 0), (0, 0)))
    return {"x": x}, define, x / (2 + 0.1 / 3 * (square[:, :-2] + square[:, 1:-1] + square[:, 2:]))**0.75


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@case
def softmax_and_its_ragged_form():
    x, bounds = weights(2, 3, 4), ints([[4], [1], [2]], [[3], [4], [1]])

    def define(n, x, bounds):
        layer = n.add_softmax(x)
        layer.axes = 1 << 1
        return [layer, n.add_ragged_softmax(x, bounds)]

    inside = np.arange(4) < bounds
    e = np.where(inside, np.exp(x), 0)
    return {"x": x, "bounds": bounds}, define, [softmax(x, 1), e / e.sum(-1, keepdims=True)]


T = trt.ActivationType
ACTIVATIONS = {
    T.RELU: lambda x: np.maximum(x, 0), T.SIGMOID: lambda x: 1 / (1 + np.exp(-x)), T.TANH: np.tanh,
    T.LEAKY_RELU: lambda x: np.where(x < 0, 0.5 * x, x), T.ELU: lambda x: np.where(x < 0, 0.5 * np.expm1(x), x),
    T.SELU: lambda x: 2 * np.where(x < 0, 0.5 * np.expm1(x), x), T.SOFTSIGN: lambda x: x / (1 + np.abs(x)),
    T.SOFTPLUS: lambda x: 0.5 * np.log1p(np.exp(2 * x)), T.CLIP: lambda x: np.clip(x, 0.5, 2),
    T.HARD_SIGMOID: lambda x: np.clip(0.5 * x + 2, 0, 1), T.SCALED_TANH: lambda x: 0.5 * np.tanh(2 * x),
    T.THRESHOLDED_RELU: lambda x: np.where(x > 0.5, x, 0),
    T.GELU_TANH: lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
}


@case
def activations():
    x = weights(3, 5) * 3

    def define(n, x):
        made = []
        for kind in ACTIVATIONS:
            made.append(n.add_activation(x, kind))
            made[-1].alpha, made[-1].beta = 0.5, 2
        return made

    return {"x": x}, define, [f(x) for f in ACTIVATIONS.values()]


U = trt.UnaryOperation
UNARY = {U.EXP: np.exp, U.LOG: np.log, U.SQRT: np.sqrt, U.RECIP: lambda x: 1 / x, U.ABS: np.abs, U.NEG: np.negative,
         U.SIN: np.sin, U.COS: np.cos, U.TAN: np.tan, U.SINH: np.sinh, U.COSH: np.cosh, U.ASIN: np.arcsin,
         U.ACOS: np.arccos, U.ATAN: np.arctan, U.ASINH: np.arcsinh, U.ATANH: np.arctanh, U.CEIL: np.ceil,
         U.FLOOR: np.floor, U.SIGN: np.sign, U.ROUND: np.round, U.ISINF: np.isinf, U.ISNAN: np.isnan}


@case
def unary_operations():
    x = np.linspace(0.1, 0.9, 9, dtype=np.float32).reshape(3, 3)
    return {"x": x}, lambda n, x: [n.add_unary(x, op) for op in UNARY], [f(x) for f in UNARY.values()]


E = trt.ElementWiseOperation
ELEMENTWISE = {E.SUM: np.add, E.PROD: np.multiply, E.MAX: np.maximum, E.MIN: np.minimum, E.SUB: np.subtract,
               E.DIV: np.divide, E.POW: np.power, E.FLOOR_DIV: np.floor_divide, E.EQUAL: np.equal,
               E.GREATER: np.greater, E.LESS: np.less}


@case
def elementwise_operations():
    a, b = np.abs(weights(2, 3)) + 0.5, np.abs(weights(1, 3, seed=2)) + 0.5
    p, q = np.array([[True, False, True]]), np.array([[True], [False]])
    logic = {E.AND: np.logical_and, E.OR: np.logical_or, E.XOR: np.logical_xor}

    def define(n, a, b, p, q):
        return [n.add_elementwise(a, b, op) for op in ELEMENTWISE] + [n.add_elementwise(p, q, op) for op in logic]

    expected = [f(a, b) for f in ELEMENTWISE.values()] + [f(p, q) for f in logic.values()]
    return {"a": a, "b": b, "p": p, "q": q}, define, expected


@case
def matrix_products():
    a, b, v = weights(2, 3, 4), weights(2, 5, 4, seed=2), weights(2, 4, seed=3)
    op = trt.MatrixOperation

    def define(n, a, b, v):
        layer = n.add_matrix_multiply(a, op.NONE, b, op.NONE)
        layer.op1 = op.TRANSPOSE
        assert layer.op0 == op.NONE
        return [layer, n.add_matrix_multiply(a, op.NONE, v, op.VECTOR), n.add_einsum([a, b], "bij,bkj->bik")]

    product = a @ b.transpose(0, 2, 1)
    return {"a": a, "b": b, "v": v}, define, [product, np.einsum("bij,bj->bi", a, v), product]


@case
def fully_connected():
    x, w, b = weights(2, 3, 2, 2), weights(5, 12, seed=2), weights(5, seed=3)

    def define(n, x):
        layer = n.add_fully_connected(x, 5, trt.Weights(w), trt.Weights(b))
        assert layer.num_output_channels == 5 and layer.type == trt.LayerType.FULLY_CONNECTED
        return layer

    return {"x": x}, define, (x.reshape(2, 12) @ w.T + b).reshape(2, 5, 1, 1)


@case
def plain_recurrent_layer():
    """As it was in 8.6: weights and biases for each gate."""
    x, w, r, b = weights(2, 3, 4), weights(5, 4, seed=2), weights(5, 5, seed=3), weights(5, seed=4)

    def define(n, x):
        layer = n.add_rnn_v2(x, 1, 5, 3, trt.RNNOperation.RELU)
        layer.set_weights_for_gate(0, trt.RNNGateType.INPUT, True, trt.Weights(w))
        layer.set_weights_for_gate(0, trt.RNNGateType.INPUT, False, trt.Weights(r))
        layer.set_bias_for_gate(0, trt.RNNGateType.INPUT, True, trt.Weights(b))
        layer.set_bias_for_gate(0, trt.RNNGateType.INPUT, False, trt.Weights(np.zeros(5, np.float32)))
        layer.direction, layer.input_mode = trt.RNNDirection.UNIDIRECTION, trt.RNNInputMode.LINEAR
        assert (layer.num_layers, layer.hidden_size, layer.data_length, layer.max_seq_length) == (1, 5, 4, 3)
        return [layer.get_output(0), layer.get_output(1)]

    h, steps = np.zeros((2, 5), np.float32), []
    for t in range(3):
        h = np.maximum(x[:, t] @ w.T + h @ r.T + b, 0)
        steps.append(h)
    return {"x": x}, define, [np.stack(steps, 1), h[:, None]]


@case
def normalization_kinds():
    x = weights(2, 4, 3, 3)
    s, b = weights(1, 4, 1, 1, seed=2), weights(1, 4, 1, 1, seed=3)
    g, h = weights(1, 2, 1, 1, seed=2), weights(1, 2, 1, 1, seed=3)

    def define(n, x):
        instance = n.add_normalization(x, constant(n, s), constant(n, b), 1 << 2 | 1 << 3)
        group = n.add_normalization(x, constant(n, g), constant(n, h), 1 << 2 | 1 << 3)
        instance.epsilon, group.num_groups = 1e-3, 2
        assert instance.axes == 12 and not instance.is_v2
        return [instance, group]

    def normal(x, axes, epsilon):
        return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)

    grouped = normal(x.reshape(2, 2, 2, 3, 3), (2, 3, 4), 1e-5) * g[..., None] + h[..., None]
    return {"x": x}, define, [normal(x, (2, 3), 1e-3) * s + b, grouped.reshape(x.shape)]


@case
def parametric_relu_and_select():
    x, slope = weights(2, 3), np.array([[0.1, 0.2, 0.3]], np.float32)

    def define(n, x):
        zero = constant(n, np.zeros((1, 1), np.float32))
        positive = n.add_elementwise(x, zero, E.GREATER).get_output(0)
        return [n.add_parametric_relu(x, constant(n, slope)), n.add_select(positive, x, zero)]

    return {"x": x}, define, [np.where(x < 0, x * slope, x), np.maximum(x, 0)]


@case
def reductions():
    x = weights(2, 3, 4)
    op = trt.ReduceOperation
    kinds = {op.SUM: np.sum, op.PROD: np.prod, op.MAX: np.max, op.MIN: np.min, op.AVG: np.mean}

    def define(n, x):
        return [n.add_reduce(x, kind, 1 << 0 | 1 << 2, False) for kind in kinds] + [n.add_reduce(x, op.SUM, 1 << 1, True)]

    return {"x": x}, define, [f(x, axis=(0, 2)) for f in kinds.values()] + [x.sum(1, keepdims=True)]


@case
def topk():
    x = weights(2, 6)

    def define(n, x):
        layer = n.add_topk(x, trt.TopKOperation.MIN, 2, 1 << 1)
        layer.op, layer.k = trt.TopKOperation.MAX, 3
        assert layer.axes == 2
        return [layer.get_output(0), layer.get_output(1)]

    order = np.argsort(-x, axis=1)[:, :3]
    return {"x": x}, define, [np.take_along_axis(x, order, 1), order.astype(np.int32)]


@case
def quantization():
    x, scale = weights(2, 3, 2), np.array([0.1, 0.2, 0.4], np.float32)

    def define(n, x):
        q = n.add_quantize(x, constant(n, scale))
        q.axis = 1
        d = n.add_dequantize(q.get_output(0), constant(n, scale))
        d.axis = 1
        return d

    s = scale[:, None]
    return {"x": x}, define, np.clip(np.rint(x / s), -128, 127) * s


@case
def casts():
    x = weights(2, 3) * 3

    def define(n, x):
        whole = n.add_cast(x, trt.int32)
        half = n.add_identity(x)
        half.set_output_type(0, trt.float16)
        assert half.output_type_is_set(0) and half.get_output_type(0) == trt.float16 and whole.to_type == trt.int32
        return [whole, half]

    return {"x": x}, define, [x.astype(np.int32), x.astype(np.float16)]


@pytest.mark.parametrize("name", CASES)
def test_layer(log, name):
    feeds, define, expected = CASES[name]()
    engine = programs.build(log, define, feeds)
    expect(programs.by_name(engine, dict(feeds)), expected)
    expect(programs.by_number(engine, feeds), expected)
