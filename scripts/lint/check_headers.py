"""Each header compiles alone. A header that passed is not compiled again until it, or what it includes, changes."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import tree

_FLAGS = ["-std=c++20", "-O0", "-c"]


class _Fingerprints:
    """A header's content with all of ours that it includes, hashed."""

    def __init__(self, search: list[pathlib.Path]):
        self._search = search
        self._texts: dict[pathlib.Path, tuple[str, list[pathlib.Path]]] = {}

    def of(self, header: pathlib.Path) -> str:
        reached: set[pathlib.Path] = set()
        pending = [header]
        while pending:
            path = pending.pop()
            if path not in reached:
                reached.add(path)
                pending += self._read(path)[1]
        digest = hashlib.sha256(" ".join(_FLAGS).encode())
        for path in sorted(reached):
            digest.update(self._read(path)[0].encode())
        return digest.hexdigest()

    def _read(self, path: pathlib.Path) -> tuple[str, list[pathlib.Path]]:
        if path not in self._texts:
            text = path.read_text(encoding="utf-8", errors="replace")
            found = [folder / i.path for i in tree.includes(text) for folder in (path.parent, *self._search)]
            self._texts[path] = text, [f.resolve() for f in found if f.is_file()]
        return self._texts[path]


def _headers(root: pathlib.Path) -> list[pathlib.Path]:
    # "-inl.h" files are bodies that their own .cpp includes several times, once for each instruction set.
    return [h for h in tree.files(root, ".h") if not h.name.endswith("-inl.h")
            and h.relative_to(root).parts[0] in ("src", "include", "tools", "tests")]


def _compile(root: pathlib.Path, header: pathlib.Path, search: list[pathlib.Path]) -> str:
    """The compiler's complaints about a file that includes nothing but the header."""
    name = header.relative_to(root).as_posix()
    source = root / "build/lint" / (name.replace("/", "+") + ".cpp")
    source.write_text(f'#include "../../{name}"\n')
    # The compiler cache remembers across clones what the fingerprints remember in one.
    cache = ["ccache"] if shutil.which("ccache") else []
    command = [*cache, os.environ.get("CXX", "g++"), *_FLAGS, *(f"-I{folder}" for folder in search),
               str(source), "-o", str(source.with_suffix(".o"))]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    source.with_suffix(".o").unlink(missing_ok=True)
    source.unlink()
    return run.stderr.strip() if run.returncode else ""


def check(root: pathlib.Path) -> list[str]:
    search = [root / folder for folder in ("src", "include", "tools", "tests", "bench")]
    cache_file = root / "build" / "lint" / "headers.json"
    cache_file.parent.mkdir(parents=True, exist_ok=True)
    passed = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    fingerprints = _Fingerprints(search)
    wanted = {str(h.relative_to(root)): (h, fingerprints.of(h.resolve())) for h in _headers(root)}
    pending = {name: (h, print_) for name, (h, print_) in wanted.items() if passed.get(name) != print_}
    problems = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        errors = pool.map(lambda item: _compile(root, item[0], search), pending.values())
        for (name, (_, print_)), error in zip(pending.items(), errors):
            if error:
                problems.append(f"{name}: does not compile alone:\n" + "\n".join(error.splitlines()[:12]))
            else:
                passed[name] = print_
    cache_file.write_text(json.dumps({n: p for n, p in passed.items() if n in wanted}, indent=0, sort_keys=True))
    return problems
