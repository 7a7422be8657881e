#!/usr/bin/env python3
"""Compares the command's results with ONNX Runtime's on real models, every output, every recorded input.

  bench/accuracy.py [--models-dir DIR] [--command build/release/tools/dovetail] [MODEL ...] [FILE.onnx ...]

A MODEL is a name of the models folder's index (made on the spot by its materialize.py); a FILE.onnx is any model, run on
random inputs. Prints one line a case: the largest relative error ||out - ref|| / ||ref|| over its outputs, and whether it
is within 1e-4. Exit status 4 when one is not, 1 when one could not be run.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 1e-4


def load_models(folder):
    spec = importlib.util.spec_from_file_location("materialize", folder / "materialize.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, json.loads((folder / "index.json").read_text())


def reference(path, feed):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {i.name: feed[i.name] for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))


def ours(command, path, feed, shapes, work, extra):
    np.savez(work / "in.npz", **feed)
    arguments = [command, "run", str(path), "--input", str(work / "in.npz"), "--out", str(work / "out.npz"), *extra]
    for name, dims in shapes.items():
        arguments += ["--shapes", f"{name}:{'x'.join(map(str, dims)) or 'scalar'}"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("[W]")]
        raise RuntimeError(f"exit status {done.returncode}: " + " | ".join(lines)[:600])
    with np.load(work / "out.npz") as archive:
        return {k: archive[k] for k in archive.files}


def relative_error(got, expected):
    if got.shape != expected.shape:
        return float("inf")
    g, e = got.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    if g.size == 0:
        return 0.0
    if not np.array_equal(np.isnan(g), np.isnan(e)):
        return float("inf")
    ok = np.isfinite(g) & np.isfinite(e)
    if not np.array_equal(g[~ok & ~np.isnan(g)], e[~ok & ~np.isnan(e)]):
        return float("inf")
    norm = np.linalg.norm(e[ok])
    return float(np.linalg.norm(g[ok] - e[ok]) / (norm if norm > 0 else 1.0))


def random_feed(path):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rng, feed = np.random.default_rng(0), {}
    for i in session.get_inputs():
        dims = [d if isinstance(d, int) and d > 0 else 1 for d in i.shape]
        kind = i.type[7:-1]
        if kind in ("float", "double", "float16"):
            feed[i.name] = rng.standard_normal(dims).astype({"float": "f4", "double": "f8", "float16": "f2"}[kind])
        else:
            feed[i.name] = rng.integers(0, 2, dims).astype({"bool": "?"}.get(kind, kind))
    return feed


def cases(args):
    """(label, path, feed) of everything asked for."""
    named = [m for m in args.models if not m.endswith(".onnx")]
    for path in [m for m in args.models if m.endswith(".onnx")]:
        yield pathlib.Path(path).stem, pathlib.Path(path), random_feed(path)
    if args.models and not named:
        return
    folder = pathlib.Path(args.models_dir)
    if not (folder / "materialize.py").exists():
        sys.exit(f"no models folder at '{folder}'; give --models-dir or the path of an .onnx file")
    module, index = load_models(folder)
    cache = pathlib.Path(args.cache)
    cache.mkdir(parents=True, exist_ok=True)
    for name in named or args.default.split(","):
        if name not in index:
            sys.exit(f"unknown model '{name}'; the folder has: {', '.join(index)}")
        path = cache / f"{name}.onnx"
        if not path.exists():
            module.materialize(name, cache)
        for case in index[name]["cases"] if args.all_cases else [next(iter(index[name]["cases"]))]:
            yield f"{name}/{case}", path, module.inputs(name, case, index=index)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="*", help="names of the models folder, or .onnx files")
    p.add_argument("--models-dir", default=os.environ.get("DOVETAIL_MODELS", ROOT.parent / "shared" / "models"))
    p.add_argument("--command", default=ROOT / "build" / "release" / "tools" / "dovetail")
    p.add_argument("--cache", default=ROOT / ".cache" / "models", help="where made models are kept")
    p.add_argument("--default", default="mnist_cnn,resnet50,bert_base", help=argparse.SUPPRESS)
    p.add_argument("--all-cases", action="store_true", help="every recorded input of a model, not the first alone")
    p.add_argument("--extra", default="", help="more arguments for the command, e.g. '--opt-level 0'")
    args = p.parse_args()
    failed = wrong = 0
    print(f"{'model':40} {'outputs':>7} {'rel. error':>11}  result")
    with tempfile.TemporaryDirectory() as temp:
        for label, path, feed in cases(args):
            try:
                expected = reference(path, feed)
                got = ours(str(args.command), path, feed, {k: v.shape for k, v in feed.items()}, pathlib.Path(temp), args.extra.split())
                missing = [k for k in expected if k not in got]
                error = float("inf") if missing else max(relative_error(got[k], expected[k]) for k in expected)
                wrong += not error <= LIMIT
                print(f"{label:40} {len(expected):7} {error:11.2e}  {'ok' if error <= LIMIT else 'WRONG'}", flush=True)
            except (RuntimeError, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f"{label:40} {'':7} {'':11}  FAILED: {e}", flush=True)
    sys.exit(4 if wrong else 1 if failed else 0)


if __name__ == "__main__":
    main()
