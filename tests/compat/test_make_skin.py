"""Each era's headers keep the slots of the library's classes, and its enumerations the values that TensorRT gave them."""
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "compat/tensorrt"))
import make_skin  # noqa: E402

ERAS = ("trt8", "trt10", "trt11")
# Virtual functions of one era alone: behind every slot of the library.
APPENDED = {
    ("trt8", "IGpuAllocator"): ["free"],
    ("trt8", "IOutputAllocator"): ["getInterfaceVersion", "notifyShape"],
    ("trt11", "ILogger"): ["getAPILanguage", "getInterfaceInfo"],
    ("trt11", "IProfiler"): ["getAPILanguage", "getInterfaceInfo"],
}


def classes(headers: dict[str, str]) -> dict[str, list[str]]:
    """The virtual functions of every class that come without a base's, in their order."""
    found = {}
    for text in headers.values():
        text = re.sub(r"//[^\n]*", "", text)
        for match in re.finditer(r"^(?:class|struct) (\w+)[^;{]*\{(.*?)^\};", text, re.M | re.S):
            names = re.findall(r"virtual [^;{}=]*?([~\w]+)\(", match[2])
            found[match[1]] = [n.removeprefix("skin_") for n in names]
    return found


@pytest.fixture(scope="module", params=ERAS)
def era(request):
    return request.param


@pytest.fixture(scope="module")
def made(era):
    return make_skin.make(make_skin.load_skin(era), ROOT / "include/dovetail")


def test_every_class_keeps_its_slots(era, made):
    core = classes({p.name: p.read_text() for p in (ROOT / "include/dovetail").glob("*.h")})
    skin = classes(made)
    assert len(core) > 100
    for name, functions in core.items():
        assert skin[name] == functions + APPENDED.get((era, name), []), name


def test_no_slot_of_the_library_has_a_type_of_the_era(made, era):
    skin = make_skin.load_skin(era)
    types = {*skin.ENUMS, *skin.MASKS} | ({"Dims"} if skin.NARROW_DIMS else set())
    if not types:
        return
    pattern = re.compile(r"virtual [^;{}]*?= 0;")
    for name, text in made.items():
        if name.startswith("plugin_") or name in ("consistency.h", "output_allocator.h"):
            continue  # implemented by users
        for found in pattern.findall(text):
            assert not types & set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", found))), f"{name}: {found}"


def enumerators(made, header, name):
    return make_skin.core_values(made[header], name)


def test_values_of_8_6():
    made = make_skin.make(make_skin.load_skin("trt8"), ROOT / "include/dovetail")
    layers = enumerators(made, "layer.h", "LayerType")
    assert (layers["kFULLY_CONNECTED"], layers["kRNN_V2"], layers["kNORMALIZATION"], layers["kCAST"]) == (1, 20, 46, 47)
    flags = enumerators(made, "builder_config.h", "BuilderFlag")
    assert (flags["kREFIT"], flags["kTF32"], flags["kFP8"]) == (5, 7, 17)


def test_values_of_11_1():
    made = make_skin.make(make_skin.load_skin("trt11"), ROOT / "include/dovetail")
    flags = enumerators(made, "builder_config.h", "BuilderFlag")
    assert (flags["kVERSION_COMPATIBLE"], flags["kSTRIP_PLAN"], flags["kWEIGHT_STREAMING"]) == (12, 18, 20)
    assert "kFP16" not in flags
    assert enumerators(made, "network.h", "NetworkDefinitionCreationFlag")["kSTRONGLY_TYPED"] == 0


def test_a_text_that_is_gone_is_reported():
    skin = make_skin.load_skin("trt10")
    skin.EDITS = [("types.h", "no such text", "")]
    with pytest.raises(SystemExit, match="types.h has no text"):
        make_skin.make(skin, ROOT / "include/dovetail")
