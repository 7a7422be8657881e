"""Proposals of models of classical machine learning: domain ai.onnx.ml, and the vectorizer of n-grams."""
import numpy as np
from onnx import numpy_helper

ML = "ai.onnx.ml:"


def matrix(b, *types):
    types = types or (np.float32,)
    return b.pick(lambda v: v.array.dtype in types and v.array.ndim == 2 and v.array.size > 0)


def floats(b, *shape):
    return [float(x) for x in b.draw([int(np.prod(shape))], np.float32)]


def features(b):
    v = matrix(b, np.float32, np.int64, np.float64, np.int32)
    if not v:
        return None
    width, t = v.array.shape[1], v.array.dtype
    op = b.rng.choice(["ArrayFeatureExtractor", "Binarizer", "FeatureVectorizer", "Imputer", "LabelEncoder", "Normalizer",
                       "OneHotEncoder", "Scaler"])
    if op == "ArrayFeatureExtractor":
        at = np.array([b.rng.randrange(width) for _ in range(b.rng.randint(1, 3))], np.int64)
        return ML + op, [v, b.constant(at)], {}, 1
    if op == "Binarizer":
        return ML + op, [v], {"threshold": b.rng.choice([0.0, 0.5, 1.0])}, 1
    if op == "FeatureVectorizer":
        w = b.pick(lambda w: w.array.ndim == 2 and w.array.dtype == t and w.array.shape[0] == v.array.shape[0]) or v
        return ML + op, [v, w], {"inputdimensions": [width, w.array.shape[1]]}, 1
    if op == "Imputer":
        if t == np.int64:
            return ML + op, [v], {"imputed_value_int64s": [7], "replaced_value_int64": 1}, 1
        return ML + op, [v], {"imputed_value_floats": floats(b, width), "replaced_value_float": 0.5}, 1
    if op == "LabelEncoder":
        if t == np.int64:
            return ML + op, [v], {"keys_int64s": [0, 1, 2], "values_floats": [0.5, 1.5, 2.5], "default_float": -1.0}, 1
        return ML + op, [v], {"keys_floats": [0.0, 0.5, 1.0], "values_int64s": [3, 4, 5], "default_int64": -1}, 1
    if op == "Normalizer":
        return ML + op, [v], {"norm": b.rng.choice(["MAX", "L1", "L2"])}, 1
    if op == "OneHotEncoder":
        return ML + op, [v], {"cats_int64s": [0, 1, 2, 3], "zeros": 1}, 1
    return ML + op, [v], {"offset": floats(b, width), "scale": floats(b, width)}, 1


def linear(b):
    v = matrix(b)
    if not v:
        return None
    width, classes = v.array.shape[1], b.rng.choice([2, 3])
    transform = b.rng.choice(["NONE", "LOGISTIC", "SOFTMAX"])
    if b.rng.random() < 0.5:
        return ML + "LinearRegressor", [v], {"coefficients": floats(b, classes, width), "intercepts": floats(b, classes),
                                             "targets": classes}, 1
    return ML + "LinearClassifier", [v], {"coefficients": floats(b, classes, width), "intercepts": floats(b, classes),
                                          "classlabels_ints": list(range(classes)), "post_transform": transform}, 2


def support_vectors(b):
    v = matrix(b)
    if not v or v.array.shape[1] > 8:
        return None
    width, count = v.array.shape[1], 3
    kernel = {"kernel_type": b.rng.choice(["LINEAR", "RBF", "POLY", "SIGMOID"]), "kernel_params": [0.25, 0.5, 2.0]}
    if b.rng.random() < 0.5:
        return ML + "SVMRegressor", [v], {"coefficients": floats(b, count), "support_vectors": floats(b, count, width),
                                          "n_supports": count, "rho": [0.25], **kernel}, 1
    return ML + "SVMClassifier", [v], {"coefficients": floats(b, count), "support_vectors": floats(b, count, width),
                                       "vectors_per_class": [2, 1], "rho": [0.25], "classlabels_ints": [0, 1], **kernel}, 2


def tree(b, width, leaf, votes):
    """A full tree of three nodes and four leaves: node 0 has 1 and 2, these have 3 to 6. Each leaf votes for all: where
    none does, ONNX Runtime leaves the base values out."""
    modes = [b.rng.choice(["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"])] * 3 + ["LEAF"] * 4
    return {"nodes_treeids": [0] * 7, "nodes_nodeids": list(range(7)), "nodes_modes": modes,
            "nodes_values": [*floats(b, 3), 0.0, 0.0, 0.0, 0.0], "nodes_truenodeids": [1, 3, 5, 0, 0, 0, 0],
            "nodes_falsenodeids": [2, 4, 6, 0, 0, 0, 0],
            "nodes_featureids": [b.rng.randrange(width) for _ in range(3)] + [0] * 4,
            f"{leaf}_treeids": [0] * 4 * votes, f"{leaf}_nodeids": [k for k in (3, 4, 5, 6) for _ in range(votes)],
            f"{leaf}_ids": [*range(votes)] * 4, f"{leaf}_weights": floats(b, 4 * votes)}


def leaves(b):
    """One decision and two leaves, in the form of version 5."""
    def tensor(values, dtype):
        return numpy_helper.from_array(np.array(values, dtype))
    return {"aggregate_function": 1, "post_transform": 0, "n_targets": 1, "tree_roots": [0], "nodes_featureids": [0],
            "nodes_modes": tensor([b.rng.randint(0, 3)], np.uint8), "nodes_splits": tensor([0.25], np.float32),
            "nodes_truenodeids": [0], "nodes_trueleafs": [1], "nodes_falsenodeids": [1], "nodes_falseleafs": [1],
            "leaf_targetids": [0, 0], "leaf_weights": tensor([1.5, -2], np.float32)}


def trees(b):
    v = matrix(b)
    if not v:
        return None
    width = v.array.shape[1]
    if b.opset >= 23 and b.rng.random() < 0.5:
        return ML + "TreeEnsemble", [v], leaves(b), 1
    if b.rng.random() < 0.5:
        return ML + "TreeEnsembleRegressor", [v], {**tree(b, width, "target", 2), "n_targets": 2,
                                                   "base_values": floats(b, 2)}, 1
    return ML + "TreeEnsembleClassifier", [v], {**tree(b, width, "class", 3), "classlabels_int64s": [0, 1, 2],
                                                "post_transform": "NONE"}, 2


def n_grams(b):
    v = b.pick(lambda v: v.array.dtype in (np.int64, np.int32) and v.array.ndim in (1, 2) and v.array.size > 0)
    return v and ("TfIdfVectorizer", [v], {
        "mode": b.rng.choice(["TF", "IDF", "TFIDF"]), "min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 1,
        "ngram_counts": [0, 3], "ngram_indexes": [0, 1, 2, 3, 4], "pool_int64s": [0, 1, 2, 0, 1, 1, 2],
        "weights": [0.5, 1.0, 2.0, 1.5, 0.25]}, 1)


ALL = [features, features, linear, support_vectors, trees, n_grams]
