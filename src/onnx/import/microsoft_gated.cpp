// com.microsoft: gates and normalizations of recurrent language models.
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// x / sqrt(mean(x^2) + epsilon) over the last axis.
Term rms_normalized(ImporterContext& c, Term x) {
  return normalized(x, "rms", -1, c.attribute_float("epsilon", 1e-5F));
}

}  // namespace

/// z sigmoid(z) of z = scale * x, in the type of x.
void import_scaled_silu(ImporterContext& c) {
  const Term x(c, 0);
  const Term z = c.has_input(1) ? x * cast(Term(c, 1), x.type()) : x * c.attribute_float("alpha", 1);
  c.set_output(0, z * sigmoid(z));
}

/// clamp(g) sigmoid(alpha g) (clamp(u) + beta); one input has both halves.
void import_swiglu_microsoft(ImporterContext& c) {
  const Term x(c, 0);
  const Extent half = divide_down(c, x.extent(-1), 2);
  const int last = x.rank() - 1;
  const bool is_joined = !c.has_input(1);
  Term gate = cast(is_joined ? slice(x, last, 0, half) : x, DataType::kFLOAT),
       up = cast(is_joined ? slice(x, last, half, half) : Term(c, 1), DataType::kFLOAT);
  if (const float limit = c.attribute_float("limit", 0); limit > 0) {
    gate = minimum(gate, gate.number(limit));
    up = activation(up, ActivationType::kCLIP, -limit, limit);
  }
  Term open = gate * sigmoid(gate * c.attribute_float("activation_alpha", 1));
  if (c.attribute_bool("round_activation", false)) open = cast(cast(open, x.type()), DataType::kFLOAT);
  c.set_output(0, cast(open * (up + static_cast<double>(c.attribute_float("activation_beta", 0))), x.type()));
}

/// x + y * gate, a gate for each row.
void import_gated_add(ImporterContext& c) {
  if (c.has_input(3)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the input 3 (gate_weight) is not supported");
  c.set_output(0, Term(c, 0) + Term(c, 1) * Term(c, 2));
}

/// Normalized over groups of as many elements as the scale has, times an activation of the gate.
void import_gated_rms_norm(ImporterContext& c) {
  const Term x = cast(Term(c, 0), DataType::kFLOAT), scale = cast(Term(c, 1), DataType::kFLOAT);
  const std::string function = c.attribute_string("activation", "silu");
  if (function != "silu" && function != "swish" && function != "sigmoid")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'activation' must be silu, swish or sigmoid, got '", function,
                                      "'");
  const Extent size = scale.extent(0);
  if (!size.value || *size.value < 1) refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("the scale's length must be known");
  const Extents shape = x.extents();
  Extents groups = shape;
  groups.back() = divide_down(c, shape.back(), *size.value);
  groups.push_back(size);
  const Term normalized = reshape(rms_normalized(c, reshape(x, groups)) * scale, shape);
  const Term gate = cast(Term(c, 2), DataType::kFLOAT);
  c.set_output(0, cast(normalized * (function == "sigmoid" ? sigmoid(gate) : silu(gate)), c.type(0)));
}

/// Each branch by itself: x is [..., C, H], or [..., C * H] with C told.
void import_branchwise_rms_norm(ImporterContext& c) {
  const Term x = cast(Term(c, 0), DataType::kFLOAT);
  const int64_t told = c.attribute_int("num_branches", 0);
  if (told < 0 || x.rank() < (told > 0 ? 1 : 2))
    refuse(ParserCode::kINVALID_NODE)("num_branches is ", told, " for rank ", x.rank());
  const Extents shape = x.extents();
  Extents branches = shape;
  if (told > 0) {
    branches.back() = told;
    branches.push_back(divide_down(c, shape.back(), told));
  }
  Term y = rms_normalized(c, told > 0 ? reshape(x, branches) : x);
  if (c.has_input(1)) {
    const Term scale = cast(Term(c, 1), DataType::kFLOAT);
    const bool is_flat =
        scale.rank() == 1 && !(scale.extent(0).value && scale.extent(0).value == branches.back().value);
    y = y * (is_flat ? reshape(scale, Extents{branches[branches.size() - 2], branches.back()}) : scale);
  }
  c.set_output(0, cast(told > 0 ? reshape(y, shape) : y, c.type(0)));
}

/// decay_scale * softplus(a + dt_bias) and sigmoid(b).
void import_linear_attention_gate(ImporterContext& c) {
  const Term a = cast(Term(c, 0), DataType::kFLOAT) + Term(c, 1);
  c.set_output(0, cast(activation(a, ActivationType::kSOFTPLUS, 1, 1) * Term(c, 2), c.type(0)));
  if (!c.wants_output(1)) return;
  if (!c.has_input(3)) refuse(ParserCode::kINVALID_NODE)("the output beta needs the input b");
  c.set_output(1, sigmoid(Term(c, 3)));
}

}  // namespace dvt::onnx
