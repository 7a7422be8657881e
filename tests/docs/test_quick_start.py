"""The program in README.md runs and prints what it says."""
import pathlib
import subprocess

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build/release/tests/docs/quick_start"


def test_the_quick_start_runs(tmp_path):
    onnx = pytest.importorskip("onnx")
    if not PROGRAM.is_file():
        pytest.skip("quick_start is not built")
    float_ = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["x", "one"], ["y"])], "g",
        [onnx.helper.make_tensor_value_info("x", float_, [2, 3])],
        [onnx.helper.make_tensor_value_info("y", float_, [2, 3])],
        [onnx.helper.make_tensor("one", float_, [], [1.0])])
    model = tmp_path / "add.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), model)

    run = subprocess.run([PROGRAM, model], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "y: 6 values, the first is 1" in run.stdout

    refused = subprocess.run([PROGRAM, tmp_path / "absent.onnx"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "absent.onnx" in refused.stderr
