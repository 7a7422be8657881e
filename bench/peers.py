#!/usr/bin/env python3
"""Times the command beside ONNX Runtime and OpenVINO on models, fairly on a machine that is never quite quiet.

  bench/peers.py mlp2 mnist_cnn resnet18/b8 FILE.onnx [--threads 1,2] [--rounds 9] [--json FILE] [--markdown]
  bench/peers.py --all                                   every model of the models folder, first case each

One process for each peer and setting, with its own thread pool. The parent asks them in turn for short rounds and rotates
the order, so that each sees the same share of noise; a round during which other processes took cores that the peer needed
is repeated, a bounded number of times, and counted as contended when it stays so. A model's time is the median over rounds
of the median within a round; the spread is the interquartile range over that median. The last column is our time over that
of the faster peer, and its geometric mean ends the table. Peers run in f32 on fixed shapes, as we do.

Needs the packages of scripts/requirements-bench.txt.
"""
import argparse
import json
import math
import os
import pathlib
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import accuracy

ROOT = accuracy.ROOT
TICKS = os.sysconf("SC_CLK_TCK")
LOAD_TIMEOUT, ROUND_TIMEOUT = 900, 120


# ------------------------------------------------------------------------------------------------- in a peer's process
def own_memory():
    """(resident, peak) bytes of this process."""
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Vm"))
    return int(status["VmRSS"].split()[0]) * 1024, int(status["VmHWM"].split()[0]) * 1024


def start_onnxruntime(model, feed, threads):
    """A function that runs the model once on bound inputs and outputs."""
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    shapes = {i.name: i.shape for i in accuracy.session_of(model, optimized=False).get_inputs()} if dynamic(model) else {}
    for name, dims in shapes.items():
        for dim, size in zip(dims, feed[name].shape):
            if isinstance(dim, str):
                options.add_free_dimension_override_by_name(dim, size)
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    values = {i.name: ort.OrtValue.ortvalue_from_numpy(feed[i.name]) for i in session.get_inputs()}
    for name, value in values.items():
        binding.bind_ortvalue_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)


def dynamic(model):
    import onnx
    graph = onnx.load(model, load_external_data=False).graph
    return any(d.dim_param for i in graph.input for d in i.type.tensor_type.shape.dim)


def start_openvino(model, feed, threads):
    import openvino
    core = openvino.Core()
    read = core.read_model(model)
    named = {p: next(n for n in p.get_names() if n in feed) for p in read.inputs}
    read.reshape({p: openvino.PartialShape(list(feed[n].shape)) for p, n in named.items()})
    settings = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(read, "CPU", settings)
    request = compiled.create_infer_request()
    for port in compiled.inputs:
        name = next(n for n in port.get_names() if n in feed)
        request.set_tensor(port, openvino.Tensor(feed[name], shared_memory=True))
    return lambda: request.infer({}, share_inputs=True, share_outputs=True)


PEERS = {"onnxruntime": start_onnxruntime, "openvino": start_openvino}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def one_round(run, seconds, max_runs):
    run()
    times, cpu, begin = [], cpu_seconds(), time.perf_counter()
    at = begin
    while not times or (at - begin < seconds and len(times) < max_runs):
        run()
        end = time.perf_counter()
        times.append(end - at)
        at = end
    return {"runs": len(times), "median_s": statistics.median(times), "min_s": min(times), "wall_s": at - begin,
            "cpu_s": cpu_seconds() - cpu}


def serve_peer(peer, model, inputs, threads):
    """The other side of Worker: the start's facts, then a line of JSON for each round that is asked for."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers

    def answer(facts):
        answers.write(json.dumps(facts) + "\n")
        answers.flush()

    with np.load(inputs) as archive:
        feed = {k: np.ascontiguousarray(archive[k]) for k in archive.files}
    try:
        begin = time.perf_counter()
        run = PEERS[peer](model, feed, threads)
        load = time.perf_counter() - begin
        begin = time.perf_counter()
        run()
        first = time.perf_counter() - begin
        run()
    except Exception as e:
        return answer({"error": f"{type(e).__name__}: {str(e)[:300]}"})
    resident, peak = own_memory()
    answer({"load_s": load, "first_s": first, "rss_bytes": resident, "peak_rss_bytes": peak})
    for line in sys.stdin:
        words = line.split()
        if words[:1] != ["round"]:
            break
        answer(one_round(run, float(words[1]), int(words[2])))


# ----------------------------------------------------------------------------------------------------- in the parent
def machine_time():
    """(seconds that all cores were busy, seconds stolen by the host) since the start of the machine."""
    fields = [int(f) for f in open("/proc/stat").readline().split()[1:]]
    user, nice, system, _, _, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq) / TICKS, steal / TICKS


class Worker:
    def __init__(self, name, command, environment=None):
        self.name, self.rounds, self.contended = name, [], 0
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0,
                                        env={**os.environ, **(environment or {})}, cwd=ROOT / "bench")
        self.facts = self.read(LOAD_TIMEOUT)

    @property
    def alive(self):
        return "error" not in self.facts

    def read(self, timeout):
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        line = self.process.stdout.readline() if ready else b""
        if line:
            return json.loads(line)
        if not ready:
            self.process.kill()
            return {"error": f"no answer within {timeout} s"}
        self.process.wait()
        self.errors.seek(0)
        said = [s for s in self.errors.read().splitlines() if not s.startswith("[W]")]
        return {"error": " | ".join(said)[-300:] or f"exit status {self.process.returncode}"}

    def round(self, seconds, max_runs):
        """The round's numbers with `foreign`: cores that others used meanwhile, the host's included."""
        busy, stolen = machine_time()
        begin = time.monotonic()
        self.process.stdin.write(f"round {seconds} {max_runs}\n".encode())
        result = self.read(ROUND_TIMEOUT)
        if "error" in result:
            self.facts = result
            return result
        wall = time.monotonic() - begin
        busy_after, stolen_after = machine_time()
        own = result["cpu_s"] * wall / max(result["wall_s"], 1e-9)
        result["foreign"] = max(0.0, busy_after - busy - own) / wall + (stolen_after - stolen) / wall
        return result

    def stop(self):
        try:
            self.process.stdin.write(b"quit\n")
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def summary(self):
        if not self.alive:
            return {"error": self.facts["error"]}
        medians = sorted(r["median_s"] for r in self.rounds)
        quartiles = statistics.quantiles(medians, n=4) if len(medians) > 1 else [medians[0]] * 3
        middle = statistics.median(medians)
        return {**self.facts, "time_s": middle, "min_s": min(r["min_s"] for r in self.rounds), "rounds": len(medians),
                "spread": (quartiles[2] - quartiles[0]) / middle, "contended": self.contended}


def measure(workers, args, threads):
    """Fills every worker's rounds, in an order that moves on by one each time."""
    cores = os.cpu_count() or 1
    spare = max(cores - threads, 0) + args.tolerance  # cores that others may use without being in the way
    for turn in range(args.rounds):
        order = workers[turn % len(workers):] + workers[:turn % len(workers)]
        for worker in (w for w in order if w.alive):
            for attempt in range(args.repeats + 1):
                result = worker.round(args.seconds, args.max_runs)
                if not worker.alive or result["foreign"] <= spare:
                    break
                time.sleep(0.1 * (attempt + 1))
            if worker.alive:
                worker.rounds.append(result)
                worker.contended += result["foreign"] > spare


def build_plan(args, model, feed, threads, work):
    """(plan file, facts about the build)."""
    plan = work / f"model_{threads}.plan"
    command = [str(args.command), "build", str(model), "-o", str(plan), "--threads", str(threads), "--quiet", *args.extra.split()]
    for name, array in feed.items():
        command += ["--shapes", f"{name}:{accuracy.shape_text(array.shape)}"]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        return None, {"error": "build: " + " | ".join(errors.splitlines())[-300:]}
    return plan, {"build_s": time.monotonic() - begin, "build_peak_rss_bytes": usage.ru_maxrss * 1024,
                  "plan_bytes": plan.stat().st_size}


def start_ours(args, model, feed, inputs, threads, work):
    plan, facts = build_plan(args, model, feed, threads, work)
    if plan is None:
        worker = Worker("dovetail", ["true"])
        worker.facts = facts
        return worker
    worker = Worker("dovetail", [str(args.command), "bench", str(plan), "--serve", "--threads", str(threads), "--input", str(inputs)])
    if worker.alive:
        worker.facts = {**worker.facts, **facts}
    return worker


def start_peer(peer, model, inputs, threads):
    command = [sys.executable, str(pathlib.Path(__file__).resolve()), "--serve-peer", peer, str(model), str(inputs), str(threads)]
    return Worker(peer, command, {"OMP_NUM_THREADS": str(threads)})


def run_case(args, label, model, feed, threads):
    with tempfile.TemporaryDirectory() as temp:
        work = pathlib.Path(temp)
        np.savez(work / "inputs.npz", **feed)
        workers = [start_ours(args, model, feed, work / "inputs.npz", threads, work)]
        workers += [start_peer(p, model, work / "inputs.npz", threads) for p in args.peers.split(",")]
        try:
            measure(workers, args, threads)
        finally:
            for worker in workers:
                worker.stop()
    row = {"model": label, "threads": threads, "results": {w.name: w.summary() for w in workers}}
    times = {n: r["time_s"] for n, r in row["results"].items() if "time_s" in r}
    ours = times.pop("dovetail", None)
    row["ratio"] = ours / min(times.values()) if ours and times else None
    return row


# ----------------------------------------------------------------------------------------------------------- reports
def cell(result):
    if "error" in result:
        return "failed"
    mark = "*" if result["contended"] > result["rounds"] / 2 else ""
    return f"{1000 * result['time_s']:.4g} ±{100 * result['spread']:.0f}%{mark}"


class Table:
    def __init__(self, peers, markdown):
        self.columns = ["model", "threads", "dovetail ms", *[f"{p} ms" for p in peers], "ratio", "load s", "build s", "peak MiB", "arena/bound"]
        self.peers, self.markdown = peers, markdown
        self.line(self.columns)
        if markdown:
            print("|" + "---|" * len(self.columns))

    def line(self, cells):
        if self.markdown:
            print("| " + " | ".join(cells) + " |", flush=True)
        else:
            print("  ".join(f"{c:<32}" if i == 0 else f"{c:>22}" if c.endswith(("ms", "%", "*", "failed")) else f"{c:>16}" for i, c in enumerate(cells)), flush=True)

    def add(self, row):
        results = row["results"]
        names = ["dovetail", *self.peers]

        def each(key, scale, digits):
            return "/".join("-" if results[n].get(key) is None else f"{results[n][key] * scale:.{digits}f}" for n in names)

        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}"
        ours = results["dovetail"]
        build, bound = ours.get("build_s"), ours.get("memory_bound_bytes")
        self.line([row["model"], str(row["threads"]), *[cell(results[n]) for n in names], ratio, each("load_s", 1, 2),
                   "-" if build is None else f"{build:.1f}", each("peak_rss_bytes", 1 / 2**20, 0),
                   "-" if bound is None else f"{ours['memory_bytes'] / bound if bound else 1:.2f}"])
        for name in names:
            if "error" in results[name]:
                print(f"    {name}: {results[name]['error']}", flush=True)


def geometric_mean(rows, threads):
    ratios = [r["ratio"] for r in rows if r["ratio"] is not None and r["threads"] == threads]
    return (math.exp(sum(map(math.log, ratios)) / len(ratios)), max(ratios), len(ratios)) if ratios else None


def main():
    if sys.argv[1:2] == ["--serve-peer"]:
        return serve_peer(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="*", help="names of the models folder (NAME or NAME/CASE), or .onnx files")
    p.add_argument("--all", action="store_true", help="every model of the folder")
    p.add_argument("--all-cases", action="store_true", help="every case of a model, not the first alone")
    p.add_argument("--threads", default="1,2")
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--seconds", type=float, default=0.25, help="length of a round")
    p.add_argument("--max-runs", type=int, default=20000, help="most runs in a round")
    p.add_argument("--repeats", type=int, default=4, help="how often a contended round is repeated")
    p.add_argument("--tolerance", type=float, default=0.1, help="cores that others may take from a peer in a good round")
    p.add_argument("--peers", default=",".join(PEERS))
    p.add_argument("--models-dir", default=os.environ.get("DOVETAIL_MODELS", ROOT.parent / "shared" / "models"))
    p.add_argument("--cache", default=ROOT / ".cache" / "models", help="where made models are kept")
    p.add_argument("--default", default="mlp2,mnist_cnn,resnet18", help=argparse.SUPPRESS)
    p.add_argument("--command", default=ROOT / "build" / "release" / "tools" / "dovetail", type=pathlib.Path)
    p.add_argument("--extra", default="", help="more arguments for the command's build, e.g. '--timing-cache FILE'")
    p.add_argument("--json", help="file for the rows")
    p.add_argument("--markdown", action="store_true", help="print a markdown table")
    args = p.parse_args()
    args.command = args.command.resolve()
    threads = [int(t) for t in args.threads.split(",")]
    table, rows = Table(args.peers.split(","), args.markdown), []
    for label, model, feed in accuracy.cases(args):
        for count in threads:
            rows.append(run_case(args, label, pathlib.Path(model).resolve(), feed, count))
            table.add(rows[-1])
            if args.json:
                pathlib.Path(args.json).write_text(json.dumps({"schema": "dovetail.peers.1", "rows": rows}, indent=1) + "\n")
    print()
    for count in threads:
        if mean := geometric_mean(rows, count):
            print(f"{count} thread{'s' if count > 1 else ''}: geometric mean of the ratio {mean[0]:.3f}, worst {mean[1]:.2f}, {mean[2]} models")
    print("load s and peak MiB: dovetail/" + "/".join(args.peers.split(",")) + "; arena/bound: memory of our context over what is alive at once; * more than half of the rounds were contended")


if __name__ == "__main__":
    main()
