#!/usr/bin/env python3
"""Writes starting corpora for the fuzzers: make_corpus.py FOLDER makes FOLDER/graph_text,
FOLDER/onnx_reader and FOLDER/picture.

Texts come from the graphs in the tests of ir and passes. Models are the small ones of the onnx package's own backend
tests, so that every importer is reached, and a few with several nodes made here. Pictures come from tests/image.
Deterministic.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def texts():
    for file in sorted((ROOT / "tests" / "passes").glob("*_test.cpp")) + sorted((ROOT / "tests" / "ir").glob("*_test.cpp")):
        yield from re.findall(r'R"\((.*?)\)"', file.read_text(), re.S)


def models():
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 8, 8])
    w = numpy_helper.from_array(np.ones((4, 4, 3, 3), np.float32), "w")
    shape = numpy_helper.from_array(np.array([0, -1], np.int64), "shape")
    small = numpy_helper.from_array(np.array([1, 2, 3, 4], np.float32), "small")
    nodes = [("Relu", ["x"], {}), ("Conv", ["x", "w"], {"pads": [1, 1, 1, 1]}), ("Reshape", ["x", "shape"], {}),
             ("Softmax", ["x"], {"axis": 1}), ("Transpose", ["x"], {"perm": [0, 2, 3, 1]}), ("Add", ["x", "x"], {}),
             ("MaxPool", ["x"], {"kernel_shape": [2, 2], "ceil_mode": 1}), ("ReduceMean", ["x"], {"keepdims": 0}),
             ("Concat", ["x", "x"], {"axis": 1}), ("Flatten", ["x"], {}), ("Clip", ["x"], {}), ("Erf", ["x"], {}),
             ("BatchNormalization", ["x", "small", "small", "small", "small"], {}), ("Shape", ["x"], {}),
             ("LayerNormalization", ["x", "small"], {"axis": 3}), ("MatMul", ["x", "x"], {}), ("Cast", ["x"], {"to": 7})]
    for op, inputs, attributes in nodes:
        graph = helper.make_graph([helper.make_node(op, inputs, ["y"], "node", **attributes)], op, [x],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [w, shape, small])
        yield helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def backend_models(largest=8192):
    import onnx.backend.test
    data = pathlib.Path(onnx.backend.test.__file__).parent / "data"
    for file in sorted(data.glob("*/*/model.onnx")):
        if file.stat().st_size <= largest:
            yield file.read_bytes()


def pictures():
    for line in (ROOT / "tests" / "image" / "pictures.txt").read_text().splitlines():
        if not line.startswith("#"):
            yield bytes.fromhex(line.split()[3])


def write(folder, items):
    folder.mkdir(parents=True, exist_ok=True)
    for i, item in enumerate(items):
        (folder / f"{i:04}").write_bytes(item.encode() if isinstance(item, str) else item)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    write(out / "graph_text", texts())
    write(out / "onnx_reader", [*models(), *backend_models()])
    write(out / "picture", pictures())
