"""The package as ./dev build leaves it, and this folder, on the path."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("DOVETAIL_BUILD", HERE.parents[1] / "build" / "release"))
for _folder in (BUILD / "python", HERE):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
