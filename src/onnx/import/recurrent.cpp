#include <algorithm>

#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char ch) { return ch >= 'A' && ch <= 'Z' ? ch + 32 : ch; });
  return text;
}

/// Refuses other functions than the usual ones, given per direction; names are not case-sensitive.
void check_activations(ImporterContext& c, const std::vector<std::string>& usual) {
  const std::vector<std::string> given = c.attribute_strings("activations");
  for (size_t i = 0; i < given.size(); ++i)
    if (lower(given[i]) != usual[i % usual.size()])
      refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the activation '", given[i], "' is not supported; only ", usual[0],
                                                 " and ", usual[1], " in their usual places are");
}

struct Recurrent {
  Fields fields;
  std::vector<ITensor*> inputs;
  bool batch_first = false;
};

/// x[T, B, …] <-> x[B, T, …], and for the states [D, B, H] <-> [B, D, H].
ITensor& swap_first_axes(ImporterContext& c, ITensor& x, std::string_view role) {
  return transpose(c, x, std::vector<int64_t>{1, 0, 2}, role);
}

void add_optional(ImporterContext& c, Recurrent& r, int input, const char* flag, bool is_state) {
  if (!c.has_input(input)) return;
  ITensor& x = c.tensor(input);
  r.inputs.push_back(is_state && r.batch_first ? &swap_first_axes(c, x, flag + 4) : &x);
  r.fields.add(flag, true);
}

Recurrent read_recurrent(ImporterContext& c) {
  Recurrent r;
  const int64_t layout = c.attribute_int("layout", 0);
  if (layout != 0 && layout != 1)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'layout' must be 0 or 1, got ", layout);
  r.batch_first = layout == 1;
  const std::string direction = c.attribute_string("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'direction' is '", direction, "'");
  const Dims recurrence = c.dims(2);
  if (recurrence.nbDims != 3) refuse(ParserCode::kINVALID_NODE)("the recurrence weights must have rank 3");
  r.fields.add("hidden_size", c.attribute_int("hidden_size", recurrence.d[2])).add("direction", direction);
  r.fields.add("clip", static_cast<double>(c.attribute_float("clip", 0)));
  ITensor& x = c.tensor(0);
  r.inputs = {r.batch_first ? &swap_first_axes(c, x, "time_first") : &x, &c.tensor(1), &c.tensor(2)};
  add_optional(c, r, 3, "has_bias", false);
  add_optional(c, r, 4, "has_sequence_lengths", false);
  add_optional(c, r, 5, "has_initial_h", true);
  return r;
}

void set_outputs(ImporterContext& c, ILayer& layer, bool batch_first) {
  for (int i = 0; i < std::min(c.num_outputs(), layer.getNbOutputs()); ++i) {
    if (!c.wants_output(i)) continue;
    ITensor& y = *layer.getOutput(i);
    if (!batch_first)
      c.set_output(i, y);
    else if (i == 0)  // [T, D, B, H] -> [B, T, D, H]
      c.set_output(i, transpose(c, y, std::vector<int64_t>{2, 0, 1, 3}, "batch_first"));
    else
      c.set_output(i, swap_first_axes(c, y, "batch_first"));
  }
}

}  // namespace

void import_lstm(ImporterContext& c) {
  check_activations(c, {"sigmoid", "tanh", "tanh"});
  Recurrent r = read_recurrent(c);
  add_optional(c, r, 6, "has_initial_c", true);
  add_optional(c, r, 7, "has_peepholes", false);
  r.fields.add("input_forget", c.attribute_bool("input_forget", false));
  set_outputs(c, add_operator(c, "lstm", r.fields, r.inputs), r.batch_first);
}

void import_gru(ImporterContext& c) {
  check_activations(c, {"sigmoid", "tanh"});
  Recurrent r = read_recurrent(c);
  r.fields.add("linear_before_reset", c.attribute_bool("linear_before_reset", false));
  set_outputs(c, add_operator(c, "gru", r.fields, r.inputs), r.batch_first);
}

}  // namespace dvt::onnx
