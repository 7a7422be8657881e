"""The dovetail command as a user meets it: results, messages and exit codes."""
import json
import os
import pathlib
import random
import subprocess

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DOVETAIL_COMMAND", str(ROOT / "build" / "release" / "tools" / "dovetail"))
pytestmark = pytest.mark.skipif(not os.path.exists(COMMAND), reason=f"no command at {COMMAND}; run ./dev build")

FULL = bool(os.environ.get("DOVETAIL_TEST_FULL"))
OK, FAILED, USAGE, UNSUPPORTED, MISMATCH = 0, 1, 2, 3, 4


def call(*arguments, expect=OK, env=None):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(env or {})})
    assert done.returncode == expect, f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
    return done


def model(nodes, inputs, outputs, constants=(), opset=17):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    """y = relu(x W + b) with a dynamic batch."""
    folder = tmp_path_factory.mktemp("mlp")
    rng = np.random.default_rng(0)
    w, b = rng.standard_normal((8, 16)).astype("f4"), rng.standard_normal(16).astype("f4")
    m = model(
        [helper.make_node("Gemm", ["x", "w", "b"], ["h"], "dense"), helper.make_node("Relu", ["h"], ["y"], "activation")],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 16])],
        [onnx.numpy_helper.from_array(w, "w"), onnx.numpy_helper.from_array(b, "b")])
    onnx.save(m, folder / "mlp.onnx")
    call("build", folder / "mlp.onnx", "-o", folder / "mlp.plan", "--shapes", "x:1..4@2x8", "--detailed")
    return folder, w, b


def test_run_matches_numpy_at_every_batch_of_the_profile(mlp, tmp_path):
    folder, w, b = mlp
    for batch in (1, 2, 3, 4):
        x = np.random.default_rng(batch).standard_normal((batch, 8)).astype("f4")
        np.save(tmp_path / "x.npy", x)
        call("run", folder / "mlp.plan", "--input", f"x={tmp_path}/x.npy", "--out", tmp_path / "y.npz")
        np.testing.assert_allclose(np.load(tmp_path / "y.npz")["y"], np.maximum(x @ w + b, 0), rtol=1e-5, atol=1e-5)


def test_a_model_runs_without_a_plan_file_and_writes_npy(mlp, tmp_path):
    folder, _, _ = mlp
    done = call("run", folder / "mlp.onnx", "--shapes", "x:3x8", "--seed", 7, "--out", tmp_path / "y.npy")
    assert "y: f32 3x16" in done.stdout
    assert np.load(tmp_path / "y.npy").shape == (3, 16)


@pytest.mark.parametrize("kind, dtype", [("INT4", "i1"), ("UINT2", "u1"), ("FLOAT8E5M2", "u1"), ("BFLOAT16", "u2")])
def test_types_that_numpy_lacks_are_files_of_their_bits(tmp_path, kind, dtype):
    element = getattr(TensorProto, kind)
    m = model([helper.make_node("Transpose", ["x"], ["y"])], [helper.make_tensor_value_info("x", element, [3, 5])],
              [helper.make_tensor_value_info("y", element, [5, 3])], opset=25)
    onnx.save(m, tmp_path / "m.onnx")
    x = np.random.default_rng(0).integers(-2 if dtype == "i1" else 0, 2 if dtype == "i1" else 4, (3, 5)).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    call("run", tmp_path / "m.onnx", "--input", f"x={tmp_path}/x.npy", "--out", tmp_path / "y.npy")
    got = np.load(tmp_path / "y.npy")
    assert got.dtype == x.dtype
    np.testing.assert_array_equal(got, x.T)


@pytest.mark.parametrize("words", [["a", "Grüße"], [b"a", b"bc"], ["\U0001f600", "x" * 70]])
def test_text_comes_from_files_and_goes_to_them(tmp_path, words):
    m = model([helper.make_node("StringConcat", ["x", "x"], ["y"])], [helper.make_tensor_value_info("x", TensorProto.STRING, [2])],
              [helper.make_tensor_value_info("y", TensorProto.STRING, [2])], opset=20)
    onnx.save(m, tmp_path / "m.onnx")
    np.save(tmp_path / "x.npy", np.array(words))
    done = call("run", tmp_path / "m.onnx", "--input", f"x={tmp_path}/x.npy", "--out", tmp_path / "y.npz")
    expected = [w.decode() if isinstance(w, bytes) else w for w in words]
    assert np.load(tmp_path / "y.npz")["y"].tolist() == [w + w for w in expected]
    assert "y: text 2" in done.stdout and f"'{expected[0] * 2}'" in done.stdout
    assert "y: text 2  '" in call("run", tmp_path / "m.onnx").stdout
    call("bench", tmp_path / "m.onnx", "--iterations", 3)


def test_a_shape_outside_the_profile_is_refused_by_name(mlp):
    folder, _, _ = mlp
    done = call("run", folder / "mlp.plan", "--shapes", "x:5x8", expect=FAILED)
    assert "'x'" in done.stderr and "5" in done.stderr and "1..4" in done.stderr


def test_the_same_inputs_and_timing_cache_give_the_same_plan(mlp, tmp_path):
    folder, _, _ = mlp
    arguments = ["--shapes", "x:1..4@2x8", "--timing-cache", tmp_path / "times.txt"]
    call("build", folder / "mlp.onnx", "-o", tmp_path / "a.plan", *arguments)
    call("build", folder / "mlp.onnx", "-o", tmp_path / "b.plan", *arguments)
    assert (tmp_path / "a.plan").read_bytes() == (tmp_path / "b.plan").read_bytes()
    assert (tmp_path / "times.txt").read_text().startswith("# dovetail timing cache")


def test_a_damaged_timing_cache_is_a_warning(mlp, tmp_path):
    folder, _, _ = mlp
    (tmp_path / "times.txt").write_text("not a cache\n")
    done = call("build", folder / "mlp.onnx", "-o", tmp_path / "a.plan", "--shapes", "x:1x8", "--timing-cache",
                tmp_path / "times.txt")
    assert "timing cache" in done.stderr


def test_inspect_shows_io_profiles_and_origin(mlp):
    folder, _, _ = mlp
    text = call("inspect", folder / "mlp.plan", "--layers").stdout
    assert "x f32[-1,8]" in text and "max [4,8]" in text and "dense" in text
    report = json.loads(call("inspect", folder / "mlp.plan", "--json").stdout)
    assert report["kind"] == "plan" and {t["name"] for t in report["tensors"]} == {"x", "y"}
    report = json.loads(call("inspect", folder / "mlp.onnx", "--json", "--layers").stdout)
    assert report["kind"] == "model" and report["num_layers"] > 0


def test_bench_reports_percentiles_as_json(mlp, tmp_path):
    folder, _, _ = mlp
    done = call("bench", folder / "mlp.plan", "--iterations", 20, "--warm-up", 1, "--layers", "--json", tmp_path / "b.json")
    assert "latency" in done.stdout
    report = json.loads((tmp_path / "b.json").read_text())
    assert report["runs"] == 20 and report["latency_ms"]["min"] <= report["latency_ms"]["median"] <= report["latency_ms"]["max"]
    assert len(report["layers"]) >= 1


def test_bench_holds_each_layer_against_what_the_machine_can_do(mlp, tmp_path):
    folder, _, _ = mlp
    done = call("bench", folder / "mlp.plan", "--iterations", 20, "--warm-up", 1, "--roofline", "--json", tmp_path / "b.json")
    report = json.loads((tmp_path / "b.json").read_text())
    assert report["memory_bytes"] >= report["memory_bound_bytes"] and report["weight_bytes"] > 0 and report["first_run_ms"] > 0
    roofline = report["roofline"]
    layers, total = roofline["layers"], roofline["total"]
    assert sum(r["flops"] for r in layers) == total["flops"] == 2 * 2 * 8 * 16  # the profile's optimum is a batch of 2
    assert all(r["bytes"] > 0 and r["tactic"] for r in layers)
    for r in layers:
        needs = [r[what] / peak for what, peak in (("flops", roofline["peak_flops"]), ("bytes", roofline["peak_bandwidth"])) if peak]
        assert r["roof_ms"] == pytest.approx(1e3 * max(needs, default=0))
    assert "% roof" in done.stdout and done.stdout.rstrip().endswith("total")


def test_a_budget_of_nothing_builds_a_plan_that_is_right(mlp, tmp_path):
    folder, w, b = mlp
    cache = tmp_path / "timings.txt"
    call("build", folder / "mlp.onnx", "-o", tmp_path / "m.plan", "--shapes", "x:2x8", "--build-budget", 0, "--timing-cache", cache)
    assert len(cache.read_text().splitlines()) == 1  # the header
    x = np.ones((2, 8), "f4")
    np.save(tmp_path / "x.npy", x)
    call("run", tmp_path / "m.plan", "--input", f"x={tmp_path}/x.npy", "--out", tmp_path / "y.npz")
    np.testing.assert_allclose(np.load(tmp_path / "y.npz")["y"], np.maximum(x @ w + b, 0), rtol=1e-5, atol=1e-5)
    call("build", folder / "mlp.onnx", "-o", tmp_path / "m.plan", "--build-budget", -1, expect=USAGE)


def test_bench_op_times_and_checks_every_tactic(tmp_path):
    problem = "matmul (f32[3,20], const f32[20,7]) -> f32[3,7]"
    done = call("bench", "op", problem, "--json", tmp_path / "op.json")
    report = json.loads((tmp_path / "op.json").read_text())
    assert report["problem"] == problem and report["flops"] == 2 * 3 * 20 * 7 and report["bytes"] == 4 * (60 + 140 + 21)
    assert all(t["ms"] > 0 and t["agrees"] for t in report["tactics"])
    assert done.stdout.count("agrees") == len(report["tactics"]) > 0 and "GFLOP/s" in done.stdout
    big = "matmul (f32[1100,1100], f32[1100,1100]) -> f32[1100,1100]"
    assert "not checked" in call("bench", "op", big, "--tactic", "cpu.matmul.*").stdout


def test_bench_op_checks_tactics_against_the_reference():
    done = call("bench", "op", "softmax{axis=-1} (f32[4,33]) -> f32[4,33]", "--mode", "check")
    assert "agrees" in done.stdout and "cpu.reference" in done.stdout
    assert "expected" in call("bench", "op", "softmax{axis=-1} (f32[4", expect=FAILED).stderr.lower()


@pytest.mark.parametrize("arguments, word", [
    ([], "subcommand"),
    (["build"], "required"),
    (["run", "x.plan", "--no-such-flag"], "--no-such-flag"),
])
def test_wrong_usage_exits_2(arguments, word):
    done = call(*arguments, expect=USAGE)
    assert word in done.stdout + done.stderr


def test_bad_shapes_exit_2_and_say_the_syntax(mlp, tmp_path):
    folder, _, _ = mlp
    for shape in ("x", "x:ax8", "x:4..2x8", "nope:1x8", "x:1x8x9"):
        done = call("build", folder / "mlp.onnx", "-o", tmp_path / "p", "--shapes", shape, expect=USAGE)
        assert "--shapes" in done.stderr


def test_help_shows_examples_and_exit_codes():
    text = call("--help").stdout
    assert "dovetail build model.onnx" in text and "Exit codes" in text
    assert "--timing-cache" in call("build", "--help").stdout


def test_files_that_are_neither_model_nor_plan(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text("hello, this is not a model\n" * 20)
    (tmp_path / "half.plan").write_bytes(b"ftrt" + b"\0" * 30)
    for name in ("empty", "text", "half.plan"):
        assert name in call("run", tmp_path / name, expect=FAILED).stderr
    assert "no-such-file" in call("run", tmp_path / "no-such-file", expect=FAILED).stderr


def test_an_unknown_operator_is_named_with_its_node(tmp_path):
    m = model([helper.make_node("Frobnicate", ["x"], ["y"], "the_node")],
              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])])
    onnx.save(m, tmp_path / "m.onnx")
    done = call("build", tmp_path / "m.onnx", "-o", tmp_path / "p", expect=UNSUPPORTED)
    assert "Frobnicate" in done.stderr and "the_node" in done.stderr


def test_a_missing_input_is_named_with_its_node(tmp_path):
    m = model([helper.make_node("Relu", ["nowhere"], ["y"], "the_node")], [],
              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])])
    onnx.save(m, tmp_path / "m.onnx")
    done = call("build", tmp_path / "m.onnx", "-o", tmp_path / "p", expect=FAILED)
    assert "nowhere" in done.stderr


def test_altered_and_cut_plans_are_refused(mlp, tmp_path):
    folder, _, _ = mlp
    good = (folder / "mlp.plan").read_bytes()
    rng = random.Random(1)
    for _ in range(1000 if FULL else 40):
        bad = bytearray(good)
        at = rng.randrange(len(bad))
        bad[at] ^= 1 << rng.randrange(8)
        (tmp_path / "bad.plan").write_bytes(bad)
        done = subprocess.run([COMMAND, "run", tmp_path / "bad.plan"], capture_output=True, text=True, timeout=60)
        assert done.returncode == FAILED, f"byte {at} was altered and not noticed"
        assert "plan" in done.stderr
    for _ in range(100 if FULL else 20):
        (tmp_path / "bad.plan").write_bytes(good[:rng.randrange(len(good))])
        assert call("run", tmp_path / "bad.plan", expect=FAILED).stderr


def test_an_input_may_be_fixed(tmp_path):
    part = helper.make_tensor_value_info("part", TensorProto.INT64, [])
    m = model([helper.make_node("SplitToSequence", ["x", "part"], ["s"])],
              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [6]), part],
              [helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)])
    onnx.save(m, tmp_path / "m.onnx")
    x = np.arange(6, dtype="f4")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "part.npy", np.array(2))
    for value in ("part=2", f"part={tmp_path}/part.npy"):
        call("run", tmp_path / "m.onnx", "--value", value, "--input", f"x={tmp_path}/x.npy", "--out", tmp_path / "s.npz")
        s = np.load(tmp_path / "s.npz")
        np.testing.assert_array_equal([s["s[0]"], s["s[1]"], s["s[2]"]], x.reshape(3, 2))
    for value, reason in (("part", "expected NAME=5"), ("part=1,2", "one number"), ("part=[2,]", "expected NAME=5"),
                          ("part=a", "expected NAME=5")):
        assert reason in call("build", tmp_path / "m.onnx", "-o", tmp_path / "m.plan", "--value", value, expect=USAGE).stderr
    done = call("build", tmp_path / "m.onnx", "-o", tmp_path / "m.plan", "--value", "q=2", expect=FAILED)
    assert "'q', which is no input of the model" in done.stderr


def test_items_of_a_sequence_are_inputs(tmp_path):
    items = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    node = helper.make_node("ConcatFromSequence", ["s"], ["y"], "joined", axis=0)
    onnx.save(model([node], [items], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]), tmp_path / "m.onnx")
    a, b = np.arange(6, dtype="f4").reshape(2, 3), np.ones((1, 3), "f4")
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    call("run", tmp_path / "m.onnx", "--shapes", "s[0]:2x3", "--shapes", "s[1]:1..4@1x3", "--input", f"s[0]={tmp_path}/a.npy",
         "--input", f"s[1]={tmp_path}/b.npy", "--out", tmp_path / "y.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["y"], np.concatenate([a, b]))
    assert "what it holds must be known" in call("build", tmp_path / "m.onnx", "-o", tmp_path / "p", expect=UNSUPPORTED).stderr
    done = call("build", tmp_path / "m.onnx", "-o", tmp_path / "p", "--shapes", "s[1]:1x3", expect=USAGE)
    assert "no 's[0]'" in done.stderr
