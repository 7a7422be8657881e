"""The cases of onnx.backend.test as folders: model.onnx, case.json and data.bin (inputs and expected outputs).

They are made once for a version of the onnx package, into .cache/conformance/<version>. A value is a tensor (elements
as in raw_data, at an offset of data.bin), a string tensor, a sequence, a map or nothing (an empty optional).
"""
import fcntl
import json
import os
import pathlib
import re
import shutil
import warnings

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "conformance" / onnx.__version__
FORMAT = 2  # of the folders; a change makes them anew

# Outputs that depend on a random generator, which the standard leaves open.
RANDOM_CASES = re.compile(r"^test_(bernoulli.*|training_dropout.*|random_.*|multinomial.*)$")
# Operators on sequences, optionals and strings.
NON_TENSOR_OPS = re.compile(r"^(?!Reverse).*Sequence|^Optional|^String|^Regex")


class Data:
    """data.bin while it is written."""

    def __init__(self):
        self.parts, self.at = [], 0

    def put(self, raw):
        at = self.at
        self.parts.append(raw)
        self.at += len(raw)
        return {"at": at, "bytes": len(raw)}


def tensor_value(t, data):
    """A TensorProto in whatever field its numbers are."""
    if t.data_type == TensorProto.STRING:
        return {"kind": "strings", "type": t.data_type, "dims": list(t.dims),
                "values": [s.decode("utf-8", "replace") for s in t.string_data]}
    if not t.HasField("raw_data"):
        array = numpy_helper.to_array(t)
        t2 = numpy_helper.from_array(array)
        assert t2.data_type == t.data_type, (t2.data_type, t.data_type)
        t = t2
    return {"kind": "tensor", "type": t.data_type, "dims": list(t.dims), **data.put(t.raw_data)}


def value(v, data):
    if v is None:
        return {"kind": "none"}
    if isinstance(v, TensorProto):
        return tensor_value(v, data)
    if isinstance(v, (list, tuple)):
        return {"kind": "sequence", "items": [value(i, data) for i in v]}
    if isinstance(v, dict):
        return {"kind": "map", "keys": list(v), "values": [value(np.asarray(i), data) for i in v.values()]}
    return tensor_value(numpy_helper.from_array(np.asarray(v)), data)


def read_proto(file, type_proto):
    """What a .pb file of a data set holds, by the type that the model gives it."""
    content = file.read_bytes()
    if type_proto.HasField("sequence_type"):
        return numpy_helper.to_list(onnx.SequenceProto.FromString(content))
    if type_proto.HasField("optional_type"):
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(content))
    if type_proto.HasField("map_type"):
        return numpy_helper.to_dict(onnx.MapProto.FromString(content))
    return TensorProto.FromString(content)


def sets_of_folder(folder, model):
    sets = []
    for at in sorted(folder.glob("test_data_set_*")):
        def read(kind, infos):
            files = sorted(at.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
            return [read_proto(f, infos[int(f.stem.split("_")[1])].type) for f in files]
        sets.append((read("input", model.graph.input), read("output", model.graph.output)))
    return sets


def ramp(info):
    """The input that the package's runner draws for its light models."""
    shape = [d.dim_value if d.HasField("dim_value") else 1 for d in info.type.tensor_type.shape.dim]
    count = int(np.prod(shape))
    return (np.arange(count).reshape(shape) / count).astype(np.float32)


def sets_of_light_model(file, model):
    constants = {i.name for i in model.graph.initializer}
    inputs = [ramp(i) for i in model.graph.input if i.name not in constants]
    outputs = [TensorProto.FromString(file.with_name(f"{file.stem}_output_{k}.pb").read_bytes())
               for k in range(len(model.graph.output))]
    return [(inputs, outputs)]


def sources():
    """(name, kind, model, sets, rtol, atol) of each case; a set is (inputs, outputs) in the graph's order."""
    import onnx.backend.test
    from onnx.backend.test.loader import load_model_tests
    package = pathlib.Path(onnx.__file__).parent
    for kind in ("node", "simple", "pytorch-converted", "pytorch-operator", "real"):
        for case in sorted(load_model_tests(kind=kind), key=lambda c: c.name):
            if case.model is not None:
                model, sets = case.model, case.data_sets
            elif case.model_dir is not None:
                folder = pathlib.Path(case.model_dir)
                model = onnx.load(folder / "model.onnx")
                sets = sets_of_folder(folder, model)
            elif case.url.startswith("onnx/backend/test/data/light/"):
                file = package.parent / case.url
                model = onnx.load(file)
                sets = sets_of_light_model(file, model)
            else:
                continue  # would have to be downloaded
            yield case.name, kind, model, sets, case.rtol, case.atol


def nodes_of(graph):
    for node in graph.node:
        yield node
        for a in node.attribute:
            for inner in [a.g, *a.graphs]:
                yield from nodes_of(inner)


def operator_of(name, model):
    """The operator that a case is about: its node's, or what its name says where the node was expanded."""
    node = model.graph.node[0] if model.graph.node else None
    if node is not None and len(model.graph.node) == 1:
        return node.op_type
    known = {s.name.lower(): s.name for s in onnx.defs.get_all_schemas()}
    words = re.sub(r"^test_|_expanded.*$", "", name).split("_")
    for end in range(len(words), 0, -1):
        for start in range(0, 1):
            if "".join(words[start:end]).lower() in known:
                return known["".join(words[start:end]).lower()]
    return node.op_type if node is not None else "(no node)"


def group_of(name, suite, model):
    nodes = list(nodes_of(model.graph)) + [n for f in model.functions for n in f.node]
    domains = {n.domain or "ai.onnx" for n in nodes}
    if any(d.startswith("ai.onnx.preview") for d in domains):
        return "preview"
    if "ai.onnx.ml" in domains:
        return "ml"
    types = [i.type for i in [*model.graph.input, *model.graph.output]]
    if (any(not t.HasField("tensor_type") or t.tensor_type.elem_type == TensorProto.STRING for t in types)
            or any(NON_TENSOR_OPS.search(n.op_type) for n in nodes)):
        return "non-tensor"
    if suite == "real":
        return "models"
    return "random" if RANDOM_CASES.match(name) else "core"


def write_case(folder, name, kind, model, sets, rtol, atol):
    folder.mkdir(parents=True)
    data = Data()
    constants = {i.name for i in model.graph.initializer}
    input_names = [i.name for i in model.graph.input if i.name not in constants]
    # A set may also give values to inputs that have a constant by default.
    all_names = [i.name for i in model.graph.input]
    output_names = [o.name for o in model.graph.output]
    written = []
    for inputs, outputs in sets:
        names = input_names if len(inputs) == len(input_names) else all_names
        written.append({
            "inputs": [{"name": n, **value(v, data)} for n, v in zip(names, inputs)],
            "outputs": [{"name": n, **value(v, data)} for n, v in zip(output_names, outputs)]})
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "data.bin").write_bytes(b"".join(data.parts))
    (folder / "case.json").write_text(json.dumps({
        "name": name, "suite": kind, "group": group_of(name, kind, model), "op": operator_of(name, model),
        "rtol": rtol, "atol": atol, "sets": written}))


def make_all(target):
    names = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, *rest in sources():
            write_case(target / name, name, *rest)
            names.append(name)
    index = []
    for name in sorted(names):
        case = json.loads((target / name / "case.json").read_text())
        index.append({k: case[k] for k in ("name", "suite", "group", "op")})
    (target / "index.json").write_text(json.dumps({"format": FORMAT, "cases": index}))


def index():
    """[{name, suite, group, op}] of every case; makes the folders when they are not there."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with open(FOLDER.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = FOLDER / "index.json"
        if not file.exists() or json.loads(file.read_text())["format"] != FORMAT:
            new = FOLDER.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(FOLDER, ignore_errors=True)
            make_all(new)
            os.rename(new, FOLDER)
        return json.loads(file.read_text())["cases"]


def with_constants(name, target):
    """The case in folder `target`, its inputs after the first made initializers: what exporters write as constants."""
    source = FOLDER / name
    case, data = json.loads((source / "case.json").read_text()), (source / "data.bin").read_bytes()
    model = onnx.load(source / "model.onnx")
    fixed = {v["name"]: v for v in case["sets"][0]["inputs"][1:] if v["kind"] == "tensor"}
    if len(case["sets"]) > 1:
        fixed = {}
    for name_, v in fixed.items():
        model.graph.initializer.append(TensorProto(name=name_, data_type=v["type"], dims=v["dims"],
                                                   raw_data=data[v["at"]:v["at"] + v["bytes"]]))
    kept = [i for i in model.graph.input if i.name not in fixed]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    for s in case["sets"]:
        s["inputs"] = [v for v in s["inputs"] if v["name"] not in fixed]
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.onnx").write_bytes(model.SerializeToString())
    (target / "case.json").write_text(json.dumps(case))
    (target / "data.bin").write_bytes(data)
