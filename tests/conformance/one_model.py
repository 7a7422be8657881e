"""Runs one model through the C++ API on given inputs, isolated as the conformance cases are: for tests that make their models."""
import json
import os
import subprocess

import onnxruntime as ort
import pytest

import cases
import run

#: For pytestmark.
needs_runner = pytest.mark.skipif(not os.path.exists(run.RUNNER), reason=f"no {run.RUNNER}; run ./dev build")


def onnxruntime(model):
    """A session on the CPU that keeps its warnings to itself."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def check(folder, model, sets, rtol, atol, level=0):
    """One plan gives each set's outputs. sets: [(inputs, expected outputs)], in the model's order."""
    cases.write_case(folder / "case", "case", "made", model, sets, rtol, atol)
    out = folder / "out"
    done = subprocess.run([run.RUNNER, "--jobs", "1", "--level", str(level), "--seconds", "60", str(out), "-"],
                          input=f"{folder / 'case'}\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[0])
    assert result["status"] == "ran", result
    assert run.judge(folder / "case", out / "case") == ("passed", "")
