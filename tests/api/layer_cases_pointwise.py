"""Layers that compute element by element."""
import dovetail as trt
import numpy as np
from layer_session import ANY, COMMON, INTEGERS, NUMBERS, REAL, Case

A, E, U = trt.ActivationType, trt.ElementWiseOperation, trt.UnaryOperation
SHAPE, EMPTY = [(2, 3, 4)], [(2, 0, 4)]


def erf(x):
    import math
    return np.vectorize(math.erf, otypes=[float])(x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    A.RELU: (0, 0, lambda x: np.maximum(x, 0)), A.SIGMOID: (0, 0, sigmoid), A.TANH: (0, 0, np.tanh),
    A.LEAKY_RELU: (0.25, 0, lambda x: np.where(x >= 0, x, 0.25 * x)),
    A.ELU: (0.5, 0, lambda x: np.where(x >= 0, x, 0.5 * np.expm1(x))),
    A.SELU: (1.5, 2, lambda x: 2 * np.where(x >= 0, x, 1.5 * np.expm1(x))),
    A.SOFTSIGN: (0, 0, lambda x: x / (1 + np.abs(x))),
    A.SOFTPLUS: (0.5, 2, lambda x: 0.5 * np.log1p(np.exp(2 * x))),
    A.CLIP: (-1, 1, lambda x: np.clip(x, -1 if x.dtype.kind != "u" else 0, 1)),
    A.HARD_SIGMOID: (0.25, 0.5, lambda x: np.clip(0.25 * x + 0.5, 0, 1)),
    A.SCALED_TANH: (2, 0.5, lambda x: 2 * np.tanh(0.5 * x)),
    A.THRESHOLDED_RELU: (0.5, 0, lambda x: np.where(x > 0.5, x, 0)),
    A.GELU_ERF: (0, 0, lambda x: x * 0.5 * (1 + erf(x / np.sqrt(2)))),
    A.GELU_TANH: (0, 0, lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3))))}


def activation(kind, alpha, beta):
    def make(n, x):
        layer = n.add_activation(x, kind)
        layer.alpha, layer.beta = alpha, beta
        return layer.get_output(0)
    return make


def activations():
    for kind, (alpha, beta, want) in ACTIVATIONS.items():
        types = NUMBERS if kind in (A.RELU, A.CLIP) else REAL
        yield Case("Activation", kind.name, SHAPE, activation(kind, alpha, beta), want, types, empty=EMPTY)


def divide(a, b):
    return a / b if a.dtype.kind == "f" else np.trunc(a / b).astype(a.dtype)


ELEMENTWISE = {
    E.SUM: np.add, E.PROD: np.multiply, E.MAX: np.maximum, E.MIN: np.minimum, E.SUB: np.subtract, E.DIV: divide,
    E.POW: np.power, E.FLOOR_DIV: np.floor_divide, E.AND: np.logical_and, E.OR: np.logical_or, E.XOR: np.logical_xor,
    E.EQUAL: np.equal, E.GREATER: np.greater, E.LESS: np.less}


def elementwises():
    for op, want in ELEMENTWISE.items():
        logical, compares = op in (E.AND, E.OR, E.XOR), op in (E.EQUAL, E.GREATER, E.LESS)
        types = ["BOOL"] if logical else NUMBERS
        if op == E.EQUAL:
            types = NUMBERS + ["BOOL"]
        kind = "positive" if op in (E.DIV, E.POW, E.FLOOR_DIV) else "any"
        yield Case("ElementWise", op.name, [(2, 3, 4), (1, 3, 1)],
                   lambda n, a, b, op=op: n.add_elementwise(a, b, op).get_output(0), want, types, kind,
                   empty=[(2, 0, 4), (1, 1, 1)], open={0: (0, 2), 1: ()},
                   out="BOOL" if compares else None)


UNARY = {
    U.EXP: np.exp, U.LOG: np.log, U.SQRT: np.sqrt, U.RECIP: lambda x: 1 / x, U.ABS: np.abs, U.NEG: np.negative,
    U.SIN: np.sin, U.COS: np.cos, U.TAN: np.tan, U.SINH: np.sinh, U.COSH: np.cosh, U.ASIN: np.arcsin, U.ACOS: np.arccos,
    U.ATAN: np.arctan, U.ASINH: np.arcsinh, U.ACOSH: np.arccosh, U.ATANH: np.arctanh, U.CEIL: np.ceil,
    U.FLOOR: np.floor, U.ERF: erf, U.NOT: np.logical_not, U.SIGN: np.sign, U.ROUND: np.rint,
    U.ISINF: np.isinf, U.ISNAN: np.isnan}


def unaries():
    signed = [t for t in INTEGERS if t.startswith("INT")]
    for op, want in UNARY.items():
        types = {U.NOT: ["BOOL"], U.ABS: REAL + signed, U.NEG: REAL + signed, U.SIGN: REAL + signed}.get(op, REAL)
        kind = {U.LOG: "positive", U.SQRT: "positive", U.RECIP: "above_one", U.ASIN: "unit", U.ACOS: "unit",
                U.ATANH: "unit", U.ACOSH: "above_one"}.get(op, "any")
        out = "BOOL" if op in (U.ISINF, U.ISNAN) else None
        yield Case("Unary", op.name, SHAPE, lambda n, x, op=op: n.add_unary(x, op).get_output(0), want, types, kind,
                   empty=EMPTY, out=out)


def identity_as(to):
    def make(n, x):
        layer = n.add_identity(x)
        layer.set_output_type(0, to)
        return layer.get_output(0)
    return make


def others():
    yield Case("ParametricReLU", "", [(2, 3, 4), (1, 3, 1)],
               lambda n, x, s: n.add_parametric_relu(x, s).get_output(0), lambda x, s: np.where(x < 0, x * s, x), REAL,
               empty=[(0, 3, 4), (1, 3, 1)], open={0: (0, 2)})
    yield Case("Select", "", [(2, 3, 4), (1, 3, 1), (2, 3, 4)],
               lambda n, a, b, c: n.add_select(c, a, b).get_output(0), lambda a, b, c: np.where(c, a, b), ANY,
               fixed={2: lambda rng, s: rng.integers(0, 2, s).astype(bool)}, empty=[(2, 0, 4), (1, 1, 1), (2, 0, 4)],
               open={0: (0,), 2: (0,)})
    yield Case("Identity", "", SHAPE, lambda n, x: n.add_identity(x).get_output(0), lambda x: x, ANY, empty=EMPTY)
    yield Case("Identity", "output_type", SHAPE, identity_as(trt.float32), lambda x: x.astype(np.float64), COMMON,
               empty=EMPTY, out="FLOAT")
    for to in ("FLOAT", "INT32", "BOOL", "HALF", "INT64", "FLOAT64"):
        def want(x, to=to):
            return x != 0 if to == "BOOL" else np.trunc(x).astype(np.int64) if to.startswith("INT") else x.astype(float)
        yield Case("Cast", to, SHAPE, lambda n, x, to=to: n.add_cast(x, getattr(trt.DataType, to)).get_output(0), want,
                   ANY, empty=EMPTY, out=to)


def cases():
    yield from activations()
    yield from elementwises()
    yield from unaries()
    yield from others()
