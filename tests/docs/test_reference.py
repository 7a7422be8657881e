"""The generated references, the command line's included, say what the sources and the built program say."""
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts/docs"), str(ROOT / "scripts/lint")]
import generate  # noqa: E402


def test_the_references_are_current():
    if not (ROOT / generate.PROGRAM).is_file():
        pytest.skip("the command is not built")
    assert generate.stale(ROOT) == [], "./dev docs writes them"
