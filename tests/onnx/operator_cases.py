#!/usr/bin/env python3
"""Writes operator_cases.txt: operators outside ai.onnx with inputs and what ONNX Runtime gives for them.

Needs numpy, onnx and onnxruntime. The test reads only the text: run this when an operator or a case is added.
"""
import pathlib

import numpy as np
import onnx
import onnx.helper as oh
import onnxruntime as ort

RNG = np.random.default_rng(11)
MS, ML = "com.microsoft", "ai.onnx.ml"
NAMES = {"float32": "f32", "float16": "f16", "float64": "f64", "int64": "i64", "int32": "i32", "int8": "i8",
         "uint8": "u8", "bool": "b8", "int16": "i16"}
lines = []


def rand(*shape):
    return (RNG.integers(-16, 17, shape) / 8).astype(np.float32)


def u8(*shape):
    return RNG.integers(0, 256, shape).astype(np.uint8)


def f(*v):
    return np.array(v, np.float32)


def scalar(v, dtype=np.float32):
    return np.array(v, dtype)


def tensor_line(word, a):
    values = " ".join(str(int(v)) if a.dtype.kind in "iub" else f"{float(v):.7g}" for v in a.reshape(-1))
    return f"  {word} {NAMES[str(a.dtype)]}[{','.join(map(str, a.shape))}] {values}".rstrip()


def attribute_line(name, value):
    many = isinstance(value, (list, tuple, np.ndarray))
    first = value[0] if many else value
    kind = "s" if isinstance(first, str) else "f" if isinstance(first, (float, np.floating)) else "i"
    if isinstance(value, np.ndarray):
        return f"  tensor {name} {tensor_line('', value).strip()}"
    values = " ".join(map(str, value)) if many else str(value)
    return f"  {kind}{'s' if many else ''} {name} {values}"


def case(domain, op, inputs, constants=(), outputs=1, version=1, opset=21, want=None, **attributes):
    """`inputs` may hold None; those whose numbers are in `constants` become initializers. want: outputs to compare."""
    names = ["" if a is None else f"i{k}" for k, a in enumerate(inputs)]
    outs = [f"o{k}" for k in range(outputs)]
    attributes = {k: v for k, v in attributes.items() if v is not None}
    protos = {k: onnx.numpy_helper.from_array(v, k) if isinstance(v, np.ndarray) else v for k, v in attributes.items()}
    node = oh.make_node(op, names, outs, domain=domain, **protos)
    infos = [oh.make_tensor_value_info(n, oh.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for k, (n, a) in enumerate(zip(names, inputs)) if n and k not in constants]
    fixed = [onnx.numpy_helper.from_array(inputs[k], f"i{k}") for k in constants]
    graph = oh.make_graph([node], "g", infos, [onnx.ValueInfoProto(name=o) for o in outs], fixed)
    model = oh.make_model(graph, opset_imports=[oh.make_opsetid("", opset)] + [oh.make_opsetid(domain, version)] * bool(domain),
                          ir_version=10)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {n: a for k, (n, a) in enumerate(zip(names, inputs)) if n and k not in constants}
    results = session.run(None, feeds)
    write_case(domain, op, inputs, constants, [r if want is None or k in want else None for k, r in enumerate(results)],
               version if domain else opset, attributes)
    return results


def write_case(domain, op, inputs, constants, results, version, attributes):
    """A result of None is not compared."""
    if all(r is None for r in results):
        return
    lines.append(f"{domain or 'ai.onnx'} {op} {version}")
    lines.extend(attribute_line(k, v) for k, v in attributes.items())
    for k, a in enumerate(inputs):
        lines.append("  none" if a is None else tensor_line("const" if k in constants else "in", a))
    for r in results:
        lines.append("  skip" if r is None else tensor_line("out", np.asarray(r)))


def known(domain, op, inputs, results, constants=(), version=1, **attributes):
    """A case whose results come from NumPy: ONNX Runtime has no kernel for the CPU."""
    results = [np.asarray(r, np.float32 if np.asarray(r).dtype.kind == "f" else None) for r in results]
    write_case(domain, op, inputs, constants, results, version, attributes)


def fused():
    x = rand(2, 3, 8)
    case(MS, "BiasGelu", [x, rand(8)])
    case(MS, "FastGelu", [x, rand(8)])
    case(MS, "QuickGelu", [x], alpha=1.5)
    case(MS, "Gelu", [x])
    case(MS, "FusedMatMul", [rand(2, 4, 3), rand(2, 4, 5)], transA=1, alpha=0.5)
    case(MS, "FusedMatMul", [rand(3, 2, 4), rand(2, 4, 5)], transBatchA=1)
    case(MS, "TransposeMatMul", [rand(2, 3, 4), rand(2, 5, 4)], transB=1)
    case(MS, "FusedGemm", [rand(3, 4), rand(5, 4), rand(5)], transB=1, alpha=0.5, beta=2.0, activation="Relu")
    case(MS, "FusedConv", [rand(1, 2, 5, 5), rand(3, 2, 3, 3), rand(3)], constants=(1, 2), activation="LeakyRelu",
         activation_params=[0.25], pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    case(MS, "FusedConv", [rand(1, 2, 4, 4), rand(2, 2, 1, 1), rand(2), rand(1, 2, 4, 4)], activation="Relu")
    case(MS, "Inverse", [rand(2, 3, 3) + 4 * np.eye(3, dtype=np.float32)])
    case(MS, "ExpandDims", [rand(2, 3), scalar(1, np.int32)], constants=(1,))
    case(MS, "Trilu", [rand(3, 4), scalar(1, np.int64)], constants=(1,), upper=0)
    case(MS, "CropAndResize", [rand(2, 2, 5, 6), f(0, 0, 1, 1, 0.2, 0.25, 0.75, 1.25).reshape(2, 4),
                               np.array([0, 1], np.int32), np.array([3, 4], np.int32)], constants=(3,),
         extrapolation_value=2.0)


def normalizations():
    x, skip, gamma, beta, bias = rand(2, 3, 8), rand(2, 3, 8), rand(8), rand(8), rand(8)
    case(MS, "SkipLayerNormalization", [x, skip, gamma, beta, bias], outputs=4, want=(0, 3), epsilon=1e-5)
    case(MS, "SkipLayerNormalization", [x, skip, gamma], epsilon=1e-5)
    case(MS, "SkipSimplifiedLayerNormalization", [x, skip, gamma, bias], outputs=4, want=(0, 3), epsilon=1e-6)
    case("", "SimplifiedLayerNormalization", [x, gamma], axis=-1, epsilon=1e-6)
    case(MS, "EmbedLayerNormalization",
         [np.array([[1, 3, 0], [2, 2, 4]], np.int32), np.array([[0, 0, 1], [1, 0, 0]], np.int32), rand(5, 8),
          rand(4, 8), rand(2, 8), gamma, beta, np.array([[1, 1, 0], [1, 0, 0]], np.int32)], outputs=3, epsilon=1e-12)
    case(MS, "EmbedLayerNormalization",
         [np.array([[1, 3, 0]], np.int32), None, rand(5, 8), rand(4, 8), None, gamma, beta], outputs=2)


def attentions():
    def qkv(b, s, t, h):
        return rand(b, s, h), rand(b, t, h), rand(b, t, h)
    q, k, v = qkv(2, 3, 3, 8)
    case(MS, "MultiHeadAttention", [q, k, v], num_heads=2)
    case(MS, "MultiHeadAttention", [q, k, v, rand(24)], num_heads=2, scale=0.5, unidirectional=1)
    q, k, v = qkv(2, 2, 4, 8)
    case(MS, "MultiHeadAttention", [q, k, v, None, np.array([3, 4], np.int32)], num_heads=2)
    case(MS, "MultiHeadAttention", [q, k, v, None, np.array([[1, 0, 1, 1], [1, 1, 1, 0]], np.int32), rand(1, 2, 2, 4)],
         num_heads=2)
    case(MS, "MultiHeadAttention", [q, rand(2, 2, 8), rand(2, 2, 8), None, None, None, rand(2, 2, 3, 4),
                                    rand(2, 2, 3, 4)], num_heads=2, outputs=3)
    x, w, b = rand(2, 3, 6), rand(6, 24), rand(24)
    case(MS, "Attention", [x, w, b], num_heads=2)
    case(MS, "Attention", [x, w, b, np.array([2, 3], np.int32)], num_heads=2)
    case(MS, "Attention", [x, w, b, np.array([[1, 1, 0], [0, 1, 1]], np.int32)], num_heads=2)
    case(MS, "Attention", [x, w, b, None, rand(2, 2, 2, 2, 4)], num_heads=2, unidirectional=1, outputs=2)
    case(MS, "Attention", [x, rand(6, 20), rand(20)], num_heads=2, qkv_hidden_sizes=[8, 8, 4])
    case(MS, "QAttention", [u8(1, 3, 6), u8(6, 24), rand(24), scalar(0.01), scalar(0.02), None, scalar(120, np.uint8),
                            scalar(130, np.uint8)], num_heads=2)
    angles = rand(10, 2)
    case(MS, "RotaryEmbedding", [rand(2, 3, 8), np.array([[0, 1, 2], [4, 5, 6]], np.int64), np.cos(angles),
                                 np.sin(angles)], num_heads=2)
    case(MS, "RotaryEmbedding", [rand(2, 2, 3, 4), np.array([3], np.int64), np.cos(angles), np.sin(angles)],
         interleaved=1)

    def grouped(s, past, lengths, total, **kw):
        heads, groups, d = 2, 1, 16
        cache = [rand(2, groups, past, d) for _ in range(2)] if past else [None, None]
        rotary = kw.pop("rotary", False)
        trig = [np.cos(rand(16, 8)), np.sin(rand(16, 8))] if rotary else []
        case(MS, "GroupQueryAttention",
             [rand(2, s, heads * d), rand(2, s, groups * d), rand(2, s, groups * d), *cache,
              np.array(lengths, np.int32), scalar(total, np.int32), *trig], constants=(6,), outputs=3,
             num_heads=heads, kv_num_heads=groups, do_rotary=int(rotary), **kw)
    grouped(3, 0, [2, 2], 3)
    grouped(1, 5, [5, 5], 6)
    grouped(1, 5, [5, 5], 6, rotary=True)
    grouped(1, 8, [3, 5], 6, rotary=True, want=(0,))
    grouped(1, 6, [6, 6], 7, local_window_size=3, softcap=2.0)
    grouped(4, 0, [3, 3], 4, rotary=True, rotary_interleaved=1)


def quantized():
    a, b = u8(2, 3, 4), u8(2, 3, 4)
    s = [scalar(0.05), scalar(120, np.uint8), scalar(0.03), scalar(100, np.uint8), scalar(0.07), scalar(90, np.uint8)]
    case(MS, "QLinearAdd", [a, s[0], s[1], b, s[2], s[3], s[4], s[5]])
    case(MS, "QLinearMul", [a, s[0], s[1], b, s[2], s[3], s[4], s[5]])
    case(MS, "QLinearSigmoid", [a, s[0], s[1], scalar(1 / 256), scalar(0, np.uint8)])
    case(MS, "QLinearLeakyRelu", [a, s[0], s[1], s[4], s[5]], alpha=0.25)
    case(MS, "QLinearConcat", [s[4], s[5], a, s[0], s[1], b, s[2], s[3]], axis=1)
    x = u8(1, 2, 4, 4)
    case(MS, "QLinearAveragePool", [x, s[0], s[1], s[2], s[3]], kernel_shape=[2, 2], strides=[2, 2])
    case(MS, "QLinearGlobalAveragePool", [x, s[0], s[1], s[2], s[3]])
    case(MS, "NhwcMaxPool", [u8(1, 4, 4, 3)], kernel_shape=[2, 2], strides=[2, 2])
    case(MS, "QGemm", [u8(3, 4), s[0], s[1], u8(4, 5), s[2], s[3], np.arange(5, dtype=np.int32) * 100], alpha=1.0)
    case(MS, "QGemm", [u8(3, 4), s[0], s[1], u8(4, 5), s[2], s[3], None, scalar(0.3), s[5]])
    case(MS, "DynamicQuantizeMatMul", [rand(3, 4), u8(4, 5), s[0], s[1], rand(5)])
    case(MS, "MatMulIntegerToFloat", [u8(3, 4), u8(4, 5), s[0], s[2], s[1], s[3], rand(5)])
    for zero, k in ((False, 32), (True, 48)):
        blocks = (k + 15) // 16
        case(MS, "MatMulNBits", [rand(2, k), u8(5, blocks, 8), abs(rand(5 * blocks)) + 0.125]
             + ([u8(5 * ((blocks + 1) // 2))] if zero else []), constants=(1, 2, 3) if zero else (1, 2), K=k, N=5,
             bits=4, block_size=16)


def classical():
    x = rand(3, 4)
    case(ML, "Scaler", [x], offset=[0.5, 0.25, 0.0, 1.0], scale=[2.0, 1.0, 0.5, 4.0])
    for norm in ("MAX", "L1", "L2"):
        case(ML, "Normalizer", [abs(x) + 0.5], norm=norm)
    case(ML, "Binarizer", [x], threshold=0.25)
    case(ML, "Imputer", [np.where(x > 1, np.nan, x).astype(np.float32)], imputed_value_floats=[1.0, 2.0, 3.0, 4.0],
         replaced_value_float=float("nan"))
    case(ML, "ArrayFeatureExtractor", [x, np.array([3, 1], np.int64)])
    case(ML, "FeatureVectorizer", [x, rand(3, 2)], inputdimensions=[4, 2])
    case(ML, "OneHotEncoder", [np.array([1, 5, 3], np.int64)], cats_int64s=[3, 1, 7])
    case(ML, "LabelEncoder", [np.array([[1, 5], [3, 3]], np.int64)], version=2, keys_int64s=[3, 1],
         values_floats=[0.5, 1.5], default_float=-1.0)
    case(ML, "LabelEncoder", [f(1.5, 2, 0.25)], version=2, keys_floats=[0.25, 1.5], values_int64s=[7, 8])
    case(ML, "LinearRegressor", [x], coefficients=rand(8).tolist(), intercepts=[0.5, -1.0], targets=2)
    for post in ("NONE", "SOFTMAX", "LOGISTIC"):
        case(ML, "LinearClassifier", [x], outputs=2, coefficients=rand(12).tolist(), intercepts=[0.5, -1.0, 0.25],
             classlabels_ints=[4, 2, 9], post_transform=post, multi_class=0)
    support = rand(5, 4)
    for kernel, params in (("LINEAR", [0.0, 0.0, 0.0]), ("RBF", [0.25, 0.0, 0.0]), ("POLY", [0.5, 1.0, 3.0]),
                           ("SIGMOID", [0.25, 0.5, 0.0])):
        case(ML, "SVMRegressor", [x], kernel_type=kernel, kernel_params=params, n_supports=5,
             support_vectors=support.reshape(-1).tolist(), coefficients=rand(5).tolist(), rho=[0.25])
    case(ML, "SVMClassifier", [x], outputs=2, want=(0,), kernel_type="RBF", kernel_params=[0.25, 0.0, 0.0],
         vectors_per_class=[2, 2, 1], support_vectors=support.reshape(-1).tolist(), coefficients=rand(10).tolist(),
         rho=[0.25, -0.5, 0.125], classlabels_ints=[3, 5, 8])
    tree = dict(nodes_treeids=[0] * 3 + [1] * 5, nodes_nodeids=[0, 1, 2, 0, 1, 2, 3, 4],
                nodes_featureids=[0, 0, 0, 1, 2, 0, 0, 0], nodes_values=[0.25, 0.0, 0.0, -0.5, 0.75, 0.0, 0.0, 0.0],
                nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LT", "BRANCH_GT", "LEAF", "LEAF", "LEAF"],
                nodes_truenodeids=[1, 0, 0, 1, 3, 0, 0, 0], nodes_falsenodeids=[2, 0, 0, 2, 4, 0, 0, 0])
    votes = dict(treeids=[0, 0, 1, 1, 1], nodeids=[1, 2, 2, 3, 4])
    rows = rand(6, 4)
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        case(ML, "TreeEnsembleRegressor", [rows], version=3, **tree, n_targets=1, target_ids=[0] * 5,
             target_weights=[1.5, -2.0, 0.5, 3.0, 1.25], aggregate_function=aggregate, base_values=[0.5],
             **{f"target_{k}": v for k, v in votes.items()})
    classes = {f"class_{k}": v for k, v in votes.items()}
    case(ML, "TreeEnsembleClassifier", [rows], version=3, outputs=2, **tree, classlabels_int64s=[2, 4, 6],
         class_ids=[0, 1, 2, 1, 0], class_weights=[1.5, -2.0, 0.5, 3.0, 1.25], post_transform="SOFTMAX", **classes)
    case(ML, "TreeEnsembleClassifier", [rows], version=3, outputs=2, **tree, classlabels_int64s=[2, 4],
         class_ids=[0] * 5, class_weights=[0.25, 0.5, 0.125, 0.0, 0.5], **classes)
    case(ML, "TreeEnsembleClassifier", [rows], version=3, outputs=2, **tree, classlabels_int64s=[2, 4],
         class_ids=[0] * 5, class_weights=[0.25, -0.5, 0.125, -1.0, 0.5], post_transform="LOGISTIC", **classes)


def main():
    for group in (fused, normalizations, attentions, quantized, classical):
        group()
    write_table(__file__)


def write_table(script):
    header = "# Written by a script: a node, its attributes and inputs, the outputs of another implementation.\n"
    pathlib.Path(script).with_suffix(".txt").write_text(header + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
