#!/usr/bin/env python3
"""Compares the command's results with ONNX Runtime's on real models, every output, every recorded input.

  bench/accuracy.py --all                      every model of the models folder, every recorded input
  bench/accuracy.py resnet50 vit_b_16/b8       models of the folder's index (made on the spot by its materialize.py)
  bench/accuracy.py FILE.onnx                  any model, run on random inputs

Prints one line a case: the largest relative error ||out - ref|| / ||ref|| over its outputs, the smallest cosine, and
whether it is right. Right is a relative error of at most 1e-4; a quantized model (one with QuantizeLinear) is right when
each output is within one step of its scale or has a cosine of at least 0.999, since rounding before and after a fusion
differs by a step. Deep quantized models amplify such steps; one that misses the criterion by no more than ONNX Runtime
with and without its own graph optimizations differs from itself is reported as SPREAD. Exit status 4 when a case is wrong, 1 when one could not be run.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT, COSINE_LIMIT = 1e-4, 0.999
SPREAD_LIMIT = 1.1  # of the reference's difference from itself


def load_models(folder):
    spec = importlib.util.spec_from_file_location("materialize", folder / "materialize.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, json.loads((folder / "index.json").read_text())


def session_of(path, optimized=True):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def reference(path, feed, optimized=True):
    session = session_of(path, optimized)
    feed = {i.name: feed[i.name] for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))


def shape_text(dims):
    return "x".join(map(str, dims)) or "scalar"


def ours(command, path, feed, work, extra):
    np.savez(work / "in.npz", **feed)
    arguments = [command, "run", str(path), "--input", str(work / "in.npz"), "--out", str(work / "out.npz"), *extra]
    for name, array in feed.items():
        arguments += ["--shapes", f"{name}:{shape_text(array.shape)}"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("[W]")]
        raise RuntimeError(f"exit status {done.returncode}: " + " | ".join(lines)[:600])
    with np.load(work / "out.npz") as archive:
        return {k: archive[k] for k in archive.files}


def finite_pairs(got, expected):
    """Both as flat f64 where both are finite; None when shapes, NaNs or infinities disagree."""
    if got.shape != expected.shape:
        return None
    g, e = got.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    finite = np.isfinite(g) & np.isfinite(e)
    if not np.array_equal(g[~finite], e[~finite], equal_nan=True):
        return None
    return g[finite], e[finite]


def compare(got, expected):
    """(relative error, cosine, largest difference) of one output."""
    pair = finite_pairs(got, expected)
    if pair is None:
        return float("inf"), 0.0, float("inf")
    g, e = pair
    if g.size == 0:
        return 0.0, 1.0, 0.0
    norm_g, norm_e = np.linalg.norm(g), np.linalg.norm(e)
    cosine = float(g @ e / (norm_g * norm_e)) if norm_g > 0 and norm_e > 0 else float(norm_g == norm_e)
    return float(np.linalg.norm(g - e) / (norm_e or 1.0)), cosine, float(np.abs(g - e).max())


def output_steps(path):
    """{output: scale of the DequantizeLinear that makes it, or None} of a quantized model, None for any other."""
    import onnx
    graph = onnx.load(path, load_external_data=False).graph
    if not any(n.op_type == "QuantizeLinear" for n in graph.node):
        return None
    makers = {o: n for n in graph.node for o in n.output}
    constants = {t.name: t for t in graph.initializer}
    steps = {}
    for output in graph.output:
        node = makers.get(output.name)
        scale = constants.get(node.input[1]) if node is not None and node.op_type == "DequantizeLinear" else None
        steps[output.name] = float(np.max(onnx.numpy_helper.to_array(scale))) if scale is not None else None
    return steps


def judge(got, expected, steps):
    """(largest relative error, smallest cosine, right) over all outputs."""
    worst, least, right = 0.0, 1.0, True
    for name, value in expected.items():
        error, cosine, difference = compare(got[name], value) if name in got else (float("inf"), 0.0, float("inf"))
        worst, least = max(worst, error), min(least, cosine)
        fine = error <= LIMIT
        if not fine and steps is not None:
            step = steps.get(name)
            fine = cosine >= COSINE_LIMIT or (step is not None and difference <= step * 1.001)
        right = right and fine
    return worst, least, right


def random_feed(path):
    rng, feed = np.random.default_rng(0), {}
    for i in session_of(path).get_inputs():
        dims = [d if isinstance(d, int) and d > 0 else 1 for d in i.shape]
        kind = i.type[7:-1]
        if kind in ("float", "double", "float16"):
            feed[i.name] = rng.standard_normal(dims).astype({"float": "f4", "double": "f8", "float16": "f2"}[kind])
        else:
            feed[i.name] = rng.integers(0, 2, dims).astype({"bool": "?"}.get(kind, kind))
    return feed


def feed_beside(path):
    """The inputs in FILE.npz beside FILE.onnx when it exists, else random ones."""
    beside = pathlib.Path(path).with_suffix(".npz")
    if not beside.exists():
        return random_feed(path)
    with np.load(beside) as archive:
        return {k: archive[k] for k in archive.files}


class ModelsFolder:
    def __init__(self, folder, cache):
        if not (folder / "materialize.py").exists():
            sys.exit(f"no models folder at '{folder}'; give --models-dir or the path of an .onnx file")
        self.module, self.index = load_models(folder)
        self.cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def path(self, name):
        if name not in self.index:
            sys.exit(f"unknown model '{name}'; the folder has: {', '.join(self.index)}")
        path = self.cache / f"{name}.onnx"
        if not path.exists():
            self.module.materialize(name, self.cache)
        return path

    def cases(self, text, every):
        """(label, path, feed) of NAME or NAME/CASE."""
        name, _, case = text.partition("/")
        path = self.path(name)
        known = list(self.index[name]["cases"])
        if case and case not in known:
            sys.exit(f"model '{name}' has no case '{case}'; it has: {', '.join(known)}")
        for c in [case] if case else known if every else known[:1]:
            yield f"{name}/{c}", path, self.module.inputs(name, c, index=self.index)


def cases(args):
    """(label, path, feed) of everything asked for."""
    for path in [m for m in args.models if m.endswith(".onnx")]:
        yield pathlib.Path(path).stem, pathlib.Path(path), feed_beside(path)
    named = [m for m in args.models if not m.endswith(".onnx")]
    if args.models and not named:
        return
    folder = ModelsFolder(pathlib.Path(args.models_dir), pathlib.Path(args.cache))
    for text in named or (list(folder.index) if args.all else args.default.split(",")):
        yield from folder.cases(text, args.all or args.all_cases)


def run_case(label, path, feed, command, extra, optimized=True):
    """One row: label, outputs, error, cosine, quantized, result (ok, WRONG, FAILED), note, seconds."""
    row = {"model": label, "outputs": 0, "error": None, "cosine": None, "quantized": False, "note": ""}
    begin = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as temp:
            expected = reference(path, feed, optimized)
            steps = output_steps(path)
            row.update(outputs=len(expected), quantized=steps is not None)
            got = ours(str(command), path, feed, pathlib.Path(temp), extra)
        row["error"], row["cosine"], right = judge(got, expected, steps)
        row["result"] = "ok" if right else "WRONG"
        if not right and steps is not None:
            own, own_cosine, _ = judge(reference(path, feed, not optimized), expected, steps)
            row["note"] = f"the reference differs from itself by {own:.2e}, cosine {own_cosine:.6f}"
            if row["error"] <= SPREAD_LIMIT * own:
                row["result"] = "SPREAD"
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        row.update(result="FAILED", note=str(e))
    row["seconds"] = round(time.monotonic() - begin, 2)
    return row


class Printer:
    """Rows as they come: aligned text, or a markdown table."""

    def __init__(self, markdown):
        self.markdown = markdown
        if markdown:
            print("| model | outputs | rel. error | cosine | result |\n|---|---:|---:|---:|---|")
        else:
            print(f"{'model':44} {'outputs':>7} {'rel. error':>11} {'cosine':>9}  result")

    def add(self, row):
        error = "" if row["error"] is None else f"{row['error']:.2e}"
        cosine = "" if row["cosine"] is None else f"{row['cosine']:.6f}"
        result = row["result"] + (f": {row['note']}" if row["note"] else "") + (" (quantized)" if row["quantized"] else "")
        if self.markdown:
            print(f"| {row['model']} | {row['outputs']} | {error} | {cosine} | {result.replace('|', '/')} |", flush=True)
        else:
            print(f"{row['model']:44} {row['outputs']:7} {error:>11} {cosine:>9}  {result}", flush=True)


def run_all(every_case, command, extra=(), markdown=False, json_file=None, optimized=True):
    """Runs (label, path, feed) cases, prints a row each; returns the exit status."""
    printer, rows = Printer(markdown), []
    for label, path, feed in every_case:
        rows.append(run_case(label, path, feed, command, list(extra), optimized))
        printer.add(rows[-1])
        if json_file:
            pathlib.Path(json_file).write_text(json.dumps({"schema": "dovetail.accuracy.1", "cases": rows}, indent=1) + "\n")
    results = [r["result"] for r in rows]
    counts = {r: results.count(r) for r in ("WRONG", "SPREAD", "FAILED")}
    summary = f"{results.count('ok')} of {len(rows)} right" + "".join(f", {n} {r.lower()}" for r, n in counts.items())
    print(f"\n{summary}")
    return 4 if "WRONG" in results else 1 if "FAILED" in results else 0


def add_common_arguments(p):
    p.add_argument("--command", default=ROOT / "build" / "release" / "tools" / "dovetail")
    p.add_argument("--extra", default="", help="more arguments for the command, e.g. '--opt-level 0'")
    p.add_argument("--json", help="file for the rows")
    p.add_argument("--markdown", action="store_true", help="print a markdown table")
    p.add_argument("--plain-reference", action="store_true", help="ONNX Runtime without its own graph optimizations")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="*", help="names of the models folder (NAME or NAME/CASE), or .onnx files")
    p.add_argument("--all", action="store_true", help="every model of the folder, every case")
    p.add_argument("--all-cases", action="store_true", help="every recorded input of a model, not the first alone")
    p.add_argument("--models-dir", default=os.environ.get("DOVETAIL_MODELS", ROOT.parent / "shared" / "models"))
    p.add_argument("--cache", default=ROOT / ".cache" / "models", help="where made models are kept")
    p.add_argument("--default", default="mnist_cnn,resnet50,bert_base", help=argparse.SUPPRESS)
    add_common_arguments(p)
    a = p.parse_args()
    sys.exit(run_all(cases(a), a.command, a.extra.split(), a.markdown, a.json, not a.plain_reference))


if __name__ == "__main__":
    main()
