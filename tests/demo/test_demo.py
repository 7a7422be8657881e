"""The demo: its picture in, text out; then all of it, with the command and the real model."""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = pathlib.Path(os.environ.get("DOVETAIL_COMMAND", ROOT / "build/release/tools/dovetail"))
SCRIPT = ROOT / "scripts/demo.py"

sys.path.insert(0, str(SCRIPT.parent))
import demo  # noqa: E402

CHARACTERS = ["", "a", "b", "c", " "]


def scores(*classes):
    rows = np.full((len(classes), len(CHARACTERS)), 0.01, dtype=np.float32)
    rows[np.arange(len(classes)), classes] = 0.96
    return rows


def test_decoding_drops_blanks_and_repeats():
    text, confidence = demo.decode(scores(0, 1, 1, 0, 1, 2, 4, 4, 3, 0), CHARACTERS)
    assert text == "aab c"
    assert confidence == pytest.approx(0.96)


def test_decoding_nothing():
    assert demo.decode(scores(0, 0, 0), CHARACTERS) == ("", 0.0)


def test_decoding_refuses_another_number_of_classes():
    with pytest.raises(demo.Failure, match="tells 5 classes apart but lists 4 characters"):
        demo.decode(scores(1), CHARACTERS[:4])


def test_a_picture_becomes_a_line_of_the_models_height():
    image = pytest.importorskip("PIL.Image")
    picture = image.new("RGB", (200, 96))
    picture.paste((255, 0, 127), (0, 0, 200, 96))
    x = demo.prepare(picture)
    assert x.shape == (1, 3, 48, 100)
    assert x.dtype == np.float32
    assert x.flags["C_CONTIGUOUS"]
    # Blue first; 0 is -1 and 255 is 1.
    np.testing.assert_allclose(x[0, :, 5, 5], [127 / 127.5 - 1, -1, 1], atol=1e-6)


@pytest.mark.parametrize(("size", "width"), [((10, 48), demo.MIN_WIDTH), ((4800, 48), demo.MAX_WIDTH)])
def test_widths_stay_inside_the_plans_range(size, width):
    image = pytest.importorskip("PIL.Image")
    assert demo.prepare(image.new("RGB", size, "white")).shape == (1, 3, 48, width)


def test_a_narrow_line_continues_in_grey():
    image = pytest.importorskip("PIL.Image")
    x = demo.prepare(image.new("RGB", (10, 48), "white"))
    assert np.all(x[..., :10] == 1)
    assert np.all(x[..., 10:] == 0)


def test_transparent_pixels_show_white(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGBA", (60, 48), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert np.all(demo.prepare(demo.open_picture(tmp_path / "clear.png")) == 1)


def test_what_is_no_picture_is_refused_by_name(tmp_path):
    pytest.importorskip("PIL.Image")
    (tmp_path / "words.png").write_text("words")
    with pytest.raises(demo.Failure, match="words.png"):
        demo.open_picture(tmp_path / "words.png")
    with pytest.raises(demo.Failure, match="absent.png"):
        demo.open_picture(tmp_path / "absent.png")


def test_a_model_without_characters_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    graph = onnx.helper.make_graph([], "g", [onnx.helper.make_tensor_value_info("x", 1, [1])], [])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "m.onnx")
    with pytest.raises(demo.Failure, match="list of characters"):
        demo.read_model(tmp_path / "m.onnx")


def test_characters_are_the_metadatas_lines_between_blank_and_space(tmp_path):
    onnx = pytest.importorskip("onnx")
    graph = onnx.helper.make_graph([], "g", [onnx.helper.make_tensor_value_info("x", 1, [1])], [])
    model = onnx.helper.make_model(graph)
    onnx.helper.set_model_props(model, {"character": "a\nb\u2028\nc\n"})
    onnx.save(model, tmp_path / "m.onnx")
    assert demo.read_model(tmp_path / "m.onnx") == ("x", ["", "a", "b\u2028", "c", " "])


def test_comparison_tells_texts_and_errors_apart():
    theirs = scores(1, 0, 2)[np.newaxis]
    ours = theirs.copy()
    ours[0, 2] = ours[0, 2, ::-1]
    report = demo.compare(ours, theirs, CHARACTERS)
    assert (report["text"], report["onnxruntime_text"]) == ("ab", "ab")
    ours[0, 2] = scores(3)[0]
    report = demo.compare(ours, theirs, CHARACTERS)
    assert (report["text"], report["onnxruntime_text"]) == ("ac", "ab")
    assert report["largest_difference"] == pytest.approx(0.95)
    assert 0.5 < report["relative_error"] < 1


def test_a_missing_command_is_named(capsys):
    assert demo.main(["--command", "/absent/dovetail"]) == 1
    assert "/absent/dovetail" in capsys.readouterr().err


def test_another_text_than_onnx_runtimes_is_a_failure(monkeypatch, capsys):
    report = {"drawn_text": None, "text": "ab", "onnxruntime_text": "ac", "relative_error": 0.5}
    monkeypatch.setattr(demo, "run", lambda args: report)
    assert demo.main(["--json"]) == demo.EXIT_DIFFERS
    assert "the plan reads 'ab', ONNX Runtime reads 'ac'" in capsys.readouterr().err


# ---- end to end ----


@pytest.fixture(scope="module")
def model():
    for package in ("PIL", "onnx", "onnxruntime"):
        pytest.importorskip(package)
    if not COMMAND.is_file():
        pytest.skip(f"there is no command '{COMMAND}'")
    try:
        return demo.find_model()
    except demo.Failure as e:
        pytest.skip(str(e))


def call(work, *arguments):
    line = [sys.executable, SCRIPT, "--command", COMMAND, "--work", work, "--rounds", "1", *arguments]
    return subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False, timeout=600)


def test_the_demo_reads_its_own_picture(model, tmp_path):
    done = call(tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["text"] == report["onnxruntime_text"] == report["drawn_text"] == demo.TEXT
    assert report["confidence"] > 0.9
    assert report["relative_error"] <= 1e-4
    assert report["build_s"] > 0
    for side in ("latency_ms", "onnxruntime_latency_ms"):
        assert 0 < report[side]["min"] <= report[side]["median"] <= report[side]["max"]


def test_the_demo_reads_a_users_picture(model, tmp_path):
    # Light words on dark, larger than the model's line, and much narrower than usual.
    from PIL import ImageOps
    picture = ImageOps.invert(demo.draw_line("Plan 42"))
    picture.resize((picture.width * 3, picture.height * 3)).save(tmp_path / "mine.png")
    done = call(tmp_path, tmp_path / "mine.png")
    assert done.returncode == 0, done.stderr
    assert "Plan 42" in done.stdout
    assert "same text: yes" in done.stdout


def test_a_failing_build_ends_the_demo_with_its_reason(model, tmp_path):
    done = call(tmp_path, "--command", "/bin/false")
    assert done.returncode == 1
    assert "exit status 1 of: /bin/false build" in done.stderr
