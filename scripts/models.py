#!/usr/bin/env python3
"""Real architectures with reproducible weights, made once into .cache/models. Needs DOVETAIL_MODELS and numpy, onnx.

  models.py --list             what there is
  models.py NAME [NAME ...]    makes them and prints their paths
"""
import fcntl
import functools
import importlib.util
import os
import pathlib
import sys

CACHE = pathlib.Path(__file__).resolve().parents[1] / ".cache" / "models"


@functools.cache
def source():
    """The module materialize.py of the models folder, or None where there is no such folder."""
    folder = os.environ.get("DOVETAIL_MODELS", "")
    script = pathlib.Path(folder) / "materialize.py"
    if not folder or not script.is_file():
        return None
    spec = importlib.util.spec_from_file_location("materialize", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names() -> list[str]:
    return sorted(p.stem for p in (pathlib.Path(source().__file__).parent / "skeletons").glob("*.onnx"))


def path(name: str) -> pathlib.Path:
    """The model's file, made when it is not there yet; two processes may ask at the same time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    file = CACHE / f"{name}.onnx"
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / f"{name}.made").exists():
            source().materialize(name, CACHE)
            (CACHE / f"{name}.made").touch()
    return file


def main(arguments: list[str]) -> int:
    if source() is None:
        print("models: DOVETAIL_MODELS names no folder with materialize.py", file=sys.stderr)
        return 1
    for name in names() if arguments == ["--list"] else arguments:
        print(name if arguments == ["--list"] else path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
