// com.microsoft: the attention operators that ONNX Runtime's optimizer and model builder write.
#include "onnx/import/attention_parts.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

void refuse_attribute(ImporterContext& c, const char* name) {
  if (c.attribute_int(name, 0) != 0)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute '", name, "' is not supported; export without it");
}

void refuse_input(ImporterContext& c, int i, const char* name) {
  if (c.has_input(i)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the input ", i, " (", name, ") is not supported");
}

/// A mask of numbers, 0 where a key is hidden; adds the filter value there.
void add_filter(ImporterContext& c, AttentionParts& parts, Term visible) {
  const double filter = c.attribute_float("mask_filter_value", -10000);
  add_bias(parts, select(visible, parts.q.number(0), parts.q.number(filter)));
}

/// Input i says which keys are visible: [B] lengths, [2 * B] ends and beginnings, [B, T], [B, S, T] or [B, 1, S, T].
void add_key_mask(ImporterContext& c, AttentionParts& parts, int i) {
  if (!c.has_input(i)) return;
  const Term mask = cast(Term(c, i), DataType::kINT64);
  if (mask.rank() == 2) return add_filter(c, parts, unsqueeze(mask, {1, 2}) > 0);
  if (mask.rank() == 3) return add_filter(c, parts, unsqueeze(mask, {1}) > 0);
  if (mask.rank() == 4) return add_filter(c, parts, mask > 0);
  const Term key = key_positions(parts);
  const Extent count = mask.extent(0), batch = parts.q.extent(0);
  const bool has_beginnings = count.value && batch.value && *count.value == 2 * *batch.value;
  if (count.value && batch.value && *count.value != *batch.value && !has_beginnings)
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("a mask of ", *count.value, " numbers for a batch of ", *batch.value,
                                                " is not supported; give a mask of keys, [batch, keys]");
  const auto per_sequence = [](Term x) { return unsqueeze(x, {1, 2, 3}); };
  Term visible = key < per_sequence(has_beginnings ? slice(mask, 0, 0, batch) : mask);
  if (has_beginnings) visible = visible && key >= per_sequence(slice(mask, 0, batch, batch));
  add_filter(c, parts, visible);
}

/// Widths of query, key and value in a fused projection.
std::vector<int64_t> projection_widths(ImporterContext& c, Term weights) {
  std::vector<int64_t> widths = c.attribute_ints("qkv_hidden_sizes");
  if (widths.size() == 3) return widths;
  const Extent total = weights.extent(-1);
  if (!total.value || *total.value % 3 != 0)
    refuse(ParserCode::kINVALID_NODE)("the weights must have a known width that 3 divides");
  return std::vector<int64_t>(3, *total.value / 3);
}

/// Query, key and value out of one projection [B, S, q + k + v]; then the past [2, B, H, P, D] in input `past`.
AttentionParts projected_parts(ImporterContext& c, Term projection, const std::vector<int64_t>& widths, int64_t heads,
                               int past) {
  const auto heads_of = [&](int64_t start, int64_t width) {
    return split_heads(slice(projection, 2, start, width), heads);
  };
  AttentionParts parts{heads_of(0, widths[0]), heads_of(widths[0], widths[1]),
                       heads_of(widths[0] + widths[1], widths[2])};
  if (!c.has_input(past)) return parts;
  const auto cached = [&](int64_t which) { return squeeze(slice(Term(c, past), 0, which, 1), {0}); };
  parts.k = join({cached(0), parts.k}, 2);
  parts.v = join({cached(1), parts.v}, 2);
  return parts;
}

void set_attention_outputs(ImporterContext& c, const AttentionParts& parts) {
  c.set_output(0, merge_heads(attend(parts)));
  if (c.wants_output(1)) c.set_output(1, join({unsqueeze(parts.k, {0}), unsqueeze(parts.v, {0})}, 0));
}

void set_common(ImporterContext& c, AttentionParts& parts) {
  parts.scale = c.attribute_float("scale", 0);
  parts.causal = c.attribute_bool("unidirectional", false);
  parts.lower_right = true;
}

}  // namespace

/// Attention: input, weights, bias, mask, past, bias of the scores.
void import_attention_microsoft(ImporterContext& c) {
  refuse_attribute(c, "do_rotary");
  refuse_attribute(c, "past_present_share_buffer");
  refuse_input(c, 6, "past_sequence_length");
  const int64_t heads = c.attribute_int("num_heads", 0);
  const Term x(c, 0), weights(c, 1);
  Term projection = matmul(x, weights);
  if (c.has_input(2)) projection = projection + Term(c, 2);
  AttentionParts parts = projected_parts(c, projection, projection_widths(c, weights), heads, 4);
  set_common(c, parts);
  add_key_mask(c, parts, 3);
  if (c.has_input(5)) add_bias(parts, Term(c, 5));
  set_attention_outputs(c, parts);
}

/// QAttention: the same with input and weights of 8 bits.
void import_qattention(ImporterContext& c) {
  refuse_attribute(c, "do_rotary");
  const auto real = [&](int i, int scale, int zero_point) {
    Term x = cast(Term(c, i), DataType::kINT32);
    if (c.has_input(zero_point)) x = x - cast(Term(c, zero_point), DataType::kINT32);
    return cast(x, c.type(scale)) * Term(c, scale);
  };
  const Term weights = real(1, 4, 7);
  const Term projection = matmul(real(0, 3, 6), weights) + Term(c, 2);
  AttentionParts parts =
      projected_parts(c, projection, projection_widths(c, weights), c.attribute_int("num_heads", 0), 8);
  set_common(c, parts);
  add_key_mask(c, parts, 5);
  set_attention_outputs(c, parts);
}

namespace {

/// Number `i` of those packed in x[B, S, H, 2 or 3, D], with number `bias` of the three in input 3 added.
Term packed_heads(ImporterContext& c, Term x, int64_t i, int64_t bias) {
  const Term heads = transpose(squeeze(slice(x, 3, i, 1), {3}), {0, 2, 1, 3});
  if (!c.has_input(3)) return heads;
  const Extent count = x.extent(2), size = x.extent(4), width = multiply(c, count, size);
  return heads + reshape(slice(Term(c, 3), 0, multiply(c, width, bias), width), Extents{1, count, 1, size});
}

/// Query, key and value of MultiHeadAttention in any of its layouts, with the bias added.
AttentionParts multi_head_parts(ImporterContext& c, int64_t heads) {
  const Term query(c, 0);
  if (query.rank() == 5)
    return {packed_heads(c, query, 0, 0), packed_heads(c, query, 1, 1), packed_heads(c, query, 2, 2)};
  const auto biased = [&](Term x, const Extent& start) {
    return c.has_input(3) ? x + slice(Term(c, 3), 0, start, x.extent(2)) : x;
  };
  const Term q = split_heads(biased(query, 0), heads);
  const Term key(c, 1);
  if (key.rank() == 5) return {q, packed_heads(c, key, 0, 1), packed_heads(c, key, 1, 2)};
  const Term value(c, 2);
  if (key.rank() == 4) return {q, key, value};  // already [B, H, T, D], as a cache
  const Extent width = query.extent(2);
  return {q, split_heads(biased(key, width), heads), split_heads(biased(value, add(c, width, key.extent(2))), heads)};
}

}  // namespace

void import_multi_head_attention(ImporterContext& c) {
  refuse_input(c, 8, "past_sequence_length");
  refuse_input(c, 9, "cache_indirection");
  AttentionParts parts = multi_head_parts(c, c.attribute_int("num_heads", 0));
  if (c.has_input(6)) {
    parts.k = join({Term(c, 6), parts.k}, 2);
    parts.v = join({Term(c, 7), parts.v}, 2);
  }
  set_common(c, parts);
  add_key_mask(c, parts, 4);
  if (c.has_input(5)) add_bias(parts, Term(c, 5));
  c.set_output(0, merge_heads(attend(parts)));
  if (c.wants_output(1)) c.set_output(1, parts.k);
  if (c.wants_output(2)) c.set_output(2, parts.v);
}

/// MultiHeadAttention of one new token, its inputs in another order.
void import_decoder_masked_multi_head_attention(ImporterContext& c) {
  refuse_attribute(c, "past_present_share_buffer");
  refuse_input(c, 9, "cache_indirection");
  std::vector<Value> given = c.inputs();
  given.resize(std::max<size_t>(given.size(), 11));
  std::vector<Value> inputs{given[0], given[1], given[2], given[10], given[3], given[4], given[5], given[6]};
  if (!c.has_input(1)) {  // packed along the last axis
    const Term all(c, 0);
    const Extent width = divide_down(c, all.extent(-1), 3);
    for (int64_t i = 0; i < 3; ++i)
      inputs[static_cast<size_t>(i)] = Value{&slice(all, 2, multiply(c, width, i), width).tensor()};
  }
  c.become(&import_multi_head_attention, std::move(inputs));
}

/// Attention of one new token.
void import_decoder_masked_self_attention(ImporterContext& c) {
  refuse_input(c, 8, "cache_indirection");
  std::vector<Value> inputs = c.inputs();
  inputs.resize(std::min<size_t>(inputs.size(), 6));
  c.become(&import_attention_microsoft, std::move(inputs));
}

namespace {

/// What GroupQueryAttention tells of its sequences.
struct GroupedSequences {
  Term length;    ///< Valid keys of each sequence [B, 1], the new ones included.
  Term past;      ///< Of them, those before the new ones [B, 1].
  Term position;  ///< Of the new ones [B, S].
};

GroupedSequences grouped_sequences(ImporterContext& c, Term query) {
  Term last = cast(Term(c, 5), DataType::kINT64);
  const Extents batch_column{query.extent(0), 1};
  last = reshape(last, batch_column);
  const Term length = last + 1;
  const Term past = length - scalar_of(c, query.extent(1));
  // In a first call with shorter sequences on the right, positions count from 0.
  const Term begin = maximum(past, past.number(0));
  return {length, begin, begin + unsqueeze(iota(c, query.extent(1)), {0})};
}

/// The cache with the new rows at each sequence's position; as long as the cache was, or as all keys are.
Term updated_cache(ImporterContext& c, int past_input, Term now, const GroupedSequences& sequences) {
  if (!c.has_input(past_input)) return now;
  const Term past(c, past_input);
  const Extent before = past.extent(2);
  Extent total = 0;
  if (const auto given = c.ints(6)) {
    if (given->size() != 1) refuse(ParserCode::kINVALID_NODE)("total_sequence_length must be one number");
    total = given->front();
  } else {
    total = Extent(reshape(cast(Term(c, 6), DataType::kINT64), Extents{1}).tensor());
  }
  const Extent after = larger(c, before, total);
  const Term room = pad(past, 2, 0, subtract(c, after, before));
  const Term rows = expand(unsqueeze(sequences.position, {1, 3}), now.extents());
  ITensor& cache = add_operator(c, "scatter_elements", Fields().add("axis", 2),
                                {&room.tensor(), &rows.tensor(), &now.tensor()}, "cache");
  return {c, cache};
}

/// Each head x[B, H, S, D] normalized by an RMS where input i scales it.
Term normalized_heads(ImporterContext& c, Term x, int i, const char* epsilon) {
  if (!c.has_input(i)) return x;
  return normalized(x, "rms", -1, c.attribute_float(epsilon, c.attribute_float("qk_norm_epsilon", 1e-6F)), Term(c, i));
}

}  // namespace

void import_group_query_attention(ImporterContext& c) {
  for (const char* name : {"kv_cache_bit_width", "sliding_window_cache", "qk_output"})
    if (c.attribute_int(name, 0) > 0)
      refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute '", name, "' is not supported");
  for (const int i : {12, 13}) refuse_input(c, i, "a scale of the cache");
  refuse_input(c, 16, "query_seqlens");
  const int64_t heads = c.attribute_int("num_heads", 0), groups = c.attribute_int("kv_num_heads", 0);
  if (heads < 1 || groups < 1 || heads % groups != 0)
    refuse(ParserCode::kINVALID_NODE)(heads, " query heads and ", groups, " key heads do not go together");
  Term query(c, 0), key = query, value = query;
  if (c.has_input(1)) {
    key = Term(c, 1);
    value = Term(c, 2);
  } else {  // packed along the last axis
    const Extent size = divide_down(c, query.extent(2), heads + 2 * groups);
    const Extent wide = multiply(c, size, heads), narrow = multiply(c, size, groups);
    key = slice(query, 2, wide, narrow);
    value = slice(query, 2, add(c, wide, narrow), narrow);
    query = slice(query, 2, 0, wide);
  }
  const GroupedSequences sequences = grouped_sequences(c, query);
  AttentionParts parts{split_heads(query, heads), split_heads(key, groups), split_heads(value, groups)};
  parts.q = normalized_heads(c, parts.q, 14, "q_norm_epsilon");
  parts.k = normalized_heads(c, parts.k, 15, "k_norm_epsilon");
  if (c.attribute_bool("do_rotary", false)) {
    const Term positions = c.has_input(9) ? Term(c, 9) : sequences.position;
    const Term cosine = unsqueeze(gather(Term(c, 7), positions, 0), {2}),
               sine = unsqueeze(gather(Term(c, 8), positions, 0), {2});
    const Extent half = extent_of(c, c.tensor(7), 1);
    if (!half.value) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the width of the angles must be known");
    const bool interleaved = c.attribute_bool("rotary_interleaved", false);
    const auto turned = [&](Term x) {
      return transpose(rotate(transpose(x, {0, 2, 1, 3}), cosine, sine, 2 * *half.value, interleaved), {0, 2, 1, 3});
    };
    parts.q = turned(parts.q);
    parts.k = turned(parts.k);
  }
  parts.k = updated_cache(c, 3, parts.k, sequences);
  parts.v = updated_cache(c, 4, parts.v, sequences);
  parts.scale = c.attribute_float("scale", 0);
  parts.softcap = c.attribute_float("softcap", 0);
  const Term position = unsqueeze(sequences.position, {1, 3});  // [B, 1, S, 1]
  const int64_t local = c.attribute_int("local_window_size", -1);
  if (c.attribute_bool("causal", true))
    window(parts, position, local > 0 ? local - 1 : -1, 0);
  else
    hide(parts, key_positions(parts) < unsqueeze(sequences.length, {1, 2}));
  if (c.has_input(10)) {  // it ends where the keys do, which the cache need not
    const Term bias(c, 10);
    add_bias(parts, pad(bias, 3, 0, subtract(c, parts.k.extent(2), bias.extent(3))));
  }
  if (c.has_input(11))
    parts.sink = Term(c, 11);
  else if (c.attribute_int("smooth_softmax", 0) > 0)
    parts.sink = filled(c, Extents{heads}, 0, query.type());
  c.set_output(0, merge_heads(attend(parts)));
  c.set_output(1, parts.k);
  c.set_output(2, parts.v);
}

/// What packs or searches depends on the data in ways that a network does not express.
void import_packed_attention(ImporterContext& c) {
  refuse(ParserCode::kUNSUPPORTED_NODE)(
      c.node().op_type,
      " works on sequences packed without padding; export the model with padding (MultiHeadAttention)");
}

void import_generation(ImporterContext& c) {
  refuse(ParserCode::kUNSUPPORTED_NODE)(c.node().op_type,
                                        " is a whole generation loop; run the decoder as a model and generate outside");
}

}  // namespace dvt::onnx
