"""polygraphy as it comes, on the drop-in packages: comparisons with ONNX Runtime, plans, data, models cut down."""
import os
import subprocess
import sys

import dovetail
import numpy as np
import pytest
from dovetail import _hostcuda
from python_testing import BUILD, ROOT, mlp, onnx_mlp, weights

pytest.importorskip("polygraphy")
if _hostcuda.folder() is None:
    pytest.skip("libcudart.so on host memory is not built", allow_module_level=True)

MAIN = "import sys; from polygraphy.tools import main; sys.exit(main())"
EVERY_LAYER = ("--trt-outputs", "mark", "all", "--onnx-outputs", "mark", "all")


def polygraphy(*arguments, cwd, expect=0):
    paths = [ROOT / "compat" / "tensorrt_python", ROOT / "compat" / "cuda_python", BUILD / "python"]
    # `debug` runs its checks by the name that polygraphy is called by.
    env = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, paths)), PATH=f"{cwd}{os.pathsep}{os.environ['PATH']}")
    command = [sys.executable, "-c", MAIN, *map(str, arguments)]
    done = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == expect, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("polygraphy")
    (folder / "mlp.onnx").write_bytes(onnx_mlp(2))
    (folder / "free.onnx").write_bytes(onnx_mlp())
    command = folder / "polygraphy"
    command.write_text(f"#!{sys.executable}\n{MAIN}\n")
    command.chmod(0o755)
    return folder


def test_layer_by_layer(folder):
    assert "PASSED" in polygraphy("run", "mlp.onnx", "--trt", "--onnxrt", *EVERY_LAYER, cwd=folder)


def test_data_and_plans_are_kept(folder):
    polygraphy("run", "mlp.onnx", "--trt", "--onnxrt", "--validate", "--fail-fast", "--save-inputs", "in.json",
               "--save-outputs", "out.json", "--save-engine", "kept.plan", "--save-timing-cache", "tactics", cwd=folder)
    assert "PASSED" in polygraphy("run", "kept.plan", "--model-type", "engine", "--trt", "--load-inputs", "in.json",
                                  "--load-outputs", "out.json", cwd=folder)
    assert "y [dtype=float32, shape=(2, 4)]" in polygraphy("inspect", "data", "out.json", "--show-values", cwd=folder)
    polygraphy("convert", "mlp.onnx", "-o", "again.plan", "--load-timing-cache", "tactics", "--error-on-timing-cache-miss",
               cwd=folder)


def test_a_plan_is_made_shown_and_run(folder):
    polygraphy("convert", "mlp.onnx", "-o", "mlp.plan", cwd=folder)
    x = weights(2, 16)
    np.testing.assert_allclose(dovetail.load(folder / "mlp.plan")(x), mlp(x), rtol=1e-5, atol=1e-5)
    assert "mlp" in polygraphy("inspect", "model", "mlp.onnx", cwd=folder)
    out = polygraphy("inspect", "model", "mlp.plan", "--model-type", "engine", "--show", "layers", "attrs", cwd=folder)
    assert "x [dtype=float32, shape=(2, 16)]" in out
    assert "MATRIX_MULTIPLY" in polygraphy("inspect", "model", "mlp.onnx", "--convert-to", "trt", "--show", "layers", cwd=folder)


def test_ranges(folder):
    out = polygraphy("run", "free.onnx", "--trt", "--onnxrt", "--trt-min-shapes", "x:[1,16]", "--trt-opt-shapes", "x:[2,16]",
                     "--trt-max-shapes", "x:[8,16]", "--input-shapes", "x:[5,16]", cwd=folder)
    assert "PASSED" in out and "shape=(5, 4)" in out


def test_a_difference_is_found(folder):
    """Outputs of another model: the comparison fails, and says so by its exit."""
    other = weights(2, 4, seed=9)
    code = ("from polygraphy.comparator import RunResults; from polygraphy.json import save_json; import numpy, sys; "
            "r = RunResults(); r.add([{'y': numpy.load('other.npy')}], 'another'); r.save('other.json')")
    np.save(folder / "other.npy", other)
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    assert "FAILED" in polygraphy("run", "mlp.onnx", "--trt", "--load-outputs", "other.json", cwd=folder, expect=1)


def test_models_are_cleaned_and_cut_down(folder):
    polygraphy("surgeon", "sanitize", "mlp.onnx", "--fold-constants", "-o", "clean.onnx", cwd=folder)
    assert "PASSED" in polygraphy("run", "clean.onnx", "--trt", "--onnxrt", cwd=folder)
    assert "supported" in polygraphy("inspect", "capability", "mlp.onnx", cwd=folder)
    # What fails is a model with a Relu; the smallest such has this node alone.
    polygraphy("debug", "reduce", "mlp.onnx", "-o", "small.onnx", "--mode", "linear", "--fail-regex", "Relu", "--show-output",
               "--check", "polygraphy", "inspect", "model", "polygraphy_debug.onnx", "--show", "layers", cwd=folder)
    import onnx
    assert [n.op_type for n in onnx.load(folder / "small.onnx").graph.node] == ["Relu"]
    assert "PASSED" in polygraphy("run", "small.onnx", "--trt", "--onnxrt", cwd=folder)


def test_a_real_architecture_layer_by_layer(folder):
    sys.path.insert(0, str(ROOT / "scripts"))
    import models

    if models.source() is None:
        pytest.skip("DOVETAIL_MODELS is not set")
    out = polygraphy("run", models.path("lenet5"), "--trt", "--onnxrt", *EVERY_LAYER, "--atol", "1e-4", "--rtol", "1e-4",
                     "--builder-optimization-level", "1", cwd=folder)
    assert "PASSED" in out
