#!/usr/bin/env python3
"""Prints which operators and types random graphs cannot have: what importers.inc lists and no proposal names.

  reach.py               operators and types out of reach, and why
  reach.py --graphs 500  grows as many graphs and prints the operators that none of them has
"""
import argparse
import ast
import collections
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

#: Operators that no graph has, by why.
WITHOUT = {
    "gives what chance decides": ["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
                                  "RandomUniformLike"],
    "computes with text or maps, which have tests of their own": [
        "StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "CastMap", "CategoryMapper", "DictVectorizer",
        "ZipMap"],
    "trains": ["Adagrad", "Adam", "Gradient", "Momentum"],
    "is newer than the operator sets that ONNX Runtime and the reference evaluator both know": [
        "SwiGLU", "CausalConvWithState", "LinearAttention", "FlexAttention"],
    "runs in ONNX Runtime on other devices only": [
        "BiasAdd", "BiasSoftmax", "BiasSplitGelu", "GemmFastGelu", "GroupNorm", "IsAllFinite", "PackedAttention",
        "PackedMultiHeadAttention", "QLinearReduceMean", "SkipGroupNorm"],
    "holds a whole decoder, which the tests of models run": ["BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"],
    "reads encoded files": ["ImageDecoder"],
    "is compared node by node in tests/onnx (microsoft_cases)": [
        "BiasDropout", "BitmaskBiasDropout", "BitmaskDropout", "BranchwiseRMSNorm", "CDist", "ComplexMul", "ComplexMulConj",
        "ConvTransposeWithDynamicPads", "DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention",
        "DynamicQuantizeLSTM", "FusedMatMulActivation", "GatedAdd", "GatedRMSNorm", "GatedRelativePositionBias",
        "GatherBlockQuantized", "GemmaRotaryEmbedding", "Irfft", "LinearAttentionGate", "MRotaryEmbedding", "MatMulBnb4",
        "MatMulInteger16", "MatMulNBitsMlp", "MatMulNBitsQkv", "MoE", "MulInteger", "NGramRepeatBlock", "NhwcConv",
        "NhwcFusedConv", "QEmbedLayerNormalization", "QMoE", "ReduceSumInteger", "RelativePositionBias", "RemovePadding",
        "RestorePadding", "Rfft", "ScaledSiLU", "SparseToDenseMatMul", "TorchEmbedding", "UnfoldTensor"],
}
#: Types that no value has.
TYPES_WITHOUT = {"int4, uint4, int2, uint2, float4e2m1": "have no arrays that ONNX Runtime takes; the tables of layers try them",
                 "float8": "has no arithmetic in ONNX Runtime; the tables of layers and quantization try it",
                 "string": "is text", "complex64, complex128": "are values of no operator that is imported"}


def imported():
    """[(domain, operator)] in the order of importers.inc."""
    text = (ROOT / "src/onnx/importers.inc").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r'^IMPORT\("([^"]*)", "(\w+)"', text, re.M)))


def named():
    """{(domain, operator)} that the proposals name, by the text of their sources."""
    found, domains = set(), {"operators_microsoft": "com.microsoft", "operators_ml": "ai.onnx.ml"}
    for path in HERE.glob("operators*.py"):
        words = {n.value for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        found |= {(domain, w.rpartition(":")[2]) for w in words for domain in ("", domains.get(path.stem, ""))}
    return found


def excused():
    return {op: why for why, ops in WITHOUT.items() for op in ops}


#: Domains of models after ONNX Runtime's layout optimizer, whose operators are other domains' in another layout:
#: tests/onnx/test_optimized_models.py and layout_test.cpp compare them.
DOMAINS_WITHOUT = {"com.microsoft.nchwc", "com.ms.internal.nhwc"}
#: Old names of operators of ai.onnx, and theirs alone in that domain; microsoft_cases compares them.
MICROSOFT_FORMS = {"Pad", "Unique"}


def missing():
    """Operators that nothing proposes and no reason excuses."""
    there, why = named(), excused()
    return [(domain, op) for domain, op in imported()
            if (domain, op) not in there and op not in why and domain not in DOMAINS_WITHOUT
            and not (domain == "com.microsoft" and op in MICROSOFT_FORMS)]


def met(count, first=1):
    """How often each operator is in graphs of this many seeds."""
    import generate
    counts = collections.Counter()
    for seed in range(first, first + count):
        todo = list(generate.graph(seed)[0].graph.node)
        while todo:
            node = todo.pop()
            counts[node.domain, node.op_type] += 1
            todo += [n for a in node.attribute for n in a.g.node]
    return counts


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--graphs", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    for domain, op in missing():
        print(f"{domain or 'ai.onnx'} {op}: nothing proposes it")
    for why, ops in WITHOUT.items():
        print(f"{', '.join(ops)}: {why}")
    for types, why in TYPES_WITHOUT.items():
        print(f"{types}: {why}")
    if a.graphs:
        counts, why = met(a.graphs, a.seed), excused()
        never = [f"{domain or 'ai.onnx'} {op}" for domain, op in imported() if not counts[domain, op] and op not in why]
        print(f"{len(counts)} operators in {a.graphs} graphs; in none of them: {', '.join(never) or 'no other'}")


if __name__ == "__main__":
    main()
