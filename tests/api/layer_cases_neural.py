"""Layers with weights, windows and normalizations; ONNX Runtime is the oracle where it has the operator."""
import functools

import dovetail as trt
import numpy as np
import onnx.helper as oh
import onnxruntime as ort
from layer_session import COMMON, REAL, Case

SMALL = [t for t in REAL if t != "FP4"]


def weight(*shape, seed=3):
    return (np.random.default_rng(seed).integers(-8, 9, shape) / 8).astype(np.float32)


def by_onnx(op, *inputs, opset=20, outputs=1, **attributes):
    """What ONNX Runtime computes: in float64 where it can, else in float32 (which the results then are)."""
    whole = inputs[0].dtype.kind in "iub" and inputs[0].dtype
    for real in (np.float64, np.float32):
        arrays = [a.astype(real) if a is not None and (a.dtype.kind == "f" or whole and k == 0) else a
                  for k, a in enumerate(inputs)]
        try:
            results = run_onnx(op, arrays, opset, outputs, attributes)
        except Exception as error:
            if "NOT_IMPLEMENTED" not in str(error) and "Type Error" not in str(error) or real == np.float32:
                raise
            continue
        results = [r.astype(whole) if whole else r for r in results]
        return results[0] if outputs == 1 else results


def run_onnx(op, arrays, opset, outputs, attributes):
    names = ["" if a is None else f"i{k}" for k, a in enumerate(arrays)]
    node = oh.make_node(op, names, [f"o{k}" for k in range(outputs)], **attributes)
    infos = [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for n, a in zip(names, arrays) if n]
    graph = oh.make_graph([node], "g", infos, [oh.make_empty_tensor_value_info(f"o{k}") for k in range(outputs)])
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {n: a for n, a in zip(names, arrays) if n})


def by_batch(f):
    """The oracle f, also for a batch of nothing."""
    return lambda x, *rest: f(x, *rest) if len(x) else f(np.ones((1, *x.shape[1:])), *(r[:1] if len(r) else np.ones(
        (1, *r.shape[1:]), r.dtype) for r in rest))[:0]


def windowed(add, weights, bias, **settings):
    def make(n, x):
        layer = add(n, x, weights, bias)
        for name, value in settings.items():
            setattr(layer, name, value)
        return layer.get_output(0)
    return make


def add_conv(n, x, w, b):
    return n.add_convolution_nd(x, w.shape[0], w.shape[2:], w, b)


def add_deconv(n, x, w, b):
    return n.add_deconvolution_nd(x, len(b), w.shape[2:], w, b)


def convolutions():
    b = weight(4)
    forms = {
        "2D": ((1, 3, 5, 6), weight(4, 3, 3, 3), {}, {}),
        "stride_dilation_padding": ((2, 3, 7, 6), weight(4, 3, 2, 3),
                                    dict(stride_nd=(2, 1), dilation_nd=(1, 2), pre_padding=(1, 0), post_padding=(0, 2)),
                                    dict(strides=[2, 1], dilations=[1, 2], pads=[1, 0, 0, 2])),
        "groups": ((1, 4, 4, 4), weight(4, 2, 3, 3), dict(num_groups=2), dict(group=2)),
        "depthwise": ((1, 4, 4, 4), weight(4, 1, 3, 3), dict(num_groups=4, padding_nd=(1, 1)),
                      dict(group=4, pads=[1, 1, 1, 1])),
        "same_upper": ((1, 3, 5, 5), weight(4, 3, 2, 2),
                       dict(padding_mode=trt.PaddingMode.SAME_UPPER, stride_nd=(2, 2)),
                       dict(auto_pad="SAME_UPPER", strides=[2, 2])),
        "3D": ((1, 2, 3, 4, 4), weight(4, 2, 2, 2, 2), {}, {})}
    for mode, (shape, w, settings, attributes) in forms.items():
        empty = [(0, *shape[1:])]
        yield Case("ConvolutionNd", mode, [shape], windowed(add_conv, w, b, **settings),
                   by_batch(lambda x, w=w, a=attributes: by_onnx("Conv", x, w, b, **a)), COMMON,
                   empty=empty, open={0: (0, *range(2, len(shape)))}, depth=16)
    transposed = {
        "2D": ((1, 3, 3, 4), weight(3, 4, 3, 3), {}, {}),
        "stride_padding": ((2, 3, 3, 4), weight(3, 4, 3, 2), dict(stride_nd=(2, 3), padding_nd=(1, 0)),
                           dict(strides=[2, 3], pads=[1, 0, 1, 0])),
        "groups": ((1, 4, 3, 3), weight(4, 2, 2, 2), dict(num_groups=2), dict(group=2)),
        "3D": ((1, 2, 2, 3, 3), weight(2, 4, 2, 2, 2), {}, {})}
    for mode, (shape, w, settings, attributes) in transposed.items():
        yield Case("DeconvolutionNd", mode, [shape], windowed(add_deconv, w, b, **settings),
                   by_batch(lambda x, w=w, a=attributes: by_onnx("ConvTranspose", x, w, b, **a)), COMMON,
                   empty=[(0, *shape[1:])], open={0: (0, *range(2, len(shape)))}, depth=16)


def pooling(kind, size, **settings):
    def make(n, x):
        layer = n.add_pooling_nd(x, kind, size)
        for name, value in settings.items():
            setattr(layer, name, value)
        return layer.get_output(0)
    return make


def pools():
    p = trt.PoolingType
    settings, attributes = dict(stride_nd=(2, 1), padding_nd=(1, 1)), dict(kernel_shape=[3, 2], strides=[2, 1],
                                                                         pads=[1, 1, 1, 1])
    shape, none = (1, 2, 6, 5), [(0, 2, 6, 5)]

    def average(x, **more):
        return by_onnx("AveragePool", x, **attributes, **more)

    yield Case("PoolingNd", "MAX", [shape], pooling(p.MAX, (3, 2), **settings),
               by_batch(lambda x: by_onnx("MaxPool", x, **attributes)), COMMON, open={0: (0, 1)}, empty=none)
    yield Case("PoolingNd", "AVERAGE", [shape], pooling(p.AVERAGE, (3, 2), **settings), by_batch(average), COMMON,
               open={0: (0, 2)}, depth=8, empty=none)
    yield Case("PoolingNd", "AVERAGE_with_padding", [shape],
               pooling(p.AVERAGE, (3, 2), average_count_excludes_padding=False, **settings),
               lambda x: average(x, count_include_pad=1), COMMON, open={0: (0,)}, depth=8)
    yield Case("PoolingNd", "MAX_AVERAGE_BLEND", [shape],
               pooling(p.MAX_AVERAGE_BLEND, (3, 2), blend_factor=0.25, **settings),
               lambda x: (0.75 * by_onnx("MaxPool", x, **attributes) + 0.25 * average(x)).astype(average(x).dtype),
               COMMON, open={0: (0,)}, depth=8)
    yield Case("PoolingNd", "3D", [(1, 2, 3, 4, 4)], pooling(p.MAX, (2, 2, 2)),
               lambda x: by_onnx("MaxPool", x, kernel_shape=[2, 2, 2]), COMMON, open={0: (0,)})


def scale(mode, shape, power):
    def make(n, x):
        shift, factor = weight(*shape, seed=1), np.abs(weight(*shape, seed=2)) + 1
        exponent = np.full(shape, 2, np.float32) if power else None
        return n.add_scale(x, mode, shift, factor, *([exponent] if power else [])).get_output(0)
    return make


def scaled(x, shape, power):
    spread = (1, *shape, *([1] * (x.ndim - 1 - len(shape))))
    y = x * (np.abs(weight(*shape, seed=2)) + 1).reshape(spread) + weight(*shape, seed=1).reshape(spread)
    return y ** 2 if power else y


def scales():
    m = trt.ScaleMode
    for mode, shape in ((m.UNIFORM, (1,)), (m.CHANNEL, (3,)), (m.ELEMENTWISE, (3, 4, 2))):
        for power in (False, True):
            yield Case("ScaleNd", mode.name + ("_power" if power else ""), [(2, 3, 4, 2)], scale(mode, shape, power),
                       lambda x, s=shape, p=power: scaled(x, s, p), COMMON, empty=[(0, 3, 4, 2)], open={0: (0,)},
                       depth=8)


def softmax(n, x):
    layer = n.add_softmax(x)
    layer.axes = 0b010
    return layer.get_output(0)


def softmaxed(x, axis=1):
    if x.size == 0:
        return x
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def ragged(x, bounds):
    y = np.zeros_like(x)
    for b in range(x.shape[0]):
        for z in range(x.shape[1]):
            count = int(bounds[b, z, 0])
            y[b, z, :count] = softmaxed(x[b, z, :count], 0)
    return y


def normalization(axes, groups=1, v2=False, shape=(1, 4, 1)):
    def make(n, x):
        factor, bias = weight(*shape, seed=1), weight(*shape, seed=2)
        add = n.add_normalization_v2 if v2 else n.add_normalization
        layer = add(x, n.like(x, factor), n.like(x, bias), axes)
        if groups > 1:
            layer.num_groups = groups
        return layer.get_output(0)
    return make


def normalized(x, axes, groups=1, shape=(1, 4, 1)):
    factor, bias = weight(*shape, seed=1), weight(*shape, seed=2)
    if x.size == 0:
        return x
    y = x.reshape(x.shape[0], groups, -1, *x.shape[2:]) if groups > 1 else x
    over = tuple(range(2, y.ndim)) if groups > 1 else axes
    y = (y - y.mean(over, keepdims=True)) / np.sqrt(y.var(over, keepdims=True) + float(np.float32(1e-5)))
    if groups > 1 and shape[1] == groups:
        factor, bias = (np.repeat(v, x.shape[1] // groups, 1) for v in (factor, bias))
    return y.reshape(x.shape) * factor + bias


def normalizations():
    yield Case("SoftMax", "", [(2, 3, 4)], softmax, softmaxed, REAL, empty=[(0, 3, 4)])
    yield Case("RaggedSoftMax", "", [(2, 3, 4), (2, 3, 1)],
               lambda n, x, b: n.add_ragged_softmax(x, b).get_output(0), ragged, COMMON,
               fixed={1: lambda rng, s: rng.integers(1, 5, s).astype(np.int32)}, open={0: (0, 1), 1: (0, 1)}, depth=8,
               empty=[(0, 3, 4), (0, 3, 1)])
    shape = [(2, 4, 6)]
    yield Case("Normalization", "instance", shape, normalization(0b100), lambda x: normalized(x, (2,)), COMMON,
               depth=32, empty=[(0, 4, 6)], open={0: (0, 2)})
    yield Case("Normalization", "layer", shape, normalization(0b100, shape=(1, 1, 6)),
               lambda x: normalized(x, (2,), shape=(1, 1, 6)), COMMON, depth=32, open={0: (0,)})
    yield Case("Normalization", "batch", shape, normalization(0b101), lambda x: normalized(x, (0, 2)), COMMON, depth=32,
               open={0: (0, 2)})
    yield Case("Normalization", "group", shape, normalization(0b100, 2, shape=(1, 2, 1)),
               lambda x: normalized(x, (2,), 2, (1, 2, 1)), COMMON, depth=32, open={0: (0,)})
    yield Case("NormalizationV2", "group", shape, normalization(0b100, 2, True), lambda x: normalized(x, (2,), 2),
               COMMON, empty=[(0, 4, 6)], depth=32, open={0: (0,)})
    yield Case("LRN", "", [(1, 6, 2, 2)], lambda n, x: n.add_lrn(x, 3, 0.5, 0.75, 2).get_output(0),
               by_batch(lambda x: by_onnx("LRN", x, size=3, alpha=0.5, beta=0.75, bias=2.0)), COMMON, open={0: (0, 2)},
               depth=16, empty=[(0, 6, 2, 2)])


#: Products of 8-bit integers are summed in, and stay, 32 bits.
SUMS = {"INT8": "INT32", "UINT8": "INT32"}


def contracts(equation):
    given, kept = equation.split("->")
    return "," in given and not set(given) - {","} <= set(kept)


def accumulated(x):
    return x.astype(np.int32) if x.dtype in (np.int8, np.uint8) else x


def products():
    m = trt.MatrixOperation
    forms = {(m.NONE, m.NONE): ((2, 3, 4), (1, 4, 5)), (m.TRANSPOSE, m.NONE): ((2, 4, 3), (2, 4, 5)),
             (m.NONE, m.TRANSPOSE): ((2, 3, 4), (2, 5, 4)), (m.NONE, m.VECTOR): ((2, 3, 4), (2, 4)),
             (m.VECTOR, m.NONE): ((2, 4), (2, 4, 5))}
    for (a, b), shapes in forms.items():
        def want(x, y, a=a, b=b):
            x = x.swapaxes(-1, -2) if a == m.TRANSPOSE else x[..., None, :] if a == m.VECTOR else x
            y = y.swapaxes(-1, -2) if b == m.TRANSPOSE else y[..., None] if b == m.VECTOR else y
            z = np.matmul(*map(accumulated, (x, y)))
            return z[..., 0] if b == m.VECTOR else z[..., 0, :] if a == m.VECTOR else z
        empty = [(2, 0, 4), (1, 4, 5)] if (a, b) == (m.NONE, m.NONE) else None
        yield Case("MatrixMultiply", f"{a.name}_{b.name}", list(shapes), lambda n, x, y, a=a, b=b:
                   n.add_matrix_multiply(x, a, y, b).get_output(0), want, COMMON + ["INT32", "INT64"], empty=empty,
                   depth=16, out=SUMS,
                   open={0: (1,) if a == m.NONE and len(shapes[0]) == 3 else ()})
    for equation, shapes in {"ij,jk->ik": [(2, 3), (3, 4)], "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)], "ij->j": [(3, 4)],
                             "ij->ji": [(2, 3)], "i,j->ij": [(2,), (3,)],
                             "...i,...i->...": [(2, 3), (2, 3)]}.items():
        yield Case("Einsum", equation, shapes, lambda n, *x, e=equation: n.add_einsum(list(x), e).get_output(0),
                   lambda *x, e=equation: np.einsum(e, *map(accumulated, x)) if len(x) > 1 else np.einsum(e, *x),
                   COMMON, open={0: (0,)} if equation.startswith("ij") else {}, depth=16,
                   out=SUMS if contracts(equation) else None)
    w, b = weight(4, 12), weight(4)
    yield Case("FullyConnected", "", [(2, 3, 2, 2)], lambda n, x: n.add_fully_connected(x, 4, w, b).get_output(0),
               lambda x: (x.reshape(len(x), 12) @ w.T + b)[..., None, None], COMMON, open={0: (0,)}, depth=32,
               empty=[(0, 3, 2, 2)])


def resize(mode, transformation, dims, **settings):
    def make(n, x):
        layer = n.add_resize(x)
        layer.shape = dims
        layer.resize_mode, layer.coordinate_transformation = mode, transformation
        for name, value in settings.items():
            setattr(layer, name, value)
        return layer.get_output(0)
    return make


def by_scales(n, x):
    layer = n.add_resize(x)
    layer.scales = [1, 1, 2, 1.5]
    layer.resize_mode = trt.InterpolationMode.LINEAR
    return layer.get_output(0)


def resizes():
    i, c = trt.InterpolationMode, trt.ResizeCoordinateTransformation
    names = {c.ALIGN_CORNERS: "align_corners", c.ASYMMETRIC: "asymmetric", c.HALF_PIXEL: "half_pixel"}
    for mode in (i.NEAREST, i.LINEAR, i.CUBIC):
        for transformation, name in names.items():
            shape, dims = (1, 2, 4, 5), (1, 2, 7, 3)
            settings = dict(nearest_rounding=trt.ResizeRoundMode.FLOOR) if mode == i.NEAREST else {}
            attributes = dict(nearest_mode="floor") if mode == i.NEAREST else {}

            def want(x, mode=mode, name=name, a=attributes, dims=dims):
                return by_onnx("Resize", x, None, None, np.array(dims), mode=mode.name.lower(),
                               coordinate_transformation_mode=name, **a)
            yield Case("Resize", f"{mode.name}_{names[transformation]}", [shape],
                       resize(mode, transformation, dims, **settings), want, COMMON, depth=16, open={},
                       near=mode != i.NEAREST)
    yield Case("Resize", "scales", [(1, 2, 4, 5)], by_scales, by_batch(lambda x: by_onnx(
        "Resize", x, None, np.array([1, 1, 2, 1.5], np.float32), mode="linear",
        coordinate_transformation_mode="asymmetric")), COMMON, depth=16, open={0: (0, 2)}, empty=[(0, 2, 4, 5)],
               near=True)
    for sample, padding in ((trt.SampleMode.FILL, "zeros"), (trt.SampleMode.CLAMP, "border"),
                            (trt.SampleMode.REFLECT, "reflection")):
        for mode, name in ((i.NEAREST, "nearest"), (i.LINEAR, "linear"), (i.CUBIC, "cubic")):
            for align in (False, True):
                yield Case("GridSample", f"{mode.name}_{sample.name}{'_align' if align else ''}",
                           [(1, 2, 4, 5), (1, 3, 2, 2)], functools.partial(grid_sample, mode, sample, align),
                           by_batch(lambda x, g, n=name, p=padding, a=align: by_onnx(
                               "GridSample", x, g, mode=n, padding_mode=p, align_corners=int(a))),
                           COMMON, fixed={1: points}, open={0: (0, 2, 3), 1: (0, 1, 2)}, depth=64,
                           empty=[(0, 2, 4, 5), (0, 3, 2, 2)])
    yield Case("GridSample", "no_points", [(1, 2, 4, 5), (1, 0, 2, 2)], functools.partial(
        grid_sample, i.LINEAR, trt.SampleMode.FILL, False), lambda x, g: np.zeros((1, 2, 0, 2)), COMMON,
               fixed={1: points}, open={0: (2,), 1: (1,)})


def points(rng, shape):
    """Coordinates beyond the edges too, none of them halfway between two pixels."""
    return (rng.integers(-12, 13, shape) / 9).astype(np.float32)


def grid_sample(mode, sample, align, n, x, grid):
    layer = n.add_grid_sample(x, grid)
    layer.interpolation_mode, layer.sample_mode, layer.align_corners = mode, sample, align
    return layer.get_output(0)


def cases():
    for part in (convolutions, pools, scales, normalizations, products, resizes):
        yield from part()
