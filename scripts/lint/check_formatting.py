"""C++ files are formatted as .clang-format says; `./dev format` mends them."""
import pathlib
import re
import shutil
import subprocess

import tree

_BATCH = 100


def check(root: pathlib.Path) -> list[str]:
    program = shutil.which("clang-format-14")
    if program is None:
        return ["clang-format-14 is not installed"]
    files = [str(f) for f in tree.files(root, ".h", ".cpp", ".cu")]
    bad = set()
    for start in range(0, len(files), _BATCH):
        run = subprocess.run([program, "--dry-run", "-Werror", *files[start:start + _BATCH]],
                             capture_output=True, text=True, check=False)
        bad |= set(re.findall(r"^(\S+?):\d+:\d+: error:", run.stderr, re.MULTILINE))
        if run.returncode and not bad:
            return [f"clang-format-14 failed: {run.stderr.strip()}"]
    return [f"{pathlib.Path(f).relative_to(root)}: not formatted; ./dev format mends it" for f in sorted(bad)]
