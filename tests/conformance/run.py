#!/usr/bin/env python3
"""Runs the conformance suite of the onnx package through the C++ API and says what passed.

  run.py                        every case
  run.py --filter resize        cases whose name has the regular expression (also --op Resize, --group core|ml|...)
  run.py --filter resize -v     with the reason of each that did not pass
  run.py --constants            with every input but the first as an initializer, as exporters write axes, scales, sizes
  run.py --sample 200           a seeded sample
  run.py --check                compares with expected.txt; exit status 1 when a case is better or worse than it says
  run.py --update               writes expected.txt anew; reasons written by hand are kept

A case passes, passes where the model is specialised for values of its inputs (IParser::setInputValues), is refused (the library says why), gives a wrong result, crashes or hangs.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases  # noqa: E402
import compare  # noqa: E402

ROOT = cases.ROOT
RUNNER = os.environ.get("DOVETAIL_CONFORMANCE", str(ROOT / "build/release/tests/conformance/conformance_runner"))
RESULTS = ROOT / "build" / "conformance"
EXPECTED = pathlib.Path(__file__).resolve().parent / "expected.txt"
STATUSES = ("passed", "specialised", "refused", "wrong", "crashed", "hung")
GROUPS = {"core": "ai.onnx, tensors, deterministic", "ml": "ai.onnx.ml", "preview": "ai.onnx.preview",
          "non-tensor": "ai.onnx with strings, sequences, optionals or maps",
          "models": "light models", "random": "ai.onnx, outputs drawn at random"}


def assemble(expected, outputs):
    """The value of an output from the tensors that the engine gave: NAME, or NAME[i] for the items of a sequence."""
    name, kind = expected["name"], expected["kind"]
    if kind in ("tensor", "strings"):
        return outputs.get(name)
    if kind == "sequence":
        items = []
        while f"{name}[{len(items)}]" in outputs:
            items.append(outputs[f"{name}[{len(items)}]"])
        return {"kind": "sequence", "items": items}
    return outputs.get(name, {"kind": "none"})


def is_drawn(case):
    return case["group"] == "random"


def judge(folder, out):
    """(status, reason) of a case that ran."""
    case, result = json.loads((folder / "case.json").read_text()), json.loads((out / "result.json").read_text())
    expected_data, got_data = (folder / "data.bin").read_bytes(), (out / "result.bin").read_bytes()
    for number, (wanted, given) in enumerate(zip(case["sets"], result["sets"])):
        outputs = {v["name"]: {"kind": "tensor", **v} for v in given["outputs"]}
        for expected in wanted["outputs"]:
            got = assemble(expected, outputs)
            if got is None:
                return "wrong", f"output '{expected['name']}' is missing"
            if is_drawn(case):  # types and shapes are all that the standard fixes
                if (got["type"], got["dims"]) != (expected["type"], expected["dims"]):
                    return "wrong", f"output '{expected['name']}' has another type or shape"
                continue
            why = compare.disagreement(got, expected, got_data, expected_data, case["rtol"], case["atol"])
            if why:
                return "wrong", f"output '{expected['name']}'" + (f" of set {number}" if number else "") + f": {why}"
    return "passed", ""


def select(index, a):
    chosen = [c for c in index if (not a.filter or re.search(a.filter, c["name"], re.I))
              and (not a.op or c["op"].lower() == a.op.lower()) and (not a.group or c["group"] == a.group)]
    if a.sample and a.sample < len(chosen):
        chosen = random.Random(a.seed).sample(chosen, a.sample)
    return sorted(chosen, key=lambda c: c["name"])


def run(chosen, jobs, level, seconds, constants=False):
    """{name: {status, reason, ...}} of the chosen cases."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    source = RESULTS / "constants" if constants else cases.FOLDER
    if constants:
        for c in chosen:
            cases.with_constants(c["name"], source / c["name"])
    command = [RUNNER, "--jobs", str(jobs), "--level", str(level), "--seconds", str(seconds), str(RESULTS), "-"]
    folders = "".join(f"{source / c['name']}\n" for c in chosen)
    done = subprocess.run(command, input=folders, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    results = {}
    by_name = {c["name"]: c for c in chosen}
    for line in done.stdout.splitlines():
        r = json.loads(line)
        name = r.pop("case")
        if r["status"] == "failed":
            r["status"], r["reason"] = "refused", f"the runner: {r['reason']}"
        if r["status"] == "ran":
            r["status"], r["reason"] = judge(source / name, RESULTS / name)
            if r["status"] == "passed" and r["fixed"]:
                values = ", ".join(f"'{v}'" for v in r["fixed"])
                r["status"], r["reason"] = "specialised", f"passes with {values} fixed while the model is parsed"
        results[name] = {**by_name[name], **r, "refused_op": r.pop("op", "")}
    return results


def in_general(reason):
    """A reason without the names and numbers of the one case."""
    reason = reason.split("\n")[0]
    reason = re.sub(r"'[^']*'", "'…'", reason)
    return re.sub(r"-?\b\d[\d.,e+-]*|\[[-\d, …]*\]", "#", reason)[:150]


def print_table(rows, header):
    widths = [max(len(str(r[k])) for r in [header, *rows]) for k in range(len(header))]
    for r in [header, *rows]:
        print("  ".join(str(v).ljust(w) if k == 0 else str(v).rjust(w) for k, (v, w) in enumerate(zip(r, widths))))


def report(results, a):
    counts = collections.defaultdict(collections.Counter)
    for r in results.values():
        counts["op", r["op"]][r["status"]] += 1
        counts["group", r["group"]][r["status"]] += 1

    def row(label, c):
        return [label, *(c[s] or "" for s in STATUSES), sum(c.values())]
    header = ["", *STATUSES, "cases"]
    rows = [row(op, c) for (kind, op), c in sorted(counts.items()) if kind == "op" and (a.ops or set(c) != {"passed"})]
    if rows:
        print_table(rows, ["operator", *header[1:]])
    reasons = collections.defaultdict(list)
    for name, r in results.items():
        if r["status"] != "passed":
            reasons[r["status"], in_general(r.get("reason", "")) if r["status"] != "wrong" else r["op"]].append(name)
    for (status, reason), names in sorted(reasons.items(), key=lambda kv: (kv[0][0], -len(kv[1]))):
        print(f"{status:8} {len(names):4}  {reason}   e.g. {names[0]}")
    if a.verbose:
        print()
        for name, r in sorted(results.items()):
            if r["status"] != "passed":
                first = r.get("reason", "").split("\n")[0]
                print(f"{name}: {r['status']}" + (f" ({r['stage']})" if "stage" in r else "") + f": {first}")
    print()
    rows = [row(f"{g}: {text}", counts["group", g]) for g, text in GROUPS.items() if counts["group", g]]
    print_table(rows + [row("all", collections.Counter(r["status"] for r in results.values()))], ["group", *header[1:]])


def read_expected():
    """{name: (status, reason)} of the cases that are known not to pass."""
    known = {}
    for line in EXPECTED.read_text().splitlines() if EXPECTED.exists() else []:
        if line and not line.startswith("#"):
            name, status, reason = line.split(None, 2)
            known[name] = (status, reason)
    return known


def changes(results):
    """A line for each case that is better or worse than expected.txt says."""
    known, lines = read_expected(), []
    for name, r in sorted(results.items()):
        expected = known.get(name, ("passed", ""))[0]
        if r["status"] != expected:
            what = "passes now" if r["status"] == "passed" else f"{r['status']}: {r.get('reason', '')}".split("\n")[0]
            repeat = f"repeat: tests/conformance/run.py -v --filter '^{name}$'"
            lines.append(f"{name}: {what}; expected.txt says {expected}   {repeat}")
    return lines


def update(results):
    known = read_expected()
    for name, r in results.items():
        if r["status"] == "passed":
            known.pop(name, None)
        elif known.get(name, ("",))[0] != r["status"]:
            known[name] = (r["status"], r.get("reason", "").split("\n")[0][:200] or "no reason was given")
    text = "# Cases that do not pass as they are: name, what happens, why. Written by run.py --update; a reason may be edited.\n"
    EXPECTED.write_text(text + "".join(f"{n} {s} {why}\n" for n, (s, why) in sorted(known.items())))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--filter", help="regular expression on names")
    p.add_argument("--op", help="cases about this operator")
    p.add_argument("--group", choices=GROUPS)
    p.add_argument("--sample", type=int, help="this many, drawn at random")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--level", type=int, default=0, help="optimization level of the builds")
    p.add_argument("--seconds", type=int, default=180, help="limit for a case")
    p.add_argument("--json", default=str(RESULTS / "results.json"), help="where results are written")
    p.add_argument("--constants", action="store_true", help="inputs after the first become initializers")
    p.add_argument("-v", "--verbose", action="store_true", help="a line for each case that did not pass")
    p.add_argument("--ops", action="store_true", help="also operators all of whose cases pass")
    p.add_argument("--check", action="store_true")
    p.add_argument("--update", action="store_true")
    a = p.parse_args()
    if not os.path.exists(RUNNER):
        sys.exit(f"no {RUNNER}; build the target conformance_runner")
    if a.constants and (a.check or a.update):
        sys.exit("expected.txt is about the cases as they are, without --constants")
    begin = time.monotonic()
    chosen = select(cases.index(), a)
    results = run(chosen, a.jobs, a.level, a.seconds, a.constants)
    pathlib.Path(a.json).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(a.json).write_text(json.dumps(results, indent=1))
    report(results, a)
    print(f"{len(results)} cases in {time.monotonic() - begin:.0f} s; {a.json}")
    if a.update:
        update(results)
    lines = changes(results) if a.check else []
    print("".join(f"CHANGED {line}\n" for line in lines), end="")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
