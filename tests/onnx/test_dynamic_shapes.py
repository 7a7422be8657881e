"""Graphs whose inputs have names for sizes, as exporters write them: one plan for several sets of sizes, 0 and 1 among them.

The names of two inputs that meet differ, so that either may be 1. What is right comes from ONNX Runtime.
"""
import pathlib
import sys

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
import onnx.parser  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
import one_model  # noqa: E402

pytestmark = one_model.needs_runner
CASES = {}


def case(name, text, *sets, level=2):
    """`sets`: the shapes of the inputs, or, of integers, the arrays themselves."""
    assert name not in CASES
    CASES[name] = (text, sets, level)


# Two sizes meet.
case("sum", "(float[a,3,b] x, float[c,1,d] y) => (z, s, t) { z = Add(x, y) s = Shape(z) t = Shape<start=2>(z) }",
     [(2, 3, 4), (2, 1, 4)], [(1, 3, 4), (5, 1, 4)], [(5, 3, 1), (1, 1, 6)], [(1, 3, 1), (1, 1, 1)], [(0, 3, 4), (1, 1, 1)],
     [(1, 3, 1), (0, 1, 2)], [(0, 3, 0), (0, 1, 0)])
case("three", "(float[a] x, float[b] y, float[c] z) => (s, m, n) { t = Add(x, y) s = Mul(t, z) m = Max(x, y, z) n = Shape(m) }",
     [(4,), (4,), (4,)], [(1,), (4,), (4,)], [(4,), (1,), (1,)], [(1,), (1,), (4,)], [(1,), (1,), (1,)], [(1,), (0,), (1,)])
case("where", "(bool[a,1] c, float[b] x, float[d,e] y) => (z, s) { z = Where(c, x, y) s = Shape(z) }",
     [(2, 1), (3,), (2, 3)], [(1, 1), (3,), (2, 3)], [(2, 1), (1,), (1, 3)], [(2, 1), (3,), (1, 1)], [(1, 1), (0,), (1, 1)])
case("products", "(float[a,b,2,3] x, float[c,3,4] y) => (z, s) { z = MatMul(x, y) s = Shape(z) }",
     [(2, 5, 2, 3), (5, 3, 4)], [(2, 1, 2, 3), (5, 3, 4)], [(2, 5, 2, 3), (1, 3, 4)], [(1, 1, 2, 3), (1, 3, 4)], [(0, 1, 2, 3), (2, 3, 4)])
case("programs_behind_a_product", "(float[a,8] x, float[8,16] w, float[b,16] y) => (z) { p = MatMul(x, w) q = Add(p, y) z = Relu(q) }",
     [(4, 8), (8, 16), (4, 16)], [(4, 8), (8, 16), (1, 16)], [(1, 8), (8, 16), (4, 16)], [(1, 8), (8, 16), (1, 16)], [(0, 8), (8, 16), (1, 16)])
case("programs_behind_a_convolution", "(float[a,4,h,w] x, float[4,4,3,3] f, float[b,4,1,u] y) => (z) "
     "{ p = Conv<pads=[1,1,1,1]>(x, f) q = Mul(p, y) z = Sigmoid(q) }",
     [(2, 4, 6, 6), (4, 4, 3, 3), (2, 4, 1, 6)], [(2, 4, 6, 6), (4, 4, 3, 3), (1, 4, 1, 1)], [(1, 4, 6, 6), (4, 4, 3, 3), (3, 4, 1, 6)],
     [(1, 4, 5, 1), (4, 4, 3, 3), (2, 4, 1, 4)])
case("expanded_like_another", "(float[a,1,b] x, float[c,d,1] y) => (z, t) { s = Shape(y) z = Expand(x, s) t = Sub(z, y) }",
     [(2, 1, 5), (2, 3, 1)], [(1, 1, 5), (2, 3, 1)], [(2, 1, 1), (1, 1, 1)], [(1, 1, 2), (0, 3, 1)])
case("reshaped_by_the_sum", "(float[a,4] x, float[b,1] y) => (z, n) { t = Add(x, y) s = Shape(t) r = Transpose(t) z = Reshape<allowzero=1>(r, s) n = Size(t) }",
     [(3, 4), (3, 1)], [(1, 4), (3, 1)], [(3, 4), (1, 1)], [(0, 4), (1, 1)])
case("joined_with_the_sum", "(float[a,b] x, float[c,b] y) => (z) { t = Add(x, y) u = Neg(t) z = Concat<axis=1>(t, u) }",
     [(3, 4), (3, 4)], [(1, 4), (3, 4)], [(3, 4), (1, 4)], [(1, 0), (1, 0)])
case("normalized_with_few_parameters", "(float[a,b] x, float[c] g) => (z) { z = LayerNormalization(x, g) }",
     [(3, 8), (8,)], [(3, 8), (1,)], [(1, 1), (1,)])
case("einsum", "(float[a,2,k] x, float[b,k,3] y) => (z) { z = Einsum<equation=\"bik,bkj->bij\">(x, y) }",
     [(4, 2, 5), (4, 5, 3)], [(1, 2, 5), (4, 5, 3)], [(4, 2, 5), (1, 5, 3)])
case("slopes", "(float[a,b] x, float[c] s) => (z) { z = PRelu(x, s) }", [(3, 4), (4,)], [(3, 4), (1,)], [(1, 1), (1,)])

# As exporters write it.
case("positions", "(int64[b,s] ids, float[9,4] w, float[1,6,4] p) => (z) { x = Gather(w, ids) i = Shape<start=1,end=2>(ids) "
     "zero = Constant<value_ints=[0]>() one = Constant<value_ints=[1]>() q = Slice(p, zero, i, one) z = Add(x, q) }",
     [np.array([[1, 2, 3], [4, 5, 6]]), (9, 4), (1, 6, 4)], [np.array([[8]]), (9, 4), (1, 6, 4)], [np.zeros((3, 6), np.int64), (9, 4), (1, 6, 4)],
     [np.zeros((0, 2), np.int64), (9, 4), (1, 6, 4)])
case("attention_with_a_mask", "(float[b,2,s,8] q, float[b,2,t,8] k, float[b,2,t,8] v, float[m,1,1,u] mask) => (y) "
     "{ kt = Transpose<perm=[0,1,3,2]>(k) a = MatMul(q, kt) c = Constant<value_float=0.35>() d = Mul(a, c) e = Add(d, mask) "
     "p = Softmax(e) y = MatMul(p, v) }",
     [(2, 2, 3, 8), (2, 2, 5, 8), (2, 2, 5, 8), (2, 1, 1, 5)], [(2, 2, 1, 8), (2, 2, 5, 8), (2, 2, 5, 8), (1, 1, 1, 1)],
     [(1, 2, 3, 8), (1, 2, 1, 8), (1, 2, 1, 8), (1, 1, 1, 1)], [(3, 2, 3, 8), (3, 2, 4, 8), (3, 2, 4, 8), (1, 1, 1, 4)])
case("causal_mask", "(float[b,s,t] scores) => (y) { n = Shape<start=1,end=2>(scores) m = Shape<start=2,end=3>(scores) "
     "zero = Constant<value_int=0>() one = Constant<value_int=1>() axis = Constant<value_ints=[0]>() a1 = Constant<value_ints=[1]>() "
     "ns = Squeeze(n, axis) ms = Squeeze(m, axis) i = Range(zero, ns, one) j = Range(zero, ms, one) past = Sub(ms, ns) ip = Add(i, past) "
     "col = Unsqueeze(ip, a1) ok = GreaterOrEqual(col, j) lowest = Constant<value_float=-1e9>() y = Where(ok, scores, lowest) }",
     [(2, 3, 3)], [(1, 1, 4)], [(2, 1, 1)], [(3, 4, 6)], [(0, 2, 2)])
case("mask_by_scatter", "(float[b,s] x, int64[k,2] at) => (y, z) { n = Shape(x) "
     "m = ConstantOfShape<value=float[1] {-5.0}>(n) o = Shape<start=0,end=1>(at) u = ConstantOfShape<value=float[1] {1.0}>(o) "
     "y = ScatterND(m, at, u) z = Add(x, y) }",
     [(2, 3), np.array([[0, 1], [1, 2]])], [(1, 1), np.array([[0, 0]])], [(4, 2), np.zeros((0, 2), np.int64)], [(3, 5), np.array([[2, 4], [0, 0], [1, 3]])])
case("expanded_or_kept", "(float[1,c,1] x, int64[3] shape) => (y) { m = Constant<value_int=-1>() e = Equal(shape, m) "
     "three = Constant<value_ints=[3]>() ones = ConstantOfShape<value=int64[1] {1}>(three) s = Where(e, ones, shape) y = Expand(x, s) }",
     [(1, 3, 1), np.array([2, -1, 4])], [(1, 3, 1), np.array([1, 3, -1])], [(1, 1, 1), np.array([2, 5, 0])])
case("resized_to_another", "(float[1,2,h,w] x, float[1,2,u,v] y) => (z) { nc = Shape<end=2>(x) hw = Shape<start=2>(y) "
     "s = Concat<axis=0>(nc, hw) r = Resize<mode=\"linear\">(x, , , s) z = Add(r, y) }",
     [(1, 2, 3, 4), (1, 2, 6, 8)], [(1, 2, 1, 1), (1, 2, 5, 2)], [(1, 2, 6, 7), (1, 2, 3, 2)])
case("turned_around", "(float[a,b] x) => (y, z) { s = Constant<value_ints=[-1]>() e = Constant<value_ints=[-9223372036854775807]>() "
     "ax = Constant<value_ints=[0]>() st = Constant<value_ints=[-1]>() y = Slice(x, s, e, ax, st) a1 = Constant<value_ints=[1]>() "
     "s2 = Constant<value_ints=[-2]>() t2 = Constant<value_ints=[-2]>() z = Slice(x, s2, e, a1, t2) }",
     [(3, 4)], [(1, 1)], [(0, 5)], [(6, 2)], [(2, 7)])
case("halves", "(float[a,b] x) => (y, z) { n = Shape<start=1>(x) two = Constant<value_ints=[2]>() h = Div(n, two) r = Sub(n, h) "
     "s = Concat<axis=0>(h, r) y, z = Split<axis=1>(x, s) }", [(3, 4)], [(1, 1)], [(2, 7)], [(0, 3)], [(2, 0)])
case("padded_to_a_multiple", "(float[a,b] x) => (y) { n = Shape<start=1>(x) four = Constant<value_ints=[4]>() zero = Constant<value_ints=[0]>() "
     "m = Neg(n) r = Mod(m, four) p = Concat<axis=0>(zero, zero, zero, r) y = Pad(x, p) }", [(3, 4)], [(1, 1)], [(2, 7)], [(0, 3)])
case("the_best_few", "(float[a,4] boxes, float[a] scores) => (b, s) { n = Shape(scores) k3 = Constant<value_ints=[3]>() k = Min(n, k3) "
     "s, i = TopK(scores, k) b = Gather(boxes, i) }", [(5, 4), (5,)], [(1, 4), (1,)], [(3, 4), (3,)], [(0, 4), (0,)])
case("boxes_above_a_score", "(float[a,4] boxes, float[a] scores) => (b, t) { c = Constant<value_float=0.2>() m = Greater(scores, c) "
     "p = NonZero(m) ax = Constant<value_ints=[0]>() i = Squeeze(p, ax) b = Gather(boxes, i) s = Gather(scores, i) a1 = Constant<value_ints=[1]>() "
     "u = Unsqueeze(s, a1) t = Mul(b, u) }", [(5, 4), (5,)], [(1, 4), (1,)], [(9, 4), (9,)], [(0, 4), (0,)])
case("boxes_without_overlap", "(float[1,a,4] corners, float[1,2,a] scores) => (picked) { n = Constant<value_int=3>() o = Constant<value_float=0.5>() "
     "t = Constant<value_float=0.0>() i = NonMaxSuppression(corners, scores, n, o, t) picked = Cast<to=1>(i) }",
     [(1, 5, 4), (1, 2, 5)], [(1, 1, 4), (1, 2, 1)], [(1, 9, 4), (1, 2, 9)])
# A number chooses among more parts than branches may lie in each other; from the back as well.
case("one_of_many_parts", "(float[40,3] x, int64 at) => (y) { s = SplitToSequence<axis=0>(x) y = SequenceAt(s, at) }",
     *[[(40, 3), np.array(at)] for at in (0, 1, 19, 20, 38, 39, -1, -21, -40)])


def array(spec, elem_type, rng):
    if isinstance(spec, np.ndarray):
        return spec
    if elem_type == onnx.TensorProto.BOOL:
        return rng.integers(0, 2, spec).astype(bool)
    return (rng.integers(-16, 17, spec) / 8).astype(np.float32)


@pytest.mark.parametrize("name", CASES)
def test_one_plan_for_all_sizes(name, tmp_path):
    text, sets, level = CASES[name]
    head, body = text.split("=>", 1)
    outputs, nodes = body.split(")", 1)
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 21]> g {head} => ('
                                    + ", ".join(f"float {o.strip()}" for o in outputs.strip()[1:].split(",")) + f") {nodes.replace(' }', '}')}")
    for output in model.graph.output:
        output.ClearField("type")
    rng = np.random.default_rng(7)
    session = one_model.onnxruntime(onnx.shape_inference.infer_shapes(model))
    written = []
    for shapes in sets:
        feeds = {i.name: array(s, i.type.tensor_type.elem_type, rng) for i, s in zip(model.graph.input, shapes, strict=True)}
        written.append((list(feeds.values()), session.run(None, feeds)))
    one_model.check(tmp_path, model, written, 1e-4, 1e-5, level)
