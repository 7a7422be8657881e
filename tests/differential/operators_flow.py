"""Proposals with branches, bodies and sequences: chains of nodes that are evaluated together."""
import numpy as np
from onnx import TensorProto, helper

from operators import Chain, is_float, kind


def sequences(b):
    v = b.pick(lambda v: v.array.ndim >= 1 and 0 not in v.array.shape and kind(v, "fi"))
    if not v:
        return None
    w = b.pick(lambda w: w.array.dtype == v.array.dtype and w.array.shape == v.array.shape) or v
    k, at = len(b.nodes), b.constant(np.array(b.rng.randint(-1, 1), np.int64))
    s, y = f"sequence{k}", f"from_sequence{k}"
    form = b.rng.choice(["at", "concat", "stack", "split", "insert", "erase", "length", "optional", "map", "empty"])
    node = helper.make_node
    made = node("SequenceConstruct", [v.name, w.name], [s], f"SequenceConstruct_{k}")
    inputs = [v, w]
    if form == "at":
        nodes, inputs = [made, node("SequenceAt", [s, at.name], [y], f"SequenceAt_{k}")], [*inputs, at]
    elif form in ("concat", "stack"):
        nodes = [made, node("ConcatFromSequence", [s], [y], f"ConcatFromSequence_{k}", axis=0,
                            new_axis=int(form == "stack"))]
    elif form == "split":
        # Slices of one, or whole parts; then one of them.
        nodes = [node("SplitToSequence", [v.name], [s], f"SplitToSequence_{k}", axis=0, keepdims=b.rng.randint(0, 1)),
                 node("SequenceAt", [s, at.name], [y], f"SequenceAt_{k}")]
        inputs = [v, at]
    elif form in ("insert", "erase"):
        last = node("SequenceInsert", [s, v.name], [s + "b"], f"SequenceInsert_{k}") if form == "insert" else node(
            "SequenceErase", [s, at.name], [s + "b"], f"SequenceErase_{k}")
        nodes = [made, last, node("ConcatFromSequence", [s + "b"], [y], f"ConcatFromSequence_{k}", axis=0)]
        inputs = inputs if form == "insert" else [*inputs, at]
    elif form == "length":
        nodes = [made, node("SequenceLength", [s], [y], f"SequenceLength_{k}")]
    elif form == "empty":
        kind_ = helper.np_dtype_to_tensor_dtype(v.array.dtype)
        nodes = [node("SequenceEmpty", [], [s], f"SequenceEmpty_{k}", dtype=kind_),
                 node("SequenceInsert", [s, v.name], [s + "b"], f"SequenceInsert_{k}"),
                 node("ConcatFromSequence", [s + "b"], [y], f"ConcatFromSequence_{k}", axis=0)]
        inputs = [v]
    elif form == "optional":
        nodes = [node("Optional", [v.name], [s], f"Optional_{k}"),
                 node("OptionalGetElement", [s], [y], f"OptionalGetElement_{k}") if b.rng.random() < 0.7 else
                 node("OptionalHasElement", [s], [y], f"OptionalHasElement_{k}")]
        inputs = [v]
    else:
        kind_ = helper.np_dtype_to_tensor_dtype(v.array.dtype)
        body = helper.make_graph([node("Neg", ["item"], ["negated"])], "map", [helper.make_tensor_value_info(
            "item", kind_, None)], [helper.make_tensor_value_info("negated", kind_, None)])
        nodes = [made, node("SequenceMap", [s], [s + "b"], f"SequenceMap_{k}", body=body),
                 node("ConcatFromSequence", [s + "b"], [y], f"ConcatFromSequence_{k}", axis=0)]
    return Chain(nodes, inputs, {n.op_type for n in nodes}, [y])


def info(name, v, shape=None):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(v.array.dtype), shape)


def branches(b):
    """One of two ways to compute from values around them."""
    c = b.pick(lambda v: kind(v, "b") and v.array.size == 1 and v.array.ndim <= 1)
    v = b.pick(lambda v: is_float(v) and v.array.size > 0)
    if not v:
        return None
    if not c:
        c = b.constant(np.array(b.rng.random() < 0.5))
    k = len(b.nodes)
    ops = [b.rng.choice(["Relu", "Neg", "Abs", "Identity"]) for _ in range(2)]
    then, other = (helper.make_graph(
        [helper.make_node(op, [v.name], [f"inner{k}_{i}"])] +
        ([helper.make_node("Add", [f"inner{k}_{i}", v.name], [f"if{k}_{i}"])] if i == 0 else
         [helper.make_node("Identity", [f"inner{k}_{i}"], [f"if{k}_{i}"])]),
        f"branch{i}", [], [info(f"if{k}_{i}", v)]) for i, op in enumerate(ops))
    node = helper.make_node("If", [c.name], [f"if{k}"], f"If_{k}", then_branch=then, else_branch=other)
    return Chain([node], [c, v], {"If", *ops, "Add"}, [f"if{k}"])


def loop(b):
    """v is added to itself some times over, and each sum is kept."""
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.int64, np.float64) and v.array.size <= 64)
    if not v:
        return None
    k = len(b.nodes)
    count, go = b.constant(np.array(b.rng.choice([0, 1, 3]), np.int64)), b.constant(np.array(True))
    body = helper.make_graph(
        [helper.make_node("Add", [f"carried{k}", v.name], [f"sum{k}"]), helper.make_node("Identity", [f"go_in{k}"], [f"go_out{k}"]),
         helper.make_node("Identity", [f"sum{k}"], [f"kept{k}"])], "body",
        [helper.make_tensor_value_info(f"turn{k}", TensorProto.INT64, []),
         helper.make_tensor_value_info(f"go_in{k}", TensorProto.BOOL, []), info(f"carried{k}", v, v.array.shape)],
        [helper.make_tensor_value_info(f"go_out{k}", TensorProto.BOOL, []), info(f"sum{k}", v, v.array.shape),
         info(f"kept{k}", v, v.array.shape)])
    outputs = [f"loop{k}_0", f"loop{k}_1"]
    node = helper.make_node("Loop", [count.name, go.name, v.name], outputs, f"Loop_{k}", body=body)
    return Chain([node], [count, go, v], {"Loop"}, outputs)


def scan(b):
    """Running sums along the first axis."""
    v = b.pick(lambda v: v.array.dtype in (np.float32, np.float64) and v.array.ndim >= 2 and 0 not in v.array.shape)
    if not v:
        return None
    k, row = len(b.nodes), v.array.shape[1:]
    start = b.constant(b.draw(row, v.array.dtype))
    body = helper.make_graph(
        [helper.make_node("Add", [f"state{k}", f"row{k}"], [f"next{k}"]), helper.make_node("Identity", [f"next{k}"], [f"out{k}"])],
        "body", [info(f"state{k}", v, row), info(f"row{k}", v, row)], [info(f"next{k}", v, row), info(f"out{k}", v, row)])
    outputs = [f"scan{k}_0", f"scan{k}_1"]
    node = helper.make_node("Scan", [start.name, v.name], outputs, f"Scan_{k}", body=body, num_scan_inputs=1,
                            scan_input_directions=[b.rng.randint(0, 1)])
    return Chain([node], [start, v], {"Loop"}, outputs)


def composed(b):
    """What a fusion makes one kernel of."""
    v = b.pick(lambda v: v.array.ndim == 2 and v.array.dtype == np.float32 and v.array.size > 0)
    if not v:
        return None
    w = b.constant(b.draw([v.array.shape[1], 3], v.array.dtype))
    k = len(b.nodes)
    names = [f"product{k}", f"biased{k}", f"relu{k}"]
    bias = b.constant(b.draw([3], v.array.dtype))
    nodes = [helper.make_node("MatMul", [v.name, w.name], names[:1], f"MatMul_{k}"),
             helper.make_node("Add", [names[0], bias.name], names[1:2], f"Add_{k}"),
             helper.make_node("Relu", names[1:2], names[2:], f"Relu_{k}")]
    return Chain(nodes, [v, w, bias], {"MatMul", "Add", "Relu"}, names[2:])


ALL = [sequences, sequences, branches, loop, scan, composed]
