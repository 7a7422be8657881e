#!/usr/bin/env python3
"""Writes tensorrt_names.tsv: the public names of TensorRT's Python module in each era, with the names of their arguments.

    python collect_names.py 8.6=FOLDER 10.16=FOLDER 11=FOLDER

Each folder holds an unpacked tensorrt_bindings wheel of PyPI that this interpreter can import; the TensorRT libraries that
it names may be empty ones, as nothing of them is called. Each era is imported in a process of its own.
"""
import collections
import inspect
import json
import pathlib
import re
import subprocess
import sys

NAMES = pathlib.Path(__file__).with_name("tensorrt_names.tsv")
# What belongs to the module's making, not to its surface.
_SKIPPED = {"attr", "value", "common_enter", "common_exit"}
_SPECIAL = {"__len__", "__getitem__", "__setitem__", "__bool__", "__str__", "__enter__", "__exit__", "__eq__", "__call__"}


def argument_names(function, name: str) -> str:
    """Of the last overload that pybind11's docstring lists."""
    signatures = re.findall(rf"^(?:\d+\. )?{re.escape(name)}\((.*?)\) ->", function.__doc__ or "", re.M)
    signatures = [s for s in signatures if not s.startswith("*args")]
    if not signatures:
        return ""
    return ",".join(n for n in re.findall(r"(\w+): ", signatures[-1]) if n != "self" and not n.startswith("arg"))


def collect_class(cls: type, prefix: str, found: dict) -> None:
    members = getattr(cls, "__members__", None)
    found[prefix] = ("enum" if members else "class", "")
    for name in members or ():
        found[f"{prefix}.{name}"] = ("enumerator", "")
    for name, value in vars(cls).items():
        if members or (name.startswith("_") and name not in _SPECIAL):
            continue
        if isinstance(value, type):
            collect_class(value, f"{prefix}.{name}", found)
        elif isinstance(value, property) or not (callable(value) or isinstance(value, staticmethod)):
            found[f"{prefix}.{name}"] = ("property", "")
        else:
            function = value.__func__ if isinstance(value, staticmethod) else value
            found[f"{prefix}.{name}"] = ("method", argument_names(function, name))


def collect() -> dict:
    import tensorrt_bindings

    found = {"__version__": ("value", "")}
    for name, value in vars(tensorrt_bindings).items():
        if name.startswith("_") or name in _SKIPPED or inspect.ismodule(value):
            continue
        if isinstance(value, type):
            collect_class(value, name, found)
        else:
            found[name] = ("function", argument_names(value, name)) if callable(value) else ("value", "")
    return found


def main(arguments: list[str]) -> None:
    eras = collections.defaultdict(list)
    kinds = {}
    for argument in arguments:
        era, folder = argument.split("=")
        code = f"import sys, json; sys.path[:0] = [{folder!r}, {str(NAMES.parent)!r}]; import collect_names; " \
               "print(json.dumps(collect_names.collect()))"
        found = json.loads(subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE).stdout)
        for name, (kind, names) in found.items():
            eras[name].append(era)
            if era != "11" or name not in kinds:
                kinds[name] = (kind, names)
    lines = [f"{name}\t{kinds[name][0]}\t{' '.join(eras[name])}\t{kinds[name][1]}" for name in sorted(eras)]
    NAMES.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} names")


if __name__ == "__main__":
    main(sys.argv[1:])
