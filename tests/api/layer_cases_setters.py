"""Layers that are made with other numbers and set right afterwards, inputs that replace numbers, and what the network
takes beyond equal ranks and two dimensions."""
import dovetail as trt
import numpy as np
from layer_cases_data import fill_one, ints, sampled
from layer_cases_neural import by_batch, by_onnx
from layer_session import ANY, COMMON, NUMBERS, REAL, Case

FLOAT = ["FLOAT"]


def later(add, inputs=None, outputs=1, **settings):
    """Makes a layer by add(network, *inputs), then sets properties, and inputs by constants."""
    def make(n, *tensors):
        layer = add(n, *tensors)
        for name, value in settings.items():
            setattr(layer, name, value)
        for index, value in (inputs or {}).items():
            layer.set_input(index, n.const(*value) if isinstance(value, tuple) else value(n, *tensors))
        made = [layer.get_output(k) for k in range(outputs)]
        return made if outputs > 1 else made[0]
    return make


def shape_of(k):
    """The shape of input k as a tensor."""
    return lambda n, *tensors: n.add_shape(tensors[k]).get_output(0)


def pointwise():
    shape, none = [(2, 3, 4)], [(2, 0, 4)]
    yield Case("Activation", "set", shape, later(lambda n, x: n.add_activation(x, trt.ActivationType.RELU),
                                                 type=trt.ActivationType.LEAKY_RELU, alpha=0.25, beta=3.0),
               lambda x: np.where(x >= 0, x, 0.25 * x), REAL, empty=none)
    yield Case("Unary", "set", shape, later(lambda n, x: n.add_unary(x, trt.UnaryOperation.ABS),
                                            op=trt.UnaryOperation.NEG), np.negative, REAL, empty=none)
    yield Case("Cast", "set", shape, later(lambda n, x: n.add_cast(x, trt.int32), to_type=trt.float32),
               lambda x: x.astype(float), ANY, empty=none, out="FLOAT")
    op = trt.ElementWiseOperation
    yield Case("ElementWise", "set", [(2, 3), (2, 3)], later(lambda n, a, b: n.add_elementwise(a, b, op.SUM),
                                                            op=op.PROD), np.multiply, NUMBERS, empty=[(0, 3), (0, 3)])
    # Shorter ranks broadcast as if extents of 1 stood before them.
    for k, shapes in enumerate(([(2, 3, 4), (4,)], [(3, 1), (2, 3, 4)], [(2, 3), ()])):
        yield Case("ElementWise", f"ranks_{k}", shapes, lambda n, a, b: n.add_elementwise(a, b, op.SUB).get_output(0),
                   np.subtract, NUMBERS, open={0: (0,), 1: ()}, empty=[(0, *s[1:]) if i == 0 and k != 1 else s
                                                                       for i, s in enumerate(shapes)])
    yield Case("Select", "ranks", [(4,), (2, 3, 4), (3, 1)], lambda n, a, b, c: n.add_select(c, a, b).get_output(0),
               lambda a, b, c: np.where(c, a, b), ANY, fixed={2: lambda rng, s: rng.integers(0, 2, s).astype(bool)},
               open={1: (0,)}, empty=[(4,), (0, 3, 4), (3, 1)])
    yield Case("ParametricReLU", "ranks", [(2, 3, 4), (4,)], lambda n, x, s: n.add_parametric_relu(x, s).get_output(0),
               lambda x, s: np.where(x < 0, x * s, x), REAL, open={0: (0, 1)}, empty=[(0, 3, 4), (4,)])


def shapes():
    def concatenate(n, x, y):
        return n.add_concatenation([x, y])
    yield Case("Concatenation", "default_axis", [(2, 1, 2, 3), (2, 3, 2, 3)], later(concatenate),
               lambda x, y: np.concatenate([x, y], 1), ANY, empty=[(2, 0, 2, 3), (2, 0, 2, 3)])
    yield Case("Concatenation", "one_more", [(2, 3), (1, 3)], later(concatenate, {2: lambda n, x, y: x}, axis=0),
               lambda x, y: np.concatenate([x, y, x], 0), ANY, empty=[(0, 3), (1, 3)])

    def pad(n, x):
        return n.add_padding_nd(x, (0, 0), (0, 0))
    for names in (("pre_padding_nd", "post_padding_nd"), ("pre_padding", "post_padding")):
        yield Case("PaddingNd", names[0], [(1, 2, 3, 4)], later(pad, **dict(zip(names, [(1, -1), (0, 2)]))),
                   lambda x: np.pad(x[..., 1:], [(0, 0), (0, 0), (1, 0), (0, 2)]), COMMON, open={0: (0, 1)},
                   empty=[(0, 2, 3, 4)])
    for rank in (1, 3):
        yield Case("PaddingNd", f"{rank}D", [(1, 2, 3, 4)], lambda n, x, rank=rank: n.add_padding_nd(
            x, (1,) * rank, (2,) * rank).get_output(0),
                   lambda x, rank=rank: np.pad(x, [(0, 0)] * (4 - rank) + [(1, 2)] * rank), COMMON, open={0: (0,)},
                   empty=[(0, 2, 3, 4)])
    yield Case("Shuffle", "no_placeholder", [(0, 3)], later(lambda n, x: n.add_shuffle(x), reshape_dims=(5, 0),
                                                            zero_is_placeholder=False),
               lambda x: x.reshape(5, 0), ANY, open={0: (1,)}, empty=[(0, 4)])

    def slice_one(n, x):
        return n.add_slice(x, (0, 0), (1, 1), (1, 1))
    yield Case("Slice", "set", [(3, 5)], later(slice_one, start=(1, -2), shape=(2, 4), stride=(1, 2),
                                               mode=trt.SampleMode.FILL, axes=(0, 1)),
               lambda x: sampled(x, (1, -2), (2, 4), (1, 2), lambda x, at, axis: fill_one(x, at, axis) * (
                   1 if axis == 0 else ((at >= 0) & (at < x.shape[1])))), COMMON, open={0: (0,)})
    yield Case("Slice", "axes", [(3, 5)], later(lambda n, x: n.add_slice(x, (1,), (2,), (2,)), axes=(-1,)),
               lambda x: x[:, 1:5:2], ANY, open={0: (0,)}, empty=[(0, 5)])
    yield Case("Slice", "every_tensor", [(3, 5)], later(
        lambda n, x: n.add_slice(x, (0,), (1,), (1,)),
        {1: ([3], np.int32), 2: ([2], np.int32), 3: ([-2], np.int32), 5: ([1], np.int64)}),
               lambda x: x[:, 3::-2], ANY, open={0: (0,)}, empty=[(0, 5)])


def indexed():
    g, s = trt.GatherMode, trt.ScatterMode
    yield Case("GatherV2", "set", [(2, 3), (2, 2)], later(lambda n, x, i: n.add_gather_v2(x, i, g.DEFAULT),
                                                         mode=g.ELEMENT, axis=1),
               lambda x, i: np.take_along_axis(x, i, 1), ANY, fixed={1: ints(2, 0, 1, 1)}, open={0: (0,), 1: (0,)})
    yield Case("GatherV2", "ND_batches", [(2, 3, 4), (2, 2, 1)], later(
        lambda n, x, i: n.add_gather_v2(x, i, g.ND), num_elementwise_dims=1),
               lambda x, i: np.stack([x[b, i[b, :, 0]] for b in range(len(x))]), ANY,
               fixed={1: ints(2, 0, 1, 1)}, open={0: (2,)}, empty=[(2, 3, 0), (2, 2, 1)])
    yield Case("GatherV2", "by_rows", [(4, 3), (2,)], lambda n, x, i: n.add_gather(x, i, 0).get_output(0),
               lambda x, i: x[i], ANY, fixed={1: lambda rng, s: np.array([3, 1], np.int32)}, open={0: (0, 1)},
               empty=[(4, 0), (2,)])
    yield Case("Scatter", "set", [(2, 4), (2, 2), (2, 2)], later(
        lambda n, x, i, u: n.add_scatter(x, i, u, s.ND), mode=s.ELEMENT, axis=-1),
               lambda x, i, u: np.array([[*map(lambda k: dict(zip(i[r], u[r])).get(k, x[r, k]), range(4))]
                                         for r in range(2)]), ANY,
               fixed={1: lambda rng, shape: np.array([[3, 0], [1, 2]], np.int32)}, open={0: (1,)})
    yield Case("OneHot", "first_axis", [(2,), (2, 2)], later(
        lambda n, v, i: n.add_one_hot(i, v, n.const(3, np.int64), -1), axis=0),
               lambda v, i: np.where(i[None] == np.arange(3)[:, None, None], v[1], v[0]), NUMBERS,
               fixed={1: ints(2, 0, 1, 1)}, open={1: (0,)})
    yield Case("NonZero", "set", [(3, 4)], later(lambda n, x: n.add_non_zero(x, trt.int64), indices_type=trt.int32),
               lambda x: np.array(np.nonzero(x), np.int32), ["FLOAT", "HALF", "INT32", "BOOL"], empty=[(0, 4)],
               out="INT32")
    yield Case("ReverseSequence", "set", [(3, 4, 2), (3,)], later(lambda n, x, i: n.add_reverse_sequence(x, i),
                                                                  batch_axis=0, sequence_axis=1),
               lambda x, i: np.stack([np.concatenate([x[b, :k][::-1], x[b, k:]]) for b, k in enumerate(i)]), ANY,
               fixed={1: lambda rng, s: np.array([4, 0, 2], np.int32)}, open={0: (1, 2)}, empty=[(3, 4, 0), (3,)])


def constant(n, x):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    n.kept.append(values)
    layer = n.network.add_constant((1,), np.ones(1, np.float32))
    layer.weights, layer.shape = values, (3, 2)
    return n.add_elementwise(x, layer.get_output(0), trt.ElementWiseOperation.SUM).get_output(0)


def no_constant(n, x):
    layer = n.network.add_constant((0, 2), np.ones((0, 2), np.float32))
    return n.add_elementwise(x, layer.get_output(0), trt.ElementWiseOperation.SUM).get_output(0)


def random_numbers(op, alpha, beta, mean, deviation, low, high):
    """Whether many of them are within their limits, with the mean and the deviation that they should have."""
    def make(n, x):
        r, e = trt.ReduceOperation, trt.ElementWiseOperation
        layer = n.add_fill((1,), op)
        layer.shape, layer.alpha, layer.beta = (100, 100), alpha, beta
        y = layer.get_output(0)

        def reduced(v, kind):
            return n.add_reduce(v, kind, 0b11, False).get_output(0)

        def less(a, b):
            return n.add_elementwise(*(v if isinstance(v, trt.ITensor) else n.const(v, np.float32) for v in (a, b)),
                                     e.LESS).get_output(0)
        average = reduced(y, r.AVG)
        apart = n.add_elementwise(y, n.add_unsqueeze(average, n.const([0, 1], np.int64)).get_output(0),
                                  e.SUB).get_output(0)
        variance = reduced(n.add_elementwise(apart, apart, e.PROD).get_output(0), r.AVG)
        spread = n.add_unary(variance, trt.UnaryOperation.SQRT).get_output(0)
        return [less(low, reduced(y, r.MIN)), less(reduced(y, r.MAX), high), less(mean - 0.05, average),
                less(average, mean + 0.05), less(deviation * 0.96, spread), less(spread, deviation * 1.04)]
    return make


def fills():
    f = trt.FillOperation
    yield Case("Fill", "set", [(1,)], later(lambda n, x: n.add_fill((3,), f.RANDOM_UNIFORM), shape=(5,),
                                            operation=f.LINSPACE, alpha=2.5, beta=-0.5),
               lambda x: 2.5 - 0.5 * np.arange(5), FLOAT, open={}, out="FLOAT")
    yield Case("Fill", "integers", [(1,)], later(lambda n, x: n.add_fill((5,), f.LINSPACE), to_type=trt.int64,
                                                 alpha=2 ** 53 + 1, beta=3),
               lambda x: 2 ** 53 + 1 + 3 * np.arange(5), FLOAT, open={}, out="INT64")
    yield Case("Fill", "every_tensor", [(2, 3)], later(lambda n, x: n.add_fill((1,), f.LINSPACE), {
        0: shape_of(0), 1: (1, np.float32), 2: ([10, 1], np.float32)}),
               lambda x: 1 + 10 * np.arange(x.shape[0])[:, None] + np.arange(x.shape[1]), FLOAT, out="FLOAT",
               empty=[(0, 3)])
    for op in f.RANDOM_UNIFORM, f.RANDOM_NORMAL:  # Without any room between the limits there is one number.
        yield Case("Fill", f"{op.name}_sure", [(2, 3)], later(lambda n, x, op=op: n.add_fill((1,), op), {
            0: shape_of(0), 1: (4, np.float32), 2: (4 if op == f.RANDOM_UNIFORM else 0, np.float32)}),
                   lambda x: np.full(x.shape, 4.0), FLOAT, out="FLOAT", empty=[(0, 3)])
    yield Case("Fill", "RANDOM_UNIFORM", [(1,)], random_numbers(f.RANDOM_UNIFORM, -1.0, 3.0, 1, 4 / 12 ** 0.5,
                                                                -1.0000001, 3),
               lambda x: [np.array(True)] * 6, FLOAT, open={}, out="BOOL")
    yield Case("Fill", "RANDOM_NORMAL", [(1,)], random_numbers(f.RANDOM_NORMAL, 2.0, 0.5, 2, 0.5, -1, 5),
               lambda x: [np.array(True)] * 6, FLOAT, open={}, out="BOOL")
    yield Case("Constant", "set", [(3, 2)], constant, lambda x: x + np.arange(6).reshape(3, 2), FLOAT, open={})
    yield Case("Constant", "empty", [(0, 2)], no_constant, lambda x: x, FLOAT, open={0: (0,)}, empty=[(0, 2)])


def asserted(n, x):
    shape = n.add_shape(x).get_output(0)
    fits = n.add_elementwise(n.add_gather(shape, n.const([0], np.int64), 0).get_output(0), n.const([9], np.int64),
                             trt.ElementWiseOperation.LESS).get_output(0)
    n.add_assertion(fits, "?").message = "at most eight rows"
    return n.add_identity(x).get_output(0)


def counted():
    r, t = trt.ReduceOperation, trt.TopKOperation
    yield Case("Assertion", "set", [(2, 3)], asserted, lambda x: x, FLOAT, empty=[(0, 3)], open={0: (0,)})
    yield Case("Reduce", "set", [(2, 3, 2)], later(lambda n, x: n.add_reduce(x, r.SUM, 1, False), op=r.MAX, axes=0b110,
                                                   keep_dims=True),
               lambda x: x.max((1, 2), keepdims=True), NUMBERS, empty=[(0, 3, 2)])
    yield Case("Reduce", "no_axes", [(2, 3)], lambda n, x: n.add_reduce(x, r.AVG, 0, False).get_output(0), lambda x: x,
               NUMBERS, empty=[(0, 3)])

    def largest(n, x):
        return n.add_topk(x, t.MIN, 1, 0b01)
    yield Case("TopK", "set", [(2, 6)], later(largest, outputs=2, op=t.MAX, k=2, axes=0b10, indices_type=trt.int64),
               lambda x: [-np.sort(-x.astype(float), 1)[:, :2].astype(x.dtype) if x.dtype.kind == "f" else
                          np.sort(x, 1)[:, ::-1][:, :2], np.argsort(-x.astype(float), 1, kind="stable")[:, :2]], NUMBERS,
               empty=[(0, 6)], open={0: (0,)})
    yield Case("TopK", "k_tensor", [(2, 6)], later(largest, {1: (2, np.int32)}, axes=0b10),
               lambda x: np.sort(x, 1)[:, :2], NUMBERS, empty=[(0, 6)], open={0: (0,)})
    yield Case("Cumulative", "set", [(2, 5)], later(
        lambda n, x: n.add_cumulative(x, n.const(1, np.int32), trt.CumulativeOperation.SUM, False, False),
        op=trt.CumulativeOperation.SUM, exclusive=True, reverse=True),
               lambda x: np.concatenate([np.cumsum(x[:, :0:-1], 1, dtype=x.dtype)[:, ::-1], np.zeros_like(x[:, :1])], 1),
               COMMON + ["INT32", "INT64"], empty=[(0, 5)], depth=8)


def resized(dims, **attributes):
    return by_batch(lambda x: by_onnx("Resize", x, None, None, np.array([len(x), *dims]), **attributes))


def resizes():
    i, c = trt.InterpolationMode, trt.ResizeCoordinateTransformation
    shape, none = [(1, 2, 4, 5)], [(0, 2, 4, 5)]
    for rounding, name in ((trt.ResizeRoundMode.HALF_UP, "round_prefer_ceil"), (trt.ResizeRoundMode.CEIL, "ceil"),
                           (trt.ResizeRoundMode.HALF_DOWN, "round_prefer_floor"), (trt.ResizeRoundMode.FLOOR, "floor")):
        yield Case("Resize", f"NEAREST_{rounding.name}", shape, later(
            lambda n, x: n.add_resize(x), shape=(1, 2, 8, 10), nearest_rounding=rounding,
            coordinate_transformation=c.HALF_PIXEL), resized((2, 8, 10), mode="nearest", nearest_mode=name), COMMON,
                   open={})
    yield Case("Resize", "selector", shape, later(
        lambda n, x: n.add_resize(x), shape=(1, 2, 1, 10), resize_mode=i.LINEAR, coordinate_transformation=c.HALF_PIXEL,
        selector_for_single_pixel=trt.ResizeSelector.UPPER),
               resized((2, 1, 10), mode="linear", coordinate_transformation_mode="pytorch_half_pixel"), COMMON, open={},
               depth=16)
    yield Case("Resize", "formula", shape, later(
        lambda n, x: n.add_resize(x), shape=(1, 2, 1, 10), resize_mode=i.LINEAR, coordinate_transformation=c.HALF_PIXEL,
        selector_for_single_pixel=trt.ResizeSelector.FORMULA),
               resized((2, 1, 10), mode="linear", coordinate_transformation_mode="half_pixel"), COMMON, open={},
               depth=16)
    yield Case("Resize", "cubic", shape, later(
        lambda n, x: n.add_resize(x), shape=(1, 2, 7, 9), resize_mode=i.CUBIC, cubic_coeff=-0.5, exclude_outside=True,
        coordinate_transformation=c.HALF_PIXEL),
               resized((2, 7, 9), mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1), COMMON, open={}, depth=32)
    yield Case("Resize", "dims_tensor", [*shape, (1, 2, 8, 3)], later(lambda n, x, y: n.add_resize(x), {1: shape_of(1)}),
               by_batch(lambda x, y: by_onnx("Resize", x, None, None, np.array(y.shape), mode="nearest",
                                             nearest_mode="floor", coordinate_transformation_mode="asymmetric")),
               COMMON, open={0: (0, 2), 1: (0, 2)}, empty=[*none, (0, 2, 8, 3)])


def cases():
    for part in (pointwise, shapes, indexed, fills, counted, resizes):
        yield from part()
