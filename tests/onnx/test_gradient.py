"""Gradient (ai.onnx.preview.training) against differences of the model's values.

Every case is a few nodes from x (and w) to y in double precision. What is right comes from the onnx package's reference
evaluator: the sum of y at x + h and x - h, for each element of x.
"""
import os
import pathlib
import subprocess

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DOVETAIL_COMMAND", str(ROOT / "build" / "release" / "tools" / "dovetail"))
pytestmark = pytest.mark.skipif(not os.path.exists(COMMAND), reason=f"no command at {COMMAND}; run ./dev build")
H = 1e-5  # differences err by H^2 and by 1e-16 / H
TOLERANCE = 1e-6
CONSTANTS = {"axes1": np.array([1]), "axes02": np.array([0, 2]), "flat": np.array([-1]), "ten": np.array([2, 12]),
             "two": np.array(2.0), "half": np.array(0.5)}


def positive(*shape):
    """Away from 0, where roots and logarithms end."""
    return np.random.default_rng(3).uniform(0.5, 2, shape)


def signed(*shape):
    """Away from 0, where absolute values have a kink."""
    rng = np.random.default_rng(4)
    return rng.uniform(0.2, 2, shape) * rng.choice([-1, 1], shape)


def n(op, inputs, output="y", **attributes):
    return helper.make_node(op, inputs.split(), [output], f"node_{output}", **attributes)


X = signed(2, 3, 4)
CASES = {
    **{op.lower(): ([n(op, "x")], X) for op in
       ("Abs", "Cos", "Exp", "Identity", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sin", "Tanh", "Flatten")},
    **{op.lower(): ([n(op, "x")], positive(3, 4)) for op in ("Log", "Sqrt")},
    **{op.lower(): ([n(op, "x w")], X, signed(2, 3, 4)) for op in ("Add", "Sub", "Mul", "Div")},
    **{op.lower() + "_broadcast": ([n(op, "x w")], X, signed(3, 1)) for op in ("Add", "Sub", "Mul", "Div")},
    **{op.lower() + "_broadcast_left": ([n(op, "w x")], X, signed(1, 4)) for op in ("Sub", "Mul", "Div")},
    "pow": ([n("Pow", "x w")], positive(3, 4), signed(4)),
    "pow_constant": ([n("Pow", "x two")], X),
    "sum": ([n("Sum", "x w x")], X, signed(4)),
    "matmul": ([n("MatMul", "x w")], signed(3, 4), signed(4, 5)),
    "matmul_batch": ([n("MatMul", "x w")], signed(2, 3, 4), signed(4, 5)),
    "gemm": ([n("Gemm", "x w", alpha=0.5)], signed(3, 4), signed(4, 5)),
    "gemm_transposed": ([n("Gemm", "x w", transA=1, transB=1)], signed(4, 3), signed(5, 4)),
    "gemm_transposed_a": ([n("Gemm", "x w", transA=1)], signed(4, 3), signed(4, 5)),
    "gemm_transposed_b": ([n("Gemm", "x w", transB=1)], signed(3, 4), signed(5, 4)),
    "gemm_bias": ([n("Gemm", "w w w", "t", transB=1), n("Gemm", "t t x", beta=0.25)], signed(1, 3), signed(3, 3)),
    "reduce_sum": ([n("ReduceSum", "x axes02", "t", keepdims=0), n("Mul", "t t")], X),
    "reduce_mean": ([n("ReduceMean", "x axes1", "t"), n("Mul", "t x")], X),
    "reduce_all": ([n("ReduceMean", "x", "t", keepdims=0), n("Exp", "t")], X),
    "reshape": ([n("Reshape", "x ten", "t"), n("Mul", "t w")], X, signed(2, 12)),
    "squeeze": ([n("Unsqueeze", "x axes1", "t"), n("Exp", "t", "u"), n("Squeeze", "u axes1")], X),
    "transpose": ([n("Transpose", "x", "t", perm=[1, 2, 0]), n("Mul", "t w")], X, signed(3, 4, 2)),
    "transpose_reversed": ([n("Transpose", "x", "t"), n("Mul", "t w")], X, signed(4, 3, 2)),
    "cast": ([n("Cast", "x", to=TensorProto.DOUBLE)], X),
    "twice": ([n("Mul", "x x", "t"), n("Mul", "t x")], X),
    "layers": ([n("MatMul", "x w", "t"), n("Tanh", "t", "u"), n("MatMul", "u w", "v"), n("Sigmoid", "v", "s"),
                n("Sub", "s half", "d"), n("Mul", "d d")], signed(3, 4), signed(4, 4)),
}


def info(name, a):
    return helper.make_tensor_value_info(name, TensorProto.DOUBLE, None if a is None else a.shape)


def model_of(nodes, inputs, xs, node_inputs=None, outputs=None):
    """The nodes, and Gradient behind them; inputs are {name: array}."""
    gradient = helper.make_node("Gradient", node_inputs or xs, outputs or [f"d{x}" for x in xs], "gradient",
                                domain="ai.onnx.preview.training", xs=xs, y="y")
    used = {i for node in nodes for i in node.input}
    constants = [numpy_helper.from_array(v, k) for k, v in CONSTANTS.items() if k in used]
    graph = helper.make_graph([*nodes, gradient], "g", [info(k, a) for k, a in inputs.items()],
                              [info(o, None) for o in ["y", *gradient.output]], constants)
    return helper.make_model(graph, ir_version=8, opset_imports=[
        helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.preview.training", 1)])


def run(folder, model, inputs, expect=0):
    onnx.save(model, folder / "m.onnx")
    arguments = [COMMAND, "run", folder / "m.onnx", "--opt-level", "0", "--out", folder / "y.npz"]
    for name, a in inputs.items():
        np.save(folder / f"{name}.npy", a)
        arguments += ["--input", f"{name}={folder}/{name}.npy"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    assert done.returncode == expect, done.stderr
    return dict(np.load(folder / "y.npz")) if expect == 0 else done.stderr


def differences(nodes, inputs, name):
    """d(sum of y)/dx, element by element."""
    model = model_of(nodes, inputs, [name])
    del model.graph.node[-1], model.graph.output[1:]
    forward = ReferenceEvaluator(model)
    result = np.zeros_like(inputs[name])
    for at in np.ndindex(result.shape):
        sums = []
        for h in (H, -H):
            moved = {k: a.copy() for k, a in inputs.items()}
            moved[name][at] += h
            sums.append(forward.run(None, moved)[0].sum())
        result[at] = (sums[0] - sums[1]) / (2 * H)
    return result


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_differences(name, tmp_path):
    nodes, *arrays = CASES[name]
    inputs = dict(zip("xw", arrays))
    got = run(tmp_path, model_of(nodes, inputs, list(inputs)), inputs)
    for k in inputs:
        np.testing.assert_allclose(got[f"d{k}"], differences(nodes, inputs, k), rtol=TOLERANCE, atol=TOLERANCE, err_msg=k)


def test_is_taken_where_its_inputs_say(tmp_path):
    """The node's inputs are other tensors than those that its attributes name: y is computed anew."""
    nodes, inputs = [n("Exp", "x", "h"), n("Mul", "h h")], {"x": X, "at": X + 1}
    got = run(tmp_path, model_of(nodes, inputs, ["x"], ["at"]), inputs)
    np.testing.assert_allclose(got["dx"], 2 * np.exp(2 * (X + 1)), rtol=1e-12)
    np.testing.assert_allclose(got["y"], np.exp(2 * X), rtol=1e-12)


def test_an_intermediate_value_may_be_independent(tmp_path):
    nodes = [n("Exp", "x", "h"), n("Mul", "h h")]
    np.testing.assert_allclose(run(tmp_path, model_of(nodes, {"x": X}, ["h"]), {"x": X})["dh"], 2 * np.exp(X), rtol=1e-12)


def test_what_has_no_influence_has_the_gradient_0(tmp_path):
    inputs = {"x": X, "w": signed(3)}
    got = run(tmp_path, model_of([n("Exp", "x")], inputs, ["w"]), inputs)
    np.testing.assert_array_equal(got["dw"], np.zeros(3))


@pytest.mark.parametrize("nodes, reason", [
    ([n("Erf", "x")], "the operator Erf of node 'node_y' cannot be differentiated"),
    ([helper.make_node("Split", ["x"], ["a", "y"], "s", axis=2, num_outputs=2)], "through first outputs only"),
])
def test_refusals_name_the_operator(nodes, reason, tmp_path):
    assert reason in run(tmp_path, model_of(nodes, {"x": X}, ["x"]), {"x": X}, expect=3)


def test_a_gradient_of_a_gradient_is_refused(tmp_path):
    model = model_of([n("Mul", "x x")], {"x": X}, ["x"])
    model.graph.node.append(helper.make_node("Gradient", ["x"], ["ddx"], "second", domain="ai.onnx.preview.training",
                                             xs=["x"], y="dx"))
    assert "only first derivatives" in run(tmp_path, model, {"x": X}, expect=3)
