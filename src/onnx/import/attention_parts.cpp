#include "onnx/import/attention_parts.h"

#include <cmath>
#include <limits>

namespace dvt::onnx {
namespace {

/// 0 where the condition holds and -inf elsewhere.
Term as_bias(Term keep, DataType type) {
  ImporterContext& c = keep.context();
  const Term zero(c, scalar(c, 0, type)), nothing(c, scalar(c, -std::numeric_limits<double>::infinity(), type));
  return select(keep, zero, nothing);
}

}  // namespace

void hide(AttentionParts& parts, Term keep) { parts.keep = parts.keep ? *parts.keep && keep : keep; }
void add_bias(AttentionParts& parts, Term bias) { parts.bias = parts.bias ? *parts.bias + bias : bias; }

namespace {

/// A sink as a key of zeros, whose score is what the bias says.
AttentionParts with_sink_key(const AttentionParts& parts) {
  ImporterContext& c = parts.q.context();
  AttentionParts all = parts;
  const Extent keys = parts.k.extent(2);
  all.k = pad(parts.k, 2, 0, 1);
  all.v = pad(parts.v, 2, 0, 1);
  const Term score = pad(reshape(*parts.sink, Extents{1, parts.sink->extent(0), 1, 1}), 3, keys, 0);
  all.bias = parts.bias ? pad(Term(c, to_rank(c, *parts.bias, 4)), 3, 0, 1) + score : score;
  if (parts.keep) {
    Extents shape = parts.keep->extents();
    shape.back() = 1;
    all.keep = join({*parts.keep, filled(c, shape, 1, DataType::kBOOL)}, -1);
  }
  all.sink.reset();
  return all;
}

}  // namespace

Term attend(const AttentionParts& parts) {
  if (parts.sink) return attend(with_sink_key(parts));
  ImporterContext& c = parts.q.context();
  std::vector<ITensor*> inputs{&parts.q.tensor(), &parts.k.tensor(), &parts.v.tensor()};
  std::optional<Term> mask = parts.bias;
  if (parts.keep) mask = mask ? *mask + as_bias(*parts.keep, mask->type()) : *parts.keep;
  if (mask) inputs.push_back(&to_rank(c, *mask, 4));
  Fields fields;
  fields.add("scale", parts.scale).add("softcap", parts.softcap);
  fields.add("causal", parts.causal).add("causal_lower_right", parts.causal && parts.lower_right);
  return {c, first_output(add_operator(c, "attention", fields, inputs, "attention"))};
}

Term raw_scores(const AttentionParts& parts) {
  ImporterContext& c = parts.q.context();
  const Extents q = parts.q.extents(), k = parts.k.extents();
  const int64_t depth = q[3].value.value_or(0);
  if (parts.scale == 0 && depth < 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the size of a head must be known, or the attribute 'scale' given");
  const double scale = parts.scale != 0 ? parts.scale : 1 / std::sqrt(static_cast<double>(depth));
  if (!q[1].value || !k[1].value || *k[1].value < 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the number of heads must be known while the model is read");
  if (*q[1].value == *k[1].value) return matmul(parts.q, parts.k, false, true) * scale;
  const int64_t ratio = *q[1].value / *k[1].value;
  const Term grouped = reshape(parts.q, Extents{q[0], k[1], ratio, q[2], q[3]});
  const Term scores = matmul(grouped, unsqueeze(parts.k, {2}), false, true) * scale;
  return reshape(scores, Extents{q[0], q[1], q[2], extent_of(c, parts.k, 2)});
}

Term capped(Term scores, double softcap) { return softcap == 0 ? scores : tanh(scores / softcap) * softcap; }

Term split_heads(Term x, int64_t heads) {
  const Extents shape = x.extents();
  if (shape.size() != 3) refuse(ParserCode::kINVALID_NODE)("an input with its heads in one axis must have rank 3");
  if (heads < 1) refuse(ParserCode::kINVALID_NODE)("the number of heads is missing among the attributes");
  const Extent depth = divide_down(x.context(), shape[2], heads);
  return transpose(reshape(x, Extents{shape[0], shape[1], heads, depth}), {0, 2, 1, 3});
}

Term merge_heads(Term x) {
  const Term moved = transpose(x, {0, 2, 1, 3});
  const Extents shape = moved.extents();
  return reshape(moved, Extents{shape[0], shape[1], multiply(x.context(), shape[2], shape[3])});
}

Term query_positions(const AttentionParts& parts) { return unsqueeze(iota(parts.q.context(), parts.q.extent(2)), {1}); }

Term key_positions(const AttentionParts& parts) { return unsqueeze(iota(parts.k.context(), parts.k.extent(2)), {0}); }

void window(AttentionParts& parts, Term position, int64_t left, int64_t right) {
  if (left < 0 && right < 0) return;
  const Term key = key_positions(parts);
  if (left >= 0) hide(parts, key >= position - static_cast<double>(left));
  if (right >= 0) hide(parts, key <= position + static_cast<double>(right));
}

Term rotate(Term x, Term cosine, Term sine, int64_t rotated, bool interleaved) {
  const Extents shape = x.extents();
  const int64_t half = rotated / 2, step = interleaved ? 2 : 1;
  const Term first = slice(x, 3, 0, half, step), second = slice(x, 3, interleaved ? 1 : half, half, step);
  const Term real = first * cosine - second * sine, imaginary = first * sine + second * cosine;
  Term y = interleaved ? reshape(join({unsqueeze(real, {4}), unsqueeze(imaginary, {4})}, 4),
                                 Extents{shape[0], shape[1], shape[2], rotated})
                       : join({real, imaginary}, 3);
  const Extent rest = subtract(x.context(), shape[3], rotated);
  return rest.value == 0 ? y : join({y, slice(x, 3, rotated, rest)}, 3);
}

}  // namespace dvt::onnx
