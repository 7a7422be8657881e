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

}  // namespace dvt::onnx
