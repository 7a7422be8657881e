#!/usr/bin/env python3
"""Writes type_cases.txt: every operator on every type that it takes, with what NumPy and ml_dtypes make of the same inputs.

The test reads only the text: run this when an operator takes another type. Needs numpy and ml_dtypes.
"""
import itertools
import pathlib

import ml_dtypes
import numpy as np

RNG = np.random.default_rng(11)
FLOATS = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16,
          "f8e4m3": ml_dtypes.float8_e4m3fn, "f8e5m2": ml_dtypes.float8_e5m2, "f8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
          "f8e5m2fnuz": ml_dtypes.float8_e5m2fnuz, "f4e2m1": ml_dtypes.float4_e2m1fn}
INTS = {"i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "u16": np.uint16,
        "u32": np.uint32, "u64": np.uint64, "i4": ml_dtypes.int4, "u4": ml_dtypes.uint4, "i2": ml_dtypes.int2,
        "u2": ml_dtypes.uint2}
BITS = {"i4": 4, "u4": 4, "i2": 2, "u2": 2}
ALL = {**FLOATS, **INTS, "b8": np.bool_}
NAMES = {np.dtype(d): n for n, d in ALL.items()}
cases = []


def bits(name):
    return BITS.get(name) or np.dtype(ALL[name]).itemsize * 8


def limits(name):
    n = bits(name)
    return (0, (1 << n) - 1) if name[0] == "u" else (-(1 << (n - 1)), (1 << (n - 1)) - 1)


def text(v, name):
    if name in INTS or name == "b8":
        return str(int(v))
    return repr(float(v))


def line(word, a):
    name = NAMES[a.dtype]
    return f"  {word} {name}[{','.join(map(str, a.shape))}] {' '.join(text(v, name) for v in a.reshape(-1))}".rstrip()


def case(op, inputs, *outputs):
    cases.append("\n".join([op] + [line("in", a) for a in inputs] + [line("out", a) for a in outputs]))


def wrapped(values, name):
    """Exact Python integers as elements of a type, modulo its range."""
    low, high = limits(name)
    flat = [(int(v) - low) % (high - low + 1) + low for v in np.asarray(values, object).reshape(-1)]
    return np.array(flat, object).reshape(np.shape(values)).astype(np.int64 if low < 0 else np.uint64).astype(INTS[name])


def exact(a):
    """Elements as Python numbers, so that nothing overflows."""
    if NAMES[a.dtype] in INTS:
        return np.array([int(v) for v in a.reshape(-1)], object).reshape(a.shape)
    return a.astype(np.float64)


def draw(name, *shape):
    """Small values, and for integers the ends of the range."""
    count = int(np.prod(shape))
    if name == "b8":
        return RNG.integers(0, 2, shape).astype(bool)
    if name in FLOATS:
        return (RNG.integers(-6, 7, shape) / 2).astype(FLOATS[name])
    low, high = limits(name)
    values = [int(v) for v in RNG.integers(max(low, -9), min(high, 9) + 1, count)]
    for i, v in enumerate([high, low, high - 1][:count // 2]):
        values[2 * i] = v
    return wrapped(np.array(values, object).reshape(shape), name)


def to(values, name):
    return wrapped(values, name) if name in INTS else np.asarray(values, np.float64).astype(ALL[name])


def python_mod(x, y):
    return 0 if y == 0 else x % y


def trunc_div(x, y):
    return 0 if y == 0 else abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def elementwise():
    integer = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": trunc_div,
               "floor_div": lambda x, y: 0 if y == 0 else x // y, "mod": python_mod,
               "fmod": lambda x, y: 0 if y == 0 else x - trunc_div(x, y) * y, "min": min, "max": max,
               "bit_and": lambda x, y: x & y, "bit_or": lambda x, y: x | y, "bit_xor": lambda x, y: x ^ y}
    compare = {"eq": lambda x, y: x == y, "ne": lambda x, y: x != y, "lt": lambda x, y: x < y,
               "le": lambda x, y: x <= y, "gt": lambda x, y: x > y, "ge": lambda x, y: x >= y}
    for name in INTS:
        a, b = draw(name, 3, 4), draw(name, 4)[::-1].copy()
        for op, f in integer.items():
            case(f"elementwise{{op={op}}}", [a, b], wrapped(np.frompyfunc(f, 2, 1)(exact(a), exact(b)), name))
        shift = wrapped(np.array([0, 1, min(3, bits(name) - 1), bits(name) - 1], object), name)
        n = bits(name)
        case("elementwise{op=shift_left}", [a, shift],
             wrapped(np.frompyfunc(lambda x, y: x << y if 0 <= y < n else 0, 2, 1)(exact(a), exact(shift)), name))
        case("elementwise{op=shift_right}", [a, shift], wrapped(
            np.frompyfunc(lambda x, y: x >> y if 0 <= y < n else (-1 if x < 0 else 0), 2, 1)(exact(a), exact(shift)),
            name))
        for op, f in (("neg", lambda x: -x), ("abs", abs), ("sign", lambda x: (x > 0) - (x < 0)), ("bit_not", lambda x: ~x),
                      ("relu", lambda x: max(x, 0)), ("floor", lambda x: x)):
            case(f"elementwise{{op={op}}}", [a], wrapped(np.frompyfunc(f, 1, 1)(exact(a)), name))
    for name in FLOATS:
        a, b = draw(name, 3, 4), to([0.5, -1.5, 2, 3], name)
        x, y = exact(a), exact(b)
        for op, v in (("add", x + y), ("sub", x - y), ("mul", x * y), ("div", x / y), ("min", np.minimum(x, y)),
                      ("max", np.maximum(x, y)), ("floor_div", np.floor(x / y)), ("fmod", np.fmod(x, y))):
            if name != "f4e2m1" or op in ("min", "max", "add", "mul"):
                limit = float(ml_dtypes.finfo(ALL[name]).max)
                case(f"elementwise{{op={op}}}", [a, b], to(np.clip(v, -limit, limit), name))
        for op, v in (("neg", -x), ("abs", np.abs(x)), ("ceil", np.ceil(x)), ("round", np.round(x))):
            case(f"elementwise{{op={op}}}", [a], to(v, name))
    for name in ALL:
        a, b = draw(name, 3, 4), draw(name, 4)
        for op, f in compare.items():
            x, y = (exact(a), exact(b)) if name != "b8" else (a, b)
            case(f"elementwise{{op={op}}}", [a, b], np.frompyfunc(f, 2, 1)(x, y).astype(bool))
        condition = draw("b8", 3, 4)
        case("elementwise{op=select}", [condition, a, b], np.where(condition, a, b).astype(ALL[name]))
    a, b = draw("b8", 3, 4), draw("b8", 4)
    for op, v in (("bit_and", a & b), ("bit_or", a | b), ("bit_xor", a ^ b), ("min", a & b), ("max", a | b)):
        case(f"elementwise{{op={op}}}", [a, b], v)


def casts():
    for source, target in itertools.product(ALL, ALL):
        a = draw(source, 2, 5)
        if source in FLOATS and target in INTS:
            low, high = limits(target)
            a = to(np.clip(exact(a), low, high), source)
            case(f"cast{{to={target}}}", [a], wrapped(np.trunc(exact(a)), target))
        elif target in INTS:
            case(f"cast{{to={target}}}", [a], wrapped(exact(a) if source != "b8" else a.astype(int), target))
        elif target == "b8":
            case("cast{to=b8}", [a], np.frompyfunc(lambda v: v != 0, 1, 1)(exact(a) if source != "b8" else a).astype(bool))
        else:
            x = a.astype(np.float64) if source not in ("i64", "u64") else None
            if x is None:  # rounded once: Python does it exactly for f64, NumPy for the others' small values
                a = to(np.arange(10).reshape(2, 5) - (3 if source == "i64" else 0), source)
                x = a.astype(np.float64)
            limit = float(ml_dtypes.finfo(ALL[target]).max)
            if target not in ("f64", "f32", "f16", "bf16"):
                x = np.clip(x, -limit, limit)
            case(f"cast{{to={target}}}", [a], x.astype(ALL[target]))


def movement():
    for name in ALL:
        a = draw(name, 3, 5)
        case("transpose{perm=[1,0]}", [a], a.T.copy())
        case("concat{axis=1}", [a, a[:, :2].copy()], np.concatenate([a, a[:, :2]], 1))
        case("slice{start=[0,4],size=[2,3],step=[1,-1]}", [a], a[:2, 4:1:-1].copy())
        i = np.array([4, -5, 2], np.int64)
        case("gather{axis=1}", [a, i], np.take(a, i, 1))
        j = np.array([[0, -1], [2, 1], [4, 4]], np.int64)
        case("gather_elements{axis=1}", [a, j], np.take_along_axis(a, j % 5, 1))
        case("gather_nd", [a, np.array([[1, 2], [-1, 0]], np.int64)], np.array([a[1, 2], a[-1, 0]], a.dtype))
        zero = np.zeros((), a.dtype)
        padded = np.full((4, 8), zero)
        padded[1:, 2:7] = a
        case("pad{pads_begin=[1,2],pads_end=[0,1]}", [a], padded)
        case("pad{mode=edge,pads_begin=[0,2]}", [a], np.concatenate([a[:, :1], a[:, :1], a], 1))
        case("tile{repeats=[1,2]}", [a], np.concatenate([a, a], 1))
        case("expand{shape=[2,3,5]}", [a], np.stack([a, a]))
        case("reshape{shape=[5,-1]}", [a], a.reshape(5, 3))
        case("identity", [a], a)
        case("trilu{upper=false}", [a], np.where(np.tri(3, 5, dtype=bool), a, zero).astype(a.dtype))
        case("resize{coordinate=asymmetric,nearest=floor,sizes=[3,10]}", [a], np.repeat(a, 2, 1))
        updates = draw(name, 1, 5)
        scattered = a.copy()
        scattered[2] = updates[0]
        case("scatter_nd", [a, np.array([[2]], np.int64), updates], scattered)
        values = draw(name, 2)
        hot = np.where(np.arange(3) == np.array([[1], [0], [2]]), values[1], values[0]).astype(a.dtype)
        case("one_hot", [np.array([1, -3, 2], np.int64), np.array(3, np.int64), values], hot)
        case("fill{shape=[3]}", [values[:1].copy()], np.repeat(values[:1], 3))
        empty = np.zeros((0, 3), a.dtype)
        case("concat", [empty, a[:, :3].copy()], a[:, :3].copy())
        case("transpose", [empty], empty.reshape(3, 0))


def reductions():
    def over(a, f, name):
        return wrapped([[f([int(v) for v in row])] for row in a], name)
    for name in INTS:
        a = draw(name, 3, 5)
        for kind, f in (("sum", sum), ("max", max), ("min", min), ("prod", lambda v: int(np.prod(np.array(v, object)))),
                        ("l1", lambda v: sum(map(abs, v))), ("sum_square", lambda v: sum(x * x for x in v))):
            case(f"reduce{{kind={kind},axes=[1]}}".replace("kind=sum,", ""), [a], over(a, f, name))
        empty = np.zeros((2, 0), a.dtype)
        low, high = limits(name)
        case("reduce{kind=max,axes=[1],keep_dims=false}", [empty], wrapped([low, low], name))
        case("reduce{kind=min,axes=[1],keep_dims=false}", [empty], wrapped([high, high], name))
        case("cumulative{axis=1}", [a], wrapped(np.cumsum(exact(a), 1), name))
        case("arg_reduce{axis=1}", [a], np.array([[max(range(5), key=lambda i: (int(r[i]), -i))] for r in a], np.int64))
        order = [sorted(range(5), key=lambda i: -int(r[i]))[:2] for r in a]
        case("topk{k=[2],axis=1}", [a], np.array([[r[i] for i in o] for r, o in zip(a, order)], a.dtype),
             np.array(order, np.int64))
        case("scatter_elements{axis=1,reduction=max}", [a, np.array([[0], [1], [2]], np.int64), draw_fixed(name)],
             scatter_max(a, name))
    for name in ("f64", "f32", "f16", "bf16"):
        a = draw(name, 3, 5)
        x = exact(a)
        for kind, v in (("sum", x.sum(1)), ("mean", x.mean(1)), ("max", x.max(1)), ("min", x.min(1)),
                        ("l2", np.sqrt((x * x).sum(1)))):
            case(f"reduce{{kind={kind},axes=[1],keep_dims=false}}".replace("kind=sum,", ""), [a], to(v, name))
        case("cumulative{axis=1}", [a], to(np.cumsum(x, 1), name))
    a = draw("b8", 3, 5)
    case("reduce{kind=max,axes=[1]}", [a], a.max(1, keepdims=True))
    case("reduce{kind=min,axes=[1]}", [a], a.min(1, keepdims=True))


FIXED = {}


def draw_fixed(name):
    FIXED[name] = draw(name, 3, 1)
    return FIXED[name]


def scatter_max(a, name):
    y, u = exact(a), exact(FIXED[name])
    for i in range(3):
        y[i, i] = max(y[i, i], u[i, 0])
    return wrapped(y, name)


def products():
    for name in ("i32", "i64", "u32", "u64"):
        a, b = draw(name, 2, 5), draw(name, 5, 3)
        case("matmul", [a, b], wrapped(exact(a) @ exact(b), name))
    for name in ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"):
        x, w = draw(name, 1, 2, 5), draw(name, 3, 2, 2)
        e, f = exact(x), exact(w)
        y = [[[sum(e[0, c, p + k] * f[m, c, k] for c in range(2) for k in range(2)) for p in range(4)] for m in range(3)]]
        case("conv", [x, w], wrapped(y, "i32" if bits(name) == 8 else name))
        case("pool{window=[2]}", [x], np.maximum(x[:, :, :-1], x[:, :, 1:]))
        # Sums wrap at 64 bits before they are divided, which truncates.
        sums = exact(wrapped(exact(x[:, :, :-1]) + exact(x[:, :, 1:]), "u64" if name == "u64" else "i64"))
        case("pool{kind=average,window=[2]}", [x], wrapped(np.sign(sums) * (abs(sums) // 2), name))


def quantization():
    targets = {**{n: limits(n) for n in ("i8", "u8", "i16", "u16", "i4", "u4", "i2", "u2")}}
    for name, (low, high) in targets.items():
        x = np.array([[-300, -2.5, -0.5, 0.26, 1.5], [0.75, 3.5, 40000, 2.25, -1]], np.float32)
        s = np.array([0.5, 2], np.float32)
        zero = wrapped([1, low + 1], name)
        q = np.clip(np.round(x / s[:, None]) + exact(zero).astype(np.float64)[:, None], low, high)
        case(f"quantize{{axis=0,to={name},has_zero_point=true}}".replace("to=i8,", ""), [x, s, zero], wrapped(q, name))
        q = wrapped(q, name)
        for scale in ("f32", "f16", "bf16"):
            t = s.astype(ALL[scale])
            y = (exact(q) - exact(zero)[:, None]).astype(np.float64) * s[:, None]
            case(f"dequantize{{axis=0,to={scale},has_zero_point=true}}".replace("to=f32,", ""), [q, t, zero], to(y, scale))
        blocks = np.array([[0.5, 2, 1], [1, 0.25, 4]], np.float32)
        case("dequantize{block_size=2}", [q, blocks],
             (exact(q).astype(np.float64) * np.repeat(blocks, 2, 1)[:, :5]).astype(np.float32))
    for name in ("f8e4m3", "f8e5m2", "f8e4m3fnuz", "f8e5m2fnuz", "f4e2m1"):
        x = np.array([-1e6, -1.3, 0, 0.7, 5], np.float32)
        limit = float(ml_dtypes.finfo(FLOATS[name]).max)
        q = np.clip(x / np.float32(2), -limit, limit).astype(FLOATS[name])
        case(f"quantize{{to={name}}}", [x, np.array(2, np.float32)], q)
        case("dequantize", [q, np.array(2, np.float32)], q.astype(np.float32) * 2)


def main():
    with np.errstate(all="ignore"):
        for group in (elementwise, casts, movement, reductions, products, quantization):
            group()
    header = "# Written by type_cases.py: an operator, its inputs, the outputs that another implementation gives.\n"
    pathlib.Path(__file__).with_suffix(".txt").write_text(header + "\n".join(cases) + "\n")


if __name__ == "__main__":
    main()
