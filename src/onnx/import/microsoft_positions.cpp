// com.microsoft: positions that attention adds or turns by, and sequences without their padding.
#include <algorithm>
#include <cmath>

#include "onnx/import/attention_parts.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {

/// T5's bias [1, H, Q, K] out of a table of [H, buckets]: one bucket for each near distance, wider ones further away.
void import_relative_position_bias(ImporterContext& c) {
  const Term table(c, 0);
  const Extent buckets = table.extent(0);
  const double farthest = static_cast<double>(c.attribute_int("max_distance", 0));
  const bool both = c.attribute_bool("is_bidirectional", false);
  if (table.rank() != 2 || !buckets.value || *buckets.value < (both ? 4 : 2))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("the table must be [buckets, heads], with a known number of buckets");
  const int64_t count = both ? *buckets.value / 2 : *buckets.value, exact = count / 2;
  if (farthest <= static_cast<double>(exact))
    refuse(ParserCode::kINVALID_NODE)("max_distance is ", farthest, " for ", exact, " exact buckets");
  const Term query = unsqueeze(iota(c, extent_of_input(c, 1, "query_length")), {1}),
             key = unsqueeze(iota(c, extent_of_input(c, 2, "key_length")), {0});
  const Term relative = key - query;
  const Term distance = both ? abs(relative) : maximum(-relative, relative.number(0));
  const double near = static_cast<double>(exact);
  const Term spread = log(cast(maximum(distance, distance.number(1)), DataType::kFLOAT) / near) /
                      std::log(farthest / near) * static_cast<double>(count - exact);
  const Term wide = minimum(cast(spread, DataType::kINT64) + near, distance.number(static_cast<double>(count - 1)));
  Term bucket = select(distance < near, distance, wide);
  if (both) bucket = bucket + cast(relative > 0, DataType::kINT64) * static_cast<double>(count);
  // Its numbers stand head by head, whatever its dimensions say.
  const Term by_head = reshape(table, Extents{table.extent(1), buckets});
  c.set_output(0, unsqueeze(gather(by_head, bucket, 1), {0}));
}

/// WavLM's bias: positions weighted by gates that the query opens.
void import_gated_relative_position_bias(ImporterContext& c) {
  if (c.has_input(6)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the input 6 (token_offset) is not supported");
  const Term query = split_heads(Term(c, 0) + Term(c, 1), c.attribute_int("num_heads", 0));
  const Term gates = matmul(query, Term(c, 3)) + Term(c, 4);
  const Extents shape = gates.extents();
  const Extents pairs{shape[0], shape[1], shape[2], 2, divide_down(c, shape[3], 2)};
  const Term opened = sigmoid(sum(reshape(gates, pairs), {4}, false));
  const Term update = slice(opened, 3, 0, 1), reset = slice(opened, 3, 1, 1);
  c.set_output(0, (update * (reset * Term(c, 5) - 1) + 2) * Term(c, 2));
}

/// q and k turned by angles [B, S, D]; their halves come turned already.
void import_gemma_rotary_embedding(ImporterContext& c) {
  const Term angle(c, 0);
  const Term cosine = unsqueeze(cast(unary(angle, UnaryOperation::kCOS), c.type(1)), {1}),
             sine = unsqueeze(cast(unary(angle, UnaryOperation::kSIN), c.type(1)), {1});
  c.set_output(0, Term(c, 1) * cosine + Term(c, 2) * sine);
  c.set_output(1, Term(c, 3) * cosine + Term(c, 4) * sine);
}

namespace {

/// Which of the three positions (of time, height and width) each angle belongs to.
std::vector<int64_t> streams(const std::vector<int64_t>& sections, int64_t half, bool interleaved) {
  std::vector<int64_t> stream(static_cast<size_t>(half), 0);
  if (!interleaved) {
    for (int64_t i = 0; i < half; ++i)
      stream[static_cast<size_t>(i)] = i < sections[0] ? 0 : i < sections[0] + sections[1] ? 1 : 2;
    return stream;
  }
  for (int64_t which = 1; which < 3; ++which)
    for (int64_t i = which; i < std::min(half, sections[static_cast<size_t>(which)] * 3); i += 3)
      stream[static_cast<size_t>(i)] = which;
  return stream;
}

}  // namespace

/// Rotary positions of pictures and films: each angle takes one of three positions. Positions: [3, B, S].
void import_mrotary_embedding(ImporterContext& c) {
  if (c.attribute_bool("is_packed_batching", false) || c.attribute_float("scale", 1) != 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("packed batches and scaled positions are not supported");
  const std::vector<int64_t> sections = c.attribute_ints("mrope_section");
  const Term input(c, 0), positions(c, 1);
  const bool is_flat = input.rank() == 3;
  int64_t half = 0;
  for (const int64_t s : sections) half = s < 0 || s > 65536 ? -1 : half + s;
  if (sections.size() != 3 || half < 1 || positions.rank() != 3 || (!is_flat && input.rank() != 4))
    refuse(ParserCode::kINVALID_NODE)(
        "the attribute 'mrope_section' must be three widths, the positions of rank 3 and "
        "the input of rank 3 or 4");
  const std::vector<int64_t> stream = streams(sections, half, c.attribute_int("mrope_layout", 0) == 1);
  // Angles of all three positions [3, B, S, half]; of each the one of its stream.
  const Extents at{1, positions.extent(1), positions.extent(2), half};
  const Term which = expand(ints(c, {1, 1, 1, half}, stream, "streams"), at);
  const auto angles = [&](int i) {
    const Term all = gather(slice(Term(c, i), 1, 0, half), positions, 0);
    return unsqueeze(squeeze(gather_elements(all, which, 0), {0}), {2});
  };
  const Extents shape = input.extents();
  int64_t heads = c.attribute_int("num_heads", 0);
  if (is_flat && heads < 1) {
    if (!shape[2].value) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("inputs of rank 3 need 'num_heads'");
    heads = *shape[2].value / (2 * half);
  }
  if (is_flat && heads < 1) refuse(ParserCode::kINVALID_NODE)("a head of ", 2 * half, " does not fit the input");
  const Term x = is_flat ? reshape(input, Extents{shape[0], shape[1], heads, divide_down(c, shape[2], heads)})
                         : transpose(input, {0, 2, 1, 3});
  const Term y = rotate(x, angles(2), angles(3), 2 * half, c.attribute_bool("interleaved", false));
  c.set_output(0, is_flat ? reshape(y, shape) : transpose(y, {0, 2, 1, 3}));
}

namespace {

/// Positions i64[n] of what is true in a vector.
Term found(Term condition) {
  ImporterContext& c = condition.context();
  return squeeze(Term(c, first_output(c.added(c.network().addNonZero(condition, DataType::kINT64), "found"))), {0});
}

}  // namespace

/// The tokens of x[B, S, H] that are no padding, behind each other; and where they were.
void import_remove_padding(ImporterContext& c) {
  const Term x(c, 0), counts = cast(Term(c, 1), DataType::kINT64);
  const Extents shape = x.extents();
  if (shape.size() != 3) refuse(ParserCode::kINVALID_NODE)("the input must have rank 3, got ", shape.size());
  const Extent places = multiply(c, shape[0], shape[1]);
  const Term valid = unsqueeze(iota(c, shape[1]), {0}) < unsqueeze(counts, {1});
  const Term flat = reshape(valid, Extents{places});
  const Term tokens = found(flat);
  c.set_output(0, gather(reshape(x, Extents{places, shape[2]}), tokens, 0));
  const DataType type = c.type(1);
  if (c.wants_output(1)) {
    const Term one = cast(flat, DataType::kINT64), before = cumulative_sum(one, 0);
    const Term all = iota(c, places);
    const Term rank = select(flat, before - 1, sum(one, {0}) + all - before);  // padding stands behind the tokens
    const Term order(c, add_operator(c, "scatter_elements", Fields().add("axis", 0),
                                     {&all.tensor(), &rank.tensor(), &all.tensor()}, "order"));
    c.set_output(1, cast(reshape(order, Extents{shape[0], shape[1]}), type));
  }
  if (c.wants_output(2)) c.set_output(2, cast(pad(cumulative_sum(counts, 0), 0, 1, 0), type));
  if (c.wants_output(3)) c.set_output(3, cast(largest(counts, {0}), type));
}

/// And back: x[tokens, H] in places of [B, S, H], zeros elsewhere.
void import_restore_padding(ImporterContext& c) {
  const Term x(c, 0), offsets = cast(Term(c, 1), DataType::kINT64);
  const Extents places = offsets.extents();
  if (places.size() != 2 || x.rank() != 2)
    refuse(ParserCode::kINVALID_NODE)("the input and the offsets have ranks ", x.rank(), " and ", places.size());
  const Extent count = multiply(c, places[0], places[1]), width = x.extent(1);
  const Term at = unsqueeze(slice(reshape(offsets, Extents{count}), 0, 0, x.extent(0)), {1});
  const Term zeros = filled(c, Extents{count, width}, 0, x.type());
  const Term all(c, add_operator(c, "scatter_nd", {}, {&zeros.tensor(), &at.tensor(), &x.tensor()}, "restored"));
  c.set_output(0, reshape(all, Extents{places[0], places[1], width}));
}

}  // namespace dvt::onnx
