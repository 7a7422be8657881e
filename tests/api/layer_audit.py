#!/usr/bin/env python3
"""Prints what the tests cover of each layer of the network API, and what they do not: layers, modes, setters, inputs,
open and empty shapes, refusals. Everything is read from network.h, the sources of the layers, the tables, the networks
that these make, and the tests themselves."""
import collections
import functools
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


#: Refused by name: plugins are not run yet, and an engine runs on one device.
REFUSED = ("PluginV2", "PluginV3", "DistCollective")

def untested():
    """Layers without a case, an open shape, an empty shape or a misuse in the tables."""
    from layer_tables import CASES, MISUSE
    missing = [f"{name}: no misuse" for name in layers() if name not in {m.layer for m in MISUSE}
               and not name.startswith("Plugin")]
    for name in layers():
        cases = [c for c in CASES if c.layer == name]
        if name in REFUSED:
            continue
        missing += [f"{name}: {what}" for what, there in (
            ("no case", cases), ("no open shape", [c for c in cases if c.open != {}] or name in CONSTANTS),
            ("no empty shape", [c for c in cases if c.empty is not None] or name in CONSTANTS)) if not there]
    return missing


#: Layers without an input: their shapes are given, and empty ones are cases of their own.
CONSTANTS = ("Constant",)


def make(net, case, arrays):
    import layer_session
    return case.make(net, *(layer_session.enter(net, i, a, a.shape) for i, a in enumerate(arrays)))


@functools.lru_cache(maxsize=1)
def watched():
    """(what the networks of the cases use, what those of the misuses do)"""
    import layer_session
    import layer_watch
    from layer_tables import CASES, MISUSE
    with layer_watch.watching() as right:
        for case in CASES:
            arrays = layer_session.inputs_of(case, layer_session.TYPES[case.types[0]], case.shapes)
            make(net := layer_session.Net(), case, arrays)
            right.finish(net.log)
    with layer_watch.watching() as wrong:
        for misuse in MISUSE:
            layer_session.misused(misuse, layer_session.Net())
    return right, wrong


def unset():
    """Setters that no case uses, and optional inputs that none gives."""
    import layer_watch
    right, _ = watched()
    found = [f"{kind.__name__}.{name} is never set" for kind in layer_watch.classes()
             for name in layer_watch.properties(kind) if name not in right.set[kind]]
    found += [f"{kind.__name__}: input {i} is never given" for kind, count in right.room.items()
              for i in range(min(count, 32)) if i not in right.inputs[kind]]
    return found


def untried_modes():
    """Enumerators that no case and no misuse gives to a layer that takes their enumeration."""
    right, wrong = watched()
    return [f"{kind.__name__}: {enumeration.__name__}.{name} is never tried"
            for (kind, enumeration), given in right.enumerators.items()
            for name in {v.name for v in enumeration.__members__.values()}
            if name not in given | wrong.enumerators[kind, enumeration]]


def refusals():
    """(file, line, the words of its message) of each refusal in the sources of the layers."""
    for path in sorted((ROOT / "src/api/build").glob("**/*.cpp")):
        if path.parent.name != "layers" and path.stem not in ("quantization", "control_graph", "lowering"):
            continue
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"throw Error\(|\bfail\(|\bno_such\(", text):
            if text[:match.start()].rstrip().endswith(("void", "auto", "[[noreturn]] void")):
                continue  # its definition
            depth, end = 1, match.end()
            while depth and end < len(text):
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            # What a string says, of that which is long enough to be its own.
            words = [w.strip(" :;,.'()") for w in re.findall(r'"((?:[^"\\]|\\.)*)"', text[match.end():end])]
            words = [w for w in words if len(w) >= 8 and not re.fullmatch(r"layer|\w+ ?'?", w)]
            if words and "parts..." not in text[match.end():end]:  # else the words of every refusal through fail()
                yield path.name, text.count("\n", 0, match.start()) + 1, words


#: Refusals that no network of the public interface comes to; they stand for a mistake of the library's own.
UNREACHED = ("belongs to no layer of the network", "is read inside of it")


def unrefused():
    """Refusals of the layers' sources that no misuse and no C++ test expects."""
    from layer_tables import MISUSE
    said = [m.says for m in MISUSE]
    for path in (ROOT / "tests/api").glob("*.cpp"):
        text = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))
        said += [s.replace('\\"', '"') for s in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text) if len(s) >= 8]
    all_said = "\n".join(said)
    def expected(words):
        return any(w in all_said for w in words) or any(s in w for w in words for s in said if len(s) >= 12)

    return [f"{name}:{line}: '{' ... '.join(words)}'" for name, line, words in refusals()
            if not any(u in w for u in UNREACHED for w in words) and not expected(words)]


def rows():
    from layer_tables import CASES, MISUSE
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
    for missing in (*untested(), *unset(), *untried_modes(), *unrefused()):
        print(missing)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests/api"), str(ROOT / "build/release/python")]
    main()
