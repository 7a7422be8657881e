"""Axes, starts, sizes, counts and scales that are inputs of the model: one plan for several values of them.

Each case is a node whose inputs are all inputs of the graph, run with several sets of them; a plan's profile spans the sets.
What is right comes from ONNX Runtime, or from the onnx package's reference evaluator where that has no kernel. Every case
runs with the shapes of data as numbers (where the sets agree in them) and as names.
"""
import pathlib
import sys

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import one_model  # noqa: E402

pytestmark = one_model.needs_runner
RNG = np.random.default_rng(5)
END = 2**63 - 1


def rand(*shape):
    return (RNG.integers(-16, 17, shape) / 8).astype(np.float32)


def ints(*v):
    return np.array(v, np.int64)


def number(v, dtype=np.int64):
    return np.array(v, dtype)


def floats(*v):
    return np.array(v, np.float32)


CASES = {}
# Here ONNX Runtime differs from the standard: it reads indices in the enlarged shape, and rounds a size before it takes
# the scale that the corners are aligned by.
BY_THE_STANDARD = {"max_unpool", "resize_scales_linear_align_corners"}


def case(name, op, sets, opset=21, outputs=1, **attributes):
    assert name not in CASES
    CASES[name] = (op, sets, opset, outputs, attributes)


def each(x, *lists):
    """The same data with every set of lists."""
    return [[x, *values] for values in lists]


X = rand(4, 5, 6)
case("slice", "Slice", each(X, (ints(1, 2), ints(3, 5)), (ints(-2, 0), ints(END, -1)), (ints(3, 1), ints(-4, 4)),
                            (ints(0, 0), ints(9, 0))))
case("slice_axes", "Slice", each(X, (ints(1, 2), ints(3, 5), ints(0, 1)), (ints(-3, 0), ints(-1, END), ints(-1, 0)),
                                 (ints(2, 2), ints(1, 99), ints(1, -1))))
case("slice_steps", "Slice", each(X, (ints(0, 5), ints(5, 0), ints(1, 2), ints(2, -1)),
                                  (ints(-1, -1), ints(-END, 2), ints(0, 1), ints(-2, -1)),
                                  (ints(99, 0), ints(-99, 99), ints(-1, -2), ints(-3, 3)),
                                  (ints(2, 2), ints(2, 1), ints(0, 2), ints(1, 1))))
case("slice_int32", "Slice", each(X, (np.array([1], np.int32), np.array([-1], np.int32), np.array([2], np.int32)),
                                  (np.array([-2], np.int32), np.array([2**31 - 1], np.int32), np.array([0], np.int32))))
case("slice_of_nothing", "Slice", [[rand(0, 3), ints(-1), ints(END), ints(0), ints(-1)], [rand(2, 3), ints(0), ints(1), ints(0), ints(1)],
                                   [rand(3, 3), ints(-1), ints(-END), ints(1), ints(-1)]])
for mode in ("constant", "edge", "reflect", "wrap"):  # what a wrap does to an axis that is also cut is open
    case(f"pad_{mode}", "Pad", each(X, (ints(1, 0, 2, 0, 3, 1),), (ints(0, 0, 0, 0, 0, 0),), (ints(2, 1, 0, 1, -(mode != "wrap"), 2),)),
         mode=mode)
case("pad_axes", "Pad", each(X, (ints(1, 2, 0, 3), number(7, np.float32), ints(0, 2)), (ints(0, -1, 1, 2), number(0, np.float32), ints(-1, 1))))
case("unsqueeze", "Unsqueeze", each(X, (ints(0),), (ints(-1),), (ints(2),)))
case("unsqueeze_two", "Unsqueeze", each(rand(2, 3), (ints(0, 3),), (ints(-1, 1),), (ints(2, -4),)))
case("unsqueeze_three", "Unsqueeze", each(rand(2, 3), (ints(0, 1, 2),), (ints(-1, -3, 0),)))
case("squeeze", "Squeeze", each(rand(1, 3, 1, 4), (ints(0),), (ints(2),), (ints(-2),)))
case("squeeze_two", "Squeeze", each(rand(1, 3, 1, 1), (ints(0, 2),), (ints(-1, 0),), (ints(3, 2),)))
for op in ("ReduceSum", "ReduceMax", "ReduceMean", "ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare", "ReduceProd"):
    case(f"{op}_axis", op, each(X, (ints(0),), (ints(-1),), (ints(1),)))
    case(f"{op}_axes", op, each(X, (ints(0, 2),), (ints(-2, -1),)), keepdims=0)
for op in ("ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp"):
    for keep in (0, 1):
        case(f"{op}_high_rank_{keep}", op, each(np.abs(rand(2, 1, 3, 2, 2, 2)) + 1, (ints(0, 2),), (ints(-1, 3),)), keepdims=keep)
case("unsqueeze_high_rank", "Unsqueeze", each(rand(2, 3, 1, 2), (ints(0, 3, 5),), (ints(-1, -3, 1),)))
case("squeeze_high_rank", "Squeeze", each(rand(1, 3, 1, 2, 1, 1), (ints(0, 2, 5),), (ints(-1, -2, 0),)))
case("reduce_nothing", "ReduceSum", [[rand(2, 0, 3), ints(1)], [rand(2, 0, 3), ints(0)], [rand(2, 2, 3), ints(-1)]])
case("cum_sum", "CumSum", each(X, (number(0),), (number(-1),), (number(1),)), exclusive=1)
case("dft_axis", "DFT", each(rand(3, 4, 5, 1), (None, number(0)), (None, number(1)), (None, number(-2))), opset=20)
case("dft_length", "DFT", each(rand(2, 6, 2), (number(6),), (number(4),), (number(9),)), opset=17, axis=1, inverse=1)
case("dft_onesided", "DFT", each(rand(2, 6, 1), (number(6), number(1)), (number(5), number(1)), (number(8), number(-2))), opset=20, onesided=1)
case("stft", "STFT", each(rand(2, 24, 1), (number(4), None, number(8)), (number(3), None, number(5))), opset=17)
case("stft_window", "STFT", each(rand(1, 24, 1), (number(4), rand(8)), (number(2), rand(8))), opset=17, onesided=0)
case("mel", "MelWeightMatrix", [[number(8), number(16), number(8192), number(0, np.float32), number(4096, np.float32)],
                                [number(5), number(32), number(16000), number(20, np.float32), number(7600, np.float32)]], opset=17)
case("hann", "HannWindow", [[number(5)], [number(8)], [number(1)]], opset=17)
IMAGE = rand(1, 2, 4, 6)
for mode, coordinates in (("nearest", "asymmetric"), ("linear", "half_pixel"), ("cubic", "half_pixel"), ("linear", "align_corners")):
    case(f"resize_scales_{mode}_{coordinates}", "Resize", each(IMAGE, (None, floats(1, 1, 2, 1.5)), (None, floats(1, 1, 0.5, 0.75)),
                                                             (None, floats(1, 1, 1, 1))), mode=mode,
         coordinate_transformation_mode=coordinates, **({"nearest_mode": "floor"} if mode == "nearest" else {}))
    case(f"resize_sizes_{mode}_{coordinates}", "Resize", each(IMAGE, (None, None, ints(1, 2, 8, 9)), (None, None, ints(1, 2, 3, 3))), mode=mode,
         coordinate_transformation_mode=coordinates, **({"nearest_mode": "floor"} if mode == "nearest" else {}))
case("resize_axes", "Resize", each(IMAGE, (None, floats(2, 0.5)), (None, floats(1.5, 3))), axes=[3, 2], mode="linear")
case("resize_aspect", "Resize", each(IMAGE, (None, None, ints(7, 8)), (None, None, ints(2, 9))), axes=[2, 3], keep_aspect_ratio_policy="not_larger")
case("resize_crop", "Resize", each(IMAGE, (floats(0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8), None, ints(1, 2, 3, 3)),
                                   (floats(0, 0, 0, 0, 1, 1, 1, 1.5), None, ints(1, 2, 3, 3))), mode="linear",
     coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=5.0)
case("resize_antialias", "Resize", each(IMAGE, (None, floats(1, 1, 0.5, 0.6)), (None, floats(1, 1, 0.75, 1))), mode="linear", antialias=1)
case("upsample", "Upsample", each(IMAGE, (floats(1, 1, 2, 3),), (floats(1, 1, 1, 2),)), opset=9)
case("col2im", "Col2Im", [[rand(1, 8, 12), ints(4, 5), ints(2, 2)], [rand(1, 8, 6), ints(5, 3), ints(4, 1)], [rand(1, 8, 16), ints(5, 4), ints(2, 1)]])
case("col2im_pads", "Col2Im", [[rand(2, 9, 6), ints(5, 5), ints(3, 3)], [rand(2, 9, 6), ints(5, 6), ints(3, 3)]], strides=[2, 2], pads=[0, 1, 0, 1])
case("top_k", "TopK", each(X, (ints(2),), (ints(5),), (ints(1),)), outputs=2, axis=1)
case("tile", "Tile", each(X, (ints(1, 2, 1),), (ints(2, 1, 3),), (ints(0, 1, 1),)))
case("expand", "Expand", each(rand(3, 1), (ints(3, 4),), (ints(1, 1),), (ints(3, 0),)))
case("reshape", "Reshape", each(X, (ints(2, 60),), (ints(-1, 4),), (ints(0, -1),), (ints(120, 1),)))
case("reshape_nothing", "Reshape", [[rand(0, 3, 4), ints(3, 4, 0)], [rand(2, 3, 4), ints(4, 2, 3)]], allowzero=1)
case("constant_of_shape", "ConstantOfShape", [[ints(2, 3)], [ints(0, 4)], [ints(1, 1)]])
case("range", "Range", [[number(0), number(5), number(1)], [number(9), number(-2), number(-3)], [number(4), number(4), number(2)]])
case("one_hot", "OneHot", each(np.array([0, 2, -1], np.int64), (number(3), floats(0, 1)), (number(5), floats(2, 3))))
case("eye_like", "EyeLike", [[rand(3, 4)], [rand(5, 2)], [rand(0, 2)]], k=1)
case("trilu", "Trilu", each(X, (number(0),), (number(-2),), (number(3),)))
case("split", "Split", each(X, (ints(1, 3, 2),), (ints(0, 6, 0),), (ints(2, 2, 2),)), outputs=3, axis=2)
case("center_crop_pad", "CenterCropPad", each(X, (ints(3, 8),), (ints(4, 5),), (ints(7, 2),)), opset=18, axes=[0, 1])
case("max_unpool", "MaxUnpool", each(rand(1, 1, 2, 2), (np.array([[[[5, 7], [13, 15]]]], np.int64), ints(1, 1, 5, 5)),
                                     (np.array([[[[0, 3], [8, 10]]]], np.int64), ints(1, 1, 4, 6))), opset=11, kernel_shape=[2, 2], strides=[2, 2])


def model_of(op, sets, opset, outputs, attributes, dynamic):
    """A node whose present inputs are all inputs of the graph. Data has names for its sizes, or the sizes themselves."""
    names = ["" if v is None else f"x{k}" for k, v in enumerate(sets[0])]
    infos = []
    for k, v in enumerate(sets[0]):
        if v is None:
            continue
        varies = [len({s[k].shape[d] for s in sets}) > 1 for d in range(v.ndim)]
        named = dynamic and k == 0 and v.ndim > 1
        last = v.ndim - (op in ("DFT", "STFT"))  # real and imaginary part must be known as such
        dims = [f"n{k}_{d}" if varies[d] or (named and d < last) else size for d, size in enumerate(v.shape)]
        infos.append(helper.make_tensor_value_info(names[k], helper.np_dtype_to_tensor_dtype(v.dtype), dims))
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], **attributes)
    types = [helper.make_tensor_value_info(o, 0, None) for o in node.output]
    for t in types:
        t.ClearField("type")
    graph = helper.make_graph([node], op, infos, types)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def expected_of(model, feeds, by_the_standard):
    if by_the_standard:
        return ReferenceEvaluator(model).run(None, feeds)
    try:
        session = one_model.onnxruntime(model)
    except Exception:  # no kernel for the operator or its types
        return ReferenceEvaluator(model).run(None, feeds)
    return session.run(None, feeds)


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", CASES)
def test_one_plan_for_all_values(name, dynamic, tmp_path):
    op, sets, opset, outputs, attributes = CASES[name]
    model = model_of(op, sets, opset, outputs, attributes, dynamic)
    written = []
    for inputs in sets:
        feeds = {f"x{k}": v for k, v in enumerate(inputs) if v is not None}
        written.append((list(feeds.values()), expected_of(model, feeds, name in BY_THE_STANDARD)))
    one_model.check(tmp_path, model, written, 1e-3, 1e-5)
