"""trtexec as the programs that read its output meet it: sections, summary lines, JSON files, exit codes."""
import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DOVETAIL_TRTEXEC", str(ROOT / "build" / "release" / "tools" / "trtexec"))
pytestmark = pytest.mark.skipif(not os.path.exists(COMMAND), reason=f"no command at {COMMAND}; run ./dev build")

LINE = re.compile(r"\[\d+/\d+/\d+-\d+:\d+:\d+\] \[([FEWIV])\] (.*)")
SECTIONS = ["Model Options", "Build Options", "System Options", "Inference Options", "Reporting Options",
            "Device Information", "Trace details", "Performance summary"]
TIMES = ["startEnqMs", "endEnqMs", "startH2dMs", "endH2dMs", "startComputeMs", "endComputeMs", "startD2hMs", "endD2hMs",
         "h2dMs", "computeMs", "d2hMs", "latencyMs"]
QUICK = ["--duration=0", "--warmUp=0", "--iterations=20"]


def call(*arguments, cwd=None, expect=0):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, cwd=cwd)
    assert done.returncode == expect, f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
    lines = done.stdout.splitlines()
    words = {0: "PASSED", 1: "FAILED"}
    assert re.match(r"&&&& RUNNING TensorRT\.trtexec \[TensorRT v\d+\] # ", lines[0])
    assert lines[-1].startswith(f"&&&& {words[expect]} TensorRT.trtexec [TensorRT v")
    return lines


def texts(lines, letter=None):
    found = [LINE.fullmatch(line) for line in lines[1:-1]]
    return [m.group(2) for m in found if m and (letter is None or m.group(1) == letter)]


def summary(lines):
    """key -> numbers, read the way that readers of the output do."""
    out = {}
    for text in texts(lines):
        if m := re.fullmatch(r"(Throughput|Latency|Enqueue Time|H2D Latency|GPU Compute Time|D2H Latency|"
                             r"Total Host Walltime|Total GPU Compute Time): (.*)", text):
            out[m.group(1)] = [float(x) for x in re.findall(r"(?:= |^)([\d.e+-]+) (?:ms|qps|s)", m.group(2))]
    return out


def save(folder, name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    path = folder / f"{name}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trtexec")


@pytest.fixture(scope="module")
def models(folder):
    """An MLP with a dynamic batch, a small convolutional network, an embedding with integer inputs."""
    rng = np.random.default_rng(0)
    w, b = rng.standard_normal((8, 16)).astype("f4"), rng.standard_normal(16).astype("f4")
    mlp = save(folder, "mlp", [helper.make_node("Gemm", ["x", "w", "b"], ["h"], "dense"),
                               helper.make_node("Relu", ["h"], ["y"], "activation")],
               [value("x", ["batch", 8])], [value("y", ["batch", 16])], {"w": w, "b": b})
    conv = save(folder, "conv", [helper.make_node("Conv", ["x", "w"], ["c"], "conv", pads=[1, 1, 1, 1]),
                                 helper.make_node("Relu", ["c"], ["r"], "relu"),
                                 helper.make_node("GlobalAveragePool", ["r"], ["y"], "pool")],
                [value("x", [1, 3, 16, 16])], [value("y", [1, 8, 1, 1])],
                {"w": rng.standard_normal((8, 3, 3, 3)).astype("f4")})
    embed = save(folder, "embed", [helper.make_node("Gather", ["table", "ids"], ["e"], "embedding"),
                                   helper.make_node("ReduceMean", ["e"], ["y"], "mean", axes=[1], keepdims=0)],
                 [value("ids", [2, 5], TensorProto.INT64)], [value("y", [2, 4])],
                 {"table": rng.standard_normal((10, 4)).astype("f4")})
    return {"mlp": mlp, "conv": conv, "embed": embed}, w, b


@pytest.mark.parametrize("name", ["mlp", "conv", "embed"])
def test_sections_summary_and_files(models, tmp_path, name):
    files = {f: tmp_path / f"{f}.json" for f in ("exportTimes", "exportProfile", "exportLayerInfo", "exportOutput")}
    lines = call(f"--onnx={models[0][name]}", *QUICK, "--dumpProfile", "--separateProfileRun",
                 "--profilingVerbosity=detailed", *[f"--{k}={v}" for k, v in files.items()])
    headings = [m.group(1) for t in texts(lines) if (m := re.fullmatch(r"=== (.*) ===", t))]
    assert [h for h in headings if h in SECTIONS] == SECTIONS
    profile_heading = [h for h in headings if h.startswith("Profile (")]
    assert profile_heading == ["Profile (20 iterations )"]

    s = summary(lines)
    assert len(s["Throughput"]) == 1 and s["Throughput"][0] > 0
    for key in ("Latency", "Enqueue Time", "H2D Latency", "GPU Compute Time", "D2H Latency"):
        low, high, mean, median, p90, p95, p99 = s[key]
        assert low <= median <= p90 <= p95 <= p99 <= high and low <= mean <= high
    assert s["H2D Latency"] == s["D2H Latency"] == [0] * 7 and s["Latency"] == s["GPU Compute Time"]

    times = json.loads(files["exportTimes"].read_text())
    assert len(times) >= 20 and all(list(t) == TIMES for t in times)
    assert all(t["startEnqMs"] <= t["endEnqMs"] and t["startComputeMs"] <= t["endComputeMs"] for t in times)
    assert all(abs(t["latencyMs"] - (t["endComputeMs"] - t["startComputeMs"])) < 1e-9 for t in times)

    count, *layers = json.loads(files["exportProfile"].read_text())
    assert count == {"count": 20}
    assert all(list(r) == ["name", "timeMs", "averageMs", "medianMs", "percentage"] for r in layers)
    assert abs(sum(r["percentage"] for r in layers) - 100) < 1e-6
    info = json.loads(files["exportLayerInfo"].read_text())
    assert {layer["Name"] for layer in info["Layers"]} >= {r["name"] for r in layers}
    assert info["Bindings"] == [("ids" if name == "embed" else "x"), "y"]
    output, = json.loads(files["exportOutput"].read_text())
    assert output["name"] == "y" and len(output["values"]) == np.prod([int(d) for d in output["dimensions"].split("x")])


def test_a_saved_plan_runs_on_given_data_with_the_right_result(models, tmp_path):
    paths, w, b = models
    call(f"--onnx={paths['mlp']}", "--minShapes=x:1x8", "--optShapes=x:2x8", "--maxShapes=x:4x8",
         f"--saveEngine={tmp_path}/mlp.plan", "--skipInference")
    x = np.random.default_rng(1).standard_normal((3, 8)).astype("f4")
    x.tofile(tmp_path / "x.bin")
    lines = call(f"--loadEngine={tmp_path}/mlp.plan", "--shapes=x:3x8", f"--loadInputs=x:{tmp_path}/x.bin", *QUICK,
                 f"--exportOutput={tmp_path}/y.json", "--dumpOutput", "--dumpRawBindingsToFile", cwd=tmp_path)
    assert "Input binding for x with dimensions 3x8 is created." in texts(lines)
    expected = np.maximum(x @ w + b, 0)
    output, = json.loads((tmp_path / "y.json").read_text())
    assert output["dimensions"] == "3x16"
    np.testing.assert_allclose(np.array(output["values"]).reshape(3, 16), expected, rtol=1e-5, atol=1e-5)
    raw = np.fromfile(tmp_path / "y.output.3x16.bin", "f4").reshape(3, 16)
    np.testing.assert_allclose(raw, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(np.fromfile(tmp_path / "x.input.3x8.bin", "f4").reshape(3, 8), x)


def test_several_profiles_streams_and_threads(models, tmp_path):
    path = models[0]["mlp"]
    plan = tmp_path / "two.plan"
    call(f"--onnx={path}", "--profile=0", "--minShapes=x:1x8", "--optShapes=x:1x8", "--maxShapes=x:2x8",
         "--profile=1", "--minShapes=x:3x8", "--optShapes=x:4x8", "--maxShapes=x:8x8", f"--saveEngine={plan}",
         "--skipInference")
    lines = call(f"--loadEngine={plan}", "--useProfile=1", "--streams=2", "--threads", *QUICK, "--dumpOptimizationProfile")
    assert "Input binding for x with dimensions 4x8 is created." in texts(lines)
    assert "  x: min = 3x8, opt = 4x8, max = 8x8" in texts(lines)
    call(f"--loadEngine={plan}", "--shapes=x:8x8", *QUICK, expect=1)  # profile 0 ends at 2


def test_text_is_refused(tmp_path):
    graph = helper.make_graph([helper.make_node("StringConcat", ["x", "x"], ["y"])], "g", [value("x", [2], TensorProto.STRING)],
                              [value("y", [2], TensorProto.STRING)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=8), tmp_path / "m.onnx")
    assert "'x' is text" in "\n".join(call(f"--onnx={tmp_path}/m.onnx", *QUICK, expect=1))


def test_a_timing_cache_is_written_and_answers(models, tmp_path):
    cache = tmp_path / "timing.cache"
    for _ in range(2):
        lines = call(f"--onnx={models[0]['conv']}", f"--timingCacheFile={cache}", "--skipInference")
        assert any(t.startswith("Saved ") for t in texts(lines)) and cache.stat().st_size > 0
    call(f"--onnx={models[0]['conv']}", f"--timingCacheFile={cache}", "--errorOnTimingCacheMiss", "--skipInference")


def test_flags_without_effect_are_accepted_with_a_reason(models):
    lines = call(f"--onnx={models[0]['conv']}", "--useCudaGraph", "--noDataTransfers", "--useSpinWait", "--device=0",
                 "--fp16", *QUICK)
    said = [t for t in texts(lines) if "has no effect here" in t]
    assert [t.split()[0] for t in said] == ["--useCudaGraph", "--noDataTransfers", "--useSpinWait", "--device"]


@pytest.mark.parametrize("arguments, expected", [
    (["--onxx=a"], "Unknown option: --onxx; did you mean --onnx?"),
    (["model.onnx"], "Unknown option: model.onnx"),
    (["--onnx"], "--onnx needs a value"),
    (["--onnx=missing.onnx"], "missing.onnx"),
    (["--onnx=MLP", "--shapes=x:3"], "input 'x' has 2 dimensions, but a shape for it has 1"),
    (["--onnx=MLP", "--shapes=z:3x8"], "'z', which is not an input"),
    (["--onnx=MLP", "--iterations=0"], "--iterations: '0' is not a whole number of 1.."),
    (["--onnx=MLP", "--profilingVerbosity=loud"], "is none of layer_names_only, detailed, none"),
    (["--onnx=MLP", "--calib=cache"], "--calib"),
    (["--onnx=MLP", "--plugins=lib.so"], "--plugins"),
    (["--loadEngine=MLP"], "deserialization failed"),
    (["--duration=1"], "Model missing"),
])
def test_what_cannot_be_done_fails_with_a_reason(models, arguments, expected):
    lines = call(*[a.replace("MLP", str(models[0]["mlp"])) for a in arguments], expect=1)
    assert expected in "\n".join(texts(lines, "E"))


def test_help_and_no_arguments_pass():
    for arguments in ([], ["--help"], ["-h"]):
        text = "\n".join(call(*arguments))
        for flag in ("--onnx=", "--saveEngine=", "--fp16", "--exportLayerInfo=", "--useCudaGraph"):
            assert flag in text
