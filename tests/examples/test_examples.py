"""The programs of docs/examples run and print what they say."""
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
EXAMPLES = ROOT / "docs/examples"
PROGRAMS = BUILD / "tests/examples/programs"


def call(name, *arguments):
    if not (PROGRAMS / name).is_file():
        pytest.skip(f"{name} is not built")
    return subprocess.run([PROGRAMS / name, *arguments], capture_output=True, text=True, check=False)


def test_layers():
    done = call("layers")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-4:] == ["0 xor 0 = 0", "0 xor 1 = 1", "1 xor 0 = 1", "1 xor 1 = 0"]


def test_save_and_load(tmp_path):
    done = call("save_and_load", tmp_path / "words.plan")
    assert done.returncode == 0, done.stderr
    for line in ("x[3,77,4] -> y[3,77,3], y[0,0] = 0.090 0.245 0.665", "x[2,129,4] was refused"):
        assert line in done.stdout
    assert "allows 1..128" in done.stderr
    assert (tmp_path / "words.plan").read_bytes()[:4] == b"ftrt"


@pytest.fixture
def model(tmp_path):
    onnx = pytest.importorskip("onnx")
    float_, int64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"]), onnx.helper.make_node("ArgMax", ["x"], ["best"], axis=1)], "g",
        [onnx.helper.make_tensor_value_info("x", float_, ["batch", 3])],
        [onnx.helper.make_tensor_value_info("y", float_, ["batch", 3]),
         onnx.helper.make_tensor_value_info("best", int64, ["batch", 1])])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8),
              tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_run_onnx(model, tmp_path):
    numpy = pytest.importorskip("numpy")
    numpy.array([[-1, 7, 3]], dtype="f4").tofile(tmp_path / "x.bin")
    done = call("run_onnx", model, tmp_path / "x.bin")
    assert done.returncode == 0, done.stderr
    assert "y: 12 bytes, largest value 7 at 1" in done.stdout
    assert "best: 8 bytes" in done.stdout


def test_run_onnx_refuses_a_short_input_and_a_file_that_is_no_model(model, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"1234")
    short = call("run_onnx", model, tmp_path / "x.bin")
    assert short.returncode == 1
    assert "12 bytes expected for 'x'" in short.stderr
    no_model = call("run_onnx", tmp_path / "x.bin")
    assert no_model.returncode == 1
    assert "not a valid ONNX file" in no_model.stderr


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """What docs/examples/mnist/train.py writes."""
    pytest.importorskip("onnx")
    if importlib.util.find_spec("sklearn") is None:
        pytest.skip("scikit-learn, whose digits are used, is not installed")
    folder = tmp_path_factory.mktemp("mnist")
    done = subprocess.run([sys.executable, EXAMPLES / "mnist" / "train.py", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def check_digits(text):
    """Both ways are as good as the training was, and agree."""
    found = re.findall(r"(api|onnx): ([\d.]+)% of 297 test pictures are right; the first is a (\d) with ([\d.]+)%", text)
    assert [f[0] for f in found] == ["api", "onnx"] and found[0][1:] == found[1][1:], text
    assert float(found[0][1]) > 95


def check_picture(text, folder):
    """The class that is printed is the picture's."""
    numpy = pytest.importorskip("numpy")
    assert f"the first is a {numpy.load(folder / 'test.npz')['classes'][0]} with" in text


def test_mnist_in_cpp(digits):
    done = call("mnist", digits)
    assert done.returncode == 0, done.stderr
    check_digits(done.stdout)
    check_picture(done.stdout, digits)


@pytest.mark.parametrize("package", ["dovetail", "tensorrt"])
def test_mnist_in_python(digits, tmp_path, package):
    """As it stands, and written for TensorRT: the same program with another name in its import."""
    if not (BUILD / "python" / "dovetail").is_dir():
        pytest.skip("the Python package is not built")
    program = tmp_path / "infer.py"
    program.write_text((EXAMPLES / "mnist" / "infer.py").read_text().replace("import dovetail as", f"import {package} as"))
    path = os.pathsep.join(map(str, (BUILD / "python", ROOT / "compat" / "tensorrt_python")))
    done = subprocess.run([sys.executable, program, digits], capture_output=True, text=True, check=False,
                          env=dict(os.environ, PYTHONPATH=path))
    assert done.returncode == 0, done.stdout + done.stderr
    check_digits(done.stdout)
    check_picture(done.stdout, digits)
    assert sum(len(line) == 16 for line in done.stdout.splitlines()) == 8  # the picture
