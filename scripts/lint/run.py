#!/usr/bin/env python3
"""Runs the checks (all, or those named) on the project; exits with 1 when one finds something."""
import importlib
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The quick ones first.
CHECKS = ("includes", "words", "links", "length", "references", "formatting", "headers")


def main(names: list[str]) -> int:
    unknown = [n for n in names if n not in CHECKS]
    if unknown:
        print(f"lint: no check '{unknown[0]}'; there are: {' '.join(CHECKS)}", file=sys.stderr)
        return 2
    found = 0
    for name in names or CHECKS:
        print(f"== lint: {name}", flush=True)
        start = time.monotonic()
        problems = importlib.import_module(f"check_{name}").check(ROOT)
        for problem in problems:
            print("   " + problem)
        print(f"   {len(problems) or 'no'} problem{'s' * (len(problems) != 1)}, {time.monotonic() - start:.1f} s", flush=True)
        found += len(problems)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
