"""Small random ONNX graphs, valid by construction, with inputs: graph(seed) gives a model, its inputs and its outputs.

A graph grows node by node. A candidate is made from values that exist, evaluated on the spot (ONNX Runtime, else the onnx
package's reference evaluator), and kept when its result is finite and moderate. Operators with steps (rounding, comparing,
arg max ...) read exact values only: sums and products of small multiples of 1/8, which every order of summation and every
fusion computes without an error, so that a difference is a mistake and never noise.
"""
import dataclasses
import random

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import operators

OPSET = 21
LARGEST = 1e4
MOST_ELEMENTS = 4096


@dataclasses.dataclass
class Value:
    name: str
    array: np.ndarray
    exact: bool
    constant: bool = False


class Builder:
    """The graph so far, and what a candidate may be made from."""

    def __init__(self, rng):
        self.rng = rng
        self.values, self.nodes, self.inputs, self.constants = [], [], [], []

    def name(self, stem):
        return f"{stem}{len(self.values)}"

    def draw(self, shape, dtype):
        """Multiples of 1/8 of [-2, 2]; integers of [-8, 8] or [0, 8]."""
        r, dtype = np.random.default_rng(self.rng.getrandbits(32)), np.dtype(dtype)
        if dtype == bool:
            return np.asarray(r.integers(0, 2, shape)).astype(bool)
        if dtype.kind in "iu":
            return np.asarray(r.integers(0 if dtype.kind == "u" else -8, 9, shape)).astype(dtype)
        return np.asarray(r.integers(-16, 17, shape) / 8).astype(dtype)

    def add_input(self, shape, dtype):
        v = Value(self.name("x"), self.draw(shape, dtype), True)
        self.inputs.append(v)
        self.values.append(v)
        return v

    def constant(self, array):
        v = Value(self.name("c") + f"_{len(self.constants)}", np.asarray(array), True, True)
        self.constants.append(v)
        return v

    def pick(self, fits=lambda v: True):
        """A value that fits, later ones more often; None when there is none."""
        fitting = [v for v in self.values if fits(v)]
        if not fitting:
            return None
        return fitting[max(self.rng.randrange(len(fitting)), self.rng.randrange(len(fitting)))]


def evaluate(node, values):
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype),
                                                                         v.array.shape) for v in values],
                              [helper.make_empty_tensor_value_info(o) for o in node.output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    feed = {v.name: v.array for v in values}
    session = operators.session(model)
    if session is not None:
        return session.run(None, feed)
    return ReferenceEvaluator(model).run(None, feed)


def moderate(a):
    if a.size > MOST_ELEMENTS or a.ndim > 6:
        return False
    if a.dtype.kind not in "fiu" or a.size == 0:
        return True
    # Large integers may have wrapped around, which implementations do differently.
    return bool(np.all(np.isfinite(a)) and np.abs(a.astype(np.float64)).max() <= LARGEST)


def stays_exact(op, inputs, array):
    if array.dtype.kind not in "f":
        return True
    if op not in operators.EXACT or not all(v.exact for v in inputs):
        return False
    scaled = array.astype(np.float64) * 64
    limit = 64 if array.dtype == np.float16 else 4096
    return bool(np.all(scaled == np.round(scaled)) and (array.size == 0 or np.abs(array).max() <= limit))


def grow(b):
    """Tries one candidate; True when it was kept."""
    make = b.rng.choice(operators.ALL)
    candidate = make(b)
    if candidate is None:
        return False
    op, inputs, attributes, count = candidate
    if op in operators.STEPS and not all(v.exact for v in inputs):
        return False
    seen = {v.name: v for v in inputs if v is not None}
    outputs = [f"{op.lower()}{len(b.nodes)}_{k}" for k in range(count)]
    node = helper.make_node(op, ["" if v is None else v.name for v in inputs], outputs, f"{op}_{len(b.nodes)}", **attributes)
    try:
        results = [np.asarray(r) for r in evaluate(node, list(seen.values()))]
    except Exception:  # whatever an evaluator finds wrong with a candidate, another one is drawn
        return False
    if not all(moderate(r) for r in results):
        return False
    # A window that does not fit, and the like, has an empty result in ONNX Runtime; only a slice means it.
    if op not in ("Slice", "Compress", "NonZero") and any(r.size == 0 for r in results) and all(v.array.size for v in seen.values()):
        return False
    b.nodes.append(node)
    for name, r in zip(outputs, results):
        b.values.append(Value(name, r, stays_exact(op, list(seen.values()), r)))
    return True


def dynamic_dims(b):
    """Names for some sizes of the inputs: equal sizes may share one. Returns {size: name}."""
    # Sizes of channels are fixed by the weights they meet.
    channels = {v.array.shape[1] for v in b.inputs if v.array.ndim >= 3}
    sizes = sorted({d for v in b.inputs for d in v.array.shape if d > 1} - channels)
    return {d: f"n{d}" for d in sizes if b.rng.random() < 0.3}


def own_names(b, seed):
    """In some graphs an axis of an input has a name of its own, and so may one of size 1: sizes of two names then meet."""
    rng = random.Random(seed * 7919 + 1)
    if rng.random() < 0.7:
        return {}
    channels = {v.array.shape[1] for v in b.inputs if v.array.ndim >= 3}
    return {(v.name, axis): f"{v.name}_{axis}" for v in b.inputs for axis, d in enumerate(v.array.shape)
            if d not in channels and rng.random() < 0.4}


def compute_sizes(b):
    """Some of the short integer lists (axes, starts, sizes, counts) become inputs, whose values decide shapes."""
    constants, b.constants = b.constants, []
    for v in constants:
        is_list = v.array.dtype == np.int64 and v.array.ndim <= 1 and 0 < v.array.size <= 8
        (b.inputs if is_list and b.rng.random() < 0.15 else b.constants).append(v)


def graph(seed):
    """(model, inputs, outputs): arrays by name; the outputs are those of the evaluators, node by node."""
    rng = random.Random(seed)
    b = Builder(rng)
    for _ in range(rng.randint(1, 3)):
        shape = [rng.choice([1, 2, 3, 4, 5, 8, 16]) for _ in range(rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 4]))]
        if shape and rng.random() < 0.03:
            shape[rng.randrange(len(shape))] = 0
        b.add_input(shape, rng.choice(operators.INPUT_TYPES))
    wanted, tries = rng.randint(2, 12), 0
    while len(b.nodes) < wanted and tries < 200:
        tries += 1
        grow(b)
    if not b.nodes:
        return graph(seed + 1_000_000_007)
    read = {name for n in b.nodes for name in n.input}
    outputs = [v for v in b.values if v.name not in read and v not in b.inputs]
    outputs += [v for v in b.values if v.name in read and v not in b.inputs and rng.random() < 0.1]
    used = {name for n in b.nodes for name in n.input}
    names = dynamic_dims(b)
    own = own_names(b, seed)
    compute_sizes(b)

    def info(v, dynamic):
        named = dynamic and not v.constant
        dims = [own.get((v.name, k), names.get(d, d)) if named else d for k, d in enumerate(v.array.shape)]
        return helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype), dims)
    inputs = [v for v in b.inputs if v.name in used]
    model = helper.make_model(
        helper.make_graph(b.nodes, f"seed_{seed}", [info(v, True) for v in inputs],
                          [helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype), None)
                           for v in outputs],
                          [numpy_helper.from_array(v.array, v.name) for v in b.constants if v.name in used]),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    return model, {v.name: v.array for v in inputs}, {v.name: v.array for v in outputs}
