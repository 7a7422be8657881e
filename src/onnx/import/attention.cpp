// The attention operators of newer operator sets.
#include "onnx/constants.h"
#include "onnx/extent.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// [B, S, N * D] as [B, N, S, D]; four dimensions stay as they are.
ITensor& split_heads(ImporterContext& c, int input, const char* heads_attribute, std::string_view role) {
  ITensor& x = c.tensor(input);
  const int rank = rank_of(x);
  if (rank == 4) return x;
  if (rank != 3) refuse(ParserCode::kINVALID_NODE)("input ", input, " must have rank 3 or 4, got ", rank);
  const int64_t heads = c.attribute_int(heads_attribute, 0);
  if (heads < 1) refuse(ParserCode::kINVALID_NODE)("inputs of rank 3 need the attribute '", heads_attribute, "'");
  const Extents shape = extents_of(c, x);
  ITensor& split = reshape(c, x, Extents{shape[0], shape[1], heads, divide_down(c, shape[2], heads)}, role);
  return transpose(c, split, std::vector<int64_t>{0, 2, 1, 3}, role);
}

ITensor& merge_heads(ImporterContext& c, ITensor& y) {
  ITensor& moved = transpose(c, y, std::vector<int64_t>{0, 2, 1, 3}, "merge_heads");
  const Extents shape = extents_of(c, moved);
  return reshape(c, moved, Extents{shape[0], shape[1], multiply(c, shape[2], shape[3])});
}

/// The cached keys or values followed by the new ones.
ITensor& with_past(ImporterContext& c, int past, ITensor& now, std::string_view role) {
  if (!c.has_input(past)) return now;
  ITensor* parts[] = {&c.tensor(past), &now};
  return concat_tensors(c, parts, 2, role);
}

}  // namespace

void import_attention(ImporterContext& c) {
  c.allow_attributes(
      {"is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap", "softmax_precision"});
  if (c.wants_output(3))
    refuse(ParserCode::kUNSUPPORTED_NODE)("the output qk_matmul_output of Attention is not supported");
  const bool causal = c.attribute_bool("is_causal", false);
  if (causal && c.has_input(4))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("is_causal together with past keys is not supported; give a mask");
  if (c.has_input(6)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("nonpad_kv_seqlen is not supported; give a mask");
  const bool is_flat = c.dims(0).nbDims == 3;
  ITensor& q = split_heads(c, 0, "q_num_heads", "query");
  ITensor& k = with_past(c, 4, split_heads(c, 1, "kv_num_heads", "key"), "present_key");
  ITensor& v = with_past(c, 5, split_heads(c, 2, "kv_num_heads", "value"), "present_value");
  std::vector<ITensor*> inputs{&q, &k, &v};
  if (c.has_input(3)) inputs.push_back(&to_rank(c, c.tensor(3), 4));
  Fields fields;
  fields.add("scale", static_cast<double>(c.attribute_float("scale", 0))).add("causal", causal);
  fields.add("softcap", static_cast<double>(c.attribute_float("softcap", 0)));
  ITensor& y = first_output(add_operator(c, "attention", fields, inputs, is_flat ? "attention" : ""));
  c.set_output(0, is_flat ? merge_heads(c, y) : y);
  if (c.wants_output(1)) c.set_output(1, k);
  if (c.wants_output(2)) c.set_output(2, v);
}

namespace {

/// Elements [start, start + size) of the last axis, every step-th.
ITensor& part_of_last(ImporterContext& c, ITensor& x, int64_t start, int64_t size, int64_t step,
                      std::string_view role) {
  const std::vector<int64_t> starts{start}, sizes{size}, steps{step}, axes{rank_of(x) - 1};
  ISliceLayer& layer = c.added(c.network().addSlice(x, to_dims(starts), to_dims(sizes), to_dims(steps)), role);
  layer.setAxes(to_dims(axes));
  return first_output(layer);
}

/// cos or sin of the positions as [B, S, 1, R / 2], to go with [B, S, H, R / 2].
ITensor& rotation(ImporterContext& c, int i, std::string_view role) {
  ITensor* cache = &c.tensor(i);
  if (c.has_input(3)) cache = &first_output(c.added(c.network().addGather(*cache, c.tensor(3), 0), role));
  if (rank_of(*cache) != 3) refuse(ParserCode::kINVALID_NODE)("input ", i, " must have rank ", c.has_input(3) ? 2 : 3);
  return unsqueeze(c, *cache, std::vector<int64_t>{2}, role);
}

}  // namespace

void import_rotary_embedding(ImporterContext& c) {
  ITensor& input = c.tensor(0);
  const bool is_flat = rank_of(input) == 3;
  const Extents shape = extents_of(c, input);
  const int64_t heads = c.attribute_int("num_heads", 0);
  if (!is_flat && rank_of(input) != 4) refuse(ParserCode::kINVALID_NODE)("the input must have rank 3 or 4");
  if (is_flat && heads < 1) refuse(ParserCode::kINVALID_NODE)("inputs of rank 3 need the attribute 'num_heads'");
  // [B, S, H, D] throughout.
  ITensor& x = is_flat ? reshape(c, input, Extents{shape[0], shape[1], heads, divide_down(c, shape[2], heads)}, "heads")
                       : transpose(c, input, std::vector<int64_t>{0, 2, 1, 3}, "heads");
  const int64_t size = dims_of(x).d[3];
  if (size < 0) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the size of a head must be known");
  const int64_t given = c.attribute_int("rotary_embedding_dim", 0), rotated = given == 0 ? size : given;
  if (rotated < 0 || rotated > size || rotated % 2 != 0)
    refuse(ParserCode::kINVALID_NODE)("rotary_embedding_dim is ", rotated, " for heads of ", size);
  const int64_t half = rotated / 2;
  const bool interleaved = c.attribute_bool("interleaved", false);
  ITensor& first = part_of_last(c, x, 0, half, interleaved ? 2 : 1, "first");
  ITensor& second = part_of_last(c, x, interleaved ? 1 : half, half, interleaved ? 2 : 1, "second");
  ITensor& cosine = rotation(c, 1, "cos");
  ITensor& sine = rotation(c, 2, "sin");
  const auto times = [&](ITensor& a, ITensor& b) -> ITensor& {
    return elementwise(c, a, b, ElementWiseOperation::kPROD, "product");
  };
  ITensor* real = &elementwise(c, times(first, cosine), times(second, sine), ElementWiseOperation::kSUB, "real");
  ITensor* imaginary =
      &elementwise(c, times(first, sine), times(second, cosine), ElementWiseOperation::kSUM, "imaginary");
  const Extents rows = extents_of(c, x);
  if (interleaved) {
    const std::vector<int64_t> last{4};
    real = &unsqueeze(c, *real, last, "pair");
    imaginary = &unsqueeze(c, *imaginary, last, "pair");
  }
  ITensor* parts[] = {real, imaginary};
  ITensor* y = &concat_tensors(c, parts, interleaved ? 4 : 3, "rotated");
  if (interleaved) y = &reshape(c, *y, Extents{rows[0], rows[1], rows[2], rotated}, "rotated");
  if (rotated < size) {
    ITensor* whole[] = {y, &part_of_last(c, x, rotated, size - rotated, 1, "rest")};
    y = &concat_tensors(c, whole, 3, "whole");
  }
  c.set_output(0, is_flat ? reshape(c, *y, shape) : transpose(c, *y, std::vector<int64_t>{0, 2, 1, 3}));
}

}  // namespace dvt::onnx
