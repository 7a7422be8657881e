"""The references of layers, operators and ONNX operators, from the sources' lists and from what the built programs say."""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys

import importer_sources
import lists

FACTS = "build/release/tools/dovetail_facts"
PACKAGE = "build/release/python/dovetail"
SAMPLES = ("tests/ops/reference_cases.txt", "tests/ops/type_cases.txt")


@functools.cache
def facts(root: pathlib.Path) -> dict | None:
    """What dovetail_facts says of the operators and tactics; None when it is not built."""
    program = root / FACTS
    if not program.is_file():
        return None
    samples = [*map(str, sorted((root / "tests/problems").glob("*.txt"))), *(str(root / s) for s in SAMPLES)]
    done = subprocess.run([str(program), *samples], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@functools.cache
def probed(root: pathlib.Path) -> dict | None:
    """What probe.py finds; None where there is no package, or no Python with what the tests need."""
    if not any((root / PACKAGE).glob("_core*.so")):
        return None
    for python in (sys.executable, str(root / ".cache/venv/bin/python")):
        if not os.path.exists(python):
            continue
        if subprocess.run([python, "-c", "import onnx, onnxruntime, ml_dtypes"], capture_output=True, check=False).returncode:
            continue
        done = subprocess.run([python, str(root / "scripts/docs/probe.py")], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"scripts/docs/probe.py: {done.stderr}")
        return json.loads(done.stdout)
    return None


def _grouped(names: list[str], every: int) -> str:
    return "every type" if len(names) == every else " ".join(names) or "none"


def _link(operator: str) -> str:
    return f"[{operator}](operators.md#{operator})"


# Operators.

def _attribute(field: dict) -> str:
    kind = field["kind"].replace("|", ", ") if "|" in field["kind"] else field["kind"]
    if "|" in field["kind"]:
        return f"- `{field['name']}` = {field['default']}: one of {kind}"
    return f"- `{field['name']}` = {field['default']} ({kind})"


def _tactic(name: str, types: list[dict], every: int) -> str:
    by_machine: dict[str, list[str]] = {}
    for t in types:
        by_machine.setdefault(t["machine"], []).append(t["type"])
    parts = [f"{_grouped(found, every)}" + ("" if machine == "any" else f" ({machine})")
             for machine, found in by_machine.items()]
    return f"- `{name}`: {'; '.join(parts)}"


def operators(root: pathlib.Path, known: dict, meanings: dict[str, str]) -> str:
    rows = {r.cells[0]: r.cells for r in lists.read_inc(root / "src/ops/ops.inc").rows}
    every = len(lists.read_inc(root / "src/base/dtypes.inc").rows)
    device = known["device"]
    parts = ["The operators that a network is made of inside, in the order of `src/ops/ops.inc`. Types are those that the first "
             "input may have: what the operator's own rule says yes to when the samples of `tests/problems` and `tests/ops` "
             f"are tried with every type. There is one device, {device}; its tactics stand in the order in which they are "
             "preferred, with the types that they take and, in brackets, the instruction set that they need. "
             f"`{device}.reference` follows them all and computes every operator with every type.\n"]
    for op in known["operators"]:
        cells = rows[op["id"]]
        inputs = cells[3] if cells[3] == cells[4] else f"{cells[3]} to {cells[4]}" if int(cells[4]) >= 0 else f"{cells[3]} or more"
        outputs = cells[5] if int(cells[5]) >= 0 else "as many as its attributes say"
        text = f"## {op['id']}\n\n{meanings.get(op['id'], '')}\n\nInputs: {inputs}. Outputs: {outputs}."
        text += f" Types: {_grouped(op['types'], every)}.\n" if op["types"] else "\n"
        if op["fields"]:
            text += "\nAttributes:\n\n" + "\n".join(map(_attribute, op["fields"])) + "\n"
        taking = [(t["name"], [k for k in t["takes"] if k["operator"] == op["id"]]) for t in known["tactics"]]
        taking = [(name, types) for name, types in taking if types]
        if taking:
            text += f"\nTactics on {device}:\n\n" + "\n".join(_tactic(n, t, every) for n, t in taking) + "\n"
        parts.append(text)
    return "\n".join(parts)


# Layers of the network API.

def _doc(lines: str) -> str:
    return " ".join(line.strip().removeprefix("///").strip() for line in lines.strip().splitlines())


def _classes(root: pathlib.Path) -> dict[str, dict]:
    """Interface -> its comment, its base and its setters."""
    found = {}
    for path in sorted((root / "include/dovetail").glob("layer*.h")):
        text = path.read_text(encoding="utf-8")
        for doc, name, base, body in re.findall(r"((?:^///[^\n]*\n)*)^class (I\w+) : public (\w+) \{(.*?)^\};", text,
                                                re.MULTILINE | re.DOTALL):
            setters = [(setter, arguments, _doc(comment)) for comment, setter, arguments in re.findall(
                r"((?:^  ///[^\n]*\n)*)^  virtual \w+ (set\w+)\(([^)]*)\)", body, re.MULTILINE)]
            found[name] = {"doc": _doc(doc), "base": base, "setters": setters}
    return found


def _enumerations(root: pathlib.Path) -> dict[str, list[str]]:
    found = {}
    for path in sorted((root / "include/dovetail").glob("layer*.h")):
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        for name, body in re.findall(r"enum class (\w+) : int32_t \{(.*?)\};", text, re.DOTALL):
            found[name] = list(dict.fromkeys(re.findall(r"\b(k\w+) =", body)))
        for alias, name in re.findall(r"using (\w+) = (\w+);", text):
            if name in found:
                found[alias] = found[name]
    return found


def _parameters(text: str) -> list[tuple[str, str]]:
    """(type, name) of each parameter."""
    out = []
    for part in re.sub(r"\s+", " ", text).split(","):
        match = re.fullmatch(r"\s*(?:const )?(.*?)[&* ]+(\w+)\s*", part)
        if match:
            out.append((match.group(1).replace(" const", "").strip(), match.group(2)))
    return out


def layers(root: pathlib.Path, known: dict) -> str:
    classes, enumerations = _classes(root), _enumerations(root)
    every = len(lists.read_inc(root / "src/base/dtypes.inc").rows)
    text = (root / "include/dovetail/network.h").read_text(encoding="utf-8")
    parts = ["Every layer of `INetworkDefinition`, in the order of `include/dovetail/network.h`. Types are those that the "
             "network takes for the first input, found by trying the cases of `tests/api` with every type; each of them is "
             "run there against another implementation. Device: cpu. A layer becomes operators, whose kernels "
             "[operators.md](operators.md) lists.\n"]
    pattern = r"^  // ([^\n]*\(layers_\w+\.h[^\n]*)$|((?:^  ///[^\n]*\n)*)^  virtual (I\w+)\* add(\w+)\((.*?)\) noexcept = 0;"
    for group, doc, kind, name, arguments in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        if group:
            parts.append(f"## {re.sub(r' *[(]layers_[^)]*[)]', '', group).rstrip('.')}\n")
        elif kind != "ITensor":
            parts.append(_layer(name, kind, _parameters(arguments), _doc(doc), classes, enumerations,
                                known["layers"].get(name), every))
    return "\n".join(parts)


def _layer(name, kind, parameters, doc, classes, enumerations, found, every) -> str:
    entry = classes.get(kind, {"doc": "", "base": "", "setters": []})
    setters = classes.get(entry["base"], {"setters": []})["setters"] + entry["setters"]
    if entry["base"] in ("ILayer", ""):
        setters = entry["setters"]
    lines = [f"### {name}\n", f"`add{name}({', '.join(n for _, n in parameters)})` gives `{kind}`. "
             + " ".join(t for t in (entry["doc"], doc) if t), ""]
    for type_name, parameter in parameters:
        if type_name in enumerations:
            lines.append(f"- {parameter}: {', '.join(enumerations[type_name])}")
    shown = {t for t, _ in parameters}
    for setter, arguments, comment in setters:
        choices = [t for t, _ in _parameters(arguments) if t in enumerations and t not in shown]
        more = [comment] if comment else []
        more += [", ".join(enumerations[t]) for t in choices]
        lines.append(f"- `{setter}`" + (f": {' '.join(more)}" if more else ""))
    if found:
        lines.append(f"- types: {_grouped([t.lower() for t in found['types']], every)}")
        if found["operators"]:
            lines.append(f"- becomes: {', '.join(map(_link, found['operators']))}")
    return "\n".join(lines) + "\n"


# ONNX operators.

def onnx_operators(root: pathlib.Path, known: dict, table) -> str:
    rows = lists.read_inc(root / "src/onnx/importers.inc").rows
    control = re.findall(r'node\.op_type == "(\w+)"', (root / "src/onnx/graph_importer.cpp").read_text(encoding="utf-8"))
    parts = ["Every ONNX operator that is imported, by the domains of the standard. *Since*: the versions of the operator set at "
             "which its meaning changed; the newest that is not newer than the model's counts. *Attributes*: those that are read. "
             "*Types*: by the type constraints of the standard, which types are imported, and after *not* which of the "
             "standard's no case could be imported with; found by importing the operator's cases in the test suite of the `onnx` package (and of "
             "`tests/onnx`) with every type; empty where there is no such case, or no choice. Device: cpu, where every one of these types runs. *Becomes*: the operators of "
             "[operators.md](operators.md), whose kernels are listed there.\n"]
    domains = dict.fromkeys(r.cells[0] for r in rows)
    for domain in domains:
        operators_ = dict.fromkeys(r.cells[1] for r in rows if r.cells[0] == domain)
        body = []
        for op in sorted(operators_):
            lines = [r for r in rows if r.cells[:2] == (domain, op)]
            found = known["operators"].get(f"{domain}:{op}", {"types": {}, "refused": {}, "attributes": [], "operators": []})
            attributes = dict.fromkeys(a for r in lines
                                       for a in importer_sources.attributes(root, r.cells[3], found["attributes"]))
            body.append((op, ", ".join(r.cells[2] for r in lines), " ".join(attributes), _types(found),
                         " ".join(map(_link, found["operators"]))))
        body += [(op, "1", "", "", "regions: [if_else](operators.md#if_else), [loop](operators.md#loop)")
                 for op in sorted(set(control)) if domain == ""]
        parts.append(f"## {domain or 'ai.onnx'}\n\n" + table(("operator", "since", "attributes", "types", "becomes"), sorted(body)))
    return "\n".join(parts)


def _types(found: dict) -> str:
    parts = []
    for constraint in dict.fromkeys([*found["types"], *found["refused"]]):
        taken, refused = found["types"].get(constraint, []), found["refused"].get(constraint, [])
        text = " ".join(taken) + (f" not: {' '.join(refused)}" if refused else "")
        parts.append(f"{constraint}: {text}" if constraint else text)
    return "; ".join(parts)
