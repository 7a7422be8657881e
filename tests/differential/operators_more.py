"""Proposals beyond the common operators: indices and counts, windows and signals, recurrences, products of integers,
detection, attention. As in operators.py, each gives (operator, inputs, attributes, number of outputs) or None."""
import numpy as np
import onnx
from onnx import helper

from operators import BFLOAT16, Chain, axis, is_float, kind

EXACT = {"Constant", "ConstantOfShape", "EyeLike", "Range", "Size", "CastLike", "Dropout", "ReverseSequence", "Scatter",
         "Upsample", "CenterCropPad", "Col2Im", "ConcatFromSequence", "SequenceConstruct", "SequenceAt", "SplitToSequence",
         "SequenceInsert", "SequenceErase", "Optional", "OptionalGetElement", "If", "MaxUnpool", "TensorScatter",
         "ArrayFeatureExtractor", "FeatureVectorizer", "ExpandDims", "BiasAdd", "FusedMatMul"}
STEPS = {"BitShift", "Compress", "NonMaxSuppression", "DynamicQuantizeLinear", "Binarizer", "LabelEncoder", "OneHotEncoder",
         "TfIdfVectorizer", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "LinearClassifier", "SVMClassifier", "Loop",
         "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "IsAllFinite", "TreeEnsemble"}
MAY_BE_EMPTY = {"Slice", "Compress", "NonZero", "NonMaxSuppression", "Range", "ConstantOfShape", "Loop", "If", "Shape"}


def rng_of(b):
    return np.random.default_rng(b.rng.getrandbits(32))


def ints(b, *values):
    return b.constant(np.array(values, np.int64))


def of_rank(*ranks, types=(np.float32, np.float64)):
    return lambda v: v.array.ndim in ranks and v.array.dtype in types and v.array.size > 0


# Values from shapes and numbers.

def constants(b):
    v = b.pick()
    op = b.rng.choice(["Constant", "ConstantOfShape", "EyeLike", "Range", "Size", "CastLike", "Dropout"])
    if op == "Constant":
        array = b.draw([b.rng.choice([1, 2, 3])], b.rng.choice(["float32", "int64"]))
        return op, [], {"value": onnx.numpy_helper.from_array(array)}, 1
    if op == "ConstantOfShape":
        shape = [b.rng.choice([0, 1, 2, 3]) for _ in range(b.rng.randint(1, 3))]
        return op, [ints(b, *shape)], {"value": onnx.numpy_helper.from_array(b.draw([1], b.rng.choice(
            ["float32", "int64", "bool", "uint8", "float16"])))}, 1
    if op == "Range":
        kind_ = b.rng.choice([np.int64, np.int32, np.float32, np.float64])
        start, step = b.rng.randint(-3, 3), b.rng.choice([1, 2, -1])
        numbers = (start, start + step * b.rng.randint(0, 5), step)
        return op, [b.constant(np.asarray(x, kind_)) for x in numbers], {}, 1
    if not v:
        return None
    if op == "EyeLike":
        return (op, [v], {"k": b.rng.randint(-1, 1)}, 1) if v.array.ndim == 2 else None
    if op == "CastLike":
        return op, [v, b.constant(b.draw([1], b.rng.choice(["float32", "int32", "float16"])))], {}, 1
    return op, [v], {}, 1


# Indices and counts.

def picked(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape)
    if not v:
        return None
    r, op = rng_of(b), b.rng.choice(["GatherND", "ScatterND", "OneHot", "Compress", "NonZero", "Unique", "ReverseSequence"])
    if op in ("GatherND", "ScatterND"):
        depth, count = b.rng.randint(1, v.array.ndim), b.rng.randint(1, 3)
        at = np.stack([r.integers(-d, d, count) for d in v.array.shape[:depth]], -1).astype(np.int64)
        if op == "GatherND":
            return op, [v, b.constant(at)], {}, 1
        at = np.unique(at % np.array(v.array.shape[:depth]), axis=0)
        reduction = b.rng.choice(["none", "add", "max", "min"]) if b.opset >= 18 and kind(v, "fi") else "none"
        return op, [v, b.constant(at), b.constant(b.draw([len(at), *v.array.shape[depth:]], v.array.dtype))], (
            {} if reduction == "none" else {"reduction": reduction}), 1
    if op == "OneHot":
        at = b.constant(r.integers(-4, 4, [b.rng.randint(1, 3)]).astype(b.rng.choice([np.int64, np.int32])))
        return op, [at, ints(b, 4), b.constant(b.draw([2], b.rng.choice(["float32", "int64"])))], {
            "axis": b.rng.choice([-1, 0])}, 1
    if op == "Compress":
        a = axis(b, v)
        return op, [v, b.constant(r.integers(0, 2, v.array.shape[a]).astype(bool))], {"axis": a}, 1
    if op == "NonZero":
        return op, [v], {}, 1
    if op == "Unique":
        return op, [v], {"sorted": 1, **({"axis": axis(b, v)} if b.rng.random() < 0.5 else {})}, 4
    if v.array.ndim < 2:
        return None
    batch, time = b.rng.choice([(0, 1), (1, 0)])
    lengths = r.integers(1, v.array.shape[time] + 1, v.array.shape[batch])
    return op, [v, b.constant(lengths.astype(np.int64))], {"batch_axis": batch, "time_axis": time}, 1


def scatter_reduced(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape and kind(v, "fi"))
    if not v:
        return None
    a, shape = axis(b, v), list(v.array.shape)
    shape[a] = b.rng.randint(1, 4)
    at = rng_of(b).integers(-v.array.shape[a], v.array.shape[a], shape).astype(np.int64)
    if b.opset == 11 and b.rng.random() < 0.5:
        return "ScatterElements", [v, b.constant(np.sort(at, a)[..., :1] if shape[a] == 1 else at), b.constant(
            b.draw(at.shape, v.array.dtype))], {"axis": a}, 1
    return "ScatterElements", [v, b.constant(at), b.constant(b.draw(shape, v.array.dtype))], {
        "axis": a, "reduction": b.rng.choice(["add", "max", "min", "mul"])}, 1


def bits(b):
    v = b.pick(lambda v: kind(v, "u"))
    return v and ("BitShift", [v, b.constant(np.asarray(b.rng.randint(0, 3), v.array.dtype))], {
        "direction": b.rng.choice(["LEFT", "RIGHT"])}, 1)


def cumulative_product(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim >= 1)
    return v and ("CumProd", [v, b.constant(np.array(axis(b, v), np.int64))], {}, 1)


# Products and contractions.

def einsum(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim in (2, 3) and v.array.size > 0)
    if not v:
        return None
    k, n = v.array.shape[-1], b.rng.choice([1, 2, 5])
    left = "abc"[:v.array.ndim]
    w = b.constant(b.draw([k, n], v.array.dtype))
    forms = [(f"{left},{left[-1]}z->{left[:-1]}z", [v, w]), (f"{left}->{left[::-1]}", [v]), (f"{left}->{left[0]}", [v]),
             (f"...{left[-1]},{left[-1]}z->...z", [v, w]), (f"{left},{left}->", [v, v])]
    if v.array.shape[-1] == v.array.shape[-2]:
        forms.append((f"...{'ii'}->...i", [v]))
    equation, inputs = b.rng.choice(forms)
    return "Einsum", inputs, {"equation": equation}, 1


def whole_products(b):
    v = b.pick(lambda v: v.array.dtype in (np.uint8, np.int8) and v.array.ndim >= 2 and v.array.size > 0)
    if not v:
        return None
    zero = b.constant(np.array(3, v.array.dtype))
    if v.array.ndim == 4 and v.array.dtype == np.uint8 and b.rng.random() < 0.6:
        w = b.constant(b.draw([3, v.array.shape[1], 1, 2], b.rng.choice(["uint8", "int8"])))
        w_zero = b.constant(np.array(1, w.array.dtype))
        if b.rng.random() < 0.5:
            return "ConvInteger", [v, w, zero, w_zero], {"pads": [0, 1, 0, 1]}, 1
        scale = b.constant(np.float32(0.25))
        return "QLinearConv", [v, scale, zero, w, scale, w_zero, scale, b.constant(np.uint8(100))], {"pads": [0, 1, 0, 1]}, 1
    w = b.constant(b.draw([v.array.shape[-1], 4], b.rng.choice(["uint8", "int8"])))
    w_zero = b.constant(np.array(1, w.array.dtype))
    if b.rng.random() < 0.5:
        return "MatMulInteger", [v, w, zero, w_zero], {}, 1
    scale = b.constant(np.float32(0.25))
    return "QLinearMatMul", [v, scale, zero, w, scale, w_zero, scale, b.constant(np.array(10, v.array.dtype))], {}, 1


def quantized(b):
    v = b.pick(lambda v: v.array.dtype == np.float32 and v.array.size > 0)
    if not v:
        return None
    if b.rng.random() < 0.3:
        return "DynamicQuantizeLinear", [v], {}, 3
    if v.array.ndim < 2:
        return None
    a = axis(b, v) % v.array.ndim
    scale = b.constant((2.0 ** rng_of(b).integers(-4, 1, v.array.shape[a])).astype(np.float32))
    zero = b.constant(b.draw([v.array.shape[a]], b.rng.choice(["int8", "uint8"])))
    return "QuantizeLinear", [v, scale, zero], {"axis": a}, 1


def determinant(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim >= 2 and v.array.size > 0 and
               v.array.shape[-1] == v.array.shape[-2])
    return v and ("Det", [v], {}, 1)


# Windows, normalizations, resampling.

def normalized(b):
    v = b.pick(of_rank(3, 4, 5))
    if not v:
        return None
    t, c = v.array.dtype, v.array.shape[1]
    op = b.rng.choice(["GroupNormalization", "RMSNormalization", "LRN", "MeanVarianceNormalization"])
    if op == "GroupNormalization":
        groups = b.rng.choice([g for g in (1, 2, c) if c % g == 0])
        size = groups if b.opset < 21 else c
        return op, [v, b.constant(b.draw([size], t)), b.constant(b.draw([size], t))], {
            "num_groups": groups, "epsilon": 0.01}, 1
    if op == "RMSNormalization":
        return op, [v, b.constant(b.draw([v.array.shape[-1]], t))], {"epsilon": 0.01}, 1
    if op == "LRN":
        return op, [v], {"size": b.rng.choice([1, 3, 5]), "alpha": 0.5, "beta": 0.75, "bias": 2.0}, 1
    return (op, [v], {"axes": [0, 2, 3]}, 1) if v.array.ndim == 4 else None


def resampled(b):
    v = b.pick(of_rank(4))
    if not v:
        return None
    n, c, h, w = v.array.shape
    op = b.rng.choice(["GridSample", "Upsample", "AffineGrid", "CenterCropPad", "RoiAlign", "MaxRoiPool", "DeformConv"])
    r, t = rng_of(b), v.array.dtype
    if op == "GridSample":
        # Points that are not halfway between two pixels, at which a rounding decides.
        grid = (r.integers(-12, 13, [n, 2, 3, 2]) / 9).astype(t)
        modes = ["bilinear", "nearest", "bicubic"] if b.opset < 20 else ["linear", "nearest", "cubic"]
        return op, [v, b.constant(grid)], {"mode": b.rng.choice(modes), "align_corners": b.rng.randint(0, 1),
                                           "padding_mode": b.rng.choice(["zeros", "border", "reflection"])}, 1
    if op == "Upsample":
        return op, [v, b.constant(np.array([1, 1, 2, b.rng.choice([1, 3])], np.float32))], {
            "mode": b.rng.choice(["nearest", "linear"])}, 1
    if op == "AffineGrid":
        theta = b.constant(b.draw([2, 2, 3], t))
        return op, [theta, ints(b, 2, 1, 3, 4)], {"align_corners": b.rng.randint(0, 1)}, 1
    if op == "CenterCropPad":
        return op, [v, ints(b, b.rng.randint(1, 6), b.rng.randint(1, 6))], {"axes": [2, 3]}, 1
    corners = np.sort(r.integers(0, 8, [2, 2, 2]), 1).astype(t)
    boxes = np.concatenate([corners[:, 0], corners[:, 1] + 1], -1)
    batch = r.integers(0, n, 2).astype(np.int64)
    if op == "RoiAlign":
        samples = b.rng.choice([1, 2])  # ONNX Runtime says of its own maximum over several that it is not right
        return op, [v, b.constant(boxes), b.constant(batch)], {
            "output_height": 2, "output_width": 3, "spatial_scale": 0.5, "sampling_ratio": samples,
            "mode": "avg" if samples > 1 else "max"}, 1
    if op == "MaxRoiPool":
        rois = np.concatenate([batch[:, None].astype(t), boxes], 1)
        return op, [v, b.constant(rois)], {"pooled_shape": [2, 2], "spatial_scale": 0.5}, 1
    kernel = b.constant(b.draw([2, c, 2, 2], t))
    offset = b.constant((r.integers(-4, 5, [n, 8, max(1, h - 1), max(1, w - 1)]) / 8).astype(t))
    return op, [v, kernel, offset], {"kernel_shape": [2, 2]}, 1


def columns(b):
    v = b.pick(of_rank(3))
    if not v or v.array.shape[1] % 4 or v.array.shape[2] not in (2, 3, 4):
        return None
    blocks = {2: (2, 1), 3: (3, 1), 4: (2, 2)}[v.array.shape[2]]
    return "Col2Im", [v, ints(b, *(n + 1 for n in blocks)), ints(b, 2, 2)], {}, 1


def unpooled(b):
    v = b.pick(of_rank(4, types=(np.float32,)))
    if not v or v.array.shape[2] % 2 or v.array.shape[3] % 2:
        return None
    k = len(b.nodes)
    names = [f"maxpool{k}_0", f"maxpool{k}_1", f"maxunpool{k}_0"]
    window = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [helper.make_node("MaxPool", [v.name], names[:2], f"MaxPool_{k}", **window),
             helper.make_node("MaxUnpool", names[:2], names[2:], f"MaxUnpool_{k}", **window)]
    return Chain(nodes, [v], {"MaxUnpool"}, names[2:])


def signal(b):
    op = b.rng.choice(["BlackmanWindow", "HammingWindow", "HannWindow", "DFT", "STFT", "MelWeightMatrix"])
    if op.endswith("Window"):
        return op, [b.constant(np.array(b.rng.randint(2, 9), np.int64))], {"periodic": b.rng.randint(0, 1)}, 1
    if op == "MelWeightMatrix":
        numbers = [np.array(x, np.int64) for x in (4, 16, 8000)] + [np.array(x, np.float32) for x in (0, 4000)]
        return op, [b.constant(x) for x in numbers], {}, 1
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim == 2 and v.array.shape[1] >= 8)
    if not v:
        return None
    name, k = f"signal{len(b.nodes)}", len(b.nodes)
    shape = ints(b, *v.array.shape, 1)
    nodes = [helper.make_node("Reshape", [v.name, shape.name], [name], f"Reshape_{k}")]
    if op == "DFT":
        nodes.append(helper.make_node(op, [name], [f"dft{k}_0"], f"DFT_{k}", onesided=b.rng.randint(0, 1)))
        return Chain(nodes, [v, shape], {op}, [f"dft{k}_0"])
    step, window = b.constant(np.array(2, np.int64)), b.constant(b.draw([4], v.array.dtype))
    nodes.append(helper.make_node(op, [name, step.name, window.name], [f"stft{k}_0"], f"STFT_{k}"))
    return Chain(nodes, [v, shape, step, window], {op}, [f"stft{k}_0"])


# Recurrences, attention, detection, losses.

def recurrent(b):
    v = b.pick(of_rank(3, types=(np.float32,)))
    if not v or v.array.shape[0] > 5:
        return None
    op, hidden = b.rng.choice([("LSTM", 4), ("GRU", 3), ("RNN", 1)]), b.rng.choice([2, 4])
    (name, gates), width = op, v.array.shape[2]
    direction = b.rng.choice(["forward", "reverse", "bidirectional"])
    d, t = 2 if direction == "bidirectional" else 1, np.float32
    inputs = [v, *(b.constant((b.draw(s, t) / 4).astype(t)) for s in (
        [d, gates * hidden, width], [d, gates * hidden, hidden], [d, 2 * gates * hidden]))]
    if b.rng.random() < 0.5:
        lengths = rng_of(b).integers(1, v.array.shape[0] + 1, v.array.shape[1]).astype(np.int32)
        inputs += [b.constant(lengths), b.constant(b.draw([d, v.array.shape[1], hidden], t))]
    attributes = {"hidden_size": hidden, "direction": direction}
    if name == "GRU":
        attributes["linear_before_reset"] = b.rng.randint(0, 1)
    return name, inputs, attributes, 3 if name == "LSTM" else 2


def attention(b):
    v = b.pick(of_rank(4, types=(np.float32, np.float16)))
    if not v or v.array.shape[3] % 2 or v.array.size > 1024:
        return None
    n, h, s, d = v.array.shape
    t = v.array.dtype
    if b.rng.random() < 0.3:
        cache = [b.constant(b.draw([n, s, d // 2], t)) for _ in range(2)]
        return "RotaryEmbedding", [v, *cache], {"interleaved": b.rng.randint(0, 1)}, 1
    k, w = (b.constant(b.draw([n, h, 3, d], t)) for _ in range(2))
    inputs, attributes = [v, k, w], {"is_causal": b.rng.randint(0, 1)}
    if b.rng.random() < 0.4:
        inputs.append(b.constant(b.draw([s, 3], t)))
        attributes = {}
    if b.rng.random() < 0.2 and b.opset >= 24:
        return "TensorScatter", [v, b.constant(b.draw([n, h, 1, d], t)), b.constant(np.zeros(n, np.int64))], {}, 1
    return "Attention", inputs, attributes, 1


def detection(b):
    count, classes = b.rng.choice([0, 1, 4, 7]), b.rng.choice([1, 2])
    r = rng_of(b)
    low = r.integers(0, 5, [1, count, 2])
    boxes = np.concatenate([low, low + r.integers(1, 4, low.shape)], -1).astype(np.float32)
    scores = (r.permutation(classes * count).reshape(1, classes, count) / 16).astype(np.float32)
    numbers = [ints(b, b.rng.randint(1, 3)), b.constant(np.array([0.4], np.float32)), b.constant(np.array([0.03], np.float32))]
    return "NonMaxSuppression", [b.constant(boxes), b.constant(scores), *numbers], {}, 1


def loss(b):
    v = b.pick(of_rank(2, 3, 4))
    if not v:
        return None
    c = v.array.shape[1]
    labels = b.constant(rng_of(b).integers(0, c, [v.array.shape[0], *v.array.shape[2:]]).astype(np.int64))
    inputs = [v, labels] + ([b.constant(np.abs(b.draw([c], v.array.dtype)) + 1)] if b.rng.random() < 0.5 else [])
    return b.rng.choice(["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]), inputs, {
        "reduction": b.rng.choice(["none", "mean", "sum"])}, 1


def variadic(b):
    v = b.pick(is_float)
    if not v:
        return None
    others = [w for w in (b.pick(lambda w: w.array.dtype == v.array.dtype and w.array.shape == v.array.shape)
                          for _ in range(b.rng.randint(0, 3))) if w]
    return b.rng.choice(["Sum", "Mean", "Max", "Min"]), [v, *others], {}, 1


def narrow(b):
    """Bits of a type read as those of another, and 16-bit numbers that are cut off from 32-bit ones."""
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.int32, np.uint32, np.float16, np.int16, BFLOAT16))
    if not v or b.opset < 24:
        return None
    to = {4: ["int32", "uint32"], 2: ["int16", "uint16"]}[v.array.dtype.itemsize]
    return "BitCast", [v], {"to": helper.np_dtype_to_tensor_dtype(np.dtype(b.rng.choice(to)))}, 1


ALL = [constants, constants, picked, picked, picked, scatter_reduced, bits, cumulative_product, einsum, einsum, whole_products,
       quantized, determinant, normalized, normalized, resampled, resampled, columns, unpooled, signal, recurrent, attention,
       detection, loss, variadic, narrow]
