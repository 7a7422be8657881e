#!/usr/bin/env python3
"""Random graphs through the optimizing engine, the reference executor and ONNX Runtime; any two must agree.

  differential.py --count 500 [--seed 1]     graphs of seeds 1 ... 500
  differential.py --seed 17 --count 1 -v     one graph, with its text and what each side gave

The engine builds with every pass and its tactics as measured (or at another --level); the reference executor applies no
pass and runs each operator's reference kernel. A graph is wrong when the engine differs from the reference executor, or
both from ONNX Runtime; it is refused when the library says that it cannot do it, and why.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "conformance")]
import numpy as np  # noqa: E402
import onnx  # noqa: E402

import cases  # noqa: E402
import compare  # noqa: E402
import generate  # noqa: E402
import operators  # noqa: E402

RUNNER = os.environ.get("DOVETAIL_CONFORMANCE", str(cases.ROOT / "build/release/tests/conformance/conformance_runner"))
WORK = cases.ROOT / "build" / "differential"
# Without these no plan can be made.
NEEDED = {"resolve-shape-inputs", "materialize-shapes", "to-pointwise"}
# Of the largest element: errors of a dozen operators in a row, of which some amplify.
TOLERANCE = {"bfloat16": 2e-1, "float16": 3e-2, "float32": 1e-3, "float64": 1e-6}


def reference_environment():
    """No pass but the needed ones, and every operator by its reference."""
    table = (cases.ROOT / "docs" / "reference" / "passes.md").read_text()
    passes = set(re.findall(r"^\| ([a-z-]+) \|", table, re.M))
    assert NEEDED <= passes, f"docs/reference/passes.md lists no {NEEDED - passes}"
    return {"DOVETAIL_TACTIC": "cpu.reference", "DOVETAIL_DISABLE_PASS": ",".join(sorted(passes - NEEDED))}


def write(seed):
    model, inputs, outputs = generate.graph(seed)
    folder = WORK / "graphs" / f"seed_{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    cases.write_case(folder, folder.name, "differential", model, [(list(inputs.values()), list(outputs.values()))], 0, 0)
    try:
        session = operators.session(model)
        theirs = dict(zip(outputs, session.run(list(outputs), inputs))) if session else None
    except Exception:  # it ran every node alone; what it finds wrong with the whole is not about us
        theirs = None
    return folder, outputs, theirs


def call(folders, out, level, environment):
    """{folder name: (status, reason, outputs)}"""
    command = [RUNNER, "--jobs", str(os.cpu_count()), "--level", str(level), "--seconds", "60", str(out), "-"]
    done = subprocess.run(command, input="".join(f"{f}\n" for f in folders), capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    results = {}
    for line in done.stdout.splitlines():
        r = json.loads(line)
        outputs = {}
        if r["status"] == "ran":
            data, text = (out / r["case"] / "result.bin").read_bytes(), (out / r["case"] / "result.json").read_text()
            outputs = {v["name"]: compare.array({"kind": "tensor", **v}, data) for v in json.loads(text)["sets"][0]["outputs"]}
        results[r["case"]] = (r["status"], r.get("reason", "").split("\n")[0], outputs)
    return results


def difference(got, expected):
    """None when all outputs agree, else a sentence on the first that does not."""
    for name, e in expected.items():
        g = got.get(name)
        if g is None or g.shape != e.shape or g.dtype != e.dtype:
            return f"'{name}' is {'missing' if g is None else f'{g.dtype}{list(g.shape)}'}, expected {e.dtype}{list(e.shape)}"
        if operators.kind_of(e.dtype) != "f":
            wrong = g != e
        else:
            g, e = g.astype(np.float64), e.astype(np.float64)
            limit = TOLERANCE[expected[name].dtype.name] * (1 + (np.abs(e).max() if e.size else 0))
            wrong = ~(np.abs(g - e) <= limit)
        if np.any(wrong):
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            return f"'{name}': {np.count_nonzero(wrong)} of {e.size} differ, first at {list(at)}: {g[at]}, expected {e[at]}"
    return None


def judge(engine, reference, expected, theirs):
    for label, (status, reason, _) in (("engine", engine), ("reference executor", reference)):
        if status in ("crashed", "hung"):
            return status, f"{label}: {reason}"
        if status != "ran":
            return "refused", f"{label}: {reason}"
    if why := difference(engine[2], reference[2]):
        return "wrong", f"the engine is not the reference executor: {why}"
    # What the evaluators gave node by node, and ONNX Runtime on the whole: one of them has to be ours.
    whys = [difference(reference[2], x) for x in (theirs, expected) if x is not None]
    if all(whys):
        return "wrong", f"the reference executor is not ONNX Runtime: {whys[0]}"
    return "agrees", ""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--seed", type=int, default=1, help="the first one")
    p.add_argument("--level", type=int, default=2, help="optimization level of the engine")
    p.add_argument("--batch", type=int, default=500, help="graphs on disk at a time")
    p.add_argument("--json", help="file for what did not agree")
    p.add_argument("-v", "--verbose", action="store_true")
    a = p.parse_args()
    if not os.path.exists(RUNNER):
        sys.exit(f"no {RUNNER}; build the target conformance_runner")
    environment = reference_environment()
    counts, found, begin = collections.Counter(), [], time.monotonic()
    for first in range(a.seed, a.seed + a.count, a.batch):
        shutil.rmtree(WORK, ignore_errors=True)
        (WORK / "graphs").mkdir(parents=True)
        made = {seed: write(seed) for seed in range(first, min(first + a.batch, a.seed + a.count))}
        folders = [m[0] for m in made.values()]
        engine = call(folders, WORK / "engine", a.level, {})
        reference = call(folders, WORK / "reference", 0, environment)
        for seed, (folder, expected, theirs) in made.items():
            status, why = judge(engine[folder.name], reference[folder.name], expected, theirs)
            counts[status] += 1
            if status != "agrees":
                found.append({"seed": seed, "status": status, "reason": why})
                print(f"seed {seed}: {status}: {why}   repeat: tests/differential/differential.py --seed {seed} --count 1 -v", flush=True)
            if a.verbose:
                print(onnx.printer.to_text(onnx.load(folder / "model.onnx")))
        if a.count > a.batch:
            print(f"seeds {a.seed}..{first + len(made) - 1}: {dict(counts)}, {time.monotonic() - begin:.0f} s", flush=True)
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(found, indent=1))
    print(f"{sum(counts.values())} graphs: " + ", ".join(f"{n} {s}" for s, n in counts.most_common()))
    return 1 if set(counts) & {"wrong", "crashed", "hung"} else 0


if __name__ == "__main__":
    sys.exit(main())
