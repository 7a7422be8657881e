"""What random graphs are made of: functions that propose a node over the values of a builder.

Each returns (operator, inputs, attributes, number of outputs), or None when nothing fits.
"""
import dataclasses

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotImplemented_

FLOATS = ["float32", "float32", "float32", "float64", "float16"]
INTEGERS = ["int32", "int64", "int8", "uint8", "int16", "uint16", "uint32", "uint64"]
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INPUT_TYPES = ["float32"] * 8 + FLOATS + INTEGERS + ["bool", BFLOAT16]


@dataclasses.dataclass
class Chain:
    """Nodes that are proposed together: values between them may be sequences, and they may have branches and bodies."""
    nodes: list
    inputs: list  # values that are read, those that branches and bodies capture too
    ops: set  # operators that the results come from
    outputs: list  # names


# Results are exact where the inputs are: no rounding in whatever order it is computed.
EXACT = {"Add", "Sub", "Mul", "Neg", "Abs", "Relu", "Min", "Max", "Clip", "Where", "Identity", "Transpose", "Reshape",
         "Flatten", "Squeeze", "Unsqueeze", "Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "Expand",
         "Tile", "Pad", "MatMul", "Gemm", "ReduceSum", "ReduceMax", "ReduceMin", "MaxPool", "Floor", "Ceil", "Round", "Sign",
         "TopK", "CumSum", "Trilu", "DepthToSpace", "SpaceToDepth", "ScatterElements", "ScatterND", "Cast", "Sum",
         "LeakyRelu", "PRelu", "Einsum", "GlobalMaxPool", "ReduceSumSquare", "ReduceL1", "OneHot", "Compress", "Mod"}
# A small error before them is a large one behind.
STEPS = {"Floor", "Ceil", "Round", "Sign", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "ArgMax", "ArgMin",
         "TopK", "Cast", "Mod", "ThresholdedRelu", "Shrink", "IsInf", "IsNaN", "Hardmax", "NonZero", "Unique", "MaxPool_indices",
         "QuantizeLinear"}

_options = ort.SessionOptions()
_options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
_options.intra_op_num_threads = _options.inter_op_num_threads = 1
_options.log_severity_level = 4


def session(model):
    """None when ONNX Runtime has no kernel for it; raises when the model makes no sense to it."""
    try:
        return ort.InferenceSession(model.SerializeToString(), _options, providers=["CPUExecutionProvider"])
    except NotImplemented_:
        return None


def kind_of(dtype):
    return "f" if dtype == BFLOAT16 else dtype.kind


def kind(v, kinds):
    return kind_of(v.array.dtype) in kinds


def is_float(v):
    return kind(v, "f")


def unary(b):
    v = b.pick(is_float)
    op = b.rng.choice(["Relu", "Neg", "Abs", "Exp", "Tanh", "Sigmoid", "Sqrt", "Erf", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos",
                       "Softplus", "Softsign", "Elu", "Selu", "LeakyRelu", "HardSigmoid", "HardSwish", "Mish", "Gelu", "Celu",
                       "ThresholdedRelu", "Reciprocal", "Log", "Identity", "Atan", "IsNaN", "Asinh", "Shrink", "Acos",
                       "Acosh", "Asin", "Atanh", "Cosh", "Sinh", "Tan", "IsInf", "Swish"])
    return v and (op, [v], {}, 1)


def unary_integer(b):
    v = b.pick(lambda v: kind(v, "iu"))
    op = b.rng.choice(["Neg", "Abs", "Sign", "BitwiseNot", "Identity"])
    return v and (op, [v], {}, 1)


def partner(b, v):
    """A value of v's type that broadcasts with it, or a constant that does."""
    def fits(w):
        if w.array.dtype != v.array.dtype:
            return False
        try:
            np.broadcast_shapes(w.array.shape, v.array.shape)
        except ValueError:
            return False
        return True
    if b.rng.random() < 0.6 and (w := b.pick(fits)):
        return w
    shape = [d if b.rng.random() < 0.6 else 1 for d in v.array.shape][b.rng.randint(0, v.array.ndim):]
    return b.constant(b.draw(shape, v.array.dtype))


def binary(b):
    v = b.pick(lambda v: kind(v, "fiu"))
    if not v:
        return None
    w = partner(b, v)
    ops = ["Add", "Sub", "Mul", "Min", "Max", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"]
    ops += ["Div", "Pow", "PRelu", "Sum", "Mean"] if is_float(v) else ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "Mod"]
    op = b.rng.choice(ops)
    if op == "Mod" and w.constant:
        w.array = np.where(w.array == 0, 3, w.array).astype(w.array.dtype)
    return (op, [v, w] if b.rng.random() < 0.7 or op in ("PRelu", "Mod", "Pow") else [w, v], {}, 1)


def logic(b):
    v = b.pick(lambda v: kind(v, "b"))
    if not v:
        return None
    if b.rng.random() < 0.3:
        return "Not", [v], {}, 1
    return b.rng.choice(["And", "Or", "Xor", "Equal"]), [v, partner(b, v)], {}, 1


def where(b):
    c, v = b.pick(lambda v: kind(v, "b")), b.pick(lambda v: kind(v, "fiu"))
    if not c or not v:
        return None
    return "Where", [c, v, partner(b, v)], {}, 1


def cast(b):
    v = b.pick()
    if not v:
        return None
    to = b.rng.choice(["float32", "float64", "float16", "int32", "int64", "bool", BFLOAT16, *INTEGERS])
    if v.array.size and kind(v, "fi") and str(to).startswith("uint") and v.array.min() < 0:
        to = "int32"  # a negative number has no unsigned one that all implementations agree on
    return "Cast", [v], {"to": onnx.helper.np_dtype_to_tensor_dtype(np.dtype(to))}, 1


def clip(b):
    v = b.pick(lambda v: kind(v, "fiu"))
    if not v:
        return None
    low, high = (-1, 1.5) if is_float(v) else (1, 5)
    limits = [b.constant(np.asarray(low, v.array.dtype)), b.constant(np.asarray(high, v.array.dtype))]
    limits[b.rng.randint(0, 1)] = b.rng.choice([None, *limits])
    return "Clip", [v, *limits], {}, 1


def matmul(b):
    v = b.pick(lambda v: is_float(v) and v.array.ndim >= 2)
    if not v:
        return None
    k, n = v.array.shape[-1], b.rng.choice([1, 3, 4, 8, 17])
    w = b.pick(lambda w: w.array.dtype == v.array.dtype and w.array.ndim >= 2 and w.array.shape[-2] == k)
    if w is None or b.rng.random() < 0.6:
        w = b.constant(b.draw([k, n], v.array.dtype))
    return "MatMul", [v, w], {}, 1


def gemm(b):
    v = b.pick(lambda v: is_float(v) and v.array.ndim == 2)
    if not v:
        return None
    turn_a, turn_b = b.rng.randint(0, 1), b.rng.randint(0, 1)
    k, n = v.array.shape[0 if turn_a else 1], b.rng.choice([2, 5, 8])
    w = b.constant(b.draw([n, k] if turn_b else [k, n], v.array.dtype))
    inputs = [v, w] + ([b.constant(b.draw([n], v.array.dtype))] if b.rng.random() < 0.7 else [])
    return "Gemm", inputs, {"transA": turn_a, "transB": turn_b, "alpha": b.rng.choice([1.0, 0.5]),
                            "beta": b.rng.choice([1.0, 2.0])}, 1


def window(b, v):
    n = v.array.ndim - 2
    k = [b.rng.choice([1, 2, 3]) for _ in range(n)]
    return {"kernel_shape": k, "strides": [b.rng.choice([1, 1, 2]) for _ in range(n)],
            "pads": [b.rng.randint(0, size // 2) for size in k] * 2}


def conv(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float16, np.float64) and v.array.ndim in (3, 4, 5) and v.array.size > 0)
    if not v:
        return None
    c = v.array.shape[1]
    groups = b.rng.choice([g for g in (1, 1, 1, 2, c) if c % g == 0])
    a = window(b, v)
    a["group"] = groups
    if b.rng.random() < 0.2:
        a["dilations"] = [2] * (v.array.ndim - 2)
    if b.rng.random() < 0.25:
        out = groups * b.rng.choice([1, 2, 3])
        w = b.constant(b.draw([c, out // groups, *a["kernel_shape"]], v.array.dtype))
        return "ConvTranspose", [v, w], a, 1
    out = groups * b.rng.choice([1, 2, 4, 8])
    inputs = [v, b.constant(b.draw([out, c // groups, *a["kernel_shape"]], v.array.dtype))]
    if b.rng.random() < 0.5:
        inputs.append(b.constant(b.draw([out], v.array.dtype)))
    return "Conv", inputs, a, 1


def pool(b):
    v = b.pick(lambda v: is_float(v) and v.array.ndim in (3, 4, 5) and v.array.size > 0)
    if not v:
        return None
    op = b.rng.choice(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "GlobalLpPool"])
    if op == "GlobalMaxPool" and v.array.dtype == np.float64:
        return None  # ONNX Runtime drops the channels of the result
    if op.startswith("Global"):
        return op, [v], {}, 1
    a = window(b, v)
    if any(k > d + 2 * p for k, d, p in zip(a["kernel_shape"], v.array.shape[2:], a["pads"])):
        return None  # ONNX Runtime gives something for a window that does not fit, by the rounding of its division
    if op == "AveragePool":
        a["count_include_pad"] = b.rng.randint(0, 1)
    if op != "LpPool" and b.rng.random() < 0.3:
        a["ceil_mode"] = 1
    return op, [v], a, 1


def normalization(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim >= 2 and v.array.size > 0)
    if not v:
        return None
    c, last, t = v.array.shape[1], v.array.shape[-1], v.array.dtype
    op = b.rng.choice(["BatchNormalization", "LayerNormalization", "InstanceNormalization", "LpNormalization"])
    if op == "BatchNormalization":
        p = [b.constant(b.draw([c], t)) for _ in range(3)]
        return op, [v, *p, b.constant(np.abs(b.draw([c], t)) + t.type(0.5))], {}, 1
    if op == "LayerNormalization":
        return op, [v, b.constant(b.draw([last], t)), b.constant(b.draw([last], t))], {"axis": -1, "epsilon": 0.01}, 1
    if op == "InstanceNormalization":
        return op, [v, b.constant(b.draw([c], t)), b.constant(b.draw([c], t))], {"epsilon": 0.01}, 1
    return op, [v], {"axis": -1, "p": 2}, 1


def axis(b, v):
    return b.rng.randrange(-v.array.ndim, v.array.ndim)


def softmax(b):
    v = b.pick(lambda v: is_float(v) and v.array.ndim >= 1)
    return v and (b.rng.choice(["Softmax", "LogSoftmax", "Hardmax"]), [v], {"axis": axis(b, v)}, 1)


def reduce(b):
    v = b.pick(lambda v: kind(v, "f") or v.array.dtype in (np.int32, np.int64))
    if not v or 0 in v.array.shape:
        return None
    op = b.rng.choice(["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                       "ReduceSumSquare", "ReduceLogSumExp", "ReduceLogSum"])
    if not is_float(v) and op.startswith("ReduceLog"):
        op = "ReduceSum"  # ONNX Runtime rounds every exponential of integers, which the standard does not say
    axes = sorted(b.rng.sample(range(v.array.ndim), b.rng.randint(0, v.array.ndim)))
    keep = {"keepdims": b.rng.randint(0, 1)}
    if b.opset < (13 if op == "ReduceSum" else 18):
        return op, [v], {**keep, **({"axes": axes} if axes else {})}, 1
    inputs = [v] + ([b.constant(np.array(axes, np.int64))] if axes else [])
    if not axes and b.rng.random() < 0.3:
        keep["noop_with_empty_axes"] = 1
    return op, inputs, keep, 1


def arg_reduce(b):
    v = b.pick(lambda v: kind(v, "f") and v.array.ndim >= 1 and 0 not in v.array.shape)
    return v and (b.rng.choice(["ArgMax", "ArgMin"]), [v], {"axis": axis(b, v), "keepdims": b.rng.randint(0, 1)}, 1)


def topk(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64, np.int32, np.int64) and v.array.ndim >= 1 and 0 not in v.array.shape)
    if not v:
        return None
    a = axis(b, v)
    k = b.rng.randint(1, v.array.shape[a])
    return "TopK", [v, b.constant(np.array([k], np.int64))], {"axis": a, "largest": b.rng.randint(0, 1)}, 2


def transpose(b):
    v = b.pick(lambda v: v.array.ndim >= 2)
    if not v:
        return None
    perm = list(range(v.array.ndim))
    b.rng.shuffle(perm)
    return "Transpose", [v], {"perm": perm}, 1


def reshape(b):
    v = b.pick()
    if not v:
        return None
    dims, rest = [], v.array.size
    while rest > 1 and len(dims) < 4:
        d = b.rng.choice([n for n in range(1, rest + 1) if rest % n == 0][:12])
        dims.append(d)
        rest //= d
    dims.append(rest if v.array.size else 0)
    if v.array.size and b.rng.random() < 0.5:
        dims[b.rng.randrange(len(dims))] = -1
    return "Reshape", [v, b.constant(np.array(dims, np.int64))], {}, 1


def squeeze(b):
    v = b.pick()
    if not v:
        return None

    def with_axes(op, axes):
        return (op, [v], {"axes": axes}, 1) if b.opset < 13 else (op, [v, b.constant(np.array(axes, np.int64))], {}, 1)
    ones = [i for i, d in enumerate(v.array.shape) if d == 1]
    if ones and b.rng.random() < 0.5:
        return with_axes("Squeeze", [b.rng.choice(ones)])
    if v.array.ndim and b.rng.random() < 0.2:
        return "Flatten", [v], {"axis": b.rng.randint(0, v.array.ndim)}, 1
    return with_axes("Unsqueeze", [b.rng.randint(0, v.array.ndim)])


def concat(b):
    v = b.pick(lambda v: v.array.ndim >= 1)
    if not v:
        return None
    a = axis(b, v) % v.array.ndim

    def fits(w):
        return (w.array.dtype == v.array.dtype and w.array.ndim == v.array.ndim
                and all(i == a or w.array.shape[i] == d for i, d in enumerate(v.array.shape)))
    parts = [v] + [p for p in (b.pick(fits) for _ in range(b.rng.randint(0, 2))) if p]
    return "Concat", parts, {"axis": a}, 1


def split(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and max(v.array.shape) >= 2)
    if not v:
        return None
    a = b.rng.choice([i for i, d in enumerate(v.array.shape) if d >= 2])
    first = b.rng.randint(1, v.array.shape[a] - 1)
    sizes = [first, v.array.shape[a] - first]
    if b.opset < 13:
        return "Split", [v], {"axis": a, "split": sizes}, 2
    return "Split", [v, b.constant(np.array(sizes, np.int64))], {"axis": a}, 2


def slice_(b):
    v = b.pick(lambda v: v.array.ndim >= 1)
    if not v:
        return None
    axes = sorted(b.rng.sample(range(v.array.ndim), b.rng.randint(1, v.array.ndim)))
    starts, ends, steps = [], [], []
    for i in axes:
        d, step = v.array.shape[i], b.rng.choice([1, 1, 1, 2, -1, -2])
        starts.append(b.rng.randint(-d - 1, d + 1))
        ends.append(b.rng.randint(-d - 1, d + 1) if b.rng.random() < 0.6 else (2**31 if step > 0 else -2**31))
        steps.append(step)
    return "Slice", [v, *(b.constant(np.array(x, np.int64)) for x in (starts, ends, axes, steps))], {}, 1


def gather(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape)
    if not v:
        return None
    a = axis(b, v)
    d = v.array.shape[a]
    r = np.random.default_rng(b.rng.getrandbits(32))
    if b.rng.random() < 0.7:
        shape = [b.rng.choice([1, 2, 3]) for _ in range(b.rng.randint(0, 2))]
        return "Gather", [v, b.constant(r.integers(-d, d, shape).astype(np.int64))], {"axis": a}, 1
    shape = list(v.array.shape)
    shape[a] = b.rng.randint(1, 4)
    return "GatherElements", [v, b.constant(r.integers(-d, d, shape).astype(np.int64))], {"axis": a}, 1


def scatter(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape and not kind(v, "b"))
    if not v:
        return None
    a = axis(b, v)
    r = np.random.default_rng(b.rng.getrandbits(32))
    count = b.rng.randint(1, v.array.shape[a])
    order = np.stack([r.permutation(v.array.shape[a])[:count] for _ in range(max(1, v.array.size // v.array.shape[a]))])
    moved = list(np.moveaxis(v.array, a, -1).shape[:-1]) + [count]
    indices = np.ascontiguousarray(np.moveaxis(order.reshape(moved), -1, a)).astype(np.int64)
    return "ScatterElements", [v, b.constant(indices), b.constant(b.draw(indices.shape, v.array.dtype))], {"axis": a}, 1


def expand(b):
    v = b.pick()
    if not v:
        return None
    shape = [b.rng.choice([1, 2, 3]) if d == 1 else d for d in v.array.shape]
    shape = [b.rng.choice([1, 2])] * b.rng.randint(0, 1) + shape
    return "Expand", [v, b.constant(np.array(shape, np.int64))], {}, 1


def tile(b):
    v = b.pick(lambda v: v.array.ndim >= 1)
    return v and ("Tile", [v, b.constant(np.array([b.rng.choice([1, 1, 2, 3]) for _ in v.array.shape], np.int64))], {}, 1)


def pad(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape and kind(v, "fi"))
    if not v:
        return None
    mode = b.rng.choice(["constant", "constant", "reflect", "edge"])
    pads = [b.rng.randint(0, min(2, d - 1) if mode == "reflect" else 2) for d in v.array.shape * 2]
    return "Pad", [v, b.constant(np.array(pads, np.int64))], {"mode": mode}, 1


def resize(b):
    v = b.pick(lambda v: v.array.dtype == np.float32 and v.array.ndim == 4 and 0 not in v.array.shape)
    if not v:
        return None
    scales = np.array([1, 1, b.rng.choice([1, 2, 3]), b.rng.choice([1, 2, 0.5])], np.float32)
    mode = b.rng.choice(["nearest", "linear", "cubic"])
    transformations = ["half_pixel", "asymmetric"]
    # Aligned corners of a scaled width that is no integer: the specification has the ratio of the exact width, ONNX
    # Runtime that of the rounded one.
    if scales[3] != 0.5 or v.array.shape[3] % 2 == 0:
        transformations.append("align_corners")
    a = {"mode": mode, "coordinate_transformation_mode": b.rng.choice(transformations)}
    if mode == "nearest":
        a["nearest_mode"] = b.rng.choice(["floor", "round_prefer_floor"])
    return "Resize", [v, None, b.constant(scales)], a, 1


def shape_arithmetic(b):
    """Reshape to a shape that is computed from another value's."""
    v = b.pick(lambda v: v.array.dtype == np.int64 and v.array.ndim == 1 and 1 <= v.array.size <= 4 and np.all(v.array > 0))
    w = b.pick()
    if v and w and b.rng.random() < 0.5:
        return "Expand", [b.constant(b.draw([1], "float32")), v], {}, 1
    return w and ("Shape", [w], {}, 1)


def cumulative(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64, np.int32, np.int64) and v.array.ndim >= 1)
    return v and ("CumSum", [v, b.constant(np.array(axis(b, v), np.int64))],
                  {"exclusive": b.rng.randint(0, 1), "reverse": b.rng.randint(0, 1)}, 1)


def trilu(b):
    v = b.pick(lambda v: v.array.ndim >= 2 and kind(v, "fi"))
    k = [b.constant(np.array(b.rng.randint(-2, 2), np.int64))] if b.rng.random() < 0.5 else []
    return v and ("Trilu", [v, *k], {"upper": b.rng.randint(0, 1)}, 1)


def blocks(b):
    v = b.pick(lambda v: v.array.dtype == np.float32 and v.array.ndim == 4 and 0 not in v.array.shape)
    if not v:
        return None
    n, c, h, w = v.array.shape
    if c % 4 == 0:
        return "DepthToSpace", [v], {"blocksize": 2, "mode": b.rng.choice(["DCR", "CRD"])}, 1
    return ("SpaceToDepth", [v], {"blocksize": 2}, 1) if h % 2 == 0 and w % 2 == 0 else None


def quantize(b):
    v = b.pick(lambda v: v.array.dtype == np.float32)
    return v and ("QuantizeLinear", [v, b.constant(np.float32(0.125)), b.constant(np.uint8(100))], {}, 1)


def dequantize(b):
    v = b.pick(lambda v: v.array.dtype in (np.uint8, np.int8))
    return v and ("DequantizeLinear", [v, b.constant(np.float32(0.25)), b.constant(np.array(3, v.array.dtype))], {}, 1)


ALL = [unary, unary, unary, unary_integer, binary, binary, binary, logic, where, cast, clip, matmul, matmul, gemm, conv, conv, pool,
       normalization, softmax, reduce, reduce, arg_reduce, topk, transpose, transpose, reshape, reshape, squeeze, concat, split, slice_,
       gather, scatter, expand, tile, pad, resize, shape_arithmetic, cumulative, trilu, blocks, quantize, dequantize]
