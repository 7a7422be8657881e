"""Words that mean unfinished work, and paths of one machine, do not enter the tree."""
import pathlib
import re

import tree

_FORBIDDEN = (
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b"), "finish it, or refuse it with a clear error and name it in the docs"),
    (re.compile(r"(?<![\w.}$~-])/(?:work|root|home)/\w"), "a path of one machine"),
)
# These files have to spell the words.
_EXEMPT = ("scripts/lint/check_words.py", "tests/lint/")


def check(root: pathlib.Path) -> list[str]:
    problems = []
    for file in tree.files(root):
        name = file.relative_to(root).as_posix()
        if name.startswith(_EXEMPT) or name == "LICENSE":
            continue
        data = file.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            for pattern, advice in _FORBIDDEN:
                match = pattern.search(line)
                if match:
                    problems.append(f"{name}:{number}: '{match.group()}': {advice}")
    return problems
