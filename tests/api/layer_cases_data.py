"""Layers that move, choose or count elements."""
import dovetail as trt
import numpy as np
from layer_session import ANY, COMMON, INTEGERS, NUMBERS, REAL, Case

INDEX = ["INT32", "INT64"]


def ints(*values):
    return lambda rng, shape: np.array(values, np.int64).reshape(shape)


def shuffle(n, x, first=None, dims=None, second=None, shape=None):
    layer = n.add_shuffle(x)
    if first:
        layer.first_transpose = trt.Permutation(first)
    if dims is not None:
        layer.reshape_dims = dims
    if shape is not None:
        layer.set_input(1, shape)
    if second:
        layer.second_transpose = trt.Permutation(second)
    return layer.get_output(0)


def shuffles():
    yield Case("Shuffle", "transpose", [(2, 3, 4)], lambda n, x: shuffle(n, x, first=[2, 0, 1]),
               lambda x: x.transpose(2, 0, 1), ANY, empty=[(2, 0, 4)])
    yield Case("Shuffle", "reshape", [(2, 3, 4)], lambda n, x: shuffle(n, x, dims=(0, -1)), lambda x: x.reshape(2, 12),
               ANY, open={0: (0,)})
    yield Case("Shuffle", "transpose_reshape_transpose", [(2, 3, 4)],
               lambda n, x: shuffle(n, x, [1, 0, 2], (6, 4), [1, 0]),
               lambda x: x.transpose(1, 0, 2).reshape(6, 4).T, ANY, open={})
    yield Case("Shuffle", "shape_tensor", [(2, 6), (2, 3, 2)],
               lambda n, x, y: shuffle(n, x, shape=n.add_shape(y).get_output(0)), lambda x, y: x.reshape(y.shape), ANY,
               empty=[(0, 6), (0, 3, 2)], open={0: (0,), 1: (0,)})


def slice_of(mode, start, size, stride, fill=False):
    def make(n, x):
        layer = n.add_slice(x, start, size, stride)
        layer.mode = mode
        if fill:
            layer.set_input(4, n.like(x, np.array(1)))
        return layer.get_output(0)
    return make


def sampled(x, start, size, stride, pick):
    for axis, (s, n, t) in enumerate(zip(start, size, stride)):
        x = pick(x, s + t * np.arange(n), axis)
    return x


def clamp(x, at, axis):
    return np.take(x, np.clip(at, 0, x.shape[axis] - 1), axis)


def wrap(x, at, axis):
    return np.take(x, at % x.shape[axis], axis)


def reflect(x, at, axis):
    period = 2 * x.shape[axis] - 2
    at = np.abs(at) % period
    return np.take(x, np.minimum(at, period - at), axis)


def fill_one(x, at, axis):
    inside = (at >= 0) & (at < x.shape[axis])
    shape = [-1 if a == axis else 1 for a in range(x.ndim)]
    return np.where(inside.reshape(shape), clamp(x, at, axis), np.ones((), x.dtype))


def slices():
    m, inside, beyond = trt.SampleMode, ((1, 1), (1, 2), (1, 2)), ((-1, -2), (4, 7), (1, 1))
    yield Case("Slice", "STRICT_BOUNDS", [(3, 5)], slice_of(m.STRICT_BOUNDS, *inside), lambda x: x[1:2, 1:5:2], ANY,
               open={})
    for mode, pick in ((m.CLAMP, clamp), (m.WRAP, wrap), (m.REFLECT, reflect), (m.FILL, fill_one)):
        yield Case("Slice", mode.name, [(3, 5)], slice_of(mode, *beyond, fill=mode == m.FILL),
                   lambda x, pick=pick: sampled(x, *beyond, pick), ANY, open={0: (0,)})
    yield Case("Slice", "empty", [(3, 5)], slice_of(m.STRICT_BOUNDS, (1, 1), (0, 2), (1, 1)), lambda x: x[1:1, 1:3],
               ANY)
    yield Case("Slice", "tensors", [(3, 5), (2, 2)], slice_by_tensor,
               lambda x, y: x[1:1 + y.shape[0], 1:1 + y.shape[1]], ANY, open={0: (0,), 1: (0, 1)},
               empty=[(3, 5), (0, 2)])


def slice_by_tensor(n, x, y):
    layer = n.add_slice(x, (1, 1), (1, 1), (1, 1))
    layer.set_input(2, n.add_shape(y).get_output(0))
    return layer.get_output(0)


def concatenation(n, *inputs, axis=1):
    layer = n.add_concatenation(list(inputs))
    layer.axis = axis
    return layer.get_output(0)


def gather(mode, axis=0, leading=0):
    def make(n, x, at):
        layer = n.add_gather_v2(x, at, mode)
        if mode != trt.GatherMode.ND:
            layer.axis = axis
        layer.num_elementwise_dims = leading
        return layer.get_output(0)
    return make


def gathers():
    g = trt.GatherMode
    yield Case("GatherV2", "DEFAULT", [(4, 3), (2, 2)], gather(g.DEFAULT), lambda x, i: x[i], ANY,
               fixed={1: ints(3, 0, 1, -1)}, open={0: (0, 1)})
    yield Case("GatherV2", "none", [(4, 3), (0,)], gather(g.DEFAULT, 1), lambda x, i: x[:, i], ANY, fixed={1: ints()},
               open={0: (0,)})
    yield Case("GatherV2", "elementwise_dims", [(2, 3), (2, 2)], gather(g.DEFAULT, 1, 1),
               lambda x, i: np.take_along_axis(x, i, 1), ANY, fixed={1: ints(2, 0, 1, 1)}, open={})
    yield Case("GatherV2", "ELEMENT", [(3, 3), (2, 3)], gather(g.ELEMENT, 0), lambda x, i: np.take_along_axis(x, i, 0),
               ANY, fixed={1: ints(2, 0, 1, 1, -1, 0)}, open={0: (0,)})
    yield Case("GatherV2", "ND", [(3, 4, 2), (2, 2)], gather(g.ND), lambda x, i: x[tuple(i.T)], ANY,
               fixed={1: ints(2, 3, 0, 1)}, open={0: (2,)})


def scatter(mode, axis=0):
    def make(n, x, at, updates):
        layer = n.add_scatter(x, at, updates, mode)
        if mode == trt.ScatterMode.ELEMENT:
            layer.axis = axis
        return layer.get_output(0)
    return make


def scattered(x, at, updates):
    y = x.copy()
    np.put_along_axis(y, at, updates, 1)
    return y


def scattered_nd(x, at, updates):
    y = x.copy()
    y[tuple(at.T)] = updates
    return y


def scatters():
    s = trt.ScatterMode
    yield Case("Scatter", "ELEMENT", [(2, 4), (2, 2), (2, 2)], scatter(s.ELEMENT, 1), scattered, ANY,
               fixed={1: lambda rng, shape: np.array([[3, 0], [1, 2]])[:, :shape[1]]}, open={0: (1,), 1: (1,), 2: (1,)},
               empty=[(2, 4), (2, 0), (2, 0)])
    yield Case("Scatter", "ND", [(3, 4), (2, 2), (2,)], scatter(s.ND), scattered_nd, ANY, fixed={1: ints(2, 3, 0, 1)},
               open={0: (0,)})
    yield Case("Scatter", "none", [(3, 4), (0, 2), (0,)], scatter(s.ND), lambda x, i, u: x, ANY, fixed={1: ints()},
               open={0: (0,)})


def one_hot(n, values, at):
    return n.add_one_hot(at, values, n.const(3, np.int64), -1).get_output(0)


def one_hot_wanted(values, at):
    return np.where(at[..., None] == np.arange(3), values[1], values[0])


def constant(n, x):
    name = x.dtype.name
    narrow = n.const(np.arange(6).reshape(2, 3) % 2, np.float32)
    return n.add_select(n.const(np.ones((1, 1), bool)), n.cast(narrow, getattr(trt.DataType, name)), x).get_output(0)


def linspace(to, alpha, beta, dims):
    def make(n, x):
        layer = n.add_fill(dims, trt.FillOperation.LINSPACE, getattr(trt.DataType, to))
        layer.set_input(1, n.const(alpha, {"FLOAT": np.float32}.get(to, getattr(np, to.lower(), None))))
        layer.set_input(2, n.const(beta, {"FLOAT": np.float32}.get(to, getattr(np, to.lower(), None))))
        return layer.get_output(0)
    return make


def squeeze(n, x):
    return n.add_squeeze(x, n.const([1, -1], np.int64)).get_output(0)


def unsqueeze(n, x):
    return n.add_unsqueeze(x, n.const([0, 2], np.int64)).get_output(0)


def reverse_sequence(n, x, lengths):
    layer = n.add_reverse_sequence(x, lengths)
    layer.batch_axis, layer.sequence_axis = 1, 0
    return layer.get_output(0)


def reversed_wanted(x, lengths):
    y = x.copy()
    for b, length in enumerate(lengths):
        y[:length, b] = x[:length, b][::-1]
    return y


def asserted(n, x):
    shape = n.add_shape(x).get_output(0)
    rows = n.add_gather(shape, n.const([0], np.int64), 0).get_output(0)
    fits = n.add_elementwise(rows, n.const([9], np.int64), trt.ElementWiseOperation.LESS).get_output(0)
    n.add_assertion(fits, "at most eight rows")
    return n.add_identity(x).get_output(0)


def others():
    yield Case("Concatenation", "", [(2, 1, 2), (2, 3, 2), (2, 2, 2)], concatenation,
               lambda *x: np.concatenate(x, 1), ANY, empty=[(2, 1, 2), (2, 0, 2), (2, 0, 2)])
    yield Case("Concatenation", "batch", [(2, 2), (1, 2)], lambda n, *x: concatenation(n, *x, axis=0),
               lambda *x: np.concatenate(x, 0), ANY, empty=[(0, 2), (0, 2)])
    yield Case("PaddingNd", "", [(1, 2, 3, 4)], lambda n, x: n.add_padding_nd(x, (1, 0), (0, 2)).get_output(0),
               lambda x: np.pad(x, [(0, 0), (0, 0), (1, 0), (0, 2)]), [t for t in ANY if t != "E8M0"],
               empty=[(1, 0, 3, 4)], open={0: (0, 1)})
    yield Case("PaddingNd", "crop", [(1, 2, 3, 4)], lambda n, x: n.add_padding_nd(x, (-1, 1), (0, -2)).get_output(0),
               lambda x: np.pad(x[:, :, 1:, :2], [(0, 0), (0, 0), (0, 0), (1, 0)]), COMMON, open={0: (0,)})
    yield Case("Shape", "", [(2, 3, 4)], lambda n, x: n.add_shape(x).get_output(0),
               lambda x: np.array(x.shape, np.int64), ANY, empty=[(2, 0, 4)], out="INT64")
    yield Case("OneHot", "", [(2,), (2, 2)], one_hot, one_hot_wanted, NUMBERS,
               fixed={1: lambda rng, shape: np.array([[2, 0], [1, 1]])[:shape[0]]}, open={1: (0,)}, empty=[(2,), (0, 2)])
    yield Case("OneHot", "none", [(2,), (0, 2)], one_hot, one_hot_wanted, NUMBERS, fixed={1: ints()}, open={1: (0,)})
    yield Case("NonZero", "", [(3, 4)], lambda n, x: n.add_non_zero(x, trt.int64).get_output(0),
               lambda x: np.array(np.nonzero(x), np.int64), NUMBERS + ["BOOL"], empty=[(0, 4)], out="INT64")
    yield Case("Constant", "", [(2, 3)], constant, lambda x: np.arange(6).reshape(2, 3) % 2, NUMBERS, open={})
    for to, step in (("FLOAT", 0.5), ("INT32", -2), ("INT64", 3)):
        for count in (5, 0):
            yield Case("Fill", f"LINSPACE_{to}_{count}", [(1,)], linspace(to, 1, step, (count,)),
                       lambda x, s=step, count=count: 1 + s * np.arange(count), ["FLOAT"], open={}, out=to)
    yield Case("Squeeze", "", [(2, 1, 3, 1)], squeeze, lambda x: x.reshape(x.shape[0], x.shape[2]), ANY,
               empty=[(0, 1, 3, 1)], open={0: (0, 2)})
    yield Case("Unsqueeze", "", [(2, 3)], unsqueeze, lambda x: x[None, :, None, :], ANY, empty=[(0, 3)])
    yield Case("ReverseSequence", "", [(4, 3, 2), (3,)], reverse_sequence, reversed_wanted, ANY,
               fixed={1: ints(4, 0, 2)}, open={0: (0, 2)}, empty=[(4, 3, 0), (3,)])
    yield Case("Assertion", "", [(2, 3)], asserted, lambda x: x, ANY, empty=[(0, 3)], open={0: (0,)})


def reduce(op, axes, keep):
    return lambda n, x: n.add_reduce(x, op, axes, keep).get_output(0)


def reductions():
    r = trt.ReduceOperation
    functions = {r.SUM: np.sum, r.PROD: np.prod, r.MAX: np.max, r.MIN: np.min, r.AVG: np.mean}
    for op, f in functions.items():
        def want(x, f=f, keep=True):
            if f is np.mean and x.dtype.kind != "f":
                return np.trunc(x.astype(np.float64).mean((0, 2), keepdims=keep)).astype(x.dtype)
            if f is np.mean:
                return f(x, axis=(0, 2), keepdims=keep)
            extra = {"dtype": x.dtype} if f in (np.sum, np.prod) else {}
            return f(x, axis=(0, 2), keepdims=keep, **extra)
        types = REAL if op == r.AVG else NUMBERS
        empty = [(2, 0, 3)] if op in (r.SUM, r.PROD) else None
        for keep in (True, False):
            yield Case("Reduce", f"{op.name}_{'keep' if keep else 'drop'}", [(2, 3, 2)], reduce(op, 0b101, keep),
                       lambda x, want=want, keep=keep: want(x, keep=keep), types, "positive" if op == r.PROD else "any",
                       empty=empty, depth=8)


def topk(op, k):
    def make(n, x):
        layer = n.add_topk(x, op, k, 0b10)
        return [layer.get_output(0), layer.get_output(1)]
    return make


def topk_wanted(x, k, largest):
    order = np.argsort(-x.astype(np.float64) if largest else x.astype(np.float64), axis=1, kind="stable")[:, :k]
    return [np.take_along_axis(x, order, 1), order]


def cumulative(exclusive, reverse):
    return lambda n, x: n.add_cumulative(x, n.const(1, np.int32), trt.CumulativeOperation.SUM, exclusive,
                                         reverse).get_output(0)


def cumulated(x, exclusive, reverse):
    x = x[:, ::-1] if reverse else x
    y = np.cumsum(x, 1, dtype=x.dtype)
    if exclusive:
        y = np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], 1)[:, :x.shape[1]]
    return y[:, ::-1] if reverse else y


def counts():
    t = trt.TopKOperation
    for op in (t.MAX, t.MIN):
        yield Case("TopK", op.name, [(2, 6)], topk(op, 3), lambda x, op=op: topk_wanted(x, 3, op == t.MAX), NUMBERS,
                   empty=[(0, 6)], open={0: (0,)})
    for exclusive in (False, True):
        for reverse in (False, True):
            yield Case("Cumulative", f"{'exclusive' if exclusive else 'inclusive'}{'_reverse' if reverse else ''}",
                       [(2, 5)], cumulative(exclusive, reverse),
                       lambda x, e=exclusive, r=reverse: cumulated(x, e, r), COMMON + INDEX, empty=[(0, 5)], depth=8)


def cases():
    for part in (shuffles, slices, gathers, scatters, others, reductions, counts):
        yield from part()
