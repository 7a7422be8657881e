"""Five hundred random graphs: the engine, the reference executor and ONNX Runtime agree."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNNER = os.environ.get("DOVETAIL_CONFORMANCE", str(ROOT / "build/release/tests/conformance/conformance_runner"))
pytestmark = pytest.mark.skipif(not os.path.exists(RUNNER), reason=f"no {RUNNER}; run ./dev build")
COUNT = 500


def run(*arguments):
    return subprocess.run([sys.executable, ROOT / "tests/differential/differential.py", *map(str, arguments)], capture_output=True,
                          text=True, timeout=1200)


def test_random_graphs_agree(tmp_path):
    done = run("--count", COUNT, "--seed", 1, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    wrong = [f for f in found if f["status"] != "refused"]
    assert done.returncode == 0 and not wrong, done.stdout + done.stderr
    # A refusal is an answer, but a generator whose graphs are refused tests nothing.
    assert len(found) < COUNT // 10, done.stdout


def test_every_operator_is_proposed_or_excused():
    sys.path.insert(0, str(ROOT / "tests" / "differential"))
    try:
        import reach
        assert reach.missing() == []
        stale = [op for op in reach.excused() if op not in {op for _, op in reach.imported()}]
        assert not stale, f"excused, and not imported: {stale}"
    finally:
        sys.path.pop(0)


def test_a_wrong_result_would_be_seen():
    """What the comparison calls wrong, without which the test above could not fail."""
    sys.path.insert(0, str(ROOT / "tests" / "differential"))
    try:
        import numpy as np
        import differential
        good = {"y": np.array([1.0, 2.0], np.float32)}
        for bad in ({}, {"y": good["y"].astype(np.float64)}, {"y": good["y"][:1]}, {"y": good["y"] + np.float32(0.1)}):
            assert differential.judge(("ran", "", bad), ("ran", "", good), good, good)[0] == "wrong"
            assert differential.judge(("ran", "", bad), ("ran", "", bad), good, good)[0] == "wrong"
        assert differential.judge(("ran", "", good), ("ran", "", good), good, None) == ("agrees", "")
        assert differential.judge(("crashed", "signal", {}), ("ran", "", good), good, good)[0] == "crashed"
    finally:
        sys.path.pop(0)
