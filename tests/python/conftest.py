"""The package as ./dev build leaves it, and the drop-ins, on the path; fixtures that several tests use."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("DOVETAIL_BUILD", ROOT / "build" / "release"))
for _folder in (ROOT / "compat" / "cuda_python", ROOT / "compat" / "tensorrt_python", BUILD / "python", HERE):
    sys.path.insert(0, str(_folder))

try:
    import dovetail as trt
except ImportError as error:
    raise ImportError(f"{error}: ./dev build makes the Python package in {BUILD / 'python'}") from error

import python_testing  # noqa: E402


@pytest.fixture
def log() -> python_testing.Log:
    return python_testing.Log()


@pytest.fixture
def plan(log):
    made = python_testing.mlp_plan(log)
    assert made is not None, log.errors
    return made


@pytest.fixture
def engine(plan, log):
    return trt.Runtime(log).deserialize_cuda_engine(plan)
