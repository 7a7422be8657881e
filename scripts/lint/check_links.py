"""Relative links in Markdown files lead somewhere, and so do paths in backticks that begin at the root of the project."""
import pathlib
import re

import tree

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")

# `src/ir/graph.h`; a path with a placeholder or a pattern is left alone.
_PATH = re.compile(r"`((?:src|include|tests|tools|scripts|docs|bench|cmake|third_party)/[\w./+-]+)`")


def check(root: pathlib.Path) -> list[str]:
    problems = []
    for file in tree.files(root, ".md"):
        text = re.sub(r"^```.*?^```", lambda m: "\n" * m.group().count("\n"), file.read_text(encoding="utf-8"),
                      flags=re.MULTILINE | re.DOTALL)
        for match in _LINK.finditer(text):
            target = match.group(1)
            if not re.match(r"[a-z]+:", target) and not (file.parent / target).exists():
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{file.relative_to(root)}:{line}: the link to '{target}' leads nowhere")
        for match in _PATH.finditer(text):
            if not (root / match.group(1)).exists():
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{file.relative_to(root)}:{line}: there is no {match.group(1)}")
    return problems
