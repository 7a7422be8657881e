"""dovetail.build and dovetail.load."""
import pickle
import subprocess
import sys

import dovetail
import numpy as np
import pytest
from python_testing import BUILD, mlp, onnx_mlp, weights


def check(engine, batch=2):
    x = weights(batch, 16, seed=batch)
    np.testing.assert_allclose(engine(x), mlp(x), rtol=1e-5, atol=1e-5)


def test_build_from_bytes_path_and_proto(tmp_path):
    import onnx

    path = tmp_path / "mlp.onnx"
    path.write_bytes(onnx_mlp(2))
    check(dovetail.build(onnx_mlp(2)))
    check(dovetail.build(path))
    check(dovetail.build(str(path)))
    check(dovetail.build(onnx.load(path)))


@pytest.mark.parametrize("shape", ["1..8@2x16", ((1, 16), (2, 16), (8, 16))])
def test_build_with_a_range(shape):
    engine = dovetail.build(onnx_mlp(), shapes={"x": shape})
    for batch in (1, 5, 8):
        check(engine, batch)
    assert [tuple(s) for s in engine.get_tensor_profile_shape("x", 0)] == [(1, 16), (2, 16), (8, 16)]


def test_build_with_one_shape_is_static():
    engine = dovetail.build(onnx_mlp(), shapes={"x": (3, 16)})
    assert engine.get_tensor_shape("x") == (3, 16)
    check(engine, 3)


def test_options(tmp_path):
    seen = []
    cache = tmp_path / "times"
    options = dict(optimization_level=1, max_threads=1, workspace=1 << 20, timing_cache=cache,
                   flags=[dovetail.BuilderFlag.STRICT_NANS], configure=lambda network, config: seen.append(config.flags))
    check(dovetail.build(onnx_mlp(2), **options))
    assert cache.stat().st_size > 0 and seen[0] & 1 << int(dovetail.BuilderFlag.STRICT_NANS)
    check(dovetail.build(onnx_mlp(2), **options))


def test_errors_are_exceptions_with_the_librarys_text(tmp_path):
    with pytest.raises(dovetail.Error, match="."):
        dovetail.build(b"not a model")
    with pytest.raises(FileNotFoundError):
        dovetail.build(tmp_path / "none.onnx")
    with pytest.raises(ValueError, match="its inputs are x"):
        dovetail.build(onnx_mlp(), shapes={"z": (1, 16)})
    with pytest.raises(ValueError, match="min..max@opt"):
        dovetail.build(onnx_mlp(), shapes={"x": "ax16"})
    with pytest.raises(dovetail.Error, match="x"):
        dovetail.build(onnx_mlp())  # no range for an open dimension
    with pytest.raises(dovetail.Error, match="."):
        dovetail.load(b"not a plan")


def test_engines_are_saved_loaded_and_pickled(tmp_path):
    engine = dovetail.build(onnx_mlp(2))
    with pytest.raises(TypeError, match="save"):
        pickle.dumps(engine)
    engine.save(tmp_path / "mlp.plan")
    for again in (dovetail.load(tmp_path / "mlp.plan"), dovetail.load((tmp_path / "mlp.plan").read_bytes()),
                  pickle.loads(pickle.dumps(engine)), pickle.loads(pickle.dumps(dovetail.load(tmp_path / "mlp.plan")))):
        check(again)


def test_progress_bar_is_drawn_when_asked_for(monkeypatch, capsys):
    monkeypatch.setattr("dovetail._progress._SHOW_AFTER", 0)
    monkeypatch.setattr("dovetail._progress._REDRAW_AFTER", 0)
    dovetail.build(onnx_mlp(2), progress=True)
    assert "%" in capsys.readouterr().err
    dovetail.build(onnx_mlp(2), progress=False)
    assert capsys.readouterr().err == ""


def run_command(*arguments):
    return subprocess.run([BUILD / "tools" / "dovetail", *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)


def test_plans_of_the_command_run_in_python_and_the_reverse(tmp_path):
    if not (BUILD / "tools" / "dovetail").exists():
        pytest.skip("the dovetail command is not built")
    (tmp_path / "mlp.onnx").write_bytes(onnx_mlp(2))
    run_command("build", tmp_path / "mlp.onnx", "-o", tmp_path / "command.plan")
    check(dovetail.load(tmp_path / "command.plan"))
    dovetail.build(onnx_mlp(2)).save(tmp_path / "python.plan")
    x = weights(2, 16)
    np.save(tmp_path / "x.npy", x)
    run_command("run", tmp_path / "python.plan", "--input", f"x={tmp_path / 'x.npy'}", "--out", tmp_path / "y.npz")
    np.testing.assert_allclose(np.load(tmp_path / "y.npz")["y"], mlp(x), rtol=1e-5, atol=1e-5)


def test_importing_starts_no_thread():
    # numpy has threads of its own.
    code = ("import sys, os, numpy; sys.path.insert(0, sys.argv[1]); before = len(os.listdir('/proc/self/task')); import dovetail; "
            "sys.exit(len(os.listdir('/proc/self/task')) - before)")
    assert subprocess.run([sys.executable, "-c", code, str(BUILD / "python")]).returncode == 0


def test_the_readmes_program_runs(tmp_path, monkeypatch, capsys):
    import re

    from python_testing import ROOT

    program = re.search(r"<!-- python quick start[^\n]*-->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    (tmp_path / "model.onnx").write_bytes(onnx_mlp(2))
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    assert capsys.readouterr().out.startswith("y (2, 4)")


def test_an_input_may_be_fixed():
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [6]),
              helper.make_tensor_value_info("part", TensorProto.INT64, [])]
    graph = helper.make_graph([helper.make_node("SplitToSequence", ["x", "part"], ["s"])], "g", inputs,
                              [helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = np.arange(6, dtype=np.float32)
    for value in (3, np.array(3), np.int64(3)):
        engine = dovetail.build(model, values={"part": value})
        assert [t.name for t in engine.inputs] == ["x"]
        results = engine.run({"x": x})
        np.testing.assert_array_equal([results["s[0]"], results["s[1]"]], x.reshape(2, 3))
    with pytest.raises(dovetail.Error, match="'q', which is no input"):
        dovetail.build(model, values={"q": 1})


def test_the_items_of_a_sequence_are_inputs():
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper
    inputs = [helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None),
              helper.make_tensor_value_info("at", TensorProto.INT64, [])]
    graph = helper.make_graph([helper.make_node("SequenceAt", ["s", "at"], ["y"])], "g", inputs,
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    engine = dovetail.build(model, shapes={"s[0]": (2, 3), "s[1]": "1..4x3"})
    items = [np.ones((2, 3), np.float32), np.zeros((4, 3), np.float32)]
    for at, item in ((0, items[0]), (1, items[1]), (-1, items[1]), (-2, items[0])):
        feed = {"s[0]": items[0], "s[1]": items[1], "at": np.array(at)}
        np.testing.assert_array_equal(engine.run(feed)["y"], item)
    with pytest.raises(ValueError, match=r"from s\[0\] on"):
        dovetail.build(model, shapes={"s[1]": (2, 3)})
