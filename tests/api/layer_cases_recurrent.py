"""Recurrent layers, caches, loops, and everything that can be set on attention, experts and quantization."""
import functools

import dovetail as trt
import numpy as np
from layer_cases_models import attended, blocks_wanted, expert_weights, rounded, turned
from layer_cases_neural import softmaxed, weight
from layer_cases_setters import later
from layer_session import COMMON, NUMBERS, Case

O, G, D, M = trt.RNNOperation, trt.RNNGateType, trt.RNNDirection, trt.RNNInputMode
GATES = {O.RELU: [G.INPUT], O.TANH: [G.INPUT], O.LSTM: [G.INPUT, G.OUTPUT, G.FORGET, G.CELL],
         O.GRU: [G.UPDATE, G.RESET, G.HIDDEN]}
BATCH, TIME, HIDDEN, LAYERS = 2, 3, 4, 2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def parts(layer, gate, width):
    """The matrices and biases of a gate: on the input, on the state."""
    seed = 100 * layer + 10 * int(gate)
    return (weight(HIDDEN, width, seed=seed), weight(HIDDEN, HIDDEN, seed=seed + 1), weight(HIDDEN, seed=seed + 2),
            weight(HIDDEN, seed=seed + 3))


def width_of(layer, mode, directions):
    return HIDDEN * directions if layer >= directions else HIDDEN if mode == M.SKIP else 3


def recurrent(op, direction, mode, n, x, lengths, h, c=None):
    # Operations without a cell state may follow each other; the layer is made with another one and set.
    made = op if op == O.LSTM else O.GRU
    layer = n.add_rnn_v2(x, LAYERS, HIDDEN, TIME, made)
    layer.op, layer.direction, layer.input_mode, layer.seq_lengths, layer.hidden_state = op, direction, mode, lengths, h
    if c is not None:
        layer.cell_state = c
    directions = 2 if direction == D.BIDIRECTION else 1
    for at in range(LAYERS * directions):
        for gate in GATES[op]:
            w, r, bw, br = parts(at, gate, width_of(at, mode, directions))
            n.kept += [w, r, bw, br]
            if mode == M.LINEAR or at >= directions:
                layer.set_weights_for_gate(at, gate, True, w)
                assert np.array_equal(np.ravel(layer.get_weights_for_gate(at, gate, True)), w.ravel())
            layer.set_weights_for_gate(at, gate, False, r)
            layer.set_bias_for_gate(at, gate, True, bw)
            layer.set_bias_for_gate(at, gate, False, br)
            assert np.array_equal(np.ravel(layer.get_bias_for_gate(at, gate, False)), br)
    assert (layer.num_layers, layer.hidden_size, layer.max_seq_length) == (LAYERS, HIDDEN, TIME)
    return [layer.get_output(k) for k in range(3 if op == O.LSTM else 2)]


def step(op, given, state, h, c):
    """One step of a layer: given and state are what its gates get from the input and from the hidden state."""
    if op == O.LSTM:
        c = sigmoid(given[G.FORGET] + state[G.FORGET]) * c + sigmoid(given[G.INPUT] + state[G.INPUT]) * np.tanh(
            given[G.CELL] + state[G.CELL])
        return sigmoid(given[G.OUTPUT] + state[G.OUTPUT]) * np.tanh(c), c
    if op == O.GRU:
        z, r = sigmoid(given[G.UPDATE] + state[G.UPDATE]), sigmoid(given[G.RESET] + state[G.RESET])
        return (1 - z) * np.tanh(given[G.HIDDEN] + r * state[G.HIDDEN]) + z * h, c
    total = given[G.INPUT] + state[G.INPUT]
    return (np.tanh(total) if op == O.TANH else np.maximum(total, 0)), c


def recurrent_wanted(op, direction, mode, x, lengths, h0, c0=None):
    directions = 2 if direction == D.BIDIRECTION else 1
    last, cells = h0.astype(float).copy(), None if c0 is None else c0.astype(float).copy()
    for at in range(LAYERS * directions):
        if at % directions == 0:
            sequence, joined = (x, []) if at == 0 else (np.concatenate(joined, -1), [])
        y = np.zeros((*sequence.shape[:2], HIDDEN))
        for b in range(len(x)):
            h, c = last[b, at], None if cells is None else cells[b, at]
            order = range(lengths[b])
            for t in order if at % directions == 0 else reversed(order):
                given, state = {}, {}
                for gate in GATES[op]:
                    w, r, bw, br = parts(at, gate, sequence.shape[-1])
                    given[gate] = (sequence[b, t] if mode == M.SKIP and at < directions else w @ sequence[b, t]) + bw
                    state[gate] = r @ h + br
                h, c = step(op, given, state, h, c)
                y[b, t] = h
            last[b, at] = h
            if cells is not None:
                cells[b, at] = c
        joined.append(y)
    return [np.concatenate(joined, -1), last] + ([] if cells is None else [cells])


def recurrences():
    for op in O.__members__.values():
        for direction in D.__members__.values():
            for mode in M.__members__.values():
                states = [(BATCH, LAYERS * (2 if direction == D.BIDIRECTION else 1), HIDDEN)] * (2 if op == O.LSTM else 1)
                shapes = [(BATCH, TIME, HIDDEN if mode == M.SKIP else 3), (BATCH,), *states]
                yield Case("RNNv2", f"{op.name}_{direction.name}_{mode.name}", shapes,
                           functools.partial(recurrent, op, direction, mode),
                           functools.partial(recurrent_wanted, op, direction, mode), ["FLOAT", "HALF", "BF16"], "unit",
                           fixed={1: lambda rng, s: np.array([3, 2][:s[0]], np.int32)}, depth=64,
                           open={k: (0,) for k in range(len(shapes))}, empty=[(0, *s[1:]) for s in shapes])


def cached(n, cache, update, starts, lengths=None):
    # A copy of the cache is updated: the network's input stays as it was.
    layer = n.add_kv_cache_update(n.add_identity(cache).get_output(0), update, starts, trt.KVCacheMode.LINEAR)
    layer.cache_mode = trt.KVCacheMode.LINEAR
    layer.update_form = trt.AttentionIOForm.PADDED_BHND
    if lengths is not None:
        layer.update_form, layer.update_lengths = trt.AttentionIOForm.PACKED_NHD, lengths
    return layer.get_output(0)


def cached_wanted(cache, update, starts, lengths=None):
    y = cache.copy()
    for b, start in enumerate(starts):
        rows = update[b] if lengths is None else update[lengths[b]:lengths[b + 1]].swapaxes(0, 1)
        count = max(0, min(rows.shape[1], cache.shape[2] - start))
        y[b, :, start:start + count] = rows[:, :count]
    return y


def caches():
    shapes = [(2, 2, 5, 3), (2, 2, 2, 3), (2,)]
    for name, starts in (("", [1, 3]), ("beyond", [4, 5])):
        yield Case("KVCacheUpdate", name, shapes, cached, cached_wanted, COMMON,
                   fixed={2: lambda rng, s, starts=starts: np.array(starts[:s[0]], np.int32)},
                   open={0: (0, 2), 1: (0, 2), 2: (0,)}, empty=[(2, 2, 5, 3), (2, 2, 0, 3), (2,)])
    yield Case("KVCacheUpdate", "packed", [(2, 2, 5, 3), (4, 2, 3), (2,), (3,)], cached, cached_wanted, COMMON,
               fixed={2: lambda rng, s: np.array([1, 3], np.int32), 3: lambda rng, s: np.array([0, 1, 4], np.int32)},
               open={0: (2,), 1: (0,)})


def attention(n, q, k, v, *rest, **settings):
    names = settings.pop("names", ())
    layer = n.add_attention_v2(q, k, v, trt.AttentionNormalizationOp.SOFTMAX, trt.CausalMaskKind.NONE)
    for name, value in (*settings.items(), *zip(names, rest)):
        setattr(layer, name, value)
    return layer.get_output(0)


def seen(q, k, lengths, causal):
    """Keys that a query may see, for padded forms with lengths."""
    s, t = q.shape[2], k.shape[2]
    mask = np.arange(t) < lengths[:, None, None, None]
    return mask & (np.arange(t) <= np.arange(s)[:, None]) if causal else mask


def packed_wanted(q, k, v, at_q, at_k):
    y = np.zeros((*q.shape[:2], v.shape[2]))
    for b in range(len(at_q) - 1):
        rows, keys = slice(at_q[b], at_q[b + 1]), slice(at_k[b], at_k[b + 1])
        y[rows] = attended(*(m.swapaxes(0, 1)[None] for m in (q[rows], k[keys], v[keys])),
                           trt.CausalMaskKind.NONE)[0].swapaxes(0, 1)
    return y


def quantized_attention(to, q, k, v):
    p = softmaxed(q @ k.swapaxes(-1, -2), -1)
    return rounded(p / np.float32(1 / 64), to) * np.float32(1 / 64) @ v


def attentions():
    n, f = trt.AttentionNormalizationOp, trt.AttentionIOForm
    shapes = [(2, 2, 3, 8), (2, 2, 4, 8), (2, 2, 4, 8)]
    none = [(0, *s[1:]) for s in shapes]
    every = {0: (0, 2), 1: (0, 2), 2: (0, 2)}
    yield Case("AttentionV2", "no_softmax", shapes, functools.partial(
        attention, norm_op=n.NONE, decomposable=True, query_form=f.PADDED_BHND, key_value_form=f.PADDED_BHND),
               lambda q, k, v: (q @ k.swapaxes(-1, -2)) @ v, ["FLOAT", "FLOAT64"], open=every, empty=none, depth=32)
    yield Case("AttentionV2", "causal", shapes, functools.partial(attention, causal=True),
               lambda q, k, v: attended(q, k, v, trt.CausalMaskKind.UPPER_LEFT), COMMON, open=every, empty=none,
               depth=32)
    for kind in trt.CausalMaskKind.__members__.values():
        yield Case("AttentionV2", f"set_{kind.name}", shapes, functools.partial(attention, causal_kind=kind),
                   lambda q, k, v, kind=kind: attended(q, k, v, kind), COMMON, open=every, empty=none, depth=32)
    for causal in (False, True):
        yield Case("AttentionV2", "lengths" + "_causal" * causal, [*shapes, (2,)],
                   functools.partial(attention, names=["key_value_lengths"], causal=causal),
                   lambda q, k, v, at, causal=causal: attended(q, k, v, trt.CausalMaskKind.NONE,
                                                               seen(q, k, at, causal)), COMMON,
                   fixed={3: lambda rng, s: np.array([4, 2][:s[0]], np.int32)}, depth=32, open={},
                   empty=[*none, (0,)])
    yield Case("AttentionV2", "packed", [(5, 2, 8), (7, 2, 8), (7, 2, 8), (3,), (3,)], functools.partial(
        attention, query_form=f.PACKED_NHD, key_value_form=f.PACKED_NHD, names=["query_lengths", "key_value_lengths"]),
               packed_wanted, COMMON, fixed={3: lambda rng, s: np.array([0, 2, 5], np.int32),
                                             4: lambda rng, s: np.array([0, 3, 7], np.int32)}, depth=32, open={})
    for to in ("INT8", "FP8"):
        def make(net, q, k, v, to=to):
            return attention(net, q, k, v, normalization_quantize_to_type=getattr(trt.DataType, to),
                             normalization_quantize_scale=net.like(q, np.array(1 / 64)))
        yield Case("AttentionV2", f"quantized_{to}", shapes, make, functools.partial(quantized_attention, to),
                   ["FLOAT"], "unit", open=every, empty=none, depth=2 ** 18)
    yield Case("RotaryEmbedding", "positions", [(2, 3, 4, 8), (6, 2), (6, 2), (2, 4)], later(
        lambda net, x, c, s, p: net.add_rotary_embedding(x, c, s, False, 0), {3: lambda net, x, c, s, p: p},
        interleaved=True, rotary_embedding_dim=4),
               lambda x, c, s, p: turned(x, c[p], s[p], True, 4), COMMON, depth=8, open={0: (1,)},
               fixed={3: lambda rng, s: rng.integers(0, 6, s)}, empty=[(2, 0, 4, 8), (6, 2), (6, 2), (2, 4)])


def experts(n, x, **settings):
    chosen = n.const(np.array([[[0, 2], [1, 1], [2, 0]]]), np.int32)
    layer = n.add_moe(x, chosen, n.like(x, np.array([[[0.5, 0.25], [0.5, 0.5], [1, 0.25]]])))
    layer.set_gated_weights(*(n.like(x, w) for w in expert_weights()), trt.MoEActType.SILU)
    biases = settings.pop("biases", False)
    if biases:
        layer.set_gated_biases(*(n.like(x, weight(3, k, seed=9 + k)) for k in (6, 6, 4)))
    for name, value in settings.items():
        if name.startswith("set_"):
            getattr(layer, name)(*(v(n, x) if callable(v) else v for v in value))
        else:
            setattr(layer, name, value)
    return layer.get_output(0)


def by_experts(x, biases=False, limit=np.inf, alpha=1, beta=0, silu=True, quantize=lambda v: v):
    gate, up, down = expert_weights()
    y = np.zeros_like(x)
    for token, (pair, scores) in enumerate(zip([[0, 2], [1, 1], [2, 0]], [[0.5, 0.25], [0.5, 0.5], [1, 0.25]])):
        for e, score in zip(pair, scores) if len(x) else ():
            b = [weight(3, k, seed=9 + k)[e] if biases else 0 for k in (6, 6, 4)]
            g, u = np.minimum(x[0, token] @ gate[e] + b[0], limit), x[0, token] @ up[e] + b[1]
            u = np.clip(u, -limit, limit) + beta
            inner = quantize((g * sigmoid(alpha * g) if silu else g) * u)
            y[0, token] += score * (inner @ down[e] + b[2])
    return y


def in_blocks(x):
    """Quantized to FP4 by pairs, with scales of FP8 that have a scale themselves."""
    blocks = x.reshape(-1, 2)
    scale = rounded(np.abs(blocks).max(-1) / 6 / 0.5, "FP8") * 0.5
    scale = np.where(scale == 0, 1, scale)[:, None]
    return (rounded(blocks / scale, "FP4") * scale).reshape(x.shape)


def mixtures():
    forms = {"NONE": (dict(activation_type=trt.MoEActType.NONE), dict(silu=False)),
             "SILU": (dict(activation_type=trt.MoEActType.SILU), {}),
             "biases": (dict(biases=True), dict(biases=True)),
             "swiglu": (dict(set_swiglu_params=(1.5, 2.0, 0.5)), dict(limit=1.5, alpha=2, beta=0.5)),
             "swiglu_set": (dict(swiglu_param_limit=1.5, swiglu_param_alpha=2.0, swiglu_param_beta=0.5),
                            dict(limit=1.5, alpha=2, beta=0.5))}
    for mode, (settings, wanted) in forms.items():
        yield Case("MoE", mode, [(1, 3, 4)], functools.partial(experts, **settings),
                   functools.partial(by_experts, **wanted), COMMON, depth=64, open={})
    scale = functools.partial(lambda value, n, x: n.like(x, np.array(value)), 0.25)
    yield Case("MoE", "static", [(1, 3, 4)], functools.partial(
        experts, set_quantization_static=(scale, trt.fp8), quantization_to_type=trt.int8),
               functools.partial(by_experts, quantize=lambda v: rounded(v / 0.25, "INT8") * 0.25), ["FLOAT", "FLOAT64"],
               depth=2 ** 19, open={})
    second = functools.partial(lambda value, n, x: n.like(x, np.array(value)), 0.5)
    yield Case("MoE", "dynamic", [(1, 3, 4)], functools.partial(
        experts, set_quantization_dynamic_dbl_q=(second, trt.fp8, (1, 1, 1, 3), trt.float32),
        quantization_to_type=trt.fp4, quantization_block_shape=(1, 1, 1, 2), dyn_q_output_scale_type=trt.fp8),
               functools.partial(by_experts, quantize=in_blocks), ["FLOAT", "FLOAT64"], depth=2 ** 19, open={})

    def token(n, x):
        chosen = n.add_elementwise(n.add_cast(x, trt.int32).get_output(0), n.const(np.zeros((1, 1, 4)), np.int32),
                                   trt.ElementWiseOperation.PROD).get_output(0)
        layer = n.add_moe(x, chosen, x)
        layer.set_gated_weights(*(n.like(x, w) for w in expert_weights()), trt.MoEActType.SILU)
        return layer.get_output(0)

    def token_wanted(x):
        gate, up, down = (w[0] for w in expert_weights())
        g = x @ gate
        return ((g * sigmoid(g)) * (x @ up)) @ down * x.sum(-1, keepdims=True)
    yield Case("MoE", "tokens", [(2, 3, 4)], token, token_wanted, ["FLOAT", "FLOAT64"], depth=64, open={0: (0, 1)},
               empty=[(2, 0, 4)])


def quantizations():
    scale = np.array([[0.5, 1], [2, 0.5]], np.float32)
    wide = np.repeat(scale, 2, 1)

    def quantize(n, x):
        return n.add_quantize(x, n.like(x, scale), trt.int8)

    def dequantize(n, x):
        return n.add_dequantize(n.cast(x, trt.int8), n.const(scale), trt.float16)
    yield Case("Quantize", "blocks", [(2, 4)], later(quantize, to_type=trt.fp8, block_shape=(1, 2), axis=1),
               lambda x: rounded(x / wide, "FP8"), ["FLOAT"], open={}, out="FP8")
    yield Case("Dequantize", "blocks", [(2, 4)], later(dequantize, to_type=trt.float32, block_shape=(1, 2), axis=1),
               lambda x: np.trunc(x) * wide, ["INT8"], open={}, out="FLOAT")
    yield Case("Quantize", "zero_point", [(2, 3)], later(
        lambda n, x: n.add_quantize(x, n.like(x, np.array(0.5)), trt.uint8), {2: (3, np.uint8)}),
               lambda x: np.clip(np.rint(x / 0.5) + 3, 0, 255), ["FLOAT", "HALF", "BF16"], out="UINT8", empty=[(0, 3)])
    yield Case("Dequantize", "zero_point", [(2, 3)], later(
        lambda n, x: n.add_dequantize(x, n.const(0.5, np.float32), trt.float32), {2: (1, np.uint8)}),
               lambda x: (x.astype(float) - 1) * 0.5, ["UINT8", "INT8"], out="FLOAT", empty=[(0, 3)])
    yield Case("DynamicQuantizeV2", "set", [(3, 32)], later(
        lambda n, x: n.add_dynamic_quantize_v2(x, (1, 8), trt.int8, trt.float32), outputs=2, to_type=trt.fp4,
        scale_type=trt.fp8, block_shape=(1, 16)), blocks_wanted, ["FLOAT", "BF16"], out="FP4", depth=0, open={0: (0,)},
               draw="above_one", empty=[(0, 32)])
    yield Case("DynamicQuantize", "set", [(3, 32)], later(
        lambda n, x: n.add_dynamic_quantize(x, 0, 1, trt.fp8, trt.fp8), outputs=2, to_type=trt.fp4, axis=-1,
        block_size=16), blocks_wanted, ["FLOAT", "BF16"], out="FP4", depth=0, open={0: (0,)}, draw="above_one",
               empty=[(0, 32)])

    def scaled_twice(x):
        blocks = x.reshape(len(x), 2, 16)
        scales = rounded(np.abs(blocks).max(-1) / 448 / 0.5, "FP8")
        return [rounded(blocks / (scales * 0.5)[..., None], "FP8").reshape(x.shape), scales]
    yield Case("DynamicQuantizeV2", "twice", [(3, 32)], later(
        lambda n, x: n.add_dynamic_quantize_v2(x, (1, 16), trt.fp8, trt.fp8), {1: (0.5, np.float32)}, outputs=2),
               scaled_twice, ["FLOAT"], out="FP8", depth=1, open={0: (0,)}, draw="above_one", empty=[(0, 32)])


def summed(n, x, limit=None, axis=0, reverse=False, kind=trt.LoopOutput.CONCATENATE, out_axis=0, length=None):
    """Running sums of the slices of x."""
    op = trt.ElementWiseOperation
    loop = n.add_loop()
    shape = n.add_shape(x).get_output(0)
    count = n.add_gather(shape, n.const(axis, np.int64), 0).get_output(0)
    slices = loop.add_iterator(x, 0, False)
    slices.axis, slices.reverse = axis, reverse
    total = loop.add_recurrence(n.add_reduce(x, trt.ReduceOperation.PROD, 1 << axis, False).get_output(0))
    new = n.add_elementwise(total.get_output(0), slices.get_output(0), op.SUM).get_output(0)
    total.set_input(1, new)
    if limit is None:
        loop.add_trip_limit(count, trt.TripLimit.COUNT)
    else:
        step = loop.add_recurrence(n.const(0, np.int64))
        step.set_input(1, n.add_elementwise(step.get_output(0), n.const(1, np.int64), op.SUM).get_output(0))
        more = n.add_elementwise(step.get_output(0), n.const(limit, np.int64), op.LESS).get_output(0)
        loop.add_trip_limit(more, trt.TripLimit.WHILE)
    output = loop.add_loop_output(new, kind)
    output.axis = out_axis
    output.set_input(1, count if limit is None else n.const(limit, np.int64))
    return output.get_output(0)


def summed_wanted(x, limit=None, axis=0, reverse=False, kind=trt.LoopOutput.CONCATENATE, out_axis=0):
    parts = np.moveaxis(x, axis, 0)[::-1 if reverse else 1][:limit]
    y = np.cumsum(parts, 0, dtype=x.dtype) + np.prod(x, axis, dtype=x.dtype)
    return np.moveaxis(y if kind == trt.LoopOutput.CONCATENATE else y[::-1], 0, out_axis)


def given_to_branches(n, x, condition):
    conditional = n.add_if_conditional()
    conditional.set_condition(condition)
    inside = conditional.add_input(x).get_output(0)
    twice = n.add_elementwise(inside, inside, trt.ElementWiseOperation.SUM).get_output(0)
    some = n.add_slice(inside, (0, 0), (1, 2), (1, 1)).get_output(0)
    return conditional.add_output(twice, some).get_output(0)


def control():
    types = ["FLOAT", "HALF", "FLOAT64", "INT32", "INT64"]
    for name, settings in (("rows", {}), ("columns", dict(axis=1, out_axis=1)), ("backwards", dict(reverse=True)),
                           ("WHILE", dict(limit=2)), ("REVERSE_columns", dict(kind=trt.LoopOutput.REVERSE, out_axis=1))):
        yield Case("Loop", name, [(3, 2)], functools.partial(summed, **settings),
                   functools.partial(summed_wanted, **settings), types, "positive",
                   open={0: (1,)} if settings.get("axis") != 1 else {0: (0,)},
                   empty=[(3, 0)] if settings.get("axis") != 1 else [(0, 2)], depth=16)
    yield Case("Loop", "no_turns", [(0, 3)], summed, summed_wanted, ["FLOAT"], open={})
    for truth in (True, False):
        yield Case("IfConditional", f"input_{truth}", [(2, 3), ()], given_to_branches,
                   lambda x, c: x + x if c else x[:1, :2], types, fixed={1: truth}, open={0: (1,)})


def operators():
    yield Case("Operator", "", [(2, 3)], lambda n, x: n.add_operator(
        "dovetail", "softmax", [trt.PluginField("axis", np.array([0], np.int64), trt.PluginFieldType.INT64)],
        [x]).get_output(0), lambda x: softmaxed(x, 0), COMMON, depth=8, empty=[(2, 0)])
    yield Case("Operator", "trilu", [(3, 4)], lambda n, x: n.add_operator(
        "", "trilu", [], [x]).get_output(0), lambda x: np.triu(x), NUMBERS, empty=[(0, 4)])


def cases():
    for part in (recurrences, caches, attentions, mixtures, quantizations, control, operators):
        yield from part()
