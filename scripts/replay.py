#!/usr/bin/env python3
"""Builds a corpus of models and compares their optimized graphs, as text, with the last recorded ones.

  replay.py [--record] [MODEL ...]     a MODEL is a name of the models folder or a path to an .onnx file

A refactoring shows no difference. A wanted difference is accepted with --record; a first run records by itself.
Records lie in build/replay. Exits with 1 when a graph differs or a build fails.
"""
import argparse
import difflib
import pathlib
import shutil
import subprocess
import sys

import models

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build/release/tools/dovetail"
RECORDS = ROOT / "build/replay"
# One of each kind, small enough to build in seconds: the default corpus.
CORPUS = ("mnist_cnn", "mobilenet_v2", "resnet18", "minilm_l6")
SHOWN_LINES = 60


def optimized_graph(model: pathlib.Path, folder: pathlib.Path) -> str:
    """The last graph that the build dumps; nothing is timed, so that it does not depend on the machine's mood.

    Raises with the program's message when the build fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    plan = folder / "model.plan"
    command = [str(PROGRAM), "build", str(model), "-o", str(plan), "--opt-level", "0", "--dump-graph", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    plan.unlink(missing_ok=True)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{run.stderr.strip()}")
    dumps = sorted((p for p in folder.iterdir() if p.is_file()), key=lambda p: (p.stat().st_mtime_ns, p.name))
    if not dumps:
        raise RuntimeError(f"{' '.join(command)}\nwrote no graph")
    return dumps[-1].read_text(encoding="utf-8")


def compare(name: str, before: str, after: str) -> list[str]:
    diff = list(difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} (recorded)", f"{name} (now)", lineterm=""))
    left = len(diff) - SHOWN_LINES
    return diff[:SHOWN_LINES] + ([f"... {left} more lines"] if left > 0 else [])


def replay(name: str, record: bool) -> bool:
    """Prints how one model fares; false when it differs or fails."""
    model = pathlib.Path(name) if name.endswith(".onnx") else models.path(name)
    recorded = RECORDS / f"{model.stem}.txt"
    try:
        now = optimized_graph(model, RECORDS / f"{model.stem}.steps")
    except RuntimeError as error:
        print(f"{name}: FAILED\n{error}")
        return False
    if record or not recorded.exists():
        recorded.write_text(now, encoding="utf-8")
        print(f"{name}: recorded, {len(now.splitlines())} lines")
        return True
    diff = compare(name, recorded.read_text(encoding="utf-8"), now)
    print("\n".join([f"{name}: {'differs' if diff else 'same'}", *diff]))
    return not diff


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="accept what the graphs are now")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    options = parser.parse_args()
    if not PROGRAM.is_file():
        print(f"replay: {PROGRAM.relative_to(ROOT)} is not built", file=sys.stderr)
        return 1
    if models.source() is None and not all(m.endswith(".onnx") for m in options.models or CORPUS):
        print("replay: DOVETAIL_MODELS names no folder of models; name .onnx files instead", file=sys.stderr)
        return 1
    RECORDS.mkdir(parents=True, exist_ok=True)
    results = [replay(name, options.record) for name in options.models or CORPUS]
    if not all(results):
        print("replay: accept wanted differences with  ./dev replay --record")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
