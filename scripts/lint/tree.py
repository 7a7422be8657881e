"""Which files of the project the checks look at, and what they include."""
import pathlib
import re
import subprocess
from typing import NamedTuple

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


class Include(NamedTuple):
    line: int
    path: str
    quoted: bool


def files(root: pathlib.Path, *suffixes: str) -> list[pathlib.Path]:
    """Files that git tracks or would track; a tree without git (the checks' own tests) is walked. Sorted."""
    if (root / ".git").exists():
        names = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [root / name for name in names if name]
    else:
        paths = list(root.rglob("*"))
    return sorted(p for p in paths if (not suffixes or p.suffix in suffixes) and p.is_file())


def includes(text: str) -> list[Include]:
    return [Include(text.count("\n", 0, m.start(2)) + 1, m.group(2), m.group(1) == '"') for m in _INCLUDE.finditer(text)]
