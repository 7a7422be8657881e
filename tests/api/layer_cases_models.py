"""Layers that models of today are made of: quantization, attention, experts, detection."""
import functools

import dovetail as trt
import ml_dtypes as ml
import numpy as np
from layer_cases_neural import softmaxed, weight
from layer_session import COMMON, FLOATS, NARROW, NUMBERS, TYPES, Case

QUANTIZED = ["INT8", "FP8", "INT4", "UINT8"]


def rounded(x, to):
    """To the nearest value of a type, halves to even, limits kept."""
    dtype = TYPES[to]
    if dtype in FLOATS.values():
        limit = float(ml.finfo(dtype).max)
        return np.clip(x, -limit, limit).astype(dtype).astype(np.float64)
    limits = ml.iinfo(dtype)
    return np.clip(np.rint(x), int(limits.min), int(limits.max))


def quantize(to, scale, axis):
    def make(n, x):
        layer = n.add_quantize(x, n.like(x, scale), getattr(trt.DataType, to))
        layer.axis = axis
        return layer.get_output(0)
    return make


def there_and_back(to, scale, axis):
    def make(n, x):
        q = n.add_quantize(x, n.like(x, scale), getattr(trt.DataType, to))
        q.axis = axis
        y = n.add_dequantize(q.get_output(0), n.like(x, scale), x.dtype)
        y.axis = axis
        return y.get_output(0)
    return make


def quantizations():
    yield Case("DynamicQuantizeV2", "", [(3, 32)], blocks_quantized, blocks_wanted, ["FLOAT", "BF16"], out="FP4",
               depth=0, open={0: (0,)}, draw="above_one")
    for to in QUANTIZED:
        for mode, scale in (("tensor", 0.5), ("channel", np.array([0.5, 1, 2], np.float32))):
            spread = np.reshape(scale, (1, -1, 1)) if mode == "channel" else scale
            yield Case("Quantize", f"{to}_{mode}", [(2, 3, 4)], quantize(to, scale, 1),
                       lambda x, s=spread, to=to: rounded(x / s, to), ["FLOAT", "HALF", "BF16"], empty=[(0, 3, 4)],
                       open={0: (0, 2)}, out=to)
            yield Case("Dequantize", f"{to}_{mode}", [(2, 3, 4)], there_and_back(to, scale, 1),
                       lambda x, s=spread, to=to: rounded(x / s, to) * s, ["FLOAT", "HALF", "BF16"], empty=[(0, 3, 4)],
                       open={0: (0, 2)})


def blocks_quantized(n, x):
    layer = n.add_dynamic_quantize_v2(x, (1, 16), trt.fp4, trt.fp8)
    return [layer.get_output(0), layer.get_output(1)]


def blocks_wanted(x):
    blocks = x.reshape(x.shape[0], x.shape[1] // 16, 16)
    scales = rounded(np.abs(blocks).max(-1) / 6, "FP8")
    return [rounded(blocks / scales[..., None], "FP4").reshape(x.shape), scales]


def heads(x, count):
    return np.repeat(x, count // x.shape[1], axis=1)


def attended(q, k, v, causal, mask=None):
    k, v = heads(k, q.shape[1]), heads(v, q.shape[1])
    scores = q @ k.swapaxes(-1, -2)
    s, t = scores.shape[-2:]
    if causal != trt.CausalMaskKind.NONE:
        shift = 0 if causal == trt.CausalMaskKind.UPPER_LEFT else t - s
        scores = np.where(np.arange(t) <= np.arange(s)[:, None] + shift, scores, -np.inf)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    return softmaxed(scores, -1) @ v


def attention(causal, n, q, k, v, mask=None):
    layer = n.add_attention_v2(q, k, v, trt.AttentionNormalizationOp.SOFTMAX, causal)
    if mask is not None:
        layer.mask = mask
    return layer.get_output(0)


def attentions():
    shapes, several = [(1, 2, 3, 8), (1, 2, 4, 8), (1, 2, 4, 8)], [(2, 4, 3, 8), (2, 2, 4, 8), (2, 2, 4, 8)]
    for kind in (trt.CausalMaskKind.NONE, trt.CausalMaskKind.UPPER_LEFT, trt.CausalMaskKind.LOWER_RIGHT):
        yield Case("AttentionV2", kind.name, shapes, functools.partial(attention, kind),
                   lambda q, k, v, kind=kind: attended(q, k, v, kind), COMMON, depth=32,
                   open={0: (0,), 1: (0,), 2: (0,)}, empty=[(0, 2, 3, 8), (0, 2, 4, 8), (0, 2, 4, 8)])
    none = trt.CausalMaskKind.NONE
    yield Case("AttentionV2", "groups", several, functools.partial(attention, none),
               lambda q, k, v: attended(q, k, v, none), COMMON, depth=32, open={0: (2,), 1: (2,), 2: (2,)})
    yield Case("AttentionV2", "mask", [*shapes, (1, 1, 3, 4)], functools.partial(attention, none),
               lambda q, k, v, m: attended(q, k, v, none, m), COMMON, depth=32, open={})
    yield Case("AttentionV2", "choice", [*shapes, (1, 1, 3, 4)], functools.partial(attention, none),
               lambda q, k, v, m: attended(q, k, v, none, m), COMMON, depth=32, open={},
               fixed={3: lambda rng, s: np.tril(np.ones(s, bool), 1)})


def rotary(interleaved, size, n, x, cosine, sine):
    return n.add_rotary_embedding(x, cosine, sine, interleaved, size).get_output(0)


def turned(x, cosine, sine, interleaved, size):
    rest, x = x[..., size:], x[..., :size]
    a, b = (x[..., ::2], x[..., 1::2]) if interleaved else np.split(x, 2, -1)
    c, s = cosine[:, None], sine[:, None]
    a, b = a * c - b * s, a * s + b * c
    y = np.stack([a, b], -1).reshape(x.shape) if interleaved else np.concatenate([a, b], -1)
    return np.concatenate([y, rest], -1)


def rotations():
    for interleaved in (False, True):
        for size in (8, 4):
            yield Case("RotaryEmbedding", f"{'interleaved' if interleaved else 'halves'}_{size}of8",
                       [(2, 3, 4, 8), (2, 4, size // 2), (2, 4, size // 2)],
                       functools.partial(rotary, interleaved, size if size < 8 else 0),
                       lambda x, c, s, i=interleaved, size=size: turned(x, c, s, i, size), COMMON, depth=8,
                       open={0: (1,)}, empty=[(2, 0, 4, 8), (2, 4, size // 2), (2, 4, size // 2)])


def experts(n, x):
    chosen = n.const(np.array([[[0, 2], [1, 1], [2, 0]]]), np.int32)
    layer = n.add_moe(x, chosen, n.like(x, np.array([[[0.5, 0.25], [0.5, 0.5], [1, 0.25]]])))
    layer.set_gated_weights(*(n.like(x, w) for w in expert_weights()), trt.MoEActType.SILU)
    return layer.get_output(0)


def expert_weights():
    return weight(3, 4, 6, seed=1), weight(3, 4, 6, seed=2), weight(3, 6, 4, seed=3)


def by_experts(x):
    gate, up, down = expert_weights()
    y = np.zeros_like(x)
    for token, (pair, scores) in enumerate(zip([[0, 2], [1, 1], [2, 0]], [[0.5, 0.25], [0.5, 0.5], [1, 0.25]])):
        for e, score in zip(pair, scores):
            g, u = x[0, token] @ gate[e], x[0, token] @ up[e]
            y[0, token] += score * ((g / (1 + np.exp(-g)) * u) @ down[e])
    return y


def suppressed(n, scores, boxes, **settings):
    layer = n.add_nms(boxes, scores, n.const(2, np.int32), trt.int64)
    layer.set_input(3, n.const(0.5, np.float32))
    layer.set_input(4, n.const(0.1, np.float32))
    for name, value in settings.items():
        setattr(layer, name, value)
    return [layer.get_output(0), layer.get_output(1)]


def overlap(a, b):
    """Of two boxes of corners: what they share over what they cover."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = np.prod(np.maximum(sides, 0))
    return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


def suppressed_wanted(scores, boxes, centers=False, limit=None, index=np.int64):
    chosen = []
    for batch in range(len(scores)):
        corners = np.concatenate([boxes[batch, :, :2] - boxes[batch, :, 2:] / 2,
                                  boxes[batch, :, :2] + boxes[batch, :, 2:] / 2], -1) if centers else boxes[batch]
        for kind in range(scores.shape[2]):
            kept = []
            for box in np.argsort(-scores[batch, :, kind], kind="stable")[:limit]:
                if scores[batch, box, kind] > 0.1 and len(kept) < 2 and all(
                        overlap(corners[box], corners[k]) <= 0.5 for k in kept):
                    kept.append(box)
            chosen += [(batch, kind, box) for box in kept]
    return [np.array(chosen, index).reshape(-1, 3), np.array(len(chosen), np.int32)]


def distinct(rng, shape):
    """Scores without ties."""
    count = int(np.prod(shape))
    return (rng.permutation(count).reshape(shape) / count).astype(np.float32)


def draw_boxes(rng, shape):
    low = rng.integers(0, 5, (*shape[:-1], 2))
    return np.concatenate([low, low + rng.integers(1, 4, low.shape)], -1).astype(np.float32)


def others():
    yield Case("MoE", "", [(1, 3, 4)], experts, by_experts, COMMON, depth=64, open={})
    f = trt.BoundingBoxFormat
    for name, settings, wanted in (
            ("", dict(bounding_box_format=f.CORNER_PAIRS), {}),
            ("centers", dict(bounding_box_format=f.CENTER_SIZES), dict(centers=True)),
            ("limit", dict(topk_box_limit=3), dict(limit=3)),
            ("INT32", dict(indices_type=trt.int32), dict(index=np.int32))):
        yield Case("NMS", name, [(1, 12, 2), (1, 12, 4)], functools.partial(suppressed, **settings),
                   functools.partial(suppressed_wanted, **wanted), ["FLOAT"], out="INT32" if wanted.get("index") else
                   "INT64", fixed={0: distinct, 1: draw_sizes if "centers" in wanted else draw_boxes},
                   open={0: (1,), 1: (1,)}, empty=[(1, 0, 2), (1, 0, 4)])


def draw_sizes(rng, shape):
    """Boxes by their centers and sizes."""
    return np.concatenate([rng.integers(0, 5, (*shape[:-1], 2)), rng.integers(1, 4, (*shape[:-1], 2))], -1).astype(
        np.float32)


def looped(n, x, kind=trt.LoopOutput.LAST_VALUE):
    loop = n.add_loop()
    loop.add_trip_limit(n.const(3, np.int32), trt.TripLimit.COUNT)
    carried = loop.add_recurrence(x)
    total = n.add_elementwise(carried.get_output(0), x, trt.ElementWiseOperation.SUM).get_output(0)
    carried.set_input(1, total)
    result = carried.get_output(0) if kind == trt.LoopOutput.LAST_VALUE else total
    return loop.add_loop_output(result, kind).get_output(0)


def one_of_two(n, x, condition):
    conditional = n.add_if_conditional()
    conditional.set_condition(condition)
    twice = n.add_elementwise(x, x, trt.ElementWiseOperation.SUM).get_output(0)
    same = n.add_elementwise(x, x, trt.ElementWiseOperation.MAX).get_output(0)
    return conditional.add_output(twice, same).get_output(0)


def control():
    yield Case("Loop", "LAST_VALUE", [(2, 3)], looped, lambda x: x + x + x + x, NUMBERS, empty=[(0, 3)])
    for kind, order in ((trt.LoopOutput.CONCATENATE, 1), (trt.LoopOutput.REVERSE, -1)):
        yield Case("Loop", kind.name, [(2, 3)], functools.partial(looped, kind=kind),
                   lambda x, order=order: np.stack([x + x, x + x + x, x + x + x + x][::order]),
                   [t for t in NUMBERS if t not in NARROW], empty=[(0, 3)])
    for truth in (True, False):
        yield Case("IfConditional", str(truth), [(2, 3), ()], one_of_two, lambda x, c: x + x if c else x, NUMBERS,
                   fixed={1: truth}, empty=[(0, 3), ()], open={0: (0,)})


def cases():
    for part in (control, quantizations, attentions, rotations, others):
        yield from part()
