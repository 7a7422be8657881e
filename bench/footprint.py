#!/usr/bin/env python3
"""How long models take to build, to load and to run the first time, and what memory they take.

  bench/footprint.py resnet50 bert_base FILE.onnx [--threads 2] [--processes 5] [--json FILE] [--markdown]
  bench/footprint.py --all                          every model of the models folder, first case each

Each model is built twice, with a new timing cache and with that cache filled, and run in some processes of its own, one
after the other, whose file is in the page cache. A build is the command's whole time, with reading the model and writing
the plan. Load is mapping, verifying and making kernels; the first run is held against the median of those that follow in
the same process. Of load and first run the median over processes is shown. Peak memory is the largest resident set of a
process over what it cannot do without: weights as the plan has them, a context's memory, inputs and outputs. The arena is
held against the most that is alive at one step.
"""
import argparse
import json
import os
import pathlib
import statistics
import tempfile

import numpy as np

import accuracy
import peers

COLUMNS = ["model", "build s", "again s", "plan MiB", "load ms", "first run ms", "median ms", "first/median", "peak MiB",
           "peak/needed", "arena MiB", "arena/bound"]


def start(args, plan, inputs):
    """The facts of one process, with its rounds."""
    worker = peers.Worker("dovetail", [str(args.command), "bench", str(plan), "--serve", "--threads", str(args.threads),
                                       "--input", str(inputs)])
    if worker.alive:
        worker.round(args.seconds, args.max_runs)
    if worker.alive:
        result = worker.round(args.seconds, args.max_runs)
        worker.facts["median_s"] = result.get("median_s")
    worker.stop()
    return worker.facts


def measure(args, label, model, feed):
    with tempfile.TemporaryDirectory() as temp:
        work = pathlib.Path(temp)
        np.savez(work / "inputs.npz", **feed)
        args.extra = f"--timing-cache {work / 'timings.txt'}"
        plan, cold = peers.build_plan(args, model, feed, args.threads, work)
        if plan is None:
            return {"model": label, **cold}
        _, warm = peers.build_plan(args, model, feed, args.threads, work)
        runs = [start(args, plan, work / "inputs.npz") for _ in range(args.processes + 1)][1:]  # the first one maps it
    failed = next((r for r in runs if "error" in r), None)
    if failed:
        return {"model": label, "error": failed["error"]}
    middle = {k: statistics.median(r[k] for r in runs) for k in ("load_s", "first_s", "median_s", "peak_rss_bytes")}
    needed = runs[0]["weight_bytes"] + runs[0]["memory_bytes"] + sum(a.nbytes for a in feed.values())
    bound = runs[0]["memory_bound_bytes"]
    return {"model": label, "threads": args.threads, "build_s": cold["build_s"], "again_s": warm["build_s"],
            "plan_bytes": cold["plan_bytes"], **middle, "needed_bytes": needed, "memory_bytes": runs[0]["memory_bytes"],
            "memory_bound_bytes": bound,
            "first_over_median": statistics.median(r["first_s"] / r["median_s"] for r in runs)}


def cells(row):
    if "error" in row:
        return [row["model"], row["error"]]
    mib = 2**20
    return [row["model"], f"{row['build_s']:.1f}", f"{row['again_s']:.2f}", f"{row['plan_bytes'] / mib:.0f}",
            f"{1e3 * row['load_s']:.1f}", f"{1e3 * row['first_s']:.4g}", f"{1e3 * row['median_s']:.4g}",
            f"{row['first_over_median']:.2f}", f"{row['peak_rss_bytes'] / mib:.0f}",
            f"{row['peak_rss_bytes'] / row['needed_bytes']:.2f}", f"{row['memory_bytes'] / mib:.1f}",
            f"{row['memory_bytes'] / row['memory_bound_bytes'] if row['memory_bound_bytes'] else 1:.2f}"]


def line(values, markdown):
    if markdown:
        print("| " + " | ".join(values) + " |", flush=True)
    else:
        print(f"{values[0]:<28}" + "".join(f"{v:>14}" for v in values[1:]), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="*", help="names of the models folder (NAME or NAME/CASE), or .onnx files")
    p.add_argument("--all", action="store_true", help="every model of the folder")
    p.add_argument("--all-cases", action="store_true", help="every case of a model, not the first alone")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--processes", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.5, help="length of a round")
    p.add_argument("--max-runs", type=int, default=2000, help="most runs in a round")
    p.add_argument("--models-dir", default=os.environ.get("DOVETAIL_MODELS", accuracy.ROOT.parent / "shared" / "models"))
    p.add_argument("--cache", default=accuracy.ROOT / ".cache" / "models", help="where made models are kept")
    p.add_argument("--default", default="mlp2,mnist_cnn,resnet18", help=argparse.SUPPRESS)
    p.add_argument("--command", default=accuracy.ROOT / "build" / "release" / "tools" / "dovetail", type=pathlib.Path)
    p.add_argument("--json", help="file for the rows")
    p.add_argument("--markdown", action="store_true", help="print a markdown table")
    args = p.parse_args()
    args.command = args.command.resolve()
    line(COLUMNS, args.markdown)
    if args.markdown:
        print("|" + "---|" * len(COLUMNS))
    rows = []
    for label, model, feed in accuracy.cases(args):
        rows.append(measure(args, label, pathlib.Path(model).resolve(), feed))
        line(cells(rows[-1]), args.markdown)
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps({"schema": "dovetail.footprint.1", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
