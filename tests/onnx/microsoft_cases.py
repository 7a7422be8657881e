#!/usr/bin/env python3
"""Writes microsoft_cases.txt: more operators of com.microsoft, in the form of operator_cases.txt.

What has a kernel for the CPU in ONNX Runtime is run there; for the rest NumPy says what the documentation says.
"""
import numpy as np
from operator_cases import MS, case, f, known, rand, scalar, u8, write_table

i32, i64 = np.int32, np.int64


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def data():
    x = rand(3, 4)
    for mode in ("constant", "reflect", "edge"):
        case(MS, "Pad", [x, np.array([1, 0, 2, 3], i64)] + ([scalar(1.5)] if mode == "constant" else []), constants=(1,), mode=mode)
    case(MS, "Pad", [x, np.array([[0, 1, 1, -2]], i64), f(2)], constants=(1,), mode="constant")
    case(MS, "Unique", [f(2, 1, 1, 3, 4, 3, 2, -1)], outputs=3)
    for metric in ("euclidean", "sqeuclidean"):
        case(MS, "CDist", [rand(3, 5), rand(4, 5)], metric=metric)
    case(MS, "CDist", [rand(2, 3), rand(2, 3)])
    case(MS, "UnfoldTensor", [rand(2, 7, 3)], dim=1, size=3, step=2)
    case(MS, "UnfoldTensor", [rand(2, 7)], dim=-1, size=7)
    case(MS, "ConvTransposeWithDynamicPads", [rand(1, 2, 4, 4), rand(2, 3, 3, 3), np.array([1, 0, 1, 2], i64), rand(3)],
         constants=(1, 2), kernel_shape=[3, 3], strides=[2, 2], output_padding=[1, 1])
    case(MS, "NGramRepeatBlock", [np.array([[1, 2, 3, 1, 2], [4, 4, 4, 4, 4], [0, 1, 2, 3, 4]], i64), rand(3, 6)], ngram_size=3)
    case(MS, "NGramRepeatBlock", [np.array([[1, 2]], i64), rand(1, 4)], ngram_size=3)
    case(MS, "NGramRepeatBlock", [np.array([[1, 2, 1]], i64), rand(1, 4)], ngram_size=1)
    y = rand(2, 3, 8)
    known(MS, "Rfft", [y], [np.stack([np.fft.rfft(y).real, np.fft.rfft(y).imag], -1).astype(np.float32)], signal_ndim=1)
    z = rand(2, 5, 2)
    z[:, [0, -1], 1] = 0  # what a real signal of even length has
    known(MS, "Irfft", [z], [np.fft.irfft(z[..., 0] + 1j * z[..., 1]).astype(np.float32)], signal_ndim=1)
    a, b = rand(3, 4, 2), rand(4, 2)
    for op, other in (("ComplexMul", b[..., 0] + 1j * b[..., 1]), ("ComplexMulConj", b[..., 0] - 1j * b[..., 1])):
        product = (a[..., 0] + 1j * a[..., 1]) * other
        known(MS, op, [a, b], [np.stack([product.real, product.imag], -1).astype(np.float32)])
    x, bias, rest = rand(2, 3), rand(3), rand(2, 3)
    known(MS, "BiasDropout", [x, bias, rest], [x + bias + rest])
    known(MS, "BitmaskBiasDropout", [x, bias, None, scalar(0.5), scalar(False, bool)], [x + bias], constants=(3, 4))
    known(MS, "BitmaskDropout", [x], [x])
    known(MS, "TorchEmbedding", [x, np.array([[1, 0], [1, 1]], i64)], [x[[[1, 0], [1, 1]]]])
    a, b = rand(2, 4, 3), rand(2, 4, 5)
    known(MS, "FusedMatMulActivation", [a, b], [np.maximum(0.5 * a.transpose(0, 2, 1) @ b, 0)], transA=1, alpha=0.5, activation="Relu")
    known(MS, "FusedMatMulActivation", [rand(2, 3), np.zeros((3, 4), np.float32)], [np.full((2, 4), 0.25, np.float32)],
          activation="Softmax", activation_axis=-1)


def layouts():
    x, w, b = rand(1, 2, 5, 5), rand(4, 2, 3, 3), rand(4)
    last = [0, 2, 3, 1]
    conv = dict(pads=[1, 1, 1, 1], strides=[2, 2])
    [y] = case(MS, "FusedConv", [x, w, b], constants=(1, 2), activation="Relu", **conv)
    [linear] = case(MS, "FusedConv", [x, w, b], constants=(1, 2), **conv)
    known(MS, "NhwcFusedConv", [x.transpose(last), w, b], [y.transpose(last)], constants=(1, 2), activation="Relu", **conv)
    addend = rand(1, 3, 3, 4)
    known(MS, "NhwcFusedConv", [x.transpose(last), w, b, addend], [np.maximum(linear.transpose(last) + addend, 0)],
          constants=(1, 2), activation="Relu", **conv)
    known(MS, "NhwcConv", [x.transpose(last), w.transpose(last), b], [linear.transpose(last)], constants=(1, 2), **conv)
    nhwc = "com.ms.internal.nhwc"
    known(nhwc, "Conv", [x.transpose(last), w, b], [linear.transpose(last)], constants=(1, 2), version=11, **conv)
    [y] = case("", "MaxPool", [x], kernel_shape=[2, 2])
    known(nhwc, "MaxPool", [x.transpose(last)], [y.transpose(last)], version=12, kernel_shape=[2, 2])
    known(nhwc, "GlobalAveragePool", [x.transpose(last)], [x.mean((2, 3), keepdims=True).transpose(last)], version=1)
    scales = [scalar(0.05), scalar(120, np.uint8), scalar(0.02), scalar(128, np.uint8), scalar(0.1), scalar(90, np.uint8)]
    q, k = u8(1, 4, 4, 2), u8(3, 2, 3, 3)
    case(MS, "QLinearConv", [q, scales[0], scales[1], k, scales[2], scales[3], scales[4], scales[5]], constants=(1, 2, 3, 4, 5, 6, 7),
         channels_last=1, pads=[1, 1, 1, 1])


def nbits(bits, values):
    """Bytes of numbers along the last axis, the first in the lowest bits; rows are filled up to whole bytes."""
    per = 8 // bits
    values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % per)])
    parts = values.reshape(*values.shape[:-1], -1, per).astype(np.uint8)
    return sum(parts[..., i] << (bits * i) for i in range(per)).astype(np.uint8)


def few_bits():
    for bits in (2, 4, 8):
        k, blocks = 48, 3
        weights, zeros = np.random.default_rng(bits).integers(0, 2**bits, (5, blocks, 16)), np.arange(15).reshape(5, 3) % 2**bits
        packed = nbits(bits, weights)
        for zero in (None, nbits(bits, zeros)):
            if bits == 8 and zero is None:
                continue  # there the runtime rounds the input to 8 bits
            case(MS, "MatMulNBits", [rand(2, k), packed, abs(rand(5, blocks)) + 0.125, zero, None, rand(5)],
                 constants=[i for i, v in ((1, packed), (2, 1), (3, zero)) if v is not None], K=k, N=5, bits=bits, block_size=16)
        if bits != 8:
            case(MS, "MatMulNBits", [rand(2, k), packed, abs(rand(5, blocks)) + 0.125, rand(5, blocks)], constants=(1, 2, 3), K=k, N=5,
                 bits=bits, block_size=16)
        table, scales = nbits(bits, np.random.default_rng(bits).integers(0, 2**bits, (6, 32))), abs(rand(6, 2)) + 0.125
        indices = np.array([[5, 0], [3, 3]], i64)
        attributes = dict(bits=bits, block_size=16, gather_axis=0, quantize_axis=1)
        case(MS, "GatherBlockQuantized", [table, indices, scales], constants=(0, 2), **attributes)
        zeros = nbits(bits, np.arange(12).reshape(6, 2) % 2**bits)
        case(MS, "GatherBlockQuantized", [table, indices.astype(i32), scales, zeros], constants=(0, 2, 3), **attributes)
    for kind in (0, 1):
        for n, k in ((4, 32), (3, 24)):
            case(MS, "MatMulBnb4", [rand(2, k), u8((n * k + 1) // 2), abs(rand((n * k + 15) // 16)) + 0.125], constants=(1, 2), K=k, N=n,
                 block_size=16, quant_type=kind)
    weights = np.random.default_rng(7).integers(0, 16, (3, 4, 2, 16))
    scales = abs(rand(3, 4, 2)) / 16 + 0.0625
    g, u, q = ((weights[i] - 8).reshape(4, 32) * np.repeat(scales[i], 16, 1) for i in range(3))
    x, skip, norm, bias = rand(2, 32), rand(2, 32), rand(32), rand(4)
    s = x + skip
    n = s / np.sqrt((s * s).mean(-1, keepdims=True) + 1e-5) * norm
    shared = dict(K=32, bits=4, block_size=16)
    packed = [nbits(4, w) for w in weights]
    z = n @ g.T + bias
    known(MS, "MatMulNBitsMlp", [x, skip, norm, packed[0], scales[0], bias, packed[1], scales[1]],
          [(z * sigmoid(z) * (n @ u.T)).astype(np.float32), s], constants=(3, 4, 6, 7), N=4, activation="silu", **shared)
    known(MS, "MatMulNBitsQkv", [x, None, norm, packed[0], scales[0], None, packed[1], scales[1], None, packed[2], scales[2], bias],
          [(v + b).astype(np.float32) for n in [x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * norm]
           for v, b in ((n @ g.T, 0), (n @ u.T, 0), (n @ q.T, bias))], constants=(3, 4, 6, 7, 9, 10), Nq=4, Nkv=4, **shared)


def experts():
    def both(op, tokens, layers, extra=(), **attributes):
        router = rand(int(np.prod(tokens)), 4) + f(0, 0.01, 0.02, 0.03)  # no two alike
        case(MS, op, [rand(*tokens, 16), router, *layers, *extra],
             constants=[i + 2 for i, v in enumerate(layers) if v is not None], **attributes)
    w1, b1, w2, b2 = rand(4, 24, 16), rand(4, 24), rand(4, 16, 24), rand(4, 16)
    for activation in ("relu", "gelu", "silu", "identity"):
        both("MoE", (3, 2), [w1, b1, w2, b2], k=2, activation_type=activation)
    both("MoE", (2,), [w1, None, w2, None], k=2, activation_type="silu", normalize_routing_weights=1)
    both("MoE", (5,), [rand(4, 48, 16), rand(4, 48), w2, b2], k=1, activation_type="swiglu", swiglu_fusion=1, activation_alpha=1.702,
         activation_beta=1.0, swiglu_limit=2.0)
    for bits, block in ((4, None), (8, None), (4, 16), (2, 16)):
        q1, q2 = u8(4, 64, 16 * bits // 8), u8(4, 16, 32 * bits // 8)
        shape = (lambda n, k: (4, n)) if block is None else (lambda n, k: (4, n, k // block))
        s1, s2 = (abs(rand(*shape(n, k))) / 2**bits + 0.01 for n, k in ((64, 16), (16, 32)))
        fixed = [q1, s1.astype(np.float32), rand(4, 64), q2, s2.astype(np.float32), rand(4, 16)]
        for tokens in ((2,), (2, 3)):
            both("QMoE", tokens, fixed, k=2, activation_type="swiglu", swiglu_fusion=1, expert_weight_bits=bits, block_size=block,
                 activation_alpha=1.702, activation_beta=1.0, swiglu_limit=7.0, weights_prepacked=0)
    weights = [None] * 6 + [abs(rand(2, 4)) + 0.125]
    both("QMoE", (2,), fixed, weights, k=2, activation_type="swiglu", swiglu_fusion=1, expert_weight_bits=2, block_size=16,
         normalize_routing_weights=1, weights_prepacked=0)


def integers():
    a, b = u8(2, 3), u8(3)
    known(MS, "MulInteger", [a, scalar(3, np.uint8), b, scalar(200, np.uint8)],
          [(a.astype(i32) - 3) * (b.astype(i32) - 200)])
    x = (u8(2, 3, 4) - 128.0).astype(np.int8)
    known(MS, "ReduceSumInteger", [x], [x.sum((0, 2), dtype=i32)], axes=[0, 2], keepdims=0)
    a, b = (np.random.default_rng(3).integers(-2000, 2000, s).astype(np.int16) for s in ((3, 4), (4, 2)))
    case(MS, "MatMulInteger16", [a, b])
    tables = [u8(n, 8) for n in (5, 4, 2)]
    gamma, beta = u8(8), u8(8)
    scales, zeros = [scalar(v) for v in (0.02, 0.03, 0.01, 0.05, 0.04)], [scalar(v, np.uint8) for v in (120, 100, 128, 7, 130)]
    ids, segments = np.array([[1, 3, 0], [2, 2, 4]], i32), np.array([[0, 0, 1], [1, 0, 0]], i32)
    mask = np.array([[1, 1, 0], [1, 0, 0]], i32)
    case(MS, "QEmbedLayerNormalization", [ids, segments, *tables, gamma, beta, mask, *scales, *zeros], outputs=2, epsilon=1e-5)
    case(MS, "QEmbedLayerNormalization", [ids, None, *tables[:2], None, gamma, beta, None, *scales[:2], None, *scales[3:], *zeros[:2], None,
                                          *zeros[3:]], outputs=2, epsilon=1e-5)


def recurrent():
    """Beside an LSTM of real numbers with the same weights; the runtime rounds its inputs to 8 bits and stays close."""
    t, n, inputs, hidden = 3, 2, 5, 4
    x, bias = rand(t, n, inputs) / 2, rand(2, 8 * hidden) / 4
    for per_column in (False, True):
        shape = (2, 4 * hidden) if per_column else (2,)
        w, r = (np.random.default_rng(5).integers(-127, 128, (2, k, 4 * hidden)).astype(np.int8) for k in (inputs, hidden))
        ws, rs = ((np.abs(rand(*shape)) / 500 + 0.001).astype(np.float32) for _ in range(2))
        zero = np.zeros(shape, np.int8)
        attributes = dict(hidden_size=hidden, direction="bidirectional")
        spread = (lambda s: s[:, None, :]) if per_column else (lambda s: s[:, None, None])
        real = [(q * spread(s)).transpose(0, 2, 1).astype(np.float32) for q, s in ((w, ws), (r, rs))]
        exact = case("", "LSTM", [x, *real, bias], constants=(1, 2, 3), outputs=3, **attributes)
        operands = [x, w, r, bias, None, None, None, None, ws, zero, rs, zero]
        fixed = [1, 2, 3, 8, 9, 10, 11]
        close = case(MS, "DynamicQuantizeLSTM", operands, constants=fixed, outputs=3, want=(), **attributes)
        assert max(np.abs(a - b).max() for a, b in zip(exact, close)) < 0.02
        known(MS, "DynamicQuantizeLSTM", operands, exact, constants=fixed, **attributes)


def positions():
    for both in (0, 1):
        buckets, far, heads, q, k = 8, 12, 2, 5, 9
        table = rand(heads, buckets)
        relative = np.arange(k)[None, :] - np.arange(q)[:, None]
        n = buckets // 2 if both else buckets
        distance = np.abs(relative) if both else np.maximum(-relative, 0)
        exact = n // 2
        wide = exact + (np.log(np.maximum(distance, 1) / exact) / np.log(far / exact) * (n - exact)).astype(int)
        bucket = np.where(distance < exact, distance, np.minimum(wide, n - 1)) + (n * (relative > 0) if both else 0)
        known(MS, "RelativePositionBias", [table.reshape(buckets, heads), np.array([q], i64), np.array([k], i64)],
              [table[:, bucket][None]], constants=(1, 2), max_distance=far, is_bidirectional=both)
    b, s, h, d, wide = 2, 3, 2, 4, 6
    query, bias, place, weight, shift, eco = rand(b, s, h * d), rand(h * d), rand(1, h, s, s), rand(d, wide), rand(wide), rand(1, h, 1, 1)
    heads = (query + bias).reshape(b, s, h, d).transpose(0, 2, 1, 3)
    gates = sigmoid((heads @ weight + shift).reshape(b, h, s, 2, wide // 2).sum(-1))
    known(MS, "GatedRelativePositionBias", [query, bias, place, weight, shift, eco],
          [(gates[..., :1] * (gates[..., 1:] * eco - 1) + 2) * place], num_heads=h)
    x, counts = rand(2, 3, 4), np.array([1, 3], i32)
    known(MS, "RemovePadding", [x, counts], [np.concatenate([x[0, :1], x[1]]), np.array([[0, 3, 4], [5, 1, 2]], i32),
                                             np.array([0, 1, 4], i32), np.array([3], i32)])
    tokens, restored = rand(4, 4), np.zeros((6, 4), np.float32)
    restored[[0, 3, 4, 5]] = tokens
    known(MS, "RestorePadding", [tokens, np.array([[0, 3, 4], [5, 1, 2]], i32)], [restored.reshape(2, 3, 4)])
    angle, q, qr, k, kr = rand(2, 3, 4), *(rand(2, 2, 3, 4) for _ in range(4))
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    known(MS, "GemmaRotaryEmbedding", [angle, q, qr, k, kr], [q * c + qr * s, k * c + kr * s])
    angles, places = rand(10, 4), np.random.default_rng(4).integers(0, 10, (3, 2, 3))
    for layout, sections in ((0, [1, 2, 1]), (1, [2, 1, 1])):
        case(MS, "MRotaryEmbedding", [rand(2, 3, 16), places, np.cos(angles), np.sin(angles)], mrope_section=sections, num_heads=2,
             rotary_embedding_dim=0, mrope_layout=layout)


def gates():
    x, g = rand(2, 3, 8), rand(2, 3, 8)
    case(MS, "ScaledSiLU", [x], alpha=1.5)
    case(MS, "ScaledSiLU", [x, scalar(0.75)])
    clamped = np.minimum(x, 1), np.clip(g, -1, 1)
    known(MS, "SwiGLU", [x, g], [clamped[0] * sigmoid(1.5 * clamped[0]) * (clamped[1] + 1)], limit=1.0, activation_alpha=1.5,
          activation_beta=1.0)
    known(MS, "SwiGLU", [x], [x[..., :4] * sigmoid(x[..., :4]) * x[..., 4:]])
    case(MS, "GatedAdd", [x, g, rand(2, 3, 1)])
    for activation in ("silu", "sigmoid"):
        case(MS, "GatedRMSNorm", [x, rand(4), g], activation=activation, epsilon=1e-5)
    case(MS, "GatedRMSNorm", [x / 64, rand(8), g])
    case(MS, "BranchwiseRMSNorm", [x, rand(8)], num_branches=2, epsilon=1e-5)
    case(MS, "BranchwiseRMSNorm", [x / 64, rand(3, 8)])
    case(MS, "LinearAttentionGate", [rand(2, 3, 4), rand(4), -abs(rand(4)), rand(2, 3, 4)], outputs=2)
    for activation, dilation, last in (("silu", 1, 0), ("none", 2, 0), ("none", 1, 1)):
        taps = 2 * dilation
        x, past = rand(2, 4, 5), rand(2, 4, taps)
        turned = [v.transpose(0, 2, 1).copy() if last else v for v in (x, past)]
        case(MS, "CausalConvWithState", [turned[0], rand(4, 1, 3), rand(4), turned[1]], constants=(1,), outputs=2, activation=activation,
             dilation=dilation if dilation > 1 else None, channels_last=last or None)
    for rule, extra in (("linear", []), ("gated", [-abs(rand(1, 3, 2))]), ("delta", [None, sigmoid(rand(1, 3, 2))]),
                        ("gated_delta", [-abs(rand(1, 3, 2)), sigmoid(rand(1, 3, 2))])):
        case(MS, "LinearAttention", [rand(1, 3, 16) / 4, rand(1, 3, 8) / 4, rand(1, 3, 12), rand(1, 2, 4, 6), *extra], outputs=2,
             update_rule=rule, q_num_heads=4, kv_num_heads=2)


def attentions():
    q, k, v, bias = rand(2, 3, 8), rand(2, 5, 8), rand(2, 5, 8), rand(24)
    case(MS, "MultiHeadAttention", [q, k, v, bias, np.ones((2, 3, 5), i32)], num_heads=2)
    case(MS, "MultiHeadAttention", [q, rand(2, 2, 5, 4), rand(2, 2, 5, 4), None, None, rand(2, 2, 3, 5)], num_heads=2)

    def attended(q, k, v):
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return (weights / weights.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(q.shape[0], q.shape[2], -1)

    def heads(x):
        return x.reshape(*x.shape[:2], 2, 4).transpose(0, 2, 1, 3)
    b = [part[None, None] for part in np.split(bias, 3)]
    known(MS, "MultiHeadAttention", [np.stack([x.reshape(2, 5, 2, 4) for x in (k + 1, k, v)], 3), None, None, bias],
          [attended(heads(k + 1 + b[0]), heads(k + b[1]), heads(v + b[2]))], num_heads=2)
    known(MS, "MultiHeadAttention", [q, np.stack([k.reshape(2, 5, 2, 4), v.reshape(2, 5, 2, 4)], 3)],
          [attended(heads(q), heads(k), heads(v))], num_heads=2)
    one = rand(2, 1, 8), rand(2, 1, 8), rand(2, 1, 8)
    past = rand(2, 2, 3, 4), rand(2, 2, 3, 4)
    mask, scores = np.array([[1, 1, 0, 1], [1, 1, 1, 1]], i32), rand(1, 1, 1, 4)
    results = case(MS, "MultiHeadAttention", [*one, bias, mask, scores, *past], outputs=3, num_heads=2)
    known(MS, "DecoderMaskedMultiHeadAttention", [*one, mask, scores, *past, None, None, None, bias], results, num_heads=2)
    case(MS, "DecoderMaskedMultiHeadAttention", [one[0], rand(2, 2, 5, 4), rand(2, 2, 5, 4)], num_heads=2)
    x, w = rand(2, 1, 6), rand(6, 24)
    stacked = np.stack(past)
    results = case(MS, "Attention", [x, w, bias, None, stacked], num_heads=2, outputs=2)
    known(MS, "DecoderMaskedSelfAttention", [x, w, bias, None, stacked, None, np.array([3], i32)], results, num_heads=2)

    def grouped(s, past, lengths, total, extra=(), constants=(6,), packed=False, **kw):
        d, h, g, b = 16, 4, 2, len(lengths)
        cache = [rand(b, g, past, d) for _ in range(2)] if past else [None, None]
        new = [rand(b, s, (h + 2 * g) * d), None, None] if packed else [rand(b, s, n * d) for n in (h, g, g)]
        trig = [np.cos(rand(16, 8)), np.sin(rand(16, 8))] if kw.get("do_rotary") else [None, None]
        case(MS, "GroupQueryAttention", [*new, *cache, np.array(lengths, i32), scalar(total, i32), *trig, *extra], constants=constants,
             outputs=3, num_heads=h, kv_num_heads=g, **kw)
    sink = [None, None, rand(4)]
    grouped(3, 0, [2, 2], 3, smooth_softmax=1)
    grouped(1, 5, [5, 5], 6, smooth_softmax=1, softcap=3.0)
    grouped(3, 0, [2, 2], 3, sink, local_window_size=2)
    grouped(1, 5, [5, 5], 6, sink, do_rotary=1)
    grouped(3, 0, [2, 2], 3, packed=True, do_rotary=1)
    grouped(1, 5, [5, 5], 6, packed=True)
    grouped(1, 5, [5, 5], 6, [np.array([[5], [3]], i64)], do_rotary=1)
    grouped(2, 4, [5], 6, [None, rand(1, 4, 2, 6)])
    grouped(1, 8, [5, 5], 6, [None, rand(2, 1, 1, 6)], want=(0,))
    q, k, v, cache = rand(2, 1, 64), rand(2, 1, 32), rand(2, 1, 32), [rand(2, 2, 3, 16) for _ in range(2)]
    rest, shape = [*cache, np.array([3, 3], i32), scalar(4, i32)], dict(num_heads=4, kv_num_heads=2)
    norms = rand(16), rand(16)
    n, m = ((x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w).reshape(2, 1, -1) for w, x in
            ((norms[0], q.reshape(2, 1, 4, 16)), (norms[1], k.reshape(2, 1, 2, 16))))
    results = case(MS, "GroupQueryAttention", [n, m, v, *rest], constants=(6,), outputs=3, **shape)
    known(MS, "GroupQueryAttention", [q, k, v, *rest, *[None] * 7, *norms], results, constants=(6,), qk_norm_epsilon=1e-5, **shape)
    grouped(3, 0, [2, 2], 3, causal=0)


def main():
    for group in (data, layouts, few_bits, experts, integers, recurrent, positions, gates, attentions):
        group()
    write_table(__file__)


if __name__ == "__main__":
    main()
