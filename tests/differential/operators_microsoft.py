"""Proposals of ONNX Runtime's own operators: those of domain com.microsoft that its CPU runs."""
import numpy as np

from operators import Chain
from onnx import helper

MS = "com.microsoft:"


def of_rank(*ranks):
    return lambda v: v.array.ndim in ranks and v.array.dtype == np.float32 and v.array.size > 0


def activations(b):
    v = b.pick(lambda v: v.array.dtype == np.float32 and v.array.ndim >= 1 and v.array.size > 0)
    if not v:
        return None
    op = b.rng.choice(["Gelu", "FastGelu", "QuickGelu", "BiasGelu"])
    bias = b.constant(b.draw([v.array.shape[-1]], np.float32))
    if op == "BiasGelu" or (op == "FastGelu" and b.rng.random() < 0.5):
        return MS + op, [v, bias], {}, 1
    if op == "QuickGelu":
        return MS + op, [v], {"alpha": b.rng.choice([1.0, 1.702])}, 1
    return MS + op, [v], {}, 1


def norms(b):
    v = b.pick(of_rank(3))
    if not v:
        return None
    size = v.array.shape[-1]
    op = b.rng.choice(["SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SimplifiedLayerNormalization"])
    gamma, beta, bias = (b.constant(b.draw([size], np.float32)) for _ in range(3))
    skip = b.constant(b.draw(v.array.shape, np.float32))
    if op == "SimplifiedLayerNormalization":
        return op, [v, gamma], {"axis": -1, "epsilon": 0.01}, 1
    inputs = [v, skip, gamma, *([beta] if op == "SkipLayerNormalization" else [])]
    return MS + op, inputs + ([bias] if b.rng.random() < 0.5 else []), {"epsilon": 0.01}, 1


def products(b):
    v = b.pick(of_rank(2, 3))
    if not v:
        return None
    k, n = v.array.shape[-1], b.rng.choice([1, 4, 8])
    w = b.constant(b.draw([k, n], np.float32))
    op = b.rng.choice(["FusedMatMul", "FusedMatMul", "TransposeMatMul", "FusedGemm", "MatMulNBits",
                       "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "QuantizeLinear", "Inverse"])
    if op in ("FusedMatMul", "TransposeMatMul"):
        turned = b.rng.randint(0, 1)
        return MS + op, [v, b.constant(b.draw([n, k], np.float32)) if turned else w], {
            "transB": turned, "alpha": b.rng.choice([1.0, 0.5])}, 1
    if op == "FusedGemm":
        if v.array.ndim != 2:
            return None
        return MS + op, [v, w, b.constant(b.draw([n], np.float32))], {
            "activation": b.rng.choice(["Relu", "Tanh", "Sigmoid"])}, 1
    if op == "DynamicQuantizeMatMul":
        q = b.constant(b.draw([k, n], np.uint8))
        return MS + op, [v, q, b.constant(np.float32(0.125)), b.constant(np.uint8(3))], {}, 1
    if op == "QuantizeLinear":
        return MS + op, [v, b.constant(np.float32(0.125)), b.constant(np.uint8(100))], {}, 1
    if op == "Inverse":
        if k != v.array.shape[-2]:
            return None
        j, y = len(b.nodes), 8 * np.eye(k, dtype=np.float32)
        far, at = b.constant(y), f"apart{len(b.nodes)}"
        return Chain([helper.make_node("Add", [v.name, far.name], [at], f"Add_{j}"),
                      helper.make_node(op, [at], [f"inverse{j}_0"], f"Inverse_{j}", domain="com.microsoft")], [v, far], {op},
                     [f"inverse{j}_0"])
    if op == "MatMulIntegerToFloat":
        a, scale = b.constant(b.draw([3, k], np.uint8)), b.constant(np.float32(0.125))
        return MS + op, [a, b.constant(b.draw([k, n], np.uint8)), scale, scale, b.constant(np.uint8(2)),
                         b.constant(np.uint8(3))], {}, 1
    blocks = -(-k // 16)
    packed = np.random.default_rng(b.rng.getrandbits(32)).integers(0, 256, [n, blocks, 8]).astype(np.uint8)
    scales = (np.abs(b.draw([n * blocks], np.float32)) + 0.125) / 4
    return MS + op, [v, b.constant(packed), b.constant(scales.astype(np.float32))], {
        "K": k, "N": n, "bits": 4, "block_size": 16}, 1


def quantized(b):
    v = b.pick(lambda v: v.array.dtype in (np.uint8, np.int8) and v.array.ndim >= 1 and v.array.size > 0)
    if not v:
        return None
    t = v.array.dtype
    op = b.rng.choice(["QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearConcat", "QLinearSoftmax",
                       "QLinearAveragePool", "QLinearGlobalAveragePool", "QLinearConv", "QLinearWhere", "QGemm",
                       "DequantizeLinear", "NhwcMaxPool"])
    # Powers of two: a result is halfway between two numbers, or far from it, whoever computes it.
    scale, fine, zero = b.constant(np.float32(0.25)), b.constant(np.float32(1 / 64)), b.constant(np.array(5, t))
    if op in ("QLinearAdd", "QLinearMul"):
        w = b.constant(b.draw([v.array.shape[-1]], t))
        # A product is a multiple of 1/16: with a coarser scale it would be halfway between two numbers.
        to = scale if op == "QLinearAdd" else b.constant(np.float32(1 / 16))
        return MS + op, [v, scale, zero, w, scale, zero, to, zero], {}, 1
    if op in ("QLinearSigmoid", "QLinearLeakyRelu"):
        return MS + op, [v, scale, zero, fine if op == "QLinearSigmoid" else scale, zero], {}, 1
    if op == "QLinearConcat":
        return MS + op, [scale, zero, v, scale, zero, v, fine, zero], {"axis": 0}, 1
    if op == "QLinearSoftmax":
        return MS + op, [v, scale, zero, fine, zero], {"axis": -1, "opset": 13}, 1
    if op == "QLinearWhere":
        c = b.constant(b.draw(v.array.shape, bool))
        return MS + op, [c, v, scale, zero, b.constant(b.draw(v.array.shape, t)), scale, zero, scale, zero], {}, 1
    if op == "DequantizeLinear":
        return MS + op, [v, scale, zero], {}, 1
    if op == "QGemm":
        if v.array.ndim != 2:
            return None
        w = b.constant(b.draw([v.array.shape[1], 3], t))
        return MS + op, [v, scale, zero, w, scale, zero, None, scale, zero], {}, 1
    if v.array.ndim != 4:
        return None
    if op == "QLinearConv":
        w = b.constant(b.draw([3, v.array.shape[1], 1, 2], t))
        return MS + op, [v, scale, zero, w, scale, zero, scale, zero], {"pads": [0, 1, 0, 0]}, 1
    if op == "NhwcMaxPool":
        return MS + op, [v], {"kernel_shape": [1, 2], "strides": [1, 1], "pads": [0, 1, 0, 0]}, 1
    if op == "QLinearGlobalAveragePool":
        return MS + op, [v, scale, zero, scale, zero], {"channels_last": b.rng.randint(0, 1)}, 1
    half = b.constant(np.float32(0.125))  # An average of two is a multiple of half the scale.
    return MS + op, [v, scale, zero, half, zero], {"kernel_shape": [1, 2], "pads": [0, 1, 0, 0]}, 1


def attentions(b):
    v = b.pick(of_rank(3))
    if not v or v.array.shape[2] % 4 or v.array.size > 512:
        return None
    n, s, size = v.array.shape
    heads = 2 if size % 16 else b.rng.choice([2, 4])
    op = b.rng.choice(["Attention", "MultiHeadAttention", "RotaryEmbedding", "QAttention", "GroupQueryAttention"])

    def values(*shape):
        return b.constant((b.draw(shape, np.float32) / 4).astype(np.float32))
    if op == "Attention":
        return MS + op, [v, values(size, 3 * size), values(3 * size)], {
            "num_heads": heads, "unidirectional": b.rng.randint(0, 1)}, 1
    if op == "MultiHeadAttention":
        return MS + op, [v, values(n, 3, size), values(n, 3, size)], {"num_heads": heads}, 1
    if op == "GroupQueryAttention":
        past = [values(n, heads, 0, size // heads) for _ in range(2)]
        return MS + op, [v, values(n, s, size), values(n, s, size), *past, b.constant(np.full(n, s - 1, np.int32)),
                         b.constant(np.array(s, np.int32))], {"num_heads": heads, "kv_num_heads": heads}, 3
    if op == "RotaryEmbedding":
        at = b.constant(np.tile(np.arange(s), (n, 1)).astype(np.int64))
        return MS + op, [v, at, values(s, size // heads // 2), values(s, size // heads // 2)], {
            "num_heads": heads, "interleaved": b.rng.randint(0, 1)}, 1
    q, w = (b.constant(b.draw(shape, np.uint8)) for shape in ([n, s, size], [size, 3 * size]))
    scale, zero = b.constant(np.float32(1 / 32)), b.constant(np.uint8(2))
    return MS + op, [q, w, values(3 * size), scale, scale, None, zero, zero], {"num_heads": heads}, 1


def images(b):
    v = b.pick(of_rank(4))
    if not v:
        return None
    n, c, h, w = v.array.shape
    op = b.rng.choice(["FusedConv", "CropAndResize", "GridSample"])
    if op == "FusedConv":
        kernel = b.constant(b.draw([4, c, 1, 2], np.float32))
        return MS + op, [v, kernel, b.constant(b.draw([4], np.float32))], {
            "activation": b.rng.choice(["Relu", "Tanh", "Sigmoid"]), "pads": [0, 0, 0, 1]}, 1
    r = np.random.default_rng(b.rng.getrandbits(32))
    if op == "CropAndResize":
        low = r.integers(0, 4, [2, 2]) / 8
        boxes = np.concatenate([low, low + 0.375], -1).astype(np.float32)
        return MS + op, [v, b.constant(boxes), b.constant(r.integers(0, n, 2).astype(np.int32)),
                         b.constant(np.array([2, 3], np.int32))], {"mode": "bilinear"}, 1
    return MS + op, [v, b.constant((r.integers(-12, 13, [n, 2, 3, 2]) / 9).astype(np.float32))], {
        "mode": "bilinear", "padding_mode": "border"}, 1


def others(b):
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.int64) and v.array.ndim >= 2 and v.array.size > 0)
    if not v:
        return None
    op = b.rng.choice(["Trilu", "ExpandDims", "GatherND", "Range", "EmbedLayerNormalization"])
    if op == "Trilu":
        return MS + op, [v], {"upper": b.rng.randint(0, 1)}, 1
    if op == "ExpandDims":
        return MS + op, [v, b.constant(np.array(b.rng.randint(0, v.array.ndim), np.int32))], {}, 1
    if op == "GatherND":
        return MS + op, [v, b.constant(np.array([[0, 0], [v.array.shape[0] - 1, 0]], np.int64))], {}, 1
    if op == "Range":
        return MS + op, [b.constant(np.array(x, np.float32)) for x in (0, 5, 1)], {}, 1
    r, size = np.random.default_rng(b.rng.getrandbits(32)), 4
    words, segments = (b.constant(r.integers(0, 4, [2, 3]).astype(np.int32)) for _ in range(2))
    tables = [b.constant(b.draw([4, size], np.float32)) for _ in range(3)]
    return MS + op, [words, segments, *tables, *(b.constant(b.draw([size], np.float32)) for _ in range(2))], {
        "epsilon": 0.01}, 2


ALL = [activations, norms, products, products, quantized, quantized, attentions, images, others]
