// com.microsoft: normalizations fused with what surrounds them; SimplifiedLayerNormalization also stands in ai.onnx.
#include <numeric>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/layout.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Outputs 1 and 2: mean (of layer normalization) and 1 / standard deviation.
void set_statistics(ImporterContext& c, Term x, double epsilon, bool rms, int inverse_output) {
  const Term wide = cast(x, DataType::kFLOAT);
  const std::vector<int64_t> last{-1};
  const Term average = mean(wide, last);
  const Term centred = rms ? wide : wide - average;
  if (!rms && c.wants_output(1)) c.set_output(1, average);
  if (c.wants_output(inverse_output))
    c.set_output(inverse_output, reciprocal(sqrt(mean(centred * centred, last) + epsilon)));
}

void skip_normalization(ImporterContext& c, const char* kind, int scale, int beta, int bias) {
  Term sum = Term(c, 0) + Term(c, 1);
  if (c.has_input(bias)) sum = sum + Term(c, bias);
  const double epsilon = c.attribute_float("epsilon", 1e-12F);
  const bool rms = beta < 0;
  c.set_output(0, normalized(sum, kind, -1, epsilon, Term(c, scale), rms ? std::nullopt : optional_input(c, beta)));
  if (c.wants_output(1) || c.wants_output(2)) set_statistics(c, sum, epsilon, rms, 2);
  if (c.wants_output(3)) c.set_output(3, sum);
}

}  // namespace

void import_simplified_layer_normalization(ImporterContext& c) {
  const Term x(c, 0);
  const int axis = normalized_axis(c.attribute_int("axis", -1), x.rank());
  const double epsilon = c.attribute_float("epsilon", 1e-5F);
  c.set_output(0, normalized(x, "rms", axis, epsilon, Term(c, 1), std::nullopt));
  if (!c.wants_output(1)) return;
  if (axis != x.rank() - 1)
    refuse(ParserCode::kUNSUPPORTED_NODE)("the output inv_std_var over more than the last axis is not supported");
  set_statistics(c, x, epsilon, true, 1);
}

void import_skip_layer_normalization(ImporterContext& c) { skip_normalization(c, "layer", 2, 3, 4); }
void import_skip_simplified_layer_normalization(ImporterContext& c) { skip_normalization(c, "rms", 2, -1, 3); }

/// The sum of word, position and segment embeddings, normalized; and how many words of each sequence are none.
void import_embed_layer_normalization(ImporterContext& c) {
  const Term words(c, 0), table(c, 3);
  Term sum = gather(Term(c, 2), words, 0);
  sum = sum + (c.has_input(8) ? gather(table, Term(c, 8), 0) : slice(table, 0, 0, words.extent(1)));
  if (c.has_input(1) && c.has_input(4)) sum = sum + gather(Term(c, 4), Term(c, 1), 0);
  const double epsilon = c.attribute_float("epsilon", 1e-12F);
  c.set_output(0, normalized(sum, "layer", -1, epsilon, Term(c, 5), Term(c, 6)));
  if (c.wants_output(1)) {
    const Term mask =
        c.has_input(7) ? cast(Term(c, 7), DataType::kINT32) : filled(c, words.extents(), 0, DataType::kINT32);
    c.set_output(1, dvt::onnx::sum(mask, {1}, false));
  }
  if (c.wants_output(2)) c.set_output(2, sum);
}

namespace {

Term group_normalized(ImporterContext& c, Term x) {
  const bool last = c.attribute_int("channels_last", 1) != 0;
  const Term first = last ? channels_first(x) : x;
  Fields fields;
  fields.add("kind", "group").add("groups", c.attribute_int("groups", 1)).add("has_scale", true).add("has_bias", true);
  fields.add("epsilon", static_cast<double>(c.attribute_float("epsilon", 1e-5F)));
  const Term scale = cast(Term(c, 1), x.type()), bias = cast(Term(c, 2), x.type());
  Term y(c, add_operator(c, "normalization", fields, {&first.tensor(), &scale.tensor(), &bias.tensor()}, "group"));
  if (c.attribute_int("activation", 0) == 1) y = silu(y);
  return last ? channels_last(y) : y;
}

}  // namespace

void import_group_norm(ImporterContext& c) {
  if (c.dims(0).nbDims != 4) refuse(ParserCode::kINVALID_NODE)("the input must have rank 4");
  c.set_output(0, group_normalized(c, Term(c, 0)));
}

void import_skip_group_norm(ImporterContext& c) {
  if (c.dims(0).nbDims != 4) refuse(ParserCode::kINVALID_NODE)("the input must have rank 4");
  Term skip(c, 3);
  if (skip.rank() == 2) skip = unsqueeze(skip, {1, 2});
  Term sum = Term(c, 0) + skip;
  if (c.has_input(4)) sum = sum + Term(c, 4);
  c.set_output(0, group_normalized(c, sum));
  if (c.wants_output(1)) c.set_output(1, sum);
}

}  // namespace dvt::onnx
