#!/usr/bin/env python3
"""TensorRT's Python surface against ours: makes tensorrt_surface.md from tensorrt_names.tsv (--check: says whether it is current).

A name is `tested` when a test of this folder uses it, `present` when it is only there, `refuses` when it is declared and says by
name that it is not supported, `absent` when it is missing.
"""
from __future__ import annotations

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "tensorrt_surface.md"

# Declared with their signatures; what refuses, and what is said.
REFUSES = {
    r"(CaffeParser|IBlobNameToTensor|ICaffePluginFactoryV2)(\..*)?": "Caffe models are converted to ONNX",
    r"(UffParser|FieldMap|FieldCollection)(\..*)?": "UFF models are converted to ONNX",
    r"IPlugin(?!Registry).*|DimsExprs.*|IDimensionExpr.*|IExprBuilder.*|ISymExpr.*|KernelLaunchParams.*":
        "networks take no plugins yet",
    r"INetworkDefinition\.add_plugin.*|IPluginRegistry\.(de)?(load_library|register_library)": "networks take no plugins yet",
    r"INetworkDefinition\.add_dist_collective|IExecutionContext\.set_communicator": "an engine runs on one device",
    r"Runtime\.load_runtime": "plans hold no code: one library reads them all",
    r"(Refitter|OnnxParserRefitter)(\..*)?": "engines cannot be refitted yet",
}
# Differences that are meant, by pattern.
ABSENT = {}


def names():
    for line in (HERE / "tensorrt_names.tsv").read_text().splitlines():
        name, kind, eras, arguments = line.split("\t")
        yield name, kind, eras, [a for a in arguments.split(",") if a]


def resolve(module, name: str):
    found = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def words_of_tests() -> set[str]:
    text = "".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != "test_surface.py")
    return set(re.findall(r"\w+", text))


def matching(patterns: dict[str, str], name: str) -> str | None:
    return next((reason for pattern, reason in patterns.items() if re.fullmatch(pattern, name)), None)


def state_of(module, name: str, words: set[str]) -> tuple[str, str]:
    try:
        resolve(module, name)
    except AttributeError:
        return "absent", matching(ABSENT, name) or "?"
    reason = matching(REFUSES, name)
    if reason:
        return "refuses", reason
    return ("tested" if name.split(".")[-1] in words else "present"), ""


def missing_arguments(module, name: str, arguments: list[str]) -> list[str]:
    """Argument names of TensorRT that ours does not take."""
    doc = getattr(resolve(module, name), "__doc__", None) or ""
    if name.split(".")[-1] + "(" not in doc:
        return []
    return [a for a in arguments if not re.search(rf"\b{re.escape(a)}\b", doc)]


def table(module) -> str:
    words = words_of_tests()
    rows, counts = [], {"tested": 0, "present": 0, "refuses": 0, "absent": 0}
    for name, kind, eras, _ in names():
        state, reason = state_of(module, name, words)
        counts[state] += 1
        rows.append(f"| `{name}` | {kind} | {eras} | {state} | {reason} |")
    head = ["# TensorRT's Python surface", "",
            "Made by `tests/python/surface.py`; every public name of the module `tensorrt` in 8.6, 10.16 and 11.", "",
            ", ".join(f"{count} {state}" for state, count in counts.items()) + ".", "",
            "| name | kind | versions | here | reason |", "|---|---|---|---|---|"]
    return "\n".join(head + rows) + "\n"


def main() -> int:
    import dovetail

    made = table(dovetail)
    if "--check" in sys.argv:
        return 0 if TABLE.exists() and TABLE.read_text() == made else 1
    TABLE.write_text(made)
    print(made.splitlines()[4])
    for name, kind, _, arguments in names():
        if f"| `{name}` |" and kind == "method" and state_of(dovetail, name, set())[0] != "absent":
            lacking = missing_arguments(dovetail, name, arguments)
            if lacking:
                print(f"{name}: takes no {', '.join(lacking)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
