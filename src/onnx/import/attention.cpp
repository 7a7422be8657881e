// The attention operators of newer operator sets.
#include <limits>

#include "onnx/import/attention_parts.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Input i as [B, heads, S, D].
Term with_heads(ImporterContext& c, int input, const char* heads_attribute) {
  const Term x(c, input);
  return x.rank() == 4 ? x : split_heads(x, c.attribute_int(heads_attribute, 0));
}

/// The mask with its last axis as long as there are keys: what is missing is hidden.
void add_mask(ImporterContext& c, AttentionParts& parts) {
  if (!c.has_input(3)) return;
  Term mask(c, 3);
  const bool is_boolean = mask.type() == DataType::kBOOL;
  const Extent missing = subtract(c, parts.k.extent(2), mask.extent(-1));
  // Where both lengths are open they are taken to be equal.
  if (missing.value && *missing.value > 0) {
    if (is_boolean) {
      mask = cast(pad(cast(mask, DataType::kINT32), mask.rank() - 1, 0, missing), DataType::kBOOL);
    } else {
      mask = pad(mask, mask.rank() - 1, 0, missing, -kInfinity);
    }
  }
  is_boolean ? hide(parts, mask) : add_bias(parts, mask);
}

/// Hides keys by position: causal order, windows, and what lies behind a sequence's length.
void add_positions(ImporterContext& c, AttentionParts& parts) {
  const bool causal = c.attribute_bool("is_causal", false);
  const int64_t left = c.attribute_int("left_window_size", -1), right = c.attribute_int("right_window_size", -1);
  if (left < -1 || right < -1) refuse(ParserCode::kINVALID_NODE)("a window's size is below -1");
  const bool windowed = left >= 0 || right >= 0;
  if (!c.has_input(6) && !c.has_input(4) && !windowed) {
    parts.causal = causal;
    return;
  }
  // Queries stand behind the past, or at the end of what is valid of an outer cache.
  Term position = query_positions(parts);
  if (c.has_input(6)) {
    const Term valid = unsqueeze(Term(c, 6), {1, 2, 3});
    hide(parts, key_positions(parts) < valid);
    if (causal || windowed) position = position + valid - scalar_of(c, parts.q.extent(2));
  } else if (c.has_input(4)) {
    position = position + scalar_of(c, extent_of(c, c.tensor(4), 2));
  }
  if (causal) hide(parts, key_positions(parts) <= position);
  window(parts, position, left, right);
}

/// The fourth output: the scores at the stage that the attribute names.
Term scores_output(ImporterContext& c, const AttentionParts& parts) {
  const int64_t mode = c.attribute_int("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) refuse(ParserCode::kINVALID_NODE)("the attribute 'qk_matmul_output_mode' is ", mode);
  const Term raw = raw_scores(parts);
  if (mode == 0) return raw;
  Term scores = capped(raw, parts.softcap);
  if (mode == 1) return scores;
  AttentionParts masked = parts;
  if (parts.causal) hide(masked, key_positions(parts) <= query_positions(parts));
  if (masked.bias) scores = scores + *masked.bias;
  if (masked.keep) scores = select(*masked.keep, scores, scores.number(-kInfinity));
  if (mode == 2) return scores;
  // A row with no key left gives zeros, where softmax alone has nothing to divide by.
  const Term is_empty = largest(scores, {-1}) <= -std::numeric_limits<float>::max();
  const Term guarded = select(is_empty, scores.number(0), scores);
  return select(is_empty, scores.number(0), softmax(guarded, -1));
}

}  // namespace

void import_attention(ImporterContext& c) {
  c.allow_attributes({"is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap",
                      "softmax_precision", "left_window_size", "right_window_size"});
  const bool is_flat = c.dims(0).nbDims == 3;
  AttentionParts parts{with_heads(c, 0, "q_num_heads"), with_heads(c, 1, "kv_num_heads"),
                       with_heads(c, 2, "kv_num_heads")};
  if (c.has_input(4) != c.has_input(5))
    refuse(ParserCode::kINVALID_NODE)("past keys and past values must be given together");
  if (c.has_input(4)) {
    parts.k = join({Term(c, 4), parts.k}, 2);
    parts.v = join({Term(c, 5), parts.v}, 2);
  }
  parts.scale = c.attribute_float("scale", 0);
  parts.softcap = c.attribute_float("softcap", 0);
  add_mask(c, parts);
  add_positions(c, parts);
  const Term y = attend(parts);
  c.set_output(0, is_flat ? merge_heads(y) : y);
  if (c.wants_output(1)) c.set_output(1, parts.k);
  if (c.wants_output(2)) c.set_output(2, parts.v);
  if (c.wants_output(3)) c.set_output(3, scores_output(c, parts));
}

/// ai.onnx.preview::FlexAttention: the model's own graphs change scores and probabilities.
void import_flex_attention(ImporterContext& c) {
  const Term q(c, 0), k(c, 1), v(c, 2);
  const int64_t wanted = c.attribute_int("softmax_precision", 0);
  const DataType precision = wanted != 0 ? to_data_type(static_cast<ElementType>(wanted), "softmax_precision")
                             : q.type() == DataType::kFLOAT64 ? DataType::kFLOAT64
                                                              : DataType::kFLOAT;
  AttentionParts parts{cast(q, precision), cast(k, precision), cast(v, precision)};
  parts.scale = c.attribute_float("scale", 0);
  const auto modified = [&](const char* name, Term x) {
    const Graph* graph = c.attribute_graph(name);
    if (!graph) return x;
    const std::vector<Value> results = c.import_body(*graph, {Value{&x.tensor()}}, name);
    if (results.size() != 1) refuse(ParserCode::kINVALID_NODE)("the graph '", name, "' must have one output");
    return Term(c, c.tensor_of(results[0]));
  };
  const Term probability = modified("prob_mod", softmax(modified("score_mod", raw_scores(parts)), -1));
  const Extents shape = q.extents(), keys = k.extents();
  Term values = parts.v;
  if (shape[1].value && keys[1].value && *shape[1].value != *keys[1].value) {
    const int64_t ratio = *shape[1].value / *keys[1].value;  // each key head serves this many query heads
    const Extents v_shape = v.extents();
    values = expand(unsqueeze(values, {2}), Extents{v_shape[0], v_shape[1], ratio, v_shape[2], v_shape[3]});
    values = reshape(values, Extents{v_shape[0], shape[1], v_shape[2], v_shape[3]});
  }
  c.set_output(0, cast(matmul(probability, values), q.type()));
}

namespace {

/// cos or sin of the positions as [B or 1, S, 1, R / 2].
Term angles(Term cache, std::optional<Term> positions) {
  const Term chosen = positions ? gather(cache, *positions, 0) : cache;
  if (chosen.rank() != 3) refuse(ParserCode::kINVALID_NODE)("the angles must have rank ", positions ? 2 : 3);
  return unsqueeze(chosen, {2});
}

/// Both RotaryEmbedding operators: x[B, S, H * D] or [B, H, S, D].
void rotary(ImporterContext& c, int cosine_input, std::optional<Term> positions) {
  const Term input(c, 0);
  const bool is_flat = input.rank() == 3;
  if (!is_flat && input.rank() != 4) refuse(ParserCode::kINVALID_NODE)("the input must have rank 3 or 4");
  const Extents shape = input.extents();
  int64_t heads = c.attribute_int("num_heads", 0);
  int64_t rotated = c.attribute_int("rotary_embedding_dim", 0);
  const Term cosine(c, cosine_input), sine(c, cosine_input + 1);
  if (is_flat && heads < 1) {
    // Without a number of heads the angles tell how large one is.
    const Extent half = cosine.extent(-1);
    if (rotated != 0 || !half.value || !shape[2].value || *half.value < 1)
      refuse(ParserCode::kINVALID_NODE)("inputs of rank 3 need the attribute 'num_heads'");
    heads = *shape[2].value / (2 * *half.value);
  }
  const Term x = is_flat ? reshape(input, Extents{shape[0], shape[1], heads, divide_down(c, shape[2], heads)})
                         : transpose(input, {0, 2, 1, 3});
  const Extent size = x.extent(3);
  if (!size.value) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the size of a head must be known");
  if (rotated == 0) rotated = *size.value;
  if (rotated < 0 || rotated > *size.value || rotated % 2 != 0)
    refuse(ParserCode::kINVALID_NODE)("rotary_embedding_dim is ", rotated, " for heads of ", *size.value);
  const auto half_of = [&](Term cache) {
    const Extent width = cache.extent(-1);
    return width.value == rotated / 2 ? cache : slice(cache, cache.rank() - 1, 0, rotated / 2);
  };
  const Term y = rotate(x, angles(half_of(cosine), positions), angles(half_of(sine), positions), rotated,
                        c.attribute_bool("interleaved", false));
  c.set_output(0, is_flat ? reshape(y, shape) : transpose(y, {0, 2, 1, 3}));
}

}  // namespace

void import_rotary_embedding(ImporterContext& c) {
  rotary(c, 1, c.has_input(3) ? std::optional(Term(c, 3)) : std::nullopt);
}

/// com.microsoft: positions come second; one number is where every sequence begins.
void import_rotary_embedding_microsoft(ImporterContext& c) {
  if (c.attribute_bool("is_packed_batching", false) || c.attribute_float("scale", 1) != 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("packed batches and scaled positions are not supported");
  Term positions(c, 1);
  if (positions.rank() == 1) {
    const int sequence = c.dims(0).nbDims == 3 ? 1 : 2;
    positions = unsqueeze(positions + iota(c, extent_of(c, c.tensor(0), sequence)), {0});
  }
  rotary(c, 2, positions);
}

}  // namespace dvt::onnx
