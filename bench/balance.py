#!/usr/bin/env python3
"""How two threads (or more) share a machine that is not theirs alone, beside one thread, in turns of short rounds.

  bench/balance.py gpt2_prefill resnet50 FILE.onnx [--threads 2] [--rounds 9] [--json FILE]

For each model, with the command of this tree (a process each, plans built before):

  scaling    one thread's time over that of all threads, beside the machine's own scaling: what as many processes of one
             thread get done at once, over what one gets done alone.
  core taken all threads while another program of equal priority keeps the first core busy, over one thread on the quiet
             machine. Work that is cut once, and threads that spin while they wait, make this large.
  idle       CPU time that the process uses 100 ms after its last run, in percent of a core.

Numbers of a machine that others use as well mean little; the script says how many cores others took meanwhile.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import numpy as np

import accuracy
import peers

# A busy loop that belongs to nobody: what the shell makes of it is one process on one core.
HOG = ["sh", "-c", "while :; do :; done"]


def start(args, plan, inputs, threads):
    return peers.Worker(f"{threads} threads", [str(args.command), "bench", str(plan), "--serve", "--threads", str(threads),
                                               "--input", str(inputs)])


def own_copy(plan, i):
    """A program that maps the same file as another finds in a shared cache what that one has just read."""
    return plan if i == 0 else pathlib.Path(shutil.copyfile(plan, plan.with_suffix(f".copy{i}")))


def rate(worker, args):
    result = worker.round(args.seconds, args.max_runs)
    return result["runs"] / result["wall_s"]


def rates_at_once(workers, args):
    """Runs per second of all workers together, each in a round that is as long as the others'."""
    for worker in workers:
        worker.process.stdin.write(f"round {args.seconds} {args.max_runs}\n".encode())
    return sum(r["runs"] / r["wall_s"] for r in (w.read(peers.ROUND_TIMEOUT) for w in workers))


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def idle_percent(worker, args):
    """Of one core, over two seconds that begin 100 ms after a round."""
    worker.round(args.seconds, args.max_runs)
    time.sleep(0.1)
    before, begin = cpu_ticks(worker.process.pid), time.monotonic()
    time.sleep(2)
    return 100 * (cpu_ticks(worker.process.pid) - before) / peers.TICKS / (time.monotonic() - begin)


def measure(args, alone, many):
    """Medians over rounds of runs per second; the settings take turns."""
    rates = {"one": [], "copies": [], "all": [], "taken": []}
    for _ in range(args.rounds):
        rates["one"].append(rate(alone[0], args))
        rates["all"].append(rate(many, args))
        rates["copies"].append(rates_at_once(alone, args))
        hog = subprocess.Popen(["taskset", "-c", str(min(os.sched_getaffinity(0))), *HOG])
        try:
            time.sleep(0.05)  # until the scheduler has spread the threads
            rates["taken"].append(rate(many, args))
        finally:
            hog.kill()
            hog.wait()
    return {key: statistics.median(values) for key, values in rates.items()}


def run_case(args, model, feed):
    with tempfile.TemporaryDirectory() as temp:
        work = pathlib.Path(temp)
        inputs = work / "inputs.npz"
        np.savez(inputs, **feed)
        plans = {n: peers.build_plan(args, model, feed, n, work) for n in (1, args.threads)}
        for plan, facts in plans.values():
            if plan is None:
                return facts
        alone = [start(args, own_copy(plans[1][0], i), inputs, 1) for i in range(args.threads)]
        many = start(args, plans[args.threads][0], inputs, args.threads)
        try:
            for worker in [*alone, many]:
                if not worker.alive:
                    return worker.facts
            busy, begin = peers.machine_time()[0], time.monotonic()
            rates = measure(args, alone, many)
            idle = idle_percent(many, args)
            used = (peers.machine_time()[0] - busy) / (time.monotonic() - begin)
        finally:
            for worker in [*alone, many]:
                worker.stop()
    return {"one_ms": 1000 / rates["one"], "all_ms": 1000 / rates["all"], "scaling": rates["all"] / rates["one"],
            "machine_scaling": rates["copies"] / rates["one"], "taken_ms": 1000 / rates["taken"],
            "taken_over_one": rates["one"] / rates["taken"], "idle_percent": idle, "busy_cores": used}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="*", help="names of the models folder (NAME or NAME/CASE), or .onnx files")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--seconds", type=float, default=0.5, help="length of a round")
    p.add_argument("--max-runs", type=int, default=1000000, help=argparse.SUPPRESS)
    p.add_argument("--models-dir", default=os.environ.get("DOVETAIL_MODELS", accuracy.ROOT.parent / "shared" / "models"))
    p.add_argument("--cache", default=accuracy.ROOT / ".cache" / "models", help="where made models are kept")
    p.add_argument("--command", default=accuracy.ROOT / "build" / "release" / "tools" / "dovetail", type=pathlib.Path)
    p.add_argument("--extra", default="", help="more arguments for the command's build")
    p.add_argument("--json", help="file for the rows")
    p.set_defaults(all=False, all_cases=False, default="resnet18")
    args = p.parse_args()
    args.command = args.command.resolve()
    rows = []
    print(f"{'model':<28}{'1 thread ms':>12}{f'{args.threads} threads':>12}{'scaling':>9}{'machine':>9}{'taken ms':>10}"
          f"{'taken/1':>9}{'idle %':>8}", flush=True)
    for label, model, feed in accuracy.cases(args):
        row = run_case(args, pathlib.Path(model).resolve(), feed)
        rows.append({"model": label, "threads": args.threads, **row})
        if "error" in row:
            print(f"{label:<28}  {row['error']}", flush=True)
            continue
        print(f"{label:<28}{row['one_ms']:>12.4g}{row['all_ms']:>12.4g}{row['scaling']:>9.2f}{row['machine_scaling']:>9.2f}"
              f"{row['taken_ms']:>10.4g}{row['taken_over_one']:>9.2f}{row['idle_percent']:>8.2f}", flush=True)
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps({"schema": "dovetail.balance.1", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
