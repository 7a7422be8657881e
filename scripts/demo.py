#!/usr/bin/env python3
"""Reads the text of a picture with a real model, and compares speed and numbers with ONNX Runtime.

  ./dev demo                      on a picture that the demo draws
  ./dev demo my.png               on your picture: one horizontal line of text
  ./dev demo --text "Any words"   on a picture of these words

The model recognises printed text (PP-OCR, from the Python package rapidocr). The `dovetail` command compiles it into a
plan for every width in a range and runs the plan; this script only prepares the picture and reads the result. Exit
status: 0 when ONNX Runtime reads the same text, 4 when it does not, 1 when something failed.
"""
import argparse
import importlib.util
import json
import math
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = "Dovetail joins models"
HEIGHT, MIN_WIDTH, USUAL_WIDTH, MAX_WIDTH = 48, 32, 320, 2048
ROUND_SECONDS = 0.4
EXIT_DIFFERS = 4


class Failure(Exception):
    """Something that the user can act on; the message says what."""


# ---- the model: where it lies and which characters it knows ----


def find_model():
    """The recogniser inside the installed package; the package itself is not imported, because it needs far more."""
    spec = importlib.util.find_spec("rapidocr")
    found = sorted((pathlib.Path(spec.origin).parent / "models").glob("*_rec_*.onnx")) if spec and spec.origin else []
    if not found:
        raise Failure("the Python package rapidocr with its recognition model is not installed; ./dev demo installs it")
    return found[0]


def read_model(path):
    """(name of the input, characters by class) of a recogniser. Class 0 is the blank; the last one is the space."""
    import onnx
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as e:  # the reader's errors have no common class
        raise Failure(f"'{path}' could not be read as an ONNX model: {e}") from e
    listed = next((p.value for p in model.metadata_props if p.key == "character"), None)
    if listed is None:
        raise Failure(f"'{path}' is no text recogniser of this kind: its metadata has no list of characters")
    return model.graph.input[0].name, ["", *listed.rstrip("\n").split("\n"), " "]


# ---- picture in, text out ----


def draw_line(text):
    """A picture of one line of text, in the font that comes with Pillow."""
    from PIL import Image, ImageDraw, ImageFont
    font = ImageFont.load_default(size=40)
    left, top, right, bottom = font.getbbox(text)
    margin = 14
    picture = Image.new("RGB", (math.ceil(right - left) + 2 * margin, math.ceil(bottom - top) + 2 * margin), "white")
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, font=font, fill=(20, 20, 60))
    return picture


def open_picture(path):
    from PIL import Image, UnidentifiedImageError
    try:
        picture = Image.open(path).convert("RGBA")
    except (OSError, UnidentifiedImageError) as e:
        raise Failure(f"'{path}' could not be read as a picture: {e}") from e
    page = Image.new("RGBA", picture.size, "white")  # transparent pixels show the page
    return Image.alpha_composite(page, picture).convert("RGB")


def prepare(picture):
    """f32[1,3,48,width], blue before red, -1 black to 1 white: the form the model was trained on."""
    from PIL import Image
    width = math.ceil(HEIGHT * picture.width / picture.height)
    line = picture.resize((min(width, MAX_WIDTH), HEIGHT), Image.Resampling.BILINEAR)
    values = np.asarray(line, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1) / 127.5 - 1.0
    # A line narrower than the plan's range continues in neutral grey.
    values = np.pad(values, ((0, 0), (0, 0), (0, max(0, MIN_WIDTH - values.shape[2]))))
    return np.ascontiguousarray(values[np.newaxis])


def decode(scores, characters):
    """(text, confidence) of scores[step, class]: the best class of each step, repeats and blanks left out (CTC)."""
    if scores.shape[1] != len(characters):
        raise Failure(f"the model tells {scores.shape[1]} classes apart but lists {len(characters)} characters")
    best = scores.argmax(axis=1)
    kept = [i for i, c in enumerate(best) if c != 0 and (i == 0 or c != best[i - 1])]
    text = "".join(characters[best[i]] for i in kept)
    return text, float(np.mean([scores[i, best[i]] for i in kept])) if kept else 0.0


# ---- the two sides ----


def usable_cpus():
    """What the process may use: affinity, and the quota of its control group."""
    count = len(os.sched_getaffinity(0))
    try:
        quota, period = pathlib.Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return count if quota == "max" else max(1, min(count, int(quota) // int(period)))
    except (OSError, ValueError):
        return count


class Dovetail:
    """The model as a plan, used through the command line."""

    def __init__(self, command, model, input_name, threads, work):
        self.command, self.threads, self.work = str(command), threads, work
        self.input_name, self.plan = input_name, work / "text.plan"
        self.load_seconds = []
        shapes = f"{input_name}:1x3x{HEIGHT}x{MIN_WIDTH}..{MAX_WIDTH}@{USUAL_WIDTH}"
        begin = time.perf_counter()
        self._call("build", model, "-o", self.plan, "--shapes", shapes)
        self.build_seconds = time.perf_counter() - begin

    def _call(self, verb, *arguments):
        line = [self.command, verb, *map(str, arguments), "--threads", str(self.threads)]
        # Standard error stays the user's: progress, warnings and the reason of a failure.
        status = subprocess.run(line, stdout=subprocess.DEVNULL, check=False).returncode
        if status != 0:
            raise Failure(f"exit status {status} of: {' '.join(line)}")

    def run(self, x):
        np.savez(self.work / "in.npz", **{self.input_name: x})
        self._call("run", self.plan, "--input", self.work / "in.npz", "--out", self.work / "out.npz")
        with np.load(self.work / "out.npz") as outputs:
            return outputs[outputs.files[0]]

    def round(self, seconds):
        """Median latency in ms of runs on the last input, in a process of its own."""
        report = self.work / "bench.json"
        self._call("bench", self.plan, "--input", self.work / "in.npz", "--json", report, "--duration", seconds)
        measured = json.loads(report.read_text())
        self.load_seconds.append(measured["load_s"])
        return measured["latency_ms"]["median"]


def _serve_onnx_runtime(pipe, model, threads, input_name, x):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    pipe.send((ort.__version__, session.run(None, {input_name: x})[0]))
    while (seconds := pipe.recv()) is not None:
        session.run(None, {input_name: x})
        times, end = [], time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            begin = time.perf_counter()
            session.run(None, {input_name: x})
            times.append((time.perf_counter() - begin) * 1e3)
        pipe.send(statistics.median(times))


class OnnxRuntime:
    """ONNX Runtime in a process of its own, so that neither side's threads and memory disturb the other's."""

    def __init__(self, model, threads, input_name, x):
        context = multiprocessing.get_context("spawn")
        self.pipe, far_end = context.Pipe()
        arguments = (far_end, model, threads, input_name, x)
        self.process = context.Process(target=_serve_onnx_runtime, args=arguments, daemon=True)
        self.process.start()
        far_end.close()
        self.version, self.output = self._answer()

    def _answer(self, *request):
        try:
            if request:
                self.pipe.send(*request)
            return self.pipe.recv()
        except (EOFError, OSError):
            raise Failure("the process with ONNX Runtime ended early; its message is above") from None

    def round(self, seconds):
        """Median latency in ms, after one run that wakes its threads."""
        return self._answer(seconds)

    def close(self):
        self.pipe.send(None)
        self.process.join()


# ---- the comparison ----


def summary(rounds):
    return {"median": statistics.median(rounds), "min": min(rounds), "max": max(rounds)}


def compare(ours, theirs, characters):
    text, confidence = decode(ours[0], characters)
    expected, _ = decode(theirs[0], characters)
    difference = np.abs(ours.astype(np.float64) - theirs)
    return {
        "text": text,
        "confidence": confidence,
        "onnxruntime_text": expected,
        "largest_difference": float(difference.max()),
        "relative_error": float(np.linalg.norm(difference) / np.linalg.norm(theirs.astype(np.float64))),
    }


def run(args):
    command = pathlib.Path(args.command)
    if not command.is_file():
        raise Failure(f"there is no command '{command}'; ./dev build makes it, --command names another")
    args.work.mkdir(parents=True, exist_ok=True)
    model = pathlib.Path(args.model or find_model())
    input_name, characters = read_model(model)
    if args.picture:
        picture, source = open_picture(args.picture), str(args.picture)
    else:
        picture, source = draw_line(args.text), str(args.work / "line.png")
        picture.save(source)
    x = prepare(picture)

    dovetail = Dovetail(command, model, input_name, args.threads, args.work)
    ours = dovetail.run(x)
    peer = OnnxRuntime(model, args.threads, input_name, x)
    report = compare(ours, peer.output, characters)
    turns = [(dovetail.round(ROUND_SECONDS), peer.round(ROUND_SECONDS)) for _ in range(args.rounds)]
    peer.close()
    mine, other = (summary(side) for side in zip(*turns))
    return report | {
        "schema": "dovetail.demo.1",
        "picture": source,
        "drawn_text": None if args.picture else args.text,
        "model": model.name,
        "input": "x".join(map(str, x.shape)),
        "threads": args.threads,
        "rounds": args.rounds,
        "build_s": dovetail.build_seconds,
        "load_s": statistics.median(dovetail.load_seconds),
        "plan_bytes": dovetail.plan.stat().st_size,
        "latency_ms": mine,
        "onnxruntime_latency_ms": other,
        "onnxruntime_version": peer.version,
    }


def table(r):
    def row(name, latency):
        return f"  {name:<22}{latency['median']:>9.2f}   {latency['min']:>9.2f} .. {latency['max']:.2f}"

    faster = r["onnxruntime_latency_ms"]["median"] / r["latency_ms"]["median"]
    return "\n".join([
        f"picture  {r['picture']}",
        f"text     {r['text']}     (confidence {r['confidence']:.3f})",
        "",
        f"model {r['model']}, input {r['input']}, threads {r['threads']}",
        f"  build {r['build_s']:.2f} s,  load {r['load_s'] * 1e3:.1f} ms,  plan {r['plan_bytes'] / 2**20:.1f} MiB",
        "",
        f"  latency in ms           median     lowest .. highest of {r['rounds']} rounds, taking turns",
        row("Dovetail", r["latency_ms"]),
        row(f"ONNX Runtime {r['onnxruntime_version']}", r["onnxruntime_latency_ms"]),
        f"  ONNX Runtime takes {faster:.2f} times as long",
        "",
        f"  largest difference {r['largest_difference']:.1e},  relative error {r['relative_error']:.1e},"
        f"  same text: {'yes' if r['text'] == r['onnxruntime_text'] else 'NO'}",
    ])


def parse(arguments):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("picture", nargs="?", type=pathlib.Path, help="picture of one line of text")
    p.add_argument("--text", default=TEXT, help="what to draw when no picture is given")
    p.add_argument("--model", help="another PP-OCR recogniser (.onnx, with its characters in the metadata)")
    p.add_argument("--command", default=os.environ.get("DOVETAIL_COMMAND", ROOT / "build/release/tools/dovetail"))
    p.add_argument("--threads", type=int, default=usable_cpus(), help="threads of both sides (default: %(default)s)")
    p.add_argument("--rounds", type=int, default=7, help="rounds of measuring (default: %(default)s)")
    p.add_argument("--work", type=pathlib.Path, default=ROOT / ".cache/demo", help="folder of what it makes")
    p.add_argument("--json", action="store_true", help="print the results as JSON")
    args = p.parse_args(arguments)
    if args.threads < 1 or args.rounds < 1:
        p.error("--threads and --rounds must be at least 1")
    return args


def main(arguments=None):
    args = parse(arguments)
    try:
        report = run(args)
    except Failure as e:
        print(f"demo: {e}", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=2, ensure_ascii=False) if args.json else table(report))
    if report["drawn_text"] not in (None, report["onnxruntime_text"]):
        print(f"demo: the model misreads the drawn text '{report['drawn_text']}'", file=sys.stderr)
    if report["text"] != report["onnxruntime_text"]:
        print(f"demo: the plan reads '{report['text']}', ONNX Runtime reads '{report['onnxruntime_text']}' "
              f"(relative error {report['relative_error']:.1e})", file=sys.stderr)
        return EXIT_DIFFERS
    return 0


if __name__ == "__main__":
    sys.exit(main())
