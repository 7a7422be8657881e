"""Real models agree with ONNX Runtime: bench/accuracy.py, a model at a time."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DOVETAIL_COMMAND", str(ROOT / "build/release/tools/dovetail"))
MODELS = ["mnist_cnn", "resnet50", "bert_base"]
MORE_MODELS = ["mobilenet_v2", "minilm_l6", "gpt2_prefill", "vit_b_16", "yolov8n", "unet_256"]

pytestmark = [
    pytest.mark.skipif(not os.environ.get("DOVETAIL_MODELS"), reason="DOVETAIL_MODELS is not set"),
    pytest.mark.skipif(not os.path.exists(COMMAND), reason=f"no command at {COMMAND}; run ./dev build"),
]


@pytest.mark.parametrize("name", MODELS + (MORE_MODELS if os.environ.get("DOVETAIL_TEST_FULL") else []))
def test_agrees_with_onnx_runtime(name):
    pytest.importorskip("onnxruntime")
    run = subprocess.run([sys.executable, ROOT / "bench/accuracy.py", "--command", COMMAND, name],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
