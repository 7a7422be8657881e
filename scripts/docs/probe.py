#!/usr/bin/env python3
"""Asks the built package what it takes, for the generated references; prints JSON.

  layers      for each layer of the network API: the types that the cases of tests/api find accepted, and the operators
              that the layer becomes
  operators   for each ONNX operator: by the type constraints of its standard, which types are imported and which not,
              the attributes of its standard, and the operators of ours that it becomes

ONNX operators are tried with the single-node models of the onnx package's own test suite and of tests/onnx, each type of a
constraint put in the place of the model's. Runs in the environment of the tests.
"""
import collections
import json
import pathlib
import re
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / p) for p in ("build/release/python", "tests/api", "tests/conformance", "scripts/docs")]

import cases as conformance  # noqa: E402  (tests/conformance)
import dovetail as trt  # noqa: E402
import layer_session  # noqa: E402  (tests/api)
import layer_tables  # noqa: E402
import lists  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

#: Single-node models that a type is tried with at most.
TRIES = 24


def operators_in(network) -> set[str]:
    """Names of the operators that the network's graph has."""
    return set(re.findall(r"^\s*%[^=\n]*= (\w+)[({]", network.to_text(), re.MULTILINE)) - {"const", "input"}


def probe_layers() -> dict:
    found: dict = {}
    for case in layer_tables.CASES:
        entry = found.setdefault(case.layer, {"types": set(), "operators": set()})
        for name, dtype in layer_session.TYPES.items():
            net = layer_session.Net()
            arrays = layer_session.inputs_of(case, dtype, case.shapes)
            inputs = [net.add_input(f"x{i}", getattr(trt.DataType, layer_session.name_of(a)), a.shape)
                      for i, a in enumerate(arrays)]
            made = case.make(net, *inputs)
            outputs = made if isinstance(made, (list, tuple)) else [made]
            if any(y is None for y in outputs):
                continue
            for y in outputs:
                net.mark_output(y)
            _ = [tuple(y.shape) for y in outputs]
            if not net.log.errors:
                entry["types"].add(name)
                if name == "FLOAT":
                    entry["operators"] |= operators_in(net.network)
    order = list(layer_session.TYPES)
    return {layer: {"types": sorted(e["types"], key=order.index), "operators": sorted(e["operators"])}
            for layer, e in found.items()}


def models() -> dict:
    """(domain, operator) -> single-node models, those of the newest operator sets first."""
    found = collections.defaultdict(list)
    for case in conformance.index():
        folder = conformance.FOLDER / case["name"]
        model = onnx.load(folder / "model.onnx")
        if len(model.graph.node) == 1 and not model.functions:
            node = model.graph.node[0]
            found[node.domain, node.op_type].append((model, folder))
    for table in ("operator_cases.txt", "microsoft_cases.txt"):
        for model in text_models(ROOT / "tests/onnx" / table):
            node = model.graph.node[0]
            found[node.domain, node.op_type].append((model, None))
    for entries in found.values():
        entries.sort(key=lambda e: -version_of(e[0]))
    return found


def version_of(model) -> int:
    domain = model.graph.node[0].domain
    return max([o.version for o in model.opset_import if o.domain == domain] or [1])


NAMES = {"f32": "FLOAT", "u8": "UINT8", "i8": "INT8", "i16": "INT16", "i32": "INT32", "i64": "INT64", "b8": "BOOL", "f64": "DOUBLE"}


def text_tensor(words, name):
    kind, dims = re.fullmatch(r"(\w+)\[([\d,]*)\]", words[0]).groups()
    shape = [int(d) for d in dims.split(",") if d]
    element = getattr(TensorProto, NAMES[kind])
    array = np.array([float(w) for w in words[1:]]).reshape(shape).astype(helper.tensor_dtype_to_np_dtype(element))
    return numpy_helper.from_array(array, name)


def text_models(path):
    """The models of such a table: a node with attributes and inputs each."""
    for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8")):
        head, *lines = block.splitlines()
        if head.startswith("#"):
            continue
        domain, op, version = head.split()
        domain = "" if domain == "ai.onnx" else domain
        attributes, inputs, fixed, names, outputs = {}, [], [], [], 0
        for line in lines:
            word, *rest = line.split()
            if word in ("in", "const"):
                tensor = text_tensor(rest, f"i{len(names)}")
                names.append(tensor.name)
                if word == "const":
                    fixed.append(tensor)
                else:
                    inputs.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
            elif word == "none":
                names.append("")
            elif word in ("out", "skip"):
                outputs += 1
            elif word == "tensor":
                attributes[rest[0]] = text_tensor(rest[1:], rest[0])
            else:
                convert = {"i": int, "f": float, "s": str}[word[0]]
                values = [convert(v) for v in rest[1:]]
                attributes[rest[0]] = values if word.endswith("s") and word != "s" else values[0]
        node = helper.make_node(op, names, [f"o{k}" for k in range(outputs)], domain=domain, **attributes)
        graph = helper.make_graph([node], "g", inputs, [onnx.ValueInfoProto(name=o) for o in node.output], fixed)
        opsets = [helper.make_opsetid("", 21), *([helper.make_opsetid(domain, int(version))] if domain else [])]
        yield helper.make_model(graph, opset_imports=opsets, ir_version=10)


def with_constants(model, folder):
    """The model with its inputs after the first as initializers, from the case's data."""
    if folder is None:
        return None
    case, data = json.loads((folder / "case.json").read_text()), (folder / "data.bin").read_bytes()
    values = {v["name"]: v for v in case["sets"][0]["inputs"][1:] if v["kind"] == "tensor"} if case["sets"] else {}
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    for name, v in values.items():
        copy.graph.initializer.append(TensorProto(name=name, data_type=v["type"], dims=v["dims"],
                                                  raw_data=data[v["at"]:v["at"] + v["bytes"]]))
    kept = [i for i in copy.graph.input if i.name not in values]
    del copy.graph.input[:]
    copy.graph.input.extend(kept)
    return copy if values else None


def held(kind):
    """Shapes to tell of an input: two items for a sequence, something for an optional; None for a tensor."""
    if kind.HasField("optional_type"):
        return held(kind.optional_type.elem_type) or [None]
    if not kind.HasField("sequence_type"):
        return None
    item = kind.sequence_type.elem_type.tensor_type
    return [None if item.HasField("shape") else (-1,)] * 2


def parsed(model):
    """The operators that the model becomes, or None when it is refused."""
    log = layer_session.Log()
    builder = trt.Builder(log)
    network = builder.create_network()
    parser = trt.OnnxParser(network, log)
    for info in model.graph.input:
        shapes = held(info.type)
        if shapes:
            parser.set_input_shapes(info.name, shapes)
    if not parser.parse(model.SerializeToString()):
        return None
    return operators_in(network)


def retyped(model, names, element):
    """The model with another element type for the tensors of these names; None when one is no tensor, or a constant has
    no such values."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    for info in copy.graph.input:
        if info.name in names:
            if not info.type.HasField("tensor_type"):
                return None
            info.type.tensor_type.elem_type = element
    for tensor in copy.graph.initializer:
        if tensor.name in names and tensor.data_type != element:
            try:
                array = numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(element))
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
            except (TypeError, KeyError, ValueError, NotImplementedError):
                return None
    for output in copy.graph.output:
        output.ClearField("type")
    return copy


def type_names(constraint):
    return [t[len("tensor("):-1] for t in constraint.allowed_type_strs if t.startswith("tensor(")]


def formals(schema, node) -> dict:
    """Type constraint -> names of the node's inputs that have it."""
    names = collections.defaultdict(list)
    for i, name in enumerate(node.input):
        if name and schema.inputs:
            names[schema.inputs[min(i, len(schema.inputs) - 1)].type_str].append(name)
    return names


def probe_operator(entries) -> dict:
    taken, refused, becomes, attributes = collections.defaultdict(set), collections.defaultdict(set), set(), []
    forms = [form for model, folder in entries[:TRIES] for form in (model, with_constants(model, folder)) if form]
    for model in forms:
        node = model.graph.node[0]
        becomes |= parsed(model) or set()
        try:
            schema = onnx.defs.get_schema(node.op_type, version_of(model), node.domain)
        except onnx.defs.SchemaError:
            schema = None
        if schema:
            attributes = attributes or sorted(schema.attributes)
            constraints = {c.type_param_str: type_names(c) for c in schema.type_constraints}
            wanted = {t: (constraints[t], names) for t, names in formals(schema, node).items() if t in constraints}
        else:
            first = next((i for i in model.graph.input), None)
            if first is None:
                continue
            same = [i.name for i in model.graph.input if i.type.tensor_type.elem_type == first.type.tensor_type.elem_type]
            wanted = {"": (["float", "float16", "bfloat16", "double", "int32", "int64", "int8", "uint8"], same)}
        for constraint, (types, names) in wanted.items():
            for name in types:
                if name in taken[constraint]:
                    continue
                element = getattr(TensorProto, name.upper())
                changed = retyped(model, names, element)
                if changed is None:
                    continue
                found = parsed(changed)
                (refused if found is None else taken)[constraint].add(name)
                becomes |= found or set()
    order = [n.lower() for n in TensorProto.DataType.keys()]
    kept = {c: sorted(t, key=order.index) for c, t in taken.items()}
    return {"types": kept, "refused": {c: sorted(t - taken[c], key=order.index) for c, t in refused.items() if t - taken[c]},
            "attributes": attributes, "operators": sorted(becomes)}


def probe_operators() -> dict:
    found, known = {}, models()
    rows = lists.read_inc(ROOT / "src/onnx/importers.inc").rows
    for domain, op in dict.fromkeys(r.cells[:2] for r in rows):
        entries = known.get((domain, op))
        if entries:
            found[f"{domain}:{op}"] = probe_operator(entries)
    return found


def main():
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        print(json.dumps({"layers": probe_layers(), "operators": probe_operators()}, indent=1))


if __name__ == "__main__":
    main()
