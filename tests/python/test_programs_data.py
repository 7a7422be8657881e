"""Programs around data and shapes as tutorials show them: moving, picking, filling; extents and values known in the run."""
import numpy as np
import pytest
from dovetail import _hostcuda

if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

import programs  # noqa: E402
import tensorrt as trt  # noqa: E402
from programs import constant, expect, ints  # noqa: E402
from python_testing import weights  # noqa: E402

CASES = {}


def case(function):
    """A function that gives (feeds, define, expected) and, where it needs them, more arguments of programs.build."""
    CASES[function.__name__] = function
    return function


@case
def shuffle():
    x = weights(2, 3, 4)

    def define(n, x):
        layer = n.add_shuffle(x)
        layer.first_transpose = (2, 0, 1)
        layer.reshape_dims = (0, -1)
        layer.second_transpose = trt.Permutation([1, 0])
        assert layer.zero_is_placeholder and layer.first_transpose == trt.Permutation([2, 0, 1])
        empty = n.add_shuffle(x)
        empty.reshape_dims = (-1, 6)
        return [layer, empty]

    return {"x": x}, define, [x.transpose(2, 0, 1).reshape(4, 6).T, x.reshape(4, 6)]


@case
def shuffle_to_a_shape_of_the_run():
    x, y = weights(3, 8), weights(2, 3, 4, seed=2)

    def define(n, x, y):
        layer = n.add_shuffle(x)
        layer.set_input(1, n.add_shape(y).get_output(0))
        return layer

    return {"x": x, "y": y}, define, x.reshape(2, 3, 4), {"dynamic": ("x", "y")}


@case
def slices():
    x = weights(3, 4)
    mode = trt.SampleMode

    def define(n, x):
        made = []
        for kind in (mode.STRICT_BOUNDS, mode.WRAP, mode.CLAMP, mode.FILL, mode.REFLECT):
            size = (2, 2) if kind == mode.STRICT_BOUNDS else (3, 6)
            layer = n.add_slice(x, (1, 1), size, (1, 2) if kind == mode.STRICT_BOUNDS else (1, 1))
            layer.mode = kind
            made.append(layer)
        made[3].set_input(4, constant(n, np.array([7], np.float32)))
        assert made[0].stride == (1, 2) and made[0].start == (1, 1) and made[0].shape == (2, 2)
        return made

    pad = {kind: np.pad(x, ((0, 1), (0, 3)), name)[1:, 1:] for kind, name in
           ((mode.WRAP, "wrap"), (mode.CLAMP, "edge"), (mode.REFLECT, "reflect"))}
    fill = np.pad(x, ((0, 1), (0, 3)), constant_values=7)[1:, 1:]
    return {"x": x}, define, [x[1:3, 1::2], pad[mode.WRAP], pad[mode.CLAMP], fill, pad[mode.REFLECT]]


@case
def a_slice_whose_numbers_are_tensors():
    x = weights(5, 4)

    def define(n, x):
        rows = n.add_slice(n.add_shape(x).get_output(0), (0,), (1,), (1,)).get_output(0)
        less = n.add_elementwise(rows, constant(n, ints(1, dtype=np.int64)), trt.ElementWiseOperation.SUB).get_output(0)
        size = n.add_concatenation([less, constant(n, ints(2, dtype=np.int64))])
        size.axis = 0
        layer = n.add_slice(x, (0, 0), (0, 0), (1, 1))
        layer.set_input(1, constant(n, ints(1, 1)))
        layer.set_input(2, size.get_output(0))
        layer.set_input(3, constant(n, ints(1, 2)))
        return layer

    return {"x": x}, define, x[1:, 1::2], {"dynamic": ("x",)}


@case
def gathers():
    x, rows, each, cells = weights(3, 4), ints(2, 0), ints([1, 0, 2, 1]), ints([0, 1], [2, 3])
    mode = trt.GatherMode

    def define(n, x, rows, each, cells):
        first = n.add_gather(x, rows, 1)
        assert first.num_elementwise_dims == 0
        elements = n.add_gather_v2(x, each, mode.ELEMENT)
        elements.axis = 0
        assert elements.mode == mode.ELEMENT
        return [first, elements, n.add_gather_v2(x, cells, mode.ND)]

    expected = [x[:, rows], np.take_along_axis(x, each, 0), x[cells[:, 0], cells[:, 1]]]
    return {"x": x, "rows": rows, "each": each, "cells": cells}, define, expected


@case
def scatters():
    x, cells, values, rows = weights(3, 4), ints([0, 1], [2, 3]), weights(2, seed=2), ints([1, 0, 2, 1])

    def define(n, x, cells, values, rows):
        nd = n.add_scatter(x, cells, values, trt.ScatterMode.ND)
        element = n.add_scatter(x, rows, constant(n, np.full((1, 4), 9, np.float32)), trt.ScatterMode.ELEMENT)
        element.axis = 0
        return [nd, element]

    a, b = x.copy(), x.copy()
    a[cells[:, 0], cells[:, 1]] = values
    np.put_along_axis(b, rows, 9, 0)
    return {"x": x, "cells": cells, "values": values, "rows": rows}, define, [a, b]


@case
def one_hot():
    x = ints([0, 2], [1, 1])

    def define(n, x):
        layer = n.add_one_hot(x, constant(n, np.array([-1, 3], np.float32)), constant(n, np.array(3, np.int32)), 2)
        layer.axis = -1
        return layer

    return {"x": x}, define, np.where(x[..., None] == np.arange(3), 3, -1).astype(np.float32)


@case
def positions_that_are_not_zero():
    x = np.array([[0, 1, 0, 2], [3, 0, 0, 4]], np.float32)
    return {"x": x}, lambda n, x: n.add_non_zero(x), np.stack(np.nonzero(x)).astype(np.int32)


@case
def fills():
    x = weights(4, 3)

    def define(n, x):
        line = n.add_fill((2, 3), trt.FillOperation.LINSPACE)
        line.set_input(1, constant(n, np.array(1, np.float32)))
        line.set_input(2, constant(n, np.array([10, 2], np.float32)))
        plain = n.add_fill((5,), trt.FillOperation.LINSPACE)
        plain.alpha, plain.beta = 2.0, 0.5
        random = n.add_fill((1,), trt.FillOperation.RANDOM_UNIFORM)
        random.set_input(0, n.add_shape(x).get_output(0))
        random.alpha, random.beta = 3, 5
        three = constant(n, np.full((1, 1), 3, np.float32))
        above = n.add_elementwise(random.get_output(0), three, trt.ElementWiseOperation.LESS)
        count = n.add_reduce(n.add_cast(above.get_output(0), trt.float32).get_output(0), trt.ReduceOperation.SUM, 3, False)
        assert plain.operation == trt.FillOperation.LINSPACE and plain.shape == (5,)
        return [line, plain, count]

    lines = 1 + 10 * np.arange(2)[:, None] + 2 * np.arange(3)[None]
    return ({"x": x}, define, [lines.astype(np.float32), np.linspace(2, 4, 5, dtype=np.float32), np.float32(0)],
            {"dynamic": ("x",)})


@case
def integers_are_filled_as_integers():
    def define(n, x):
        line = n.add_fill((3,), trt.FillOperation.LINSPACE, trt.int64)
        line.alpha, line.beta = 2**60, 3
        assert line.is_alpha_beta_int64() and line.alpha == 2**60 and line.to_type == trt.int64
        return n.add_elementwise(line.get_output(0), x, trt.ElementWiseOperation.SUM)

    x = ints(1, 1, 1, dtype=np.int64)
    return {"x": x}, define, x + 2**60 + 3 * np.arange(3)


@case
def resizes():
    x = weights(1, 2, 3, 3)

    def define(n, x):
        nearest = n.add_resize(x)
        nearest.scales = [1, 1, 2, 2]
        assert nearest.resize_mode == trt.ResizeMode.NEAREST
        linear = n.add_resize(x)
        linear.shape, linear.resize_mode = (1, 2, 5, 5), trt.InterpolationMode.LINEAR
        linear.coordinate_transformation = trt.ResizeCoordinateTransformation.ALIGN_CORNERS
        linear.selector_for_single_pixel = trt.ResizeSelector.UPPER
        linear.nearest_rounding = trt.ResizeRoundMode.FLOOR
        by_tensor = n.add_resize(x)
        by_tensor.set_input(1, constant(n, ints(1, 2, 6, 6)))
        return [nearest, linear, by_tensor]

    at = np.linspace(0, 2, 5)
    low, part = np.minimum(at.astype(int), 1), at - np.minimum(at.astype(int), 1)
    rows = x[:, :, low] * (1 - part)[:, None] + x[:, :, low + 1] * part[:, None]
    both = rows[..., low] * (1 - part) + rows[..., low + 1] * part
    twice = x.repeat(2, 2).repeat(2, 3)
    return {"x": x}, define, [twice, both.astype(np.float32), twice]


@case
def a_sampled_grid():
    x = weights(1, 1, 3, 3)
    y, z = np.meshgrid([-1, 0, 1], [-1, 1], indexing="ij")
    grid = np.stack([z, y], -1)[None].astype(np.float32)

    def define(n, x, grid):
        layer = n.add_grid_sample(x, grid)
        layer.align_corners, layer.interpolation_mode = True, trt.InterpolationMode.NEAREST
        layer.sample_mode = trt.SampleMode.CLAMP
        return layer

    return {"x": x, "grid": grid}, define, x[:, :, :, ::2]


@case
def boxes_that_are_kept():
    boxes = np.array([[[[0, 0, 2, 2]], [[0, 0, 2, 1.9]], [[5, 5, 6, 6]]]], np.float32)
    scores = np.array([[[0.5], [0.9], [0.7]]], np.float32)

    def define(n, boxes, scores):
        layer = n.add_nms(boxes, scores, constant(n, np.array(5, np.int32)))
        layer.set_input(3, constant(n, np.array(0.5, np.float32)))
        layer.set_input(4, constant(n, np.array(0.1, np.float32)))
        layer.bounding_box_format, layer.topk_box_limit = trt.BoundingBoxFormat.CORNER_PAIRS, 10
        return [layer.get_output(0), layer.get_output(1)]

    return {"boxes": boxes, "scores": scores}, define, [ints([0, 0, 1], [0, 0, 2]), np.int32(2)]


@case
def the_rest():
    x, lengths = weights(3, 4), ints(4, 2, 1)

    def define(n, x, lengths):
        two = constant(n, ints(0, dtype=np.int64))
        wide = n.add_unsqueeze(x, two).get_output(0)
        reverse = n.add_reverse_sequence(x, lengths)
        reverse.batch_axis, reverse.sequence_axis = 0, 1
        running = n.add_cumulative(x, constant(n, np.array(1, np.int32)), trt.CumulativeOperation.SUM, False, True)
        assert running.reverse and not running.exclusive and running.op == trt.CumulativeOperation.SUM
        padded = n.add_padding_nd(x, (1, 0), (0, -1))
        assert padded.pre_padding_nd == (1, 0) and padded.post_padding_nd == (0, -1)
        joined = n.add_concatenation([x, x])
        joined.axis = 1
        return [n.add_squeeze(wide, two), reverse, running, padded, joined, n.add_shape(x)]

    turned = x.copy()
    for row, length in zip(turned, lengths):
        row[:length] = row[:length][::-1]
    running = np.cumsum(x[:, ::-1], 1)[:, ::-1]
    expected = [x, turned, running, np.pad(x, ((1, 0), (0, 0)))[:, :-1], np.concatenate([x, x], 1)]
    return {"x": x, "lengths": lengths}, define, [*expected, ints(3, 4, dtype=np.int64)]


@case
def a_shape_tensor_as_input():
    x, shape = weights(12), ints(3, 4)

    def define(n, x, shape):
        layer = n.add_shuffle(x)
        layer.set_input(1, shape)
        assert shape.is_shape_tensor and not x.is_shape_tensor
        return layer

    return {"x": x, "shape": shape}, define, x.reshape(3, 4), {"values": {"shape": ([1, 1], [3, 4], [12, 12])}}


@case
def an_assertion():
    x, y = weights(3, 4), weights(3, 4, seed=2)

    def define(n, x, y):
        first, second = (n.add_slice(n.add_shape(t).get_output(0), (0,), (1,), (1,)).get_output(0) for t in (x, y))
        same = n.add_elementwise(first, second, trt.ElementWiseOperation.EQUAL).get_output(0)
        scalar = n.add_shuffle(same)
        scalar.reshape_dims = ()
        layer = n.add_assertion(scalar.get_output(0), "the batches differ")
        assert layer.message == "the batches differ"
        return n.add_elementwise(x, y, trt.ElementWiseOperation.SUM)

    return {"x": x, "y": y}, define, x + y, {"dynamic": ("x", "y")}


@pytest.mark.parametrize("name", CASES)
def test_program(log, name):
    feeds, define, expected, *more = CASES[name]()
    engine = programs.build(log, define, feeds, **(more[0] if more else {}))
    expect(programs.by_name(engine, dict(feeds)), expected)


def test_an_assertion_that_does_not_hold(log):
    feeds, define, _, more = CASES["an_assertion"]()
    engine = programs.build(log, define, feeds, **more)
    context = engine.create_execution_context()
    context.set_input_shape("x", (3, 4))
    context.set_input_shape("y", (2, 4))
    memory = np.empty(64, np.float32)
    for i in range(engine.num_io_tensors):
        context.set_tensor_address(engine.get_tensor_name(i), memory.ctypes.data)
    assert not context.execute_async_v3(0) and any("the batches differ" in text for text in log.errors)
