"""The conformance suite of the onnx package: a seeded sample, or all of it in a full run. expected.txt stays true."""
import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("onnx")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases  # noqa: E402
import compare  # noqa: E402
import run  # noqa: E402

SAMPLE = 200
FULL = bool(os.environ.get("DOVETAIL_TEST_FULL"))


@pytest.mark.skipif(not os.path.exists(run.RUNNER), reason=f"no {run.RUNNER}; run ./dev build")
def test_cases_pass_or_are_listed_with_a_reason():
    command = [sys.executable, str(pathlib.Path(run.__file__)), "--check"] + ([] if FULL else ["--sample", str(SAMPLE)])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    changed = [line for line in done.stdout.splitlines() if line.startswith("CHANGED")]
    assert done.returncode == 0, "\n".join(changed) or done.stdout + done.stderr


def test_listed_cases_exist():
    assert set(run.read_expected()) <= {c["name"] for c in cases.index()}


def test_a_different_value_type_or_shape_is_noticed():
    import numpy as np
    data = np.array([1, 2, 3, 4], np.float32).tobytes()
    good = {"kind": "tensor", "type": 1, "dims": [2, 2], "at": 0, "bytes": 16}

    def against(other, bytes_=data):
        return compare.disagreement(other, good, bytes_, data, 1e-3, 1e-7)
    assert against(good) is None
    assert against(good, np.array([1, 2, 3, 4.001], np.float32).tobytes()) is None
    assert "elements differ" in against(good, np.array([1, 2, 3, 4.1], np.float32).tobytes())
    assert "elements differ" in against(good, np.array([1, 2, 3, np.nan], np.float32).tobytes())
    assert "type" in against({**good, "type": 6})
    assert "shape" in against({**good, "dims": [4]})
