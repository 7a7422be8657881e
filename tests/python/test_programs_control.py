"""Loops and conditionals as tutorials show them: counted, conditional, over slices; a recurrent network by hand."""
import numpy as np
import pytest
from dovetail import _hostcuda

if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

import programs  # noqa: E402
import tensorrt as trt  # noqa: E402
from programs import constant, expect, ints  # noqa: E402
from python_testing import weights  # noqa: E402

SUM, PROD, LESS = trt.ElementWiseOperation.SUM, trt.ElementWiseOperation.PROD, trt.ElementWiseOperation.LESS


def run(log, define, feeds, expected, **more):
    expect(programs.by_name(programs.build(log, define, feeds, **more), dict(feeds)), expected)


def test_counted(log):
    """All three kinds of output of one loop."""
    x = weights(1, 3, 4)

    def define(n, x):
        loop = n.add_loop()
        loop.name = "twice each time"
        assert loop.name == "twice each time"
        limit = loop.add_trip_limit(constant(n, np.array(6, np.int32)), trt.TripLimit.COUNT)
        value = loop.add_recurrence(x)
        added = n.add_elementwise(value.get_output(0), value.get_output(0), SUM)
        value.set_input(1, added.get_output(0))
        last = loop.add_loop_output(value.get_output(0), trt.LoopOutput.LAST_VALUE, 0)
        every = loop.add_loop_output(value.get_output(0), trt.LoopOutput.CONCATENATE, 0)
        every.set_input(1, constant(n, np.array(6, np.int32)))
        back = loop.add_loop_output(added.get_output(0), trt.LoopOutput.REVERSE, 1)
        back.set_input(1, constant(n, np.array(6, np.int32)))
        assert limit.kind == trt.TripLimit.COUNT and back.kind == trt.LoopOutput.REVERSE and back.axis == 1
        assert value.loop.name == loop.name and n[1].type == trt.LayerType.TRIP_LIMIT
        return [last, every, back]

    steps = [x * 2**i for i in range(7)]
    run(log, define, {"x": x}, [steps[6], np.stack(steps[:6]), np.stack(steps[:0:-1], 1)])


def test_as_long_as_a_condition_holds(log):
    """x doubles until its sum passes 100."""
    x = np.abs(weights(3, 4)) + 0.1

    def define(n, x):
        loop = n.add_loop()
        value = loop.add_recurrence(x)
        total = n.add_reduce(value.get_output(0), trt.ReduceOperation.SUM, 3, False)
        goes_on = n.add_elementwise(total.get_output(0), constant(n, np.array(100, np.float32)), LESS)
        loop.add_trip_limit(goes_on.get_output(0), trt.TripLimit.WHILE)
        value.set_input(1, n.add_elementwise(value.get_output(0), value.get_output(0), SUM).get_output(0))
        return loop.add_loop_output(value.get_output(0), trt.LoopOutput.LAST_VALUE)

    y = x
    while y.sum() < 100:
        y = y * 2
    run(log, define, {"x": x}, y)


def test_iterators(log):
    """Rows forwards beside columns backwards."""
    x = weights(4, 4)

    def define(n, x):
        loop = n.add_loop()
        loop.add_trip_limit(constant(n, np.array(4, np.int32)), trt.TripLimit.COUNT)
        rows = loop.add_iterator(x, 0, False)
        columns = loop.add_iterator(x, 1, True)
        assert columns.reverse and columns.axis == 1
        both = n.add_elementwise(rows.get_output(0), columns.get_output(0), PROD)
        out = loop.add_loop_output(both.get_output(0), trt.LoopOutput.CONCATENATE, 0)
        out.set_input(1, constant(n, np.array(4, np.int32)))
        return out

    run(log, define, {"x": x}, np.stack([x[i] * x[:, 3 - i] for i in range(4)]))


def test_a_count_of_the_run(log):
    """The number of rounds is an input, read before the run; the output grows with it."""
    x = weights(2, 3)
    for count in (1, 5):
        def define(n, x, count):
            loop = n.add_loop()
            loop.add_trip_limit(count, trt.TripLimit.COUNT)
            value = loop.add_recurrence(x)
            value.set_input(1, n.add_elementwise(value.get_output(0), x, SUM).get_output(0))
            out = loop.add_loop_output(value.get_output(0), trt.LoopOutput.CONCATENATE, 0)
            out.set_input(1, count)
            return [out, loop.add_loop_output(value.get_output(0), trt.LoopOutput.LAST_VALUE)]

        feeds = {"x": x, "count": np.array(count, np.int32)}
        expected = [np.stack([x * (i + 1) for i in range(count)]), x * (count + 1)]
        run(log, define, feeds, expected, values={"count": ([1], [3], [10])})


@pytest.mark.parametrize("positive", [True, False])
def test_a_conditional(log, positive):
    x = np.abs(weights(2, 3)) * (1 if positive else -1)

    def define(n, x):
        total = n.add_reduce(x, trt.ReduceOperation.SUM, 3, False)
        zero = constant(n, np.array(0, np.float32))
        condition = n.add_elementwise(zero, total.get_output(0), LESS).get_output(0)
        choice = n.add_if_conditional()
        choice.name = "sign"
        assert choice.set_condition(condition).conditional.name == "sign"
        inside = choice.add_input(x).get_output(0)
        yes = n.add_elementwise(inside, inside, SUM)
        no = n.add_unary(inside, trt.UnaryOperation.ABS)
        return choice.add_output(yes.get_output(0), no.get_output(0))

    run(log, define, {"x": x}, x * 2 if positive else -x)


def test_a_recurrent_network_by_hand(log):
    """An LSTM of loop, iterator and two recurrences over a free batch."""
    batch, time, width, hidden = 3, 5, 4, 6
    x, w, r, b = weights(batch, time, width), weights(4 * hidden, width, seed=2), weights(4 * hidden, hidden, seed=3), \
        weights(1, 4 * hidden, seed=4)

    def define(n, x):
        none, turned = trt.MatrixOperation.NONE, trt.MatrixOperation.TRANSPOSE
        rows = n.add_slice(n.add_shape(x).get_output(0), (0,), (1,), (1,)).get_output(0)
        size = n.add_concatenation([rows, constant(n, ints(hidden, dtype=np.int64))]).get_output(0)
        zeros = n.add_fill((1, 1), trt.FillOperation.LINSPACE)
        zeros.set_input(0, size)
        zeros.set_input(1, constant(n, np.array(0, np.float32)))
        zeros.set_input(2, constant(n, np.array([0, 0], np.float32)))
        loop = n.add_loop()
        loop.add_trip_limit(constant(n, np.array(time, np.int32)), trt.TripLimit.COUNT)
        step = loop.add_iterator(x, 1, False).get_output(0)
        h, c = (loop.add_recurrence(zeros.get_output(0)) for _ in range(2))
        gates = n.add_elementwise(n.add_matrix_multiply(step, none, constant(n, w), turned).get_output(0),
                                  n.add_matrix_multiply(h.get_output(0), none, constant(n, r), turned).get_output(0), SUM)
        gates = n.add_elementwise(gates.get_output(0), constant(n, b), SUM).get_output(0)

        def gate(i, kind):
            part = n.add_slice(gates, (0, i * hidden), (1, 1), (1, 1))
            part.set_input(2, size)
            return n.add_activation(part.get_output(0), kind).get_output(0)

        sigmoid, tanh = trt.ActivationType.SIGMOID, trt.ActivationType.TANH
        kept = n.add_elementwise(gate(1, sigmoid), c.get_output(0), PROD).get_output(0)
        new = n.add_elementwise(gate(0, sigmoid), gate(2, tanh), PROD).get_output(0)
        cell = n.add_elementwise(kept, new, SUM).get_output(0)
        out = n.add_elementwise(gate(3, sigmoid), n.add_activation(cell, tanh).get_output(0), PROD).get_output(0)
        h.set_input(1, out)
        c.set_input(1, cell)
        every = loop.add_loop_output(out, trt.LoopOutput.CONCATENATE, 1)
        every.set_input(1, constant(n, np.array(time, np.int32)))
        return [every, loop.add_loop_output(h.get_output(0), trt.LoopOutput.LAST_VALUE),
                loop.add_loop_output(c.get_output(0), trt.LoopOutput.LAST_VALUE)]

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h, c, steps = np.zeros((batch, hidden)), np.zeros((batch, hidden)), []
    for t in range(time):
        i, f, g, o = np.split(x[:, t] @ w.T + h @ r.T + b, 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    run(log, define, {"x": x}, [np.stack(steps, 1), h, c], dynamic=("x",))
