#!/usr/bin/env python3
"""Prints what the tests cover of each layer of the network API: modes and types held against an oracle, open and empty
shapes, misuse; how many C++ tests use it, and how often those of the Python package do. Everything is read from
network.h, the tables and the tests themselves."""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def layers():
    """The methods of INetworkDefinition that add a layer, without "add"."""
    text = (ROOT / "include/dovetail/network.h").read_text(encoding="utf-8")
    return [name for kind, name in re.findall(r"virtual (I\w+)\* add(\w+)\(", text) if kind != "ITensor"]


def cpp_tests():
    """Layer -> the C++ tests that add it, by the text of tests/api."""
    found = collections.defaultdict(list)
    for path in sorted((ROOT / "tests/api").glob("*.cpp")):
        parts = re.split(r"^TEST(?:_P)?\((\w+), (\w+)\)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        helpers = parts[0]
        for suite, name, body in zip(parts[1::3], parts[2::3], parts[3::3]):
            for layer in set(re.findall(r"[>.]add(\w+)\(", body)):
                found[layer].append(f"{suite}.{name}")
        for layer in set(re.findall(r"[>.]add(\w+)\(", helpers)):
            found[layer].append(path.stem)
    return found


def python_calls():
    """Layer, in small letters -> how often the tests of the Python package add it."""
    found = collections.Counter()
    for path in sorted((ROOT / "tests/python").glob("*.py")):
        calls = re.findall(r"\.add_(\w+)\(", path.read_text(encoding="utf-8"))
        found.update(name.replace("_", "") for name in calls)
    return found


#: Plugins are refused by name: they are not run yet.
REFUSED = ("PluginV2", "PluginV3")


def untested():
    """Layers that no case of the tables and no C++ test adds."""
    from layer_tables import CASES
    covered = {c.layer for c in CASES} | set(cpp_tests())
    short = {"AttentionV2": "Attention", "ScaleNd": "Scale"}
    return [name for name in layers() if name not in (*covered, *REFUSED) and short.get(name) not in covered]


def rows():
    from layer_misuse import MISUSE
    from layer_tables import CASES
    tests, calls = cpp_tests(), python_calls()
    for name in layers():
        cases = [c for c in CASES if c.layer == name]
        types = [t for t in dict.fromkeys(t for c in cases for t in c.types)]
        yield (name, len(cases), len(types), sum(c.open != {} for c in cases), sum(c.empty is not None for c in cases),
               sum(m.layer == name for m in MISUSE), len(tests[name]), calls[name.lower()])


def main():
    header = ("layer", "modes", "types", "open", "empty", "misuse", "C++ tests", "in Python")
    table = [header, *rows()]
    widths = [max(len(str(r[k])) for r in table) for k in range(len(header))]
    for r in table:
        cells = [str(v).ljust(w) if k == 0 else str(v or "-").rjust(w) for k, (v, w) in enumerate(zip(r, widths))]
        print("  ".join(cells))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests/api"), str(ROOT / "build/release/python")]
    main()
