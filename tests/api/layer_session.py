"""Runs one case of the layer tables: makes the network, builds and runs it, and compares with what NumPy says.

A case is tried with every data type in the place of its first input's, with shapes that are fixed, open (a profile
bounds them) and empty. A type that the network refuses must be refused with a reason; which types may not be refused
stands in the case. Types below 8 bits enter and leave through casts, as NumPy has no packed arrays.
"""
import dataclasses
import zlib
from typing import Any, Callable

import dovetail as trt
import ml_dtypes as ml
import numpy as np

FLOATS = {"FLOAT": np.float32, "HALF": np.float16, "BF16": ml.bfloat16, "FLOAT64": np.float64, "FP8": ml.float8_e4m3fn,
          "FP8E5M2": ml.float8_e5m2, "FP8E4M3FNUZ": ml.float8_e4m3fnuz, "FP8E5M2FNUZ": ml.float8_e5m2fnuz,
          "FP4": ml.float4_e2m1fn, "E8M0": ml.float8_e8m0fnu}
INTEGERS = {"INT32": np.int32, "INT64": np.int64, "INT8": np.int8, "INT16": np.int16, "UINT8": np.uint8,
            "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "INT4": ml.int4, "UINT4": ml.uint4,
            "INT2": ml.int2, "UINT2": ml.uint2}
TYPES = {**FLOATS, **INTEGERS, "BOOL": np.bool_}
#: Types that NumPy arrays have no packed form of, and what they enter and leave as.
NARROW = {"INT4": "INT8", "INT2": "INT8", "UINT4": "UINT8", "UINT2": "UINT8", "FP4": "FLOAT"}
#: A power of two has no sign and no zero: arithmetic on it is not asked for.
REAL = [t for t in FLOATS if t != "E8M0"]
NUMBERS = REAL + list(INTEGERS)
ANY = NUMBERS + ["BOOL", "E8M0"]
COMMON = ["FLOAT", "HALF", "BF16", "FLOAT64"]


class Log(trt.ILogger):
    def __init__(self):
        super().__init__()
        self.errors: list[str] = []

    def log(self, severity, msg):
        if severity <= trt.ILogger.ERROR:
            self.errors.append(msg)


@dataclasses.dataclass
class Case:
    layer: str  # The method without "add": "Activation".
    mode: str
    shapes: list
    make: Callable[..., Any]  # (network, *inputs) -> a tensor or a list of them
    want: Callable[..., Any]  # (*arrays) -> an array or a list of them: floating ones in float64, integers as they are
    types: list = dataclasses.field(default_factory=lambda: COMMON)  # that must be accepted
    draw: str = "any"  # any, positive, unit, above_one
    fixed: dict = dataclasses.field(default_factory=dict)  # index -> an array, or a function of the generator
    open: Any = None  # index -> axes that may be open; None: all; {}: none
    empty: Any = None  # shapes of the empty variant; None: there is none
    depth: int = 4  # roundings that a result may go through
    near: bool = False  # integers come from fractions that may be a rounding away from the next
    out: Any = None  # output type, when it is not the input's; or a table of them

    @property
    def id(self):
        return f"{self.layer}-{self.mode}" if self.mode else self.layer


class Net:
    """A network with what the tables need of it."""

    def __init__(self):
        self.log = Log()
        self.builder = trt.Builder(self.log)
        self.network = trt.Builder.create_network(self.builder)
        self.kept = []

    def __getattr__(self, name):
        return getattr(self.network, name)

    def const(self, values, dtype=None):
        array = np.array(values, dtype, order="C")
        self.kept.append(array)
        return self.network.add_constant(array.shape, array).get_output(0)

    def like(self, x, values):
        """A constant of the type that a tensor has."""
        return self.cast(self.const(values, np.float32), x.dtype)

    def cast(self, x, dtype):
        return x if x.dtype == dtype else self.network.add_cast(x, dtype).get_output(0)


def draw(rng, shape, kind, dtype):
    """Numbers that every type has: eighths of small integers, or small integers."""
    name = np.dtype(dtype).name
    if name == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if name == "float8_e8m0fnu":
        return (2.0 ** rng.integers(-2, 3, shape)).astype(dtype)
    if dtype in INTEGERS.values():
        low = 0 if name.startswith("u") else -2 if name == "int2" else -4
        high = {"int2": 2, "uint2": 4}.get(name, 5)
        if kind in ("positive", "above_one"):
            low = 1
        return rng.integers(low, high, shape).astype(dtype)
    if name == "float4_e2m1fn":
        table = {"any": [-3, -1.5, -1, -0.5, 0, 0.5, 1, 2, 3], "positive": [0.5, 1, 1.5, 2, 3], "unit": [-0.5, 0, 0.5],
                 "above_one": [1, 1.5, 2]}[kind]
        return rng.choice(table, shape).astype(dtype)
    low, high = {"any": (-16, 17), "positive": (1, 25), "unit": (-7, 8), "above_one": (8, 25)}[kind]
    return (rng.integers(low, high, shape) / 8).astype(dtype)


def inputs_of(case, dtype, shapes):
    rng = np.random.default_rng(zlib.crc32(case.id.encode()))
    arrays = []
    for i, shape in enumerate(shapes):
        fixed = case.fixed.get(i)
        if fixed is None:
            arrays.append(draw(rng, shape, case.draw, dtype))
        else:
            arrays.append(np.asarray(fixed(rng, shape) if callable(fixed) else fixed))
    return arrays


def numpy_type(dtype):
    return TYPES[dtype.name]


def enter(net, i, array, shape):
    """Input i of the network with the array's type."""
    name = next(n for n, t in TYPES.items() if np.dtype(t) == array.dtype)
    x = net.add_input(f"x{i}", getattr(trt.DataType, NARROW.get(name, name)), shape)
    return net.cast(x, getattr(trt.DataType, name))


def open_shape(case, i, shape):
    axes = range(len(shape)) if case.open is None else case.open.get(i, ())
    return tuple(-1 if a in axes else d for a, d in enumerate(shape))


class Refused(Exception):
    pass


def misused(misuse, net):
    """What a misuse makes of its inputs."""
    kinds = misuse.types or ("FLOAT",) * len(misuse.shapes)
    return misuse.make(net, *(net.add_input(f"x{i}", getattr(trt.DataType, k), s)
                              for i, (k, s) in enumerate(zip(kinds, misuse.shapes))))


def refusal(misuse):
    """What the network says to a misuse; "" when it takes it."""
    net = Net()
    result = misused(misuse, net)
    if isinstance(result, trt.ITensor) and not net.log.errors:
        _ = result.shape  # what follows from it is inferred when it is asked for
        net.mark_output(result)
    if not net.log.errors and result is not None:
        net.builder.build_serialized_network(net.network, net.builder.create_builder_config())
    return "\n".join(net.log.errors)


def engine_of(case, arrays, is_open, level):
    """Builds the case for these inputs. Raises Refused with what was logged."""
    net = Net()
    profile = net.builder.create_optimization_profile()
    tensors = []
    for i, array in enumerate(arrays):
        shape = open_shape(case, i, array.shape) if is_open else array.shape
        tensors.append(enter(net, i, array, shape))
        emptied = case.empty[i] if case.empty else array.shape
        least = tuple(d if s >= 0 else min(d, e) for s, d, e in zip(shape, array.shape, emptied))
        most = tuple(d if s >= 0 else d + 3 for s, d in zip(shape, array.shape))
        profile.set_shape(f"x{i}", least, array.shape, most)
    made = case.make(net, *tensors)
    outputs = made if isinstance(made, (list, tuple)) else [made]
    if net.log.errors or any(y is None for y in outputs):
        raise Refused("\n".join(net.log.errors))
    for k, y in enumerate(outputs):
        if NARROW.get(y.dtype.name):
            y = net.cast(y, getattr(trt.DataType, NARROW[y.dtype.name]))
        y.name = f"y{k}"
        net.mark_output(y)
    types = [y.dtype for y in outputs]
    config = net.builder.create_builder_config()
    config.builder_optimization_level = level
    config.max_threads = 1
    config.add_optimization_profile(profile)
    plan = None if net.log.errors else net.builder.build_serialized_network(net.network, config)
    if plan is None:
        raise Refused("\n".join(net.log.errors))
    engine = trt.Runtime(net.log).deserialize_cuda_engine(plan)
    assert engine is not None, net.log.errors
    return engine, types


def as_numbers(array):
    """What the oracle computes with: float64, or integers that wrap as their type does."""
    if array.dtype in [np.dtype(t) for t in FLOATS.values()]:
        return array.astype(np.float64)
    if array.dtype.name in ("int4", "uint4", "int2", "uint2"):
        return array.astype(np.int64)
    return array


def wrapped(values, dtype):
    """Integers as a type of 4 or 2 bits keeps them."""
    bits = {"4": 4, "2": 2}[np.dtype(dtype).name[-1]]
    low = np.asarray(values).astype(np.int64) & ((1 << bits) - 1)
    return low - ((low >> (bits - 1)) << bits) if np.dtype(dtype).name.startswith("i") else low


def compare(case, got, want, dtype):
    """Raises AssertionError when a result differs by more than the type's roundings."""
    want = np.asarray(want)
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}"
    if np.dtype(dtype) in [np.dtype(t) for t in FLOATS.values()]:
        eps = max(float(ml.finfo(dtype).eps), 2.0 ** -23 if want.dtype == np.float32 else 0)
        exact = want.astype(np.float64)
        finite = np.abs(exact[np.isfinite(exact)])
        scale = finite.max() if finite.size else 0
        with np.errstate(all="ignore"):
            rounded = exact if NARROW.get(np.dtype(dtype).name) else exact.astype(dtype).astype(np.float64)
        ok = np.isclose(got.astype(np.float64), rounded, rtol=case.depth * eps, atol=case.depth * eps * min(scale, 1),
                        equal_nan=True)
        at = np.argwhere(~ok)
        assert ok.all(), f"{len(at)} of {ok.size} differ, at {at[0]}: {got[tuple(at[0])]}, not {exact[tuple(at[0])]}"
        return
    if np.dtype(dtype).name in ("int4", "uint4", "int2", "uint2"):
        want = wrapped(want, dtype)
    if case.near:
        np.testing.assert_allclose(got.astype(np.float64), want.astype(np.float64), atol=1)
    else:
        np.testing.assert_array_equal(got.astype(want.dtype), want)


def run(case, type_name, variant, level=0):
    """Runs a case, built at an optimization level. Raises Refused, or AssertionError when it is wrong."""
    shapes = case.empty if variant == "empty" else case.shapes
    arrays = inputs_of(case, TYPES[type_name], shapes)
    engine, types = engine_of(case, arrays, variant == "open", level)
    feed = {f"x{i}": a.astype(TYPES[NARROW[t]]) if (t := name_of(a)) in NARROW else a for i, a in enumerate(arrays)}
    got = engine.run(feed)
    if type_name == "E8M0" and type_name not in case.types:
        return  # it may be computed with, but what is left of sums and of zeros is not asked for
    with np.errstate(all="ignore"):
        want = case.want(*map(as_numbers, arrays))
    want = want if isinstance(want, (list, tuple)) else [want]
    assert len(want) == len(types)
    for k, (values, dtype) in enumerate(zip(want, types)):
        if k == 0:
            expected = case.out.get(type_name, type_name) if isinstance(case.out, dict) else case.out or type_name
            assert dtype.name == expected, f"the output is {dtype.name}"
        compare(case, got[f"y{k}"], values, numpy_type(dtype))


def name_of(array):
    return next(n for n, t in TYPES.items() if np.dtype(t) == array.dtype)
