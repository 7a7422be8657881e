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
import operators_flow
import operators_microsoft
import operators_ml
import operators_more

#: Most graphs have the operators of 21; older ones write axes as attributes, newer ones have operators more.
OPSETS = [21] * 6 + [11, 13, 15, 18, 23, 24, 26]
#: What is proposed, the common operators more often.
MAKERS = operators.ALL * 3 + operators_more.ALL + operators_microsoft.ALL + operators_ml.ALL + operators_flow.ALL
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
        self.opset = rng.choice(OPSETS)
        self.values, self.nodes, self.inputs, self.constants = [], [], [], []

    def name(self, stem):
        return f"{stem}{len(self.values)}"

    def draw(self, shape, dtype):
        """Multiples of 1/8 of [-2, 2]; integers of [-8, 8] or [0, 8]."""
        r, dtype = np.random.default_rng(self.rng.getrandbits(32)), np.dtype(dtype)
        if dtype == bool:
            return np.asarray(r.integers(0, 2, shape)).astype(bool)
        if operators.kind_of(dtype) in "iu":
            return np.asarray(r.integers(0 if operators.kind_of(dtype) == "u" else -8, 9, shape)).astype(dtype)
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


def model_of(nodes, name, inputs, outputs, constants, opset):
    """A model of the operator sets that its nodes, and those of their branches and bodies, are of."""
    domains, todo = set(), list(nodes)
    while todo:
        node = todo.pop()
        domains.add(node.domain)
        todo += [n for a in node.attribute for n in a.g.node]
    versions = {"": opset, "ai.onnx.ml": 5 if opset >= 23 else 3, "com.microsoft": 1}
    imports = [helper.make_opsetid(d, versions[d]) for d in sorted({"", *domains})]
    return helper.make_model(helper.make_graph(nodes, name, inputs, outputs, constants), opset_imports=imports,
                             ir_version=10)


def evaluate(nodes, values, outputs, opset):
    infos = [helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype), v.array.shape)
             for v in values]
    model = model_of(nodes, "g", infos, [helper.make_empty_tensor_value_info(o) for o in outputs], [], opset)
    feed = {v.name: v.array for v in values}
    # NumPy has no bfloat16 of its own, and ONNX Runtime takes NumPy's types.
    session = None if any(v.array.dtype.kind == "V" for v in values) else operators.session(model)
    if session is not None:
        return session.run(None, feed)
    if any(n.domain == "com.microsoft" for n in nodes):
        raise NotImplementedError("only ONNX Runtime knows it")
    return ReferenceEvaluator(model).run(None, feed)


def moderate(a):
    if a.size > MOST_ELEMENTS or a.ndim > 6:
        return False
    if operators.kind_of(a.dtype) == "b" or a.size == 0:
        return True
    # Large integers may have wrapped around, which implementations do differently.
    return bool(np.all(np.isfinite(a)) and np.abs(a.astype(np.float64)).max() <= LARGEST)


def stays_exact(ops, inputs, array):
    if operators.kind_of(array.dtype) != "f":
        return True
    if not ops <= operators.EXACT | operators_more.EXACT or not all(v.exact for v in inputs):
        return False
    scaled = array.astype(np.float64) * 64
    limit = {"float16": 64, "bfloat16": 2}.get(array.dtype.name, 4096)
    return bool(np.all(scaled == np.round(scaled)) and (array.size == 0 or np.abs(array).max() <= limit))


def chain_of(b, candidate):
    """A proposal as nodes, the values that they read, the operators that count and the names of what they give."""
    if isinstance(candidate, operators.Chain):
        return candidate
    op, inputs, attributes, count = candidate
    domain, _, op = op.rpartition(":")
    outputs = [f"{op.lower()}{len(b.nodes)}_{k}" for k in range(count)]
    node = helper.make_node(op, ["" if v is None else v.name for v in inputs], outputs, f"{op}_{len(b.nodes)}",
                            domain=domain, **attributes)
    return operators.Chain([node], [v for v in inputs if v is not None], {op}, outputs)


def grow(b):
    """Tries one candidate; True when it was kept."""
    candidate = b.rng.choice(MAKERS)(b)
    if candidate is None:
        return False
    chain = chain_of(b, candidate)
    if chain.ops & (operators.STEPS | operators_more.STEPS) and not all(v.exact for v in chain.inputs):
        return False
    # The reference evaluator adds up numbers of bfloat16 one by one in that type.
    if any(op.startswith("Reduce") or "Pool" in op for op in chain.ops) and any(
            v.array.dtype == operators.BFLOAT16 for v in chain.inputs):
        return False
    seen = {v.name: v for v in chain.inputs}
    try:
        results = [np.asarray(r) for r in evaluate(chain.nodes, list(seen.values()), chain.outputs, b.opset)]
    except Exception:  # whatever an evaluator finds wrong with a candidate, another one is drawn
        return False
    if any(r.dtype == object for r in results) or not all(moderate(r) for r in results):
        return False
    # A window that does not fit, and the like, has an empty result in ONNX Runtime; only some operators mean it.
    if not chain.ops & operators_more.MAY_BE_EMPTY and any(r.size == 0 for r in results) and all(
            v.array.size for v in seen.values()):
        return False
    b.nodes += chain.nodes
    for name, r in zip(chain.outputs, results):
        b.values.append(Value(name, r, stays_exact(chain.ops, list(seen.values()), r)))
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


def captured(node):
    """Names that the branches or the body of a node may read from around it."""
    return {name for a in node.attribute for n in a.g.node for name in n.input}


def graph(seed):
    """(model, inputs, outputs): arrays by name; the outputs are those of the evaluators, node by node."""
    rng = random.Random(seed)
    b = Builder(rng)
    for _ in range(rng.randint(1, 3)):
        shape = [rng.choice([1, 2, 3, 4, 5, 8, 16]) for _ in range(rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 4]))]
        if shape and rng.random() < 0.06:
            shape[rng.randrange(len(shape))] = 0
        b.add_input(shape, rng.choice(operators.INPUT_TYPES))
    wanted, tries = rng.randint(2, 12), 0
    while len(b.nodes) < wanted and tries < 200:
        tries += 1
        grow(b)
    if not b.nodes:
        return graph(seed + 1_000_000_007)
    read = {name for n in b.nodes for name in (*n.input, *captured(n))}
    outputs = [v for v in b.values if v.name not in read and v not in b.inputs]
    outputs += [v for v in b.values if v.name in read and v not in b.inputs and rng.random() < 0.1]
    used = read
    names = dynamic_dims(b)
    own = own_names(b, seed)
    compute_sizes(b)

    def info(v, dynamic):
        named = dynamic and not v.constant
        dims = [own.get((v.name, k), names.get(d, d)) if named else d for k, d in enumerate(v.array.shape)]
        return helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype), dims)
    inputs = [v for v in b.inputs if v.name in used]
    model = model_of(
        b.nodes, f"seed_{seed}", [info(v, True) for v in inputs],
        [helper.make_tensor_value_info(v.name, helper.np_dtype_to_tensor_dtype(v.array.dtype), None) for v in outputs],
        [numpy_helper.from_array(v.array, v.name) for v in b.constants if v.name in used], b.opset)
    return model, {v.name: v.array for v in inputs}, {v.name: v.array for v in outputs}
