#include <algorithm>

#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char ch) { return ch >= 'A' && ch <= 'Z' ? ch + 32 : ch; });
  return text;
}

constexpr std::string_view kFunctions[] = {
    "relu",       "tanh",        "sigmoid", "affine",   "leakyrelu", "thresholdedrelu",
    "scaledtanh", "hardsigmoid", "elu",     "softsign", "softplus"};
/// How many of alpha and beta a function reads.
int parameters_of(const std::string& function) {
  if (function == "affine" || function == "scaledtanh" || function == "hardsigmoid") return 2;
  return function == "leakyrelu" || function == "thresholdedrelu" || function == "elu" ? 1 : 0;
}

/// The functions in the form that operators of ours take, with their parameters; empty when they are the usual ones,
/// given per direction. Names are not case-sensitive; functions without parameters take none from the lists.
std::string activations(ImporterContext& c, const std::vector<std::string>& usual) {
  const std::vector<std::string> given = c.attribute_strings("activations");
  const std::vector<float> alphas = c.attribute_floats("activation_alpha"),
                           betas = c.attribute_floats("activation_beta");
  std::string text;
  bool is_usual = true;
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string name = lower(given[i]);
    if (std::find(std::begin(kFunctions), std::end(kFunctions), name) == std::end(kFunctions))
      refuse(ParserCode::kINVALID_NODE)("there is no activation '", given[i], "' for recurrent operators");
    is_usual = is_usual && name == usual[i % usual.size()];
    text += (i ? "," : "") + name;
    const int parameters = parameters_of(name);
    if (parameters > 0 && alpha < alphas.size()) {
      text += concat(":", alphas[alpha++]);
      if (parameters > 1 && beta < betas.size()) text += concat(":", betas[beta++]);
    } else if (parameters > 1 && beta < betas.size()) {
      refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)(
          "activation_beta without activation_alpha is not supported; give both");
    }
  }
  return is_usual ? "" : text;
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

Recurrent read_recurrent(ImporterContext& c, const std::vector<std::string>& usual) {
  Recurrent r;
  r.fields.add("activations", activations(c, usual));
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
  Recurrent r = read_recurrent(c, {"sigmoid", "tanh", "tanh"});
  add_optional(c, r, 6, "has_initial_c", true);
  add_optional(c, r, 7, "has_peepholes", false);
  r.fields.add("input_forget", c.attribute_bool("input_forget", false));
  set_outputs(c, add_operator(c, "lstm", r.fields, r.inputs), r.batch_first);
}

void import_rnn(ImporterContext& c) {
  const Recurrent r = read_recurrent(c, {"tanh"});
  set_outputs(c, add_operator(c, "rnn", r.fields, r.inputs), r.batch_first);
}

void import_gru(ImporterContext& c) {
  Recurrent r = read_recurrent(c, {"sigmoid", "tanh"});
  r.fields.add("linear_before_reset", c.attribute_bool("linear_before_reset", false));
  set_outputs(c, add_operator(c, "gru", r.fields, r.inputs), r.batch_first);
}

}  // namespace dvt::onnx
