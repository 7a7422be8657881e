// Operators that carry state from one call to the next: caches and recurrences of language models.
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {

/// Writes update[B, …, S, …] into a cache at positions that begin at write_indices[B].
void import_tensor_scatter(ImporterContext& c) {
  const Term cache(c, 0), update(c, 1);
  const int axis = normalized_axis(c.attribute_int("axis", -2), cache.rank());
  const std::string mode = c.attribute_string("mode", "linear");
  if (mode != "linear" && mode != "circular")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be linear or circular, got '", mode, "'");
  if (axis == 0) refuse(ParserCode::kINVALID_NODE)("axis 0 is the batch");
  std::vector<int64_t> behind;  // axes that positions along `axis` lack
  for (int i = axis + 1; i < cache.rank(); ++i) behind.push_back(i - axis);
  Term position = unsqueeze(iota(c, update.extent(axis)), behind);
  if (c.has_input(2)) {
    std::vector<int64_t> rest;
    for (int i = 1; i < cache.rank(); ++i) rest.push_back(i);
    position = position + unsqueeze(Term(c, 2), rest);
  }
  if (mode == "circular") position = remainder(position, scalar_of(c, cache.extent(axis)));
  const Term indices = expand(position, update.extents());
  c.set_output(0, add_operator(c, "scatter_elements", Fields().add("axis", axis),
                               {&cache.tensor(), &indices.tensor(), &update.tensor()}));
}

/// A depthwise convolution over the last k - 1 positions of the past and the new ones.
void import_causal_conv_with_state(ImporterContext& c) {
  const Term x(c, 0), weight(c, 1);
  const Extent kernel = weight.extent(2), channels = weight.extent(0);
  if (!kernel.value || !channels.value)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the kernel's shape must be known while the model is read");
  const int64_t past = *kernel.value - 1;
  const Term whole = c.has_input(3) ? join({Term(c, 3), x}, 2) : pad(x, 2, past, 0);
  const std::string function = c.attribute_string("activation", "none");
  if (function != "none" && function != "silu" && function != "swish")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'activation' must be none, silu or swish, got '", function, "'");
  Term y(c,
         add_operator(c, "conv", Fields().add("groups", *channels.value), {&whole.tensor(), &weight.tensor()}, "conv"));
  if (c.has_input(2)) y = y + unsqueeze(Term(c, 2), {0, 2});
  if (function != "none")
    y = Term(c, add_operator(c, "activation", Fields().add("type", "silu"), {&y.tensor()}, "silu"));
  c.set_output(0, y);
  if (c.wants_output(1)) c.set_output(1, slice(whole, 2, subtract(c, whole.extent(2), past), past));
}

void import_linear_attention(ImporterContext& c) {
  const std::string rule = c.attribute_string("update_rule", "gated_delta");
  const int64_t heads = c.attribute_int("q_num_heads", 0), groups = c.attribute_int("kv_num_heads", 0);
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'update_rule' is '", rule, "'");
  if (heads < 1 || groups < 1 || heads % groups != 0)
    refuse(ParserCode::kINVALID_NODE)(heads, " heads of the query and ", groups, " of keys do not go together");
  const bool gated = rule == "gated" || rule == "gated_delta", delta = rule == "delta" || rule == "gated_delta";
  if (gated != c.has_input(4) || delta != c.has_input(5)) {
    if ((gated && !c.has_input(4)) || (delta && !c.has_input(5)))
      refuse(ParserCode::kINVALID_NODE)("the update rule '", rule, "' needs the input ", gated ? "decay" : "beta");
  }
  Fields fields;
  fields.add("heads", heads).add("groups", groups);
  fields.add("scale", static_cast<double>(c.attribute_float("scale", 0)));
  std::vector<ITensor*> inputs{&c.tensor(0), &c.tensor(1), &c.tensor(2)};
  const auto optional = [&](int i, bool used, const char* flag) {
    if (!used || !c.has_input(i)) return;
    fields.add(flag, true);
    inputs.push_back(&c.tensor(i));
  };
  optional(3, true, "has_state");
  optional(4, gated, "has_decay");
  optional(5, delta, "has_beta");
  ILayer& layer = add_operator(c, "linear_attention", fields, inputs);
  c.set_output(0, *layer.getOutput(0));
  c.set_output(1, *layer.getOutput(1));
}

}  // namespace dvt::onnx
