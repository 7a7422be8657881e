"""dovetail check: the table, the reasons, and the parts written as models of their own."""
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DOVETAIL_COMMAND", str(ROOT / "build" / "release" / "tools" / "dovetail"))
pytestmark = pytest.mark.skipif(not os.path.exists(COMMAND), reason=f"no command at {COMMAND}; run ./dev build")


def call(*arguments, expect=0):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == expect, f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}"
    return done


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


@pytest.fixture
def broken(tmp_path):
    """y = Unheard(relu(x w)) + b: an operator of no one in the middle."""
    w, b = np.random.default_rng(0).standard_normal((8, 4)).astype("f4"), np.ones(4, "f4")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"], "product"), helper.make_node("Relu", ["m"], ["r"], "activation"),
             helper.make_node("Unheard", ["r"], ["u"], "stranger", domain="some.where"),
             helper.make_node("Add", ["u", "b"], ["y"], "sum")]
    graph = helper.make_graph(nodes, "g", [value("x", ["batch", 8])], [value("y", None)],
                              [numpy_helper.from_array(w, "w"), numpy_helper.from_array(b, "b")])
    path = tmp_path / "broken.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("some.where", 1)],
                                ir_version=8), path)
    return path, w


def test_a_supported_model_is_said_to_be(tmp_path):
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["s"]), helper.make_node("Add", ["s", "x"], ["y"])], "g",
                              [value("x", [2])], [value("y", [2])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "m.onnx")
    text = call("check", tmp_path / "m.onnx").stdout
    assert "every node of" in text
    r = json.loads(call("check", tmp_path / "m.onnx", "--json").stdout)
    assert r["supported"] and r["problems"] == []
    assert r["operators"] == [{"domain": "", "operator": "Add", "opset": 13, "types": ["FLOAT"], "nodes": 2,
                               "devices": {"cpu": 2}}]


def test_what_is_not_supported_is_named_with_a_reason(broken):
    path, _ = broken
    r = json.loads(call("check", path, "--json", expect=3).stdout)
    assert not r["supported"]
    assert [(p["node"], p["name"], p["operator"]) for p in r["problems"]] == [(2, "stranger", "Unheard")]
    assert r["problems"][0]["reason"]
    by_operator = {o["operator"]: o for o in r["operators"]}
    assert by_operator["Unheard"]["devices"]["cpu"] == 0 and by_operator["MatMul"]["devices"]["cpu"] == 1
    text = call("check", path, expect=3).stdout
    assert "node 2 'stranger' (Unheard):" in text and "unconvertible: 1 nodes from node 2 on" in text


def test_the_parts_are_models_and_the_convertible_ones_run(broken, tmp_path):
    path, w = broken
    call("check", path, "--split", tmp_path, expect=3)
    parts = sorted(p.name for p in tmp_path.glob("part*.onnx"))
    assert parts == ["part0.convertible.onnx", "part1.unconvertible.onnx", "part2.convertible.onnx"]
    first = onnx.load(tmp_path / parts[0])
    assert [n.name for n in first.graph.node] == ["product", "activation"]
    assert [i.name for i in first.graph.input] == ["x"] and [o.name for o in first.graph.output] == ["r"]
    assert [i.name for i in first.graph.initializer] == ["w"]
    stranger = onnx.load(tmp_path / parts[1])
    assert [i.name for i in stranger.graph.input] == ["r"] and [o.name for o in stranger.graph.output] == ["u"]
    assert stranger.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT  # inferred: the model does not say it
    x = np.random.default_rng(1).standard_normal((3, 8)).astype("f4")
    np.save(tmp_path / "x.npy", x)
    call("run", tmp_path / parts[0], "--input", f"x={tmp_path}/x.npy", "--shapes", "x:3x8", "--out", tmp_path / "r.npz")
    np.testing.assert_allclose(np.load(tmp_path / "r.npz")["r"], np.maximum(x @ w, 0), rtol=1e-5, atol=1e-5)


def test_a_branch_that_reads_an_outer_value_takes_it_along(tmp_path):
    branch = helper.make_graph([helper.make_node("Mul", ["outer", "k"], ["t"])], "b", [], [value("t", None)])
    nodes = [helper.make_node("Abs", ["x"], ["outer"], "abs"),
             helper.make_node("Unheard", ["x"], ["c"], "stranger", domain="some.where"),
             helper.make_node("If", ["c"], ["y"], "choice", then_branch=branch, else_branch=branch)]
    graph = helper.make_graph(nodes, "g", [value("x", [2])], [value("y", None)], [numpy_helper.from_array(np.float32(2), "k")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("some.where", 1)],
                                ir_version=8), tmp_path / "m.onnx")
    call("check", tmp_path / "m.onnx", "--split", tmp_path, expect=3)
    holder, = [p for p in map(onnx.load, sorted(tmp_path.glob("part*.onnx"))) if any(n.op_type == "If" for n in p.graph.node)]
    assert {i.name for i in holder.graph.input} >= {"outer"} and [i.name for i in holder.graph.initializer] == ["k"]


def test_a_part_between_two_others_has_the_shapes_that_were_inferred(tmp_path):
    nodes = [helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Unheard", ["x"], ["u"], domain="some.where"),
             helper.make_node("Exp", ["a"], ["e"]), helper.make_node("Unheard", ["u"], ["z"], domain="some.where"),
             helper.make_node("Add", ["e", "z"], ["y"])]  # nodes without names, as exporters leave them
    graph = helper.make_graph(nodes, "g", [value("x", [2])], [value("y", None)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("some.where", 1)],
                                ir_version=8), tmp_path / "m.onnx")
    said = call("check", tmp_path / "m.onnx", "--split", tmp_path, expect=3).stderr
    assert "every node of" in call("check", tmp_path / "part2.convertible.onnx").stdout
    assert "type and shape of its input 'z' are not known" in said and "'a'" not in said
    assert "the input 'z' has no type" in call("check", tmp_path / "part4.convertible.onnx", expect=3).stdout


def test_what_reads_a_sequence_of_unknown_length_is_not_convertible(tmp_path):
    nodes = [helper.make_node("Identity", ["s"], ["t"], "items"), helper.make_node("SequenceLength", ["t"], ["n"], "length"),
             helper.make_node("Relu", ["x"], ["y"], "numbers")]
    items = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [2]))
    graph = helper.make_graph(nodes, "g", [helper.make_value_info("s", items), value("x", [2])],
                              [value("n", [], TensorProto.INT64), value("y", [2])],
                              value_info=[helper.make_value_info("t", items)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "m.onnx")
    r = json.loads(call("check", tmp_path / "m.onnx", "--json", "--split", tmp_path, expect=3).stdout)
    assert [(p["supported"], p["nodes"]) for p in r["parts"]] == [(False, 2), (True, 1)]
    assert "is a sequence" in r["problems"][0]["reason"] and len(r["problems"]) == 1
    call("check", tmp_path / "part1.convertible.onnx")


def test_what_reads_text_is_convertible(tmp_path):
    graph = helper.make_graph([helper.make_node("StringConcat", ["s", "s"], ["t"], "words")], "g",
                              [value("s", [2], TensorProto.STRING)], [value("t", [2], TensorProto.STRING)])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=8), tmp_path / "m.onnx")
    call("check", tmp_path / "m.onnx")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "m.onnx").write_text("this is no model")
    assert "m.onnx" in call("check", tmp_path / "m.onnx", expect=1).stderr
