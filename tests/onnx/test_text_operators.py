"""Operators on text: what ONNX Runtime gives for them, or the onnx package's reference evaluator where it differs from the
standard. Each case is a graph of a few nodes, run through the C++ API."""
import pathlib
import sys

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import one_model  # noqa: E402

pytestmark = one_model.needs_runner
ML = "ai.onnx.ml"


def words(*v):
    return np.array(v, object)


def node(op, inputs, outputs, domain="", **attributes):
    return helper.make_node(op, inputs, outputs, domain=domain, **attributes)


X = words("cat", "dog", "", "Grüße", "cat", "fish")
GRID = X.reshape(2, 3)
NUMBERS = np.array([3, 1, -7, 3], np.int64)
REALS = np.array([0.5, np.nan, -2, 100], np.float32)
CASES = {}


def case(name, nodes, outputs=("y",), by_the_standard=False, **feeds):
    CASES[name] = (nodes if isinstance(nodes, list) else [nodes], feeds, outputs, by_the_standard)


def text_constant(name, *values):
    return node("Constant", [], [name], value_strings=values)


def one(op, *inputs, outputs=("y",), domain="", **attributes):
    return node(op, inputs or ["x"], outputs, domain, **attributes)


case("equal", [text_constant("c", "cat", "dog", "fish"), one("Equal", "x", "c")], x=GRID)
case("where", [text_constant("c", "other"), one("Where", "b", "x", "c")], b=np.array([True, False, True]), x=GRID)
case("identity", one("Identity"), x=GRID)
case("constant_output", [node("Constant", [], ["y"], value_strings=["a", "b\n", "é"])])
case("constant_scalar", [node("Constant", [], ["c"], value_string="!"), one("StringConcat", "x", "c")], x=X)
case("reshape_transpose", [node("Constant", [], ["s"], value_ints=[3, 2]), one("Reshape", "x", "s", outputs=["r"]),
                           one("Transpose", "r")], x=GRID)
case("concat", one("Concat", "x", "z", axis=1), x=GRID, z=words("p", "q").reshape(2, 1))
case("gather", one("Gather", "x", "i", axis=1), x=GRID, i=np.array([[2, 0]], np.int64))
case("gather_elements", one("GatherElements", "x", "i", axis=1), x=GRID, i=np.array([[2], [0]], np.int64))
case("gather_nd", one("GatherND", "x", "i"), x=GRID, i=np.array([[1, 2], [0, 0]], np.int64))
case("scatter_elements", one("ScatterElements", "x", "i", "u", axis=1), x=GRID, i=np.array([[2], [0]], np.int64),
     u=words("new", "").reshape(2, 1))
case("slice", [node("Constant", [], ["s"], value_ints=[1]), node("Constant", [], ["e"], value_ints=[3]),
               node("Constant", [], ["a"], value_ints=[1]), one("Slice", "x", "s", "e", "a")], x=GRID)
case("split", one("Split", "x", outputs=["y", "z"], axis=0, num_outputs=2), outputs=("y", "z"), x=GRID)
case("squeeze_unsqueeze", [node("Constant", [], ["a"], value_ints=[1]), one("Unsqueeze", "x", "a", outputs=["u"]),
                           one("Squeeze", "u", "a")], x=GRID)
case("expand", [node("Constant", [], ["s"], value_ints=[2, 6]), one("Expand", "x", "s")], x=X)
case("tile", [node("Constant", [], ["r"], value_ints=[2, 1]), one("Tile", "x", "r")], x=GRID)
case("flatten", one("Flatten", axis=1), x=GRID.reshape(2, 3, 1))
case("shape", one("Shape"), x=GRID)
case("size", one("Size"), x=GRID)
case("compress", one("Compress", "x", "b", axis=1), x=GRID, b=np.array([True, False, True]))
case("unique", one("Unique", outputs=["y", "first", "inverse", "counts"]), outputs=("y", "first", "inverse", "counts"), x=X)
case("unique_unsorted", one("Unique", outputs=["y", "f", "i", "n"], sorted=0), outputs=("y", "i"), x=X)
case("concat_empty", one("StringConcat", "x", "z"), x=words(), z=words("a"), by_the_standard=True)
case("split_text", one("StringSplit", outputs=["y", "n"], delimiter=","), outputs=("y", "n"), by_the_standard=True,
     x=words("a,b", "", "c,,d,", ","))
case("split_spaces", one("StringSplit", outputs=["y", "n"]), outputs=("y", "n"), x=words(" a  b", "c d e ", "f"))
case("normalize", one("StringNormalizer", case_change_action="UPPER", stopwords=["fish", "dog"], is_case_sensitive=1,
                                 locale="C.UTF-8"), x=words("cat", "dog", "Grün", "fish"))
case("normalize_lower", one("StringNormalizer", case_change_action="LOWER", stopwords=["GRÜN", "Fish"], locale="C.UTF-8"),
     x=words("Äpfel", "grün", "FISH", "ЯБЛОКИ", "Straße"))
case("normalize_nothing_left", one("StringNormalizer", stopwords=["cat"], is_case_sensitive=1, locale="C.UTF-8"),
     x=words("cat", "cat").reshape(1, 2))
case("regex", one("RegexFullMatch", pattern=r"(cat|[a-d]og)?"), x=GRID)
case("from_integers", one("Cast", to=TensorProto.STRING), x=NUMBERS)
case("from_floats", one("Cast", to=TensorProto.STRING), x=np.array([0.1, 1.5, 1e-7, 3e20, 0], np.float32),
     by_the_standard=True)
case("to_floats", one("Cast", to=TensorProto.FLOAT), x=words("1.5", "-2e3", "0.1", "INF", "-inf"))
case("to_integers", one("Cast", to=TensorProto.INT64), x=words("15", "-9223372036854775808"))
case("if", node("If", ["b"], ["y"], then_branch=helper.make_graph(
    [one("StringConcat", "x", "x", outputs=["t"])], "then", [], [helper.make_tensor_value_info("t", TensorProto.STRING, None)]),
    else_branch=helper.make_graph([one("Identity", "x", outputs=["e"])], "else", [],
                                  [helper.make_tensor_value_info("e", TensorProto.STRING, None)])),
     b=np.array(True), x=X)
LOOP = helper.make_graph(
    [one("StringConcat", "s", "x", outputs=["next"]), one("Identity", "next", outputs=["slice"]),
     one("Identity", "go", outputs=["on"])], "body",
    [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("go", TensorProto.BOOL, []),
     helper.make_tensor_value_info("s", TensorProto.STRING, [6])],
    [helper.make_tensor_value_info("on", TensorProto.BOOL, []), helper.make_tensor_value_info("next", TensorProto.STRING, [6]),
     helper.make_tensor_value_info("slice", TensorProto.STRING, [6])])
for trips in (0, 1, 3):
    case(f"loop_{trips}", node("Loop", ["n", "", "x"], ["y", "all"], body=LOOP), outputs=("y", "all"),
         n=np.array(trips, np.int64), x=X)

for to, values in {"strings": ["one", "two", "three"], "int64s": [10, 20, 30], "floats": [0.5, 1.5, 2.5]}.items():
    case(f"label_text_{to}", one("LabelEncoder", domain=ML, keys_strings=["cat", "dog", "é"], **{f"values_{to}": values}), x=X)
    case(f"label_integer_{to}", one("LabelEncoder", domain=ML, keys_int64s=[1, 2, 3], **{f"values_{to}": values}), x=NUMBERS)
    case(f"label_float_{to}", one("LabelEncoder", domain=ML, keys_floats=[0.5, 2, float("nan")], **{f"values_{to}": values}),
         x=REALS)
case("label_default", one("LabelEncoder", domain=ML, keys_strings=["cat"], values_strings=["CAT"], default_string="?"), x=GRID)
case("label_tensors", one("LabelEncoder", domain=ML, keys_tensor=numpy_helper.from_array(words("cat", "dog"), "k"),
                          values_tensor=numpy_helper.from_array(np.array([1, 2], np.int16), "v"),
                          default_tensor=numpy_helper.from_array(np.array([-5], np.int16), "d")), x=X)
MAP = {"cats_strings": ["cat", "dog"], "cats_int64s": [3, 1]}
case("category_of_text", one("CategoryMapper", domain=ML, default_int64=-9, **MAP), x=GRID)
case("category_of_number", one("CategoryMapper", domain=ML, default_string="none", **MAP), x=NUMBERS)
case("one_hot_encoder", one("OneHotEncoder", domain=ML, cats_strings=["dog", "cat", "cow"]), x=X)
case("features", one("ArrayFeatureExtractor", "x", "i", domain=ML), x=GRID, i=np.array([[2, 0]], np.int64))
case("tf_idf", one("TfIdfVectorizer", mode="TF", min_gram_length=1, max_gram_length=2, max_skip_count=1,
                   ngram_counts=[0, 3], ngram_indexes=[0, 1, 2, 3, 4], pool_strings=["cat", "dog", "bird", "cat", "dog", "dog", ""]),
     x=GRID)
case("linear_classifier", one("LinearClassifier", domain=ML, outputs=["y", "p"], coefficients=[1.0, 0, -1, 2, 0.5, 0.25],
                              intercepts=[0.0, 0.1, 0.2], classlabels_strings=["red", "green", "blue"], post_transform="SOFTMAX"),
     outputs=("y", "p"), x=np.array([[1, 2], [-3, 1], [0, -4]], np.float32))
case("tree_classifier", one(
    "TreeEnsembleClassifier", domain=ML, outputs=["y", "p"], nodes_treeids=[0, 0, 0], nodes_nodeids=[0, 1, 2],
    nodes_featureids=[0, 0, 0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values=[0.5, 0.0, 0.0],
    nodes_truenodeids=[1, 0, 0], nodes_falsenodeids=[2, 0, 0], class_treeids=[0] * 6, class_nodeids=[1, 1, 1, 2, 2, 2],
    class_ids=[0, 1, 2, 0, 1, 2], class_weights=[0.7, 0.1, 0.2, 0.1, 0.2, 0.7], classlabels_strings=["no", "well", "yes"],
    post_transform="NONE"),
     outputs=("y", "p"), x=np.array([[0.1], [0.9], [0.5]], np.float32))


def element_type(v):
    return TensorProto.STRING if v.dtype == object else helper.np_dtype_to_tensor_dtype(v.dtype)


@pytest.mark.parametrize("name", CASES)
def test_agrees(name, tmp_path):
    nodes, feeds, outputs, by_the_standard = CASES[name]
    inputs = [helper.make_tensor_value_info(k, element_type(v), v.shape) for k, v in feeds.items()]
    types = [helper.make_tensor_value_info(o, 0, None) for o in outputs]
    for t in types:
        t.ClearField("type")
    graph = helper.make_graph(nodes, name, inputs, types)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(ML, 4 if "label" in name else 3)],
                              ir_version=9)
    if by_the_standard:
        expected = ReferenceEvaluator(model).run(None, feeds)
    else:
        session = one_model.onnxruntime(model)
        expected = session.run(None, feeds)
    expected = [np.asarray(v, object) if np.asarray(v).dtype.kind in "OU" else np.asarray(v) for v in expected]
    one_model.check(tmp_path, model, [(list(feeds.values()), expected)], 1e-5, 1e-6)
