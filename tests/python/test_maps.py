"""Maps: two tensors where they enter or leave a model. Results are those of ONNX Runtime, which takes and gives dicts."""
import dovetail as trt
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

ort = pytest.importorskip("onnxruntime")
ML = "ai.onnx.ml"
LABELS = {"classlabels_strings": ["no", "perhaps", "ja é"]}, {"classlabels_int64s": [-7, 2**40, 3]}


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, domain=ML, **attributes)


def tensor(name, element=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, element, shape)


def untyped(name):
    info = onnx.ValueInfoProto()
    info.name = name
    return info


def map_info(name, key, value):
    info = untyped(name)
    info.type.map_type.key_type = key
    info.type.map_type.value_type.tensor_type.elem_type = value
    return info


def model_of(nodes, inputs, outputs):
    graph = helper.make_graph(nodes, "maps", inputs, outputs)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(ML, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def runtime(model, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, feeds)


def linear(**labels):
    labels = {k.replace("int64s", "ints"): v for k, v in labels.items()}
    return node("LinearClassifier", ["x"], ["label", "scores"], coefficients=[1.0, 0, -1, 2, 0.5, 0.25],
                intercepts=[0.0, 0.1, 0.2], post_transform="SOFTMAX", **labels)


def trees(**labels):
    return node("TreeEnsembleClassifier", ["x"], ["label", "scores"], nodes_treeids=[0, 0, 0], nodes_nodeids=[0, 1, 2],
                nodes_featureids=[1, 0, 0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values=[0.5, 0.0, 0.0],
                nodes_truenodeids=[1, 0, 0], nodes_falsenodeids=[2, 0, 0], class_treeids=[0] * 6,
                class_nodeids=[1, 1, 1, 2, 2, 2], class_ids=[0, 1, 2, 0, 1, 2],
                class_weights=[0.7, 0.1, 0.2, 0.1, 0.2, 0.7], post_transform="NONE", **labels)


@pytest.mark.parametrize("classifier", [linear, trees])
@pytest.mark.parametrize("labels", LABELS)
def test_scores_and_their_labels(classifier, labels):
    model = model_of([classifier(**labels), node("ZipMap", ["scores"], ["maps"], **labels)], [tensor("x", shape=["n", 2])],
                     [tensor("label", TensorProto.STRING if "classlabels_strings" in labels else TensorProto.INT64, ["n"]),
                      untyped("maps")])
    engine = trt.build(model, shapes={"x": "0..9@2x2"})
    for rows in (4, 1, 0):
        x = np.random.default_rng(rows).normal(0, 2, (rows, 2)).astype(np.float32)
        got = engine.run({"x": x})
        assert sorted(got) == ["label", "maps.keys", "maps.values"]
        assert got["maps.values"].shape == (rows, 3) and got["maps.values"].dtype == np.float32
        assert got["maps.keys"].tolist() == next(iter(labels.values()))
        if not rows:
            continue  # where ONNX Runtime gives one map all the same
        label, maps = runtime(model, {"x": x})
        assert got["label"].tolist() == list(label)
        for values, expected in zip(got["maps.values"], maps, strict=True):
            np.testing.assert_allclose([expected[k] for k in got["maps.keys"]], values, rtol=2e-6)


def test_one_row_without_a_batch():
    model = model_of([node("ZipMap", ["x"], ["y"], **LABELS[1])], [tensor("x", shape=[3])], [untyped("y")])
    x = np.array([1, -2, 3], np.float32)
    got = trt.build(model).run({"x": x})
    assert got["y.values"].tolist() == [x.tolist()]
    assert dict(zip(got["y.keys"].tolist(), x.tolist(), strict=True)) == runtime(model, {"x": x})[0][0]


KINDS = {"text": TensorProto.STRING, "i64": TensorProto.INT64, "f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE}
TYPES = {"text": object, "i64": np.int64, "f32": np.float32, "f64": np.float64}
#: What ONNX Runtime's Python takes as dicts; the other kinds are held against Python's own dict.
TAKEN = {("text", "f32"), ("i64", "f32")}


def engine_of(op, key, value, result, **attributes):
    model = model_of([node(op, ["m"], ["y"], **attributes)], [map_info("m", KINDS[key], KINDS[value])],
                     [tensor("y", KINDS[result])])
    return model, trt.build(model, shapes={"m.keys": "0..9@2", "m.values": "0..9@2"})


def run(engine, key, value, entries):
    return engine.run({"m.keys": np.array(list(entries), TYPES[key]),
                       "m.values": np.array(list(entries.values()), TYPES[value])})["y"]


@pytest.mark.parametrize("key,value", [("text", "f32"), ("text", "f64"), ("text", "i64"), ("i64", "f32"), ("i64", "f64"),
                                       ("i64", "text")])
def test_dict_vectorizer(key, value):
    words = ["cat", "", "é", "dog", "cat"] if key == "text" else [3, -1, 2**40, 0, 3]
    model, engine = engine_of("DictVectorizer", key, value, value,
                              **{"string_vocabulary" if key == "text" else "int64_vocabulary": words})
    values = ["one", "two", ""] if value == "text" else [2**53 + 1, -5, 7] if value == "i64" else [0.5, -3.0, 1e30]
    other = "bird" if key == "text" else 17
    nothing = "" if value == "text" else 0
    for entries in ({words[2]: values[0], other: values[1], words[0]: values[2]}, {words[1]: values[1]}, {other: values[0]}, {}):
        y = run(engine, key, value, entries)
        assert y.shape == (1, 5) and y.dtype == TYPES[value]
        stored = {k: np.array([v], TYPES[value])[0] for k, v in entries.items()}
        assert y.tolist() == [[stored.get(w, nothing) for w in words]]
        if (key, value) in TAKEN and entries:
            assert y.tolist() == runtime(model, {"m": entries})[0].tolist()


@pytest.mark.parametrize("value", ["f32", "text"])
@pytest.mark.parametrize("to", ["FLOAT", "INT64", "STRING"])
@pytest.mark.parametrize("form", ["DENSE", "SPARSE"])
def test_cast_map(value, to, form):
    result = {"FLOAT": "f32", "INT64": "i64", "STRING": "text"}[to]
    attributes = {"cast_to": f"TO_{to}", "map_form": form, **({"max_map": 6} if form == "SPARSE" else {})}
    model, engine = engine_of("CastMap", "i64", value, result, **attributes)
    numbers = [2.5, -7.75, 1.0, 3.5]
    if value == "text":
        numbers = ["25", "-7", "1", "3"] if to == "INT64" else [str(v) for v in numbers]
    for count in (4, 1, 0):
        entries = dict(zip([4, 0, 9, 1], numbers[:count]))
        y = run(engine, "i64", value, entries)
        convert = {"FLOAT": float, "INT64": int, "STRING": str}[to]
        fill = {"FLOAT": 0.0, "INT64": 0, "STRING": "0.f"}[to]
        row = ([convert(entries[k]) for k in sorted(entries)] if form == "DENSE" else
               [convert(entries[k]) if k in entries else fill for k in range(6)])
        assert y.dtype == TYPES[result] and y.shape == (1, len(row)) and y.tolist() == [row]
        if value == "f32" and entries:
            expected = runtime(model, {"m": entries})[0]
            assert y.shape == expected.shape
            if to == "STRING":  # ONNX Runtime writes six digits
                texts = [float(v.rstrip("f")) for v in y[0]]
                assert texts == [float(v.rstrip("f")) for v in expected[0]]
            else:
                assert y.tolist() == expected.tolist()


def test_a_key_that_is_given_twice_has_its_first_value():
    _, vectorizer = engine_of("DictVectorizer", "i64", "f32", "f32", int64_vocabulary=[5, 6])
    _, dense = engine_of("CastMap", "i64", "f32", "f32")
    feed = {"m.keys": np.array([6, 5, 6], np.int64), "m.values": np.array([1, 2, 3], np.float32)}
    assert vectorizer.run(feed)["y"].tolist() == [[2, 1]]
    assert dense.run(feed)["y"].tolist() == [[2, 1]]


def test_lengths_of_keys_and_values_agree():
    _, engine = engine_of("DictVectorizer", "i64", "f32", "f32", int64_vocabulary=[5, 6])
    with pytest.raises(RuntimeError, match=r"must equal m\.size = 3"):
        engine.run({"m.keys": np.zeros(3, np.int64), "m.values": np.zeros(2, np.float32)})


def test_a_map_that_enters_may_leave():
    model = model_of([helper.make_node("Identity", ["m"], ["y"])], [map_info("m", TensorProto.STRING, TensorProto.INT64)],
                     [untyped("y")])
    got = trt.build(model, shapes={"m.keys": "0..9@2", "m.values": "0..9@2"}).run(
        {"m.keys": np.array(["a", "b"], object), "m.values": np.array([1, 2], np.int64)})
    assert got["y.keys"].tolist() == ["a", "b"] and got["y.values"].tolist() == [1, 2]


def zip_map(*more, scores=3, inputs=(), **attributes):
    return model_of([node("ZipMap", ["x"], ["y"], **(attributes or LABELS[0])), *more],
                    [tensor("x", shape=["n", scores]), *inputs], [untyped(more[-1].output[0] if more else "y")])


NUMBERS = map_info("m", TensorProto.INT64, TensorProto.FLOAT)


def on_map(op, kind=NUMBERS, **attributes):
    return model_of([node(op, ["m"], ["y"], **attributes)], [kind], [untyped("y")])


def sequence_of_maps():
    info = untyped("s")
    info.type.sequence_type.elem_type.CopyFrom(NUMBERS.type)
    return model_of([helper.make_node("SequenceLength", ["s"], ["y"])], [info], [untyped("y")])


REFUSED = {
    "labels": (zip_map(scores=4), "3 labels for 4 columns"),
    "no_labels": (zip_map(name="n"), "got neither"),
    "two_labels": (zip_map(**LABELS[0], **LABELS[1]), "got both"),
    "at": (zip_map(helper.make_node("SequenceAt", ["y", "i"], ["z"]), inputs=[tensor("i", TensorProto.INT64, [])]),
           "sequence of maps, which no operator takes apart"),
    "add": (zip_map(helper.make_node("Neg", ["y"], ["z"])), "must be a tensor; it is a sequence of maps"),
    "vectorizer_of_maps": (zip_map(node("DictVectorizer", ["y"], ["z"], string_vocabulary=["a"])), "it is a sequence of maps"),
    "vectorizer_of_tensor": (on_map("DictVectorizer", tensor("m", shape=[2]), string_vocabulary=["a"]), "must be a map"),
    "wrong_keys": (on_map("DictVectorizer", string_vocabulary=["a"]), "the map's keys are int64"),
    "no_vocabulary": (on_map("DictVectorizer"), "got neither"),
    "text_keys": (on_map("CastMap", map_info("m", TensorProto.STRING, TensorProto.FLOAT)), "keys must be INT64"),
    "cast_to": (on_map("CastMap", cast_to="FLOAT"), "TO_FLOAT, TO_STRING or TO_INT64"),
    "max_map": (on_map("CastMap", map_form="SPARSE", max_map=0), "'max_map' must be positive"),
    "map_form": (on_map("CastMap", map_form="ANY"), "DENSE or SPARSE"),
    "name_of_a_node": (model_of([helper.make_node("Neg", ["x"], ["y.values"]), node("ZipMap", ["y.values"], ["y"], **LABELS[0])],
                                [tensor("x", shape=["n", 3])], [untyped("y")]), r"has a value 'y\.values'.*rename"),
    "name_of_an_input": (model_of([node("CastMap", ["m"], ["y"])], [NUMBERS, tensor("m.keys", shape=[3])], [untyped("y")]),
                         r"m\.keys"),
    "maps_as_input": (sequence_of_maps(), "a sequence whose items are a map"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    model, message = REFUSED[name]
    with pytest.raises(trt.Error, match=message):
        trt.build(model)
