"""Relative links in Markdown files lead somewhere."""
import pathlib
import re

import tree

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


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
    return problems
