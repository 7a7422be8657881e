"""The `dovetail` command of an installed package."""
import os
import sys


def main() -> None:
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "dovetail")
    os.execv(program, ["dovetail", *sys.argv[1:]])
