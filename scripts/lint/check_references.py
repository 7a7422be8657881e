"""Generated references are current; `./dev docs` mends them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
import generate  # noqa: E402  (scripts/docs)


def check(root: pathlib.Path) -> list[str]:
    return [f"{name}: not current; ./dev docs writes it" for name in generate.stale(root)]
