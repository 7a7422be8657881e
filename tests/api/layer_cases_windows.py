"""Convolutions, poolings and the like: every padding mode, weights as tensors, and everything set after the layer was
made."""
import dovetail as trt
import numpy as np
from layer_cases_neural import accumulated, add_conv, add_deconv, by_batch, by_onnx, normalized, weight, windowed
from layer_cases_setters import later
from layer_session import COMMON, Case

P = trt.PaddingMode


def pads_of(mode, x, kernel, strides, pre, post):
    """What a padding mode comes to, as ONNX writes it: all before, then all behind."""
    begin, end = list(pre), list(pre if mode.name.startswith("CAFFE") else post)
    for i, (k, s) in enumerate(zip(kernel, strides)):
        n = x.shape[i + 2]
        if mode.name.startswith("SAME"):
            total = max(0, (-(-n // s) - 1) * s + k - n)
            begin[i] = total // 2 if mode == P.SAME_UPPER else total - total // 2
            end[i] = total - begin[i]
        elif mode.name.endswith("ROUND_UP"):
            end[i] += -(n + begin[i] + end[i] - k) % s
    return begin + end


def of_tensors(op):
    """Of a kernel and a bias that are inputs; integers are computed as such."""
    def want(x, w, b):
        y = by_onnx(op, *(np.asarray(v, float) for v in (x if len(x) else np.ones((1, *x.shape[1:])), w, b)))
        return y[:len(x)].astype(float if x.dtype.kind == "f" else accumulated(x).dtype)
    return want


def convolutions():
    w, b = weight(4, 3, 3, 2), weight(4)
    for mode in P.__members__.values():
        settings = dict(padding_mode=mode, stride_nd=(2, 2), pre_padding=(1, 0), post_padding=(0, 1))
        yield Case("ConvolutionNd", mode.name, [(2, 3, 7, 7)], windowed(add_conv, w, b, **settings),
                   by_batch(lambda x, mode=mode: by_onnx("Conv", x, w, b, strides=[2, 2], pads=pads_of(
                       mode, x, (3, 2), (2, 2), (1, 0), (0, 1)))), COMMON, open={0: (0, 2, 3)}, depth=16,
                   empty=[(0, 3, 7, 7)])
        if mode == P.SAME_UPPER or mode == P.SAME_LOWER:
            pads = [0, 1, 1, 1] if mode == P.SAME_UPPER else [1, 1, 0, 1]
        else:
            pads = [1, 0, 1, 0] if mode.name.startswith("CAFFE") else [1, 0, 0, 1]
        v = weight(3, 4, 3, 4)
        yield Case("DeconvolutionNd", mode.name, [(2, 3, 3, 4)], windowed(add_deconv, v, b, **settings),
                   by_batch(lambda x, pads=pads, v=v: by_onnx("ConvTranspose", x, v, b, strides=[2, 2], pads=pads)),
                   COMMON, open={0: (0, 2, 3)}, depth=16, empty=[(0, 3, 3, 4)])
    one = weight(2, 3, 1, 1)
    yield Case("ConvolutionNd", "set", [(2, 4, 5, 6)], later(
        lambda n, x: add_conv(n, x, one, weight(2)), num_output_maps=4, num_groups=2, kernel_size_nd=(3, 2),
        kernel=weight(4, 2, 3, 2), bias=b, stride_nd=(1, 2), padding_nd=(1, 1), dilation_nd=(2, 1)),
               by_batch(lambda x: by_onnx("Conv", x, weight(4, 2, 3, 2), b, group=2, strides=[1, 2],
                                          pads=[1, 1, 1, 1], dilations=[2, 1])), COMMON, open={0: (0, 2)}, depth=16,
               empty=[(0, 4, 5, 6)])
    yield Case("ConvolutionNd", "set_hw", [(2, 3, 5, 6)], later(
        lambda n, x: add_conv(n, x, one, weight(2)), num_output_maps=4, kernel_size=(3, 2), kernel=w, bias=None,
        stride=(1, 2), padding=(1, 1), dilation=(2, 1)),
               by_batch(lambda x: by_onnx("Conv", x, w, strides=[1, 2], pads=[1, 1, 1, 1], dilations=[2, 1])), COMMON,
               open={0: (0, 2)}, depth=16, empty=[(0, 3, 5, 6)])
    yield Case("DeconvolutionNd", "set", [(2, 4, 3, 3)], later(
        lambda n, x: add_deconv(n, x, weight(4, 2, 1, 1), weight(2)), num_output_maps=4, num_groups=2,
        kernel_size_nd=(3, 2), kernel=weight(4, 2, 3, 2), bias=b, stride_nd=(1, 2), padding_nd=(1, 1),
        dilation_nd=(2, 1)),
               by_batch(lambda x: by_onnx("ConvTranspose", x, weight(4, 2, 3, 2), b, group=2, strides=[1, 2],
                                          pads=[1, 1, 1, 1], dilations=[2, 1])), COMMON, open={0: (0, 2)}, depth=16,
               empty=[(0, 4, 3, 3)])
    yield Case("DeconvolutionNd", "set_hw", [(2, 4, 3, 3)], later(
        lambda n, x: add_deconv(n, x, weight(4, 2, 1, 1), weight(2)), num_output_maps=3, kernel_size=(3, 2),
        kernel=weight(4, 3, 3, 2), bias=None, stride=(1, 2), padding=(1, 1), dilation=(2, 1)),
               by_batch(lambda x: by_onnx("ConvTranspose", x, weight(4, 3, 3, 2), strides=[1, 2], pads=[1, 1, 1, 1],
                                          dilations=[2, 1])), COMMON, open={0: (0, 2)}, depth=16, empty=[(0, 4, 3, 3)])
    none = np.zeros(0, np.float32)

    def make_with(n, add, maps, x, w, b):
        layer = getattr(n.network, add)(x, maps, (2, 3), none, none)
        layer.set_input(1, w)
        layer.set_input(2, b)
        return layer.get_output(0)
    yield Case("ConvolutionNd", "tensors", [(2, 3, 5, 6), (4, 3, 2, 3), (4,)],
               lambda n, x, w, b: make_with(n, "add_convolution_nd", 4, x, w, b),
               of_tensors("Conv"), COMMON, out={"INT8": "INT32", "UINT8": "INT32"}, open={0: (0, 2)}, depth=16, empty=[(0, 3, 5, 6), (4, 3, 2, 3), (4,)])
    yield Case("DeconvolutionNd", "tensors", [(2, 3, 3, 4), (3, 4, 2, 3), (4,)],
               lambda n, x, w, b: make_with(n, "add_deconvolution_nd", 4, x, w, b),
               of_tensors("ConvTranspose"), COMMON, open={0: (0, 2)}, depth=16,
               empty=[(0, 3, 3, 4), (3, 4, 2, 3), (4,)])


def pools():
    t = trt.PoolingType
    for mode in P.__members__.values():
        yield Case("PoolingNd", mode.name, [(2, 2, 7, 7)], later(
            lambda n, x: n.add_pooling_nd(x, t.AVERAGE, (1, 1)), type=t.MAX, window_size_nd=(3, 2), stride_nd=(2, 2),
            pre_padding=(1, 0), post_padding=(0, 1), padding_mode=mode),
                   by_batch(lambda x, mode=mode: by_onnx("MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], pads=pads_of(
                       mode, x, (3, 2), (2, 2), (1, 0), (0, 1)))), COMMON, open={0: (0, 2, 3)}, empty=[(0, 2, 7, 7)])
    yield Case("PoolingNd", "set", [(2, 2, 6, 7)], later(
        lambda n, x: n.add_pooling_nd(x, t.MAX, (1, 1)), type=t.MAX_AVERAGE_BLEND, blend_factor=0.5, window_size=(3, 2),
        stride=(2, 2), padding=(1, 1), average_count_excludes_padding=False),
               by_batch(lambda x: (0.5 * by_onnx("MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 1, 1, 1]) +
                                   0.5 * by_onnx("AveragePool", x, kernel_shape=[3, 2], strides=[2, 2],
                                                 pads=[1, 1, 1, 1], count_include_pad=1)).astype(np.float32)), COMMON, open={0: (0,)}, depth=8, empty=[(0, 2, 6, 7)])
    yield Case("PoolingNd", "padding_nd", [(2, 2, 6, 7)], later(
        lambda n, x: n.add_pooling_nd(x, t.MAX, (3, 3)), padding_nd=(1, 1)),
               by_batch(lambda x: by_onnx("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])), COMMON,
               open={0: (0, 2)}, empty=[(0, 2, 6, 7)])
    yield Case("PoolingNd", "1D", [(2, 2, 6)], lambda n, x: n.add_pooling_nd(x, t.AVERAGE, (2,)).get_output(0),
               by_batch(lambda x: by_onnx("AveragePool", x, kernel_shape=[2])), COMMON, open={0: (0, 2)}, depth=8,
               empty=[(0, 2, 6)])


def others():
    yield Case("LRN", "set", [(2, 6, 2, 2)], later(lambda n, x: n.add_lrn(x, 1, 1, 1, 1), window_size=5, alpha=0.5,
                                                   beta=0.75, k=2.0),
               by_batch(lambda x: by_onnx("LRN", x, size=5, alpha=0.5, beta=0.75, bias=2.0)), COMMON, open={0: (0, 2)},
               depth=16, empty=[(0, 6, 2, 2)])
    factor, shift, power = np.abs(weight(4, seed=2)) + 1, weight(4, seed=1), np.full(4, 2, np.float32)

    def bare(n, x):
        return n.add_scale_nd(x, trt.ScaleMode.UNIFORM, None, None, None, 1)
    yield Case("ScaleNd", "set", [(2, 3, 4)], later(bare, mode=trt.ScaleMode.CHANNEL, channel_axis=2, scale=factor,
                                                    shift=shift, power=power),
               lambda x: (x * factor + shift) ** 2, COMMON, depth=8, open={0: (0, 1)}, empty=[(0, 3, 4)])
    yield Case("ScaleNd", "nothing", [(2, 3, 4)], later(bare), lambda x: x, COMMON, empty=[(0, 3, 4)])

    def softmax(axis):
        def want(x):
            e = np.exp(x - x.max(axis, keepdims=True, initial=-np.inf))
            return e / e.sum(axis, keepdims=True)
        return want
    yield Case("SoftMax", "default_axis", [(2, 3, 4, 2)], later(lambda n, x: n.add_softmax(x)), softmax(1), COMMON,
               depth=8, empty=[(0, 3, 4, 2)])
    yield Case("SoftMax", "default_axis_2D", [(2, 3)], later(lambda n, x: n.add_softmax(x)), softmax(0), COMMON, depth=8,
               empty=[(2, 0)])
    f, b = weight(1, 4, 1, seed=1), weight(1, 4, 1, seed=2)

    def plain(n, x):
        return n.add_normalization_v2(x, n.like(x, f), n.like(x, b), 0b010)
    def want(x):
        if x.size == 0:
            return x
        y = x.reshape(len(x), 2, -1)
        y = (y - y.mean(2, keepdims=True)) / np.sqrt(y.var(2, keepdims=True) + 0.125)
        return y.reshape(x.shape) * f + b
    yield Case("NormalizationV2", "set", [(2, 4, 6)], later(plain, epsilon=0.125, axes=0b100, num_groups=2,
                                                            compute_precision=trt.float16), want, COMMON, depth=32,
               empty=[(0, 4, 6)], open={0: (0, 2)})
    g, h = weight(1, 2, 1, seed=1), weight(1, 2, 1, seed=2)
    yield Case("Normalization", "set", [(2, 4, 6)], later(
        lambda n, x: n.add_normalization(x, n.like(x, g), n.like(x, h), 0b010), axes=0b100, num_groups=2),
               lambda x: normalized(x, (2,), 2, (1, 2, 1)), COMMON, depth=32, open={0: (0,)}, empty=[(0, 4, 6)])
    m = trt.MatrixOperation
    yield Case("MatrixMultiply", "set", [(4, 3), (5, 4)], later(
        lambda n, a, b: n.add_matrix_multiply(a, m.NONE, b, m.NONE), op0=m.TRANSPOSE, op1=m.TRANSPOSE),
               lambda a, b: (a.T @ b.T), COMMON, depth=16, open={0: (1,)}, empty=[(4, 0), (5, 4)],
               out={"INT8": "INT32", "UINT8": "INT32"})
    yield Case("MatrixMultiply", "ranks", [(3, 4), (2, 4, 5)],
               lambda n, a, b: n.add_matrix_multiply(a, m.NONE, b, m.NONE).get_output(0), np.matmul, COMMON, depth=16,
               open={0: (0,)}, empty=[(0, 4), (2, 4, 5)], out={"INT8": "INT32", "UINT8": "INT32"})
    yield Case("MatrixMultiply", "no_depth", [(3, 0), (0, 5)],
               lambda n, a, b: n.add_matrix_multiply(a, m.NONE, b, m.NONE).get_output(0), np.matmul, COMMON,
               open={0: (0,)}, out={"INT8": "INT32", "UINT8": "INT32"})
    yield Case("MatrixMultiply", "VECTOR_VECTOR", [(4,), (4,)],
               lambda n, a, b: n.add_matrix_multiply(a, m.VECTOR, b, m.VECTOR).get_output(0), np.dot, COMMON, depth=16,
               open={}, empty=[(0,), (0,)], out={"INT8": "INT32", "UINT8": "INT32"})
    for equation, shapes in {"ii->i": [(3, 3)], "ii": [(3, 3)], "bii,b->bi": [(2, 3, 3), (2,)],
                             "ijij->ji": [(2, 3, 2, 3)], "iii->": [(3, 3, 3)]}.items():
        yield Case("Einsum", f"diagonal_{equation}", shapes, later(lambda n, *x: n.add_einsum(list(x), "i->i"), outputs=1,
                                                                   equation=equation),
                   lambda *x, e=equation: np.einsum(e, *x), COMMON, open={0: (0,)} if equation[0] == "b" else {},
                   depth=16, empty=[tuple(0 if d == s[0] else d for d in s) for s in shapes])
    w, c = weight(3, 8), weight(3)
    yield Case("FullyConnected", "set", [(2, 2, 2, 2)], later(
        lambda n, x: n.add_fully_connected(x, 1, np.ones((1, 8), np.float32), None), num_output_channels=3, kernel=w,
        bias=c), lambda x: (x.reshape(len(x), 8) @ w.T + c)[..., None, None], COMMON, open={0: (0,)}, depth=32,
               empty=[(0, 2, 2, 2)])
    yield Case("FullyConnected", "tensors", [(2, 2, 2, 2), (3, 8), (3,)], later(
        lambda n, x, w, b: n.add_fully_connected(x, 3, np.ones((3, 8), np.float32), None),
        {1: lambda n, x, w, b: w, 2: lambda n, x, w, b: b}),
               lambda x, w, b: (accumulated(x).reshape(len(x), 8) @ accumulated(w).T + accumulated(b))[..., None, None], COMMON, open={0: (0,)}, depth=32,
               empty=[(0, 2, 2, 2), (3, 8), (3,)], out={"INT8": "INT32", "UINT8": "INT32"})


def cases():
    for part in (convolutions, pools, others):
        yield from part()
