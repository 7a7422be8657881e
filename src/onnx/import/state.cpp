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

/// A depthwise convolution over the positions of the past that it reaches and the new ones.
void import_causal_conv_with_state(ImporterContext& c) {
  c.allow_attributes({"activation", "ndim", "dilation", "channels_last", "state_window", "state_update_capacity",
                      "state_channels_last", "state_length", "input_channel_offset", "input_channels"});
  for (const auto& [name, usual] : {std::pair<const char*, int64_t>{"ndim", 1},
                                    {"state_window", 0},
                                    {"state_update_capacity", 0},
                                    {"state_channels_last", -1},
                                    {"state_length", 0},
                                    {"input_channel_offset", 0},
                                    {"input_channels", 0}})
    if (c.attribute_int(name, usual) != usual)
      refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute '", name, "' is ", c.attribute_int(name, usual),
                                                 "; only ", usual, " is supported");
  const bool last = c.attribute_bool("channels_last", false);
  const Term weight(c, 1);
  if (last && c.dims(0).nbDims != 3)
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("channels_last needs an input of rank 3, got ", c.dims(0).nbDims);
  const auto first = [&](Term x) { return last ? transpose(x, {0, 2, 1}) : x; };
  const Term x = first(Term(c, 0));
  const Extent kernel = weight.extent(2), channels = weight.extent(0);
  if (!kernel.value || !channels.value)
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the kernel's shape must be known while the model is read");
  const int64_t dilation = c.attribute_int("dilation", 1);
  if (dilation < 1 || dilation > (int64_t{1} << 20) || *kernel.value < 1)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'dilation' is ", dilation, " for a kernel of ", *kernel.value);
  const int64_t past = (*kernel.value - 1) * dilation;
  const Term whole = c.has_input(3) ? join({first(Term(c, 3)), x}, 2) : pad(x, 2, past, 0);
  const std::string function = c.attribute_string("activation", "none");
  if (function != "none" && function != "silu" && function != "swish")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'activation' must be none, silu or swish, got '", function, "'");
  const Fields fields = Fields().add("groups", *channels.value).add("dilations", std::vector<int64_t>{dilation});
  Term y(c, add_operator(c, "conv", fields, {&whole.tensor(), &weight.tensor()}, "conv"));
  if (c.has_input(2)) y = y + unsqueeze(Term(c, 2), {0, 2});
  if (function != "none") y = silu(y);
  c.set_output(0, first(y));
  if (c.wants_output(1)) c.set_output(1, first(slice(whole, 2, subtract(c, whole.extent(2), past), past)));
}

void import_linear_attention(ImporterContext& c) {
  const std::string rule = c.attribute_string("update_rule", "gated_delta");
  if (c.attribute_int("state_window", 0) != 0)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("state_window is ", c.attribute_int("state_window", 0),
                                               "; only 0 is supported");
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
