"""Whether outputs are those that a case expects, by the tolerances of the onnx package's own runner."""
import numpy as np
from onnx import TensorProto, numpy_helper

# Two units in the last place: what a graph of several steps may lose against one step, or another order of steps.
TWO_UNITS = {"bfloat16": 2**-6, "float16": 2**-9}


def array(v, data):
    """The NumPy array of a tensor of case.json or result.json."""
    if v["kind"] == "strings":
        return np.array(v["values"], dtype=object).reshape(v["dims"])
    t = TensorProto(data_type=v["type"], dims=v["dims"], raw_data=data[v["at"]:v["at"] + v["bytes"]])
    return numpy_helper.to_array(t)


def type_name(v):
    return TensorProto.DataType.Name(v["type"]).lower()


def is_integer(a):
    return a.dtype.kind in "iub" or a.dtype.name in ("int4", "uint4", "int2", "uint2")


def difference(got, expected, rtol, atol):
    """None when they agree, else a sentence."""
    if got.shape != expected.shape:
        return f"the shape is {list(got.shape)}, expected {list(expected.shape)}"
    if is_integer(expected) or expected.dtype == object:
        wrong = got.astype(object) != expected.astype(object) if expected.dtype == object else got != expected
    else:
        rtol = max(rtol, TWO_UNITS.get(expected.dtype.name, 0))
        g, e = got.astype(np.float64), expected.astype(np.float64)
        wrong = ~np.isclose(g, e, rtol=rtol, atol=atol, equal_nan=True)
    if not np.any(wrong):
        return None
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (f"{np.count_nonzero(wrong)} of {expected.size} elements differ, first at {list(at)}: "
            f"{got[at]}, expected {expected[at]}")


def disagreement(got, expected, got_data, expected_data, rtol, atol):
    """None when a value (of any kind) is the expected one, else a sentence."""
    kind = expected["kind"]
    if got["kind"] != kind:
        return f"it is a {got['kind']}, expected a {kind}"
    if kind == "none":
        return None
    if kind in ("sequence", "map"):
        field = "items" if kind == "sequence" else "values"
        if len(got[field]) != len(expected[field]):
            return f"it has {len(got[field])} items, expected {len(expected[field])}"
        if kind == "map" and got["keys"] != expected["keys"]:
            return f"its keys are {got['keys']}, expected {expected['keys']}"
        for i, (g, e) in enumerate(zip(got[field], expected[field])):
            why = disagreement(g, e, got_data, expected_data, rtol, atol)
            if why:
                return f"item {i}: {why}"
        return None
    if got["type"] != expected["type"]:
        return f"the type is {type_name(got)}, expected {type_name(expected)}"
    return difference(array(got, got_data), array(expected, expected_data), rtol, atol)
