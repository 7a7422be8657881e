"""Which attributes of an ONNX operator its importer reads, by the importer's text and that of what it calls."""
import functools
import pathlib
import re

_DEFINITION = re.compile(r"^(?:[\w:<>&*,\[\] ]+?[ &*])?(\w+)\(([^;{}]*)\)(?: const)? \{(.*?)(?:^\}$|\}$(?=\n(?:[\w\n#/}]|$)))",
                         re.MULTILINE | re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_READ = re.compile(r'(?:attribute\w*|has_attribute)\(\s*(?:\d+,\s*)?"(\w+)"')
_CALL = re.compile(r"(?<![.>\w])(\w+)\(")  # of functions, no object's members
_COMMENT = re.compile(r"//[^\n]*")


@functools.cache
def functions(root: pathlib.Path) -> dict[str, list[tuple[str, str]]]:
    """Name -> (file, body) of every function of the importers; overloads are all kept."""
    found: dict[str, list[tuple[str, str]]] = {}
    files = [*sorted((root / "src/onnx/import").glob("*.cpp")), root / "src/onnx/control_flow.cpp",
             root / "src/onnx/nested_graphs.cpp"]
    for path in files:
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for name, _, body in _DEFINITION.findall(text):
            found.setdefault(name, []).append((path.name, body))
    return found


def closure(root: pathlib.Path, function: str) -> str:
    """The bodies of a function and of all functions that it calls; a name means the one of the same file, if there is one."""
    known, texts, todo, seen = functions(root), [], [(function, "")], set()
    while todo:
        name, near = todo.pop()
        candidates = known.get(name, [])
        candidates = [c for c in candidates if c[0] == near] or candidates
        for file, body in candidates:
            if (name, file) in seen:
                continue
            seen.add((name, file))
            texts.append(body)
            todo += [(called, file) for called in set(_CALL.findall(body)) if called in known]
            # A function that is handed on, as a row of a table is.
            todo += [(called, file) for called in set(re.findall(r"&(\w+)\b", body)) if called in known]
    return "\n".join(texts)


def attributes(root: pathlib.Path, function: str, defined: list[str]) -> list[str]:
    """Of the attributes that an operator is defined to have, those that are read; all that are read when none are given.

    A name may be put together from a stem and an ending ("keys" + "_int64s").
    """
    text = closure(root, function)
    read = set(_READ.findall(text))
    if not defined:
        return sorted(read)
    words = set(_STRING.findall(text))
    return [a for a in defined if a in read or a in words
            or any(a.startswith(w) and a[len(w):] in words for w in words if w)]
