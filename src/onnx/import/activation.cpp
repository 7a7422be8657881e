#include <cmath>
#include <limits>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

IActivationLayer& activation(ImporterContext& c, ActivationType type) {
  IActivationLayer& layer = c.added(c.network().addActivation(c.tensor(0), type));
  c.set_output(0, first_output(layer));
  return layer;
}

void activation(ImporterContext& c, ActivationType type, float alpha, float beta = 0) {
  IActivationLayer& layer = activation(c, type);
  layer.setAlpha(alpha);
  layer.setBeta(beta);
}

ITensor& activation_of_ours(ImporterContext& c, const char* type, double alpha = 0) {
  return add_operator(c, "activation", Fields().add("type", type).add("alpha", alpha), {&c.tensor(0)});
}

/// A bound that is one constant number; nothing when it is computed.
std::optional<double> constant_bound(ImporterContext& c, int i, double missing) {
  if (!c.has_input(i)) return missing;
  const Constant* bound = c.constant(i);
  if (!bound) return std::nullopt;
  if (bound->volume() != 1) refuse(ParserCode::kINVALID_NODE)("a bound of Clip must be one number");
  return bound->numbers().front();
}

ITensor& bound(ImporterContext& c, int i, int rank) {
  if (const Constant* constant = c.constant(i))
    return c.constant_tensor(with_dims(*constant, std::vector<int64_t>(static_cast<size_t>(rank), 1)));
  return to_rank(c, c.tensor(i), rank);
}

}  // namespace

void import_relu(ImporterContext& c) { activation(c, ActivationType::kRELU); }
void import_sigmoid(ImporterContext& c) { activation(c, ActivationType::kSIGMOID); }
void import_tanh(ImporterContext& c) { activation(c, ActivationType::kTANH); }
void import_softsign(ImporterContext& c) { activation(c, ActivationType::kSOFTSIGN); }
void import_softplus(ImporterContext& c) { activation(c, ActivationType::kSOFTPLUS, 1, 1); }
void import_leaky_relu(ImporterContext& c) {
  activation(c, ActivationType::kLEAKY_RELU, c.attribute_float("alpha", 0.01F));
}
void import_elu(ImporterContext& c) { activation(c, ActivationType::kELU, c.attribute_float("alpha", 1)); }
void import_selu(ImporterContext& c) {
  activation(c, ActivationType::kSELU, c.attribute_float("alpha", 1.67326319217681884765625F),
             c.attribute_float("gamma", 1.05070102214813232421875F));
}
void import_hard_sigmoid(ImporterContext& c) {
  activation(c, ActivationType::kHARD_SIGMOID, c.attribute_float("alpha", 0.2F), c.attribute_float("beta", 0.5F));
}
void import_thresholded_relu(ImporterContext& c) {
  activation(c, ActivationType::kTHRESHOLDED_RELU, c.attribute_float("alpha", 1));
}
void import_hard_swish(ImporterContext& c) { c.set_output(0, activation_of_ours(c, "hard_swish")); }
void import_mish(ImporterContext& c) { c.set_output(0, activation_of_ours(c, "mish")); }
void import_celu(ImporterContext& c) { c.set_output(0, activation_of_ours(c, "celu", c.attribute_float("alpha", 1))); }

void import_swish(ImporterContext& c) {
  const float alpha = c.attribute_float("alpha", 1);
  if (alpha == 1) return c.set_output(0, activation_of_ours(c, "silu"));
  ITensor& x = c.tensor(0);
  ITensor& scaled = elementwise(c, x, scalar(c, alpha, x.getType()), ElementWiseOperation::kPROD, "scaled");
  ITensor& gate = first_output(c.added(c.network().addActivation(scaled, ActivationType::kSIGMOID), "gate"));
  c.set_output(0, elementwise(c, x, gate, ElementWiseOperation::kPROD));
}

/// The first input's Swish times the second.
void import_swiglu(ImporterContext& c) {
  const Term gate(c, 0), value(c, 1);
  const float alpha = c.attribute_float("alpha", 1);
  const Term swish = alpha == 1 ? Term(c, activation_of_ours(c, "silu")) : gate * sigmoid(gate * alpha);
  c.set_output(0, swish * value);
}

void import_gelu(ImporterContext& c) {
  const std::string approximate = c.attribute_string("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'approximate' must be none or tanh, got '", approximate, "'");
  activation(c, approximate == "none" ? ActivationType::kGELU_ERF : ActivationType::kGELU_TANH);
}

/// com.microsoft::FastGelu: gelu(x + bias), by tanh.
void import_fast_gelu(ImporterContext& c) {
  ITensor* x = &c.tensor(0);
  if (c.has_input(1)) x = &elementwise(c, *x, c.tensor(1), ElementWiseOperation::kSUM, "bias");
  c.set_output(0, first_output(c.added(c.network().addActivation(*x, ActivationType::kGELU_TANH))));
}

/// com.microsoft::QuickGelu: x * sigmoid(alpha * x).
void import_quick_gelu(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  ITensor& scaled = elementwise(c, x, scalar(c, c.attribute_float("alpha", 1.702F), x.getType()),
                                ElementWiseOperation::kPROD, "scaled");
  ITensor& gate = first_output(c.added(c.network().addActivation(scaled, ActivationType::kSIGMOID), "gate"));
  c.set_output(0, elementwise(c, x, gate, ElementWiseOperation::kPROD));
}

void import_prelu(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  // Before operator set 7 a list of slopes belonged to the channels.
  const bool per_channel = c.opset() < 7 && c.dims(1).nbDims == 1 && c.dims(1).d[0] != 1 && rank > 2;
  std::vector<int64_t> axes{0};
  for (int i = 2; per_channel && i < rank; ++i) axes.push_back(i);
  ITensor& slope = per_channel ? unsqueeze(c, c.tensor(1), axes, "slope") : input_of_rank(c, 1, rank);
  c.set_output(0, first_output(c.added(c.network().addParametricReLU(x, slope))));
}

void import_shrink(ImporterContext& c) {
  // x < -lambd: x + bias; x > lambd: x - bias; else 0.
  ITensor& x = c.tensor(0);
  const DataType type = x.getType();
  const double lambd = c.attribute_float("lambd", 0.5F), bias = c.attribute_float("bias", 0);
  ITensor& zero = to_rank(c, scalar(c, 0, type), rank_of(x));
  ITensor& low = elementwise(c, x, scalar(c, -lambd, type), ElementWiseOperation::kLESS, "low");
  ITensor& high = elementwise(c, x, scalar(c, lambd, type), ElementWiseOperation::kGREATER, "high");
  ITensor& plus = elementwise(c, x, scalar(c, bias, type), ElementWiseOperation::kSUM, "plus");
  ITensor& minus = elementwise(c, x, scalar(c, bias, type), ElementWiseOperation::kSUB, "minus");
  ITensor& upper = first_output(c.added(c.network().addSelect(high, minus, zero), "upper"));
  c.set_output(0, first_output(c.added(c.network().addSelect(low, plus, upper))));
}

void import_clip_6(ImporterContext& c) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  activation(c, ActivationType::kCLIP, c.attribute_float("min", -kInfinity), c.attribute_float("max", kInfinity));
}

void import_clip(ImporterContext& c) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto low = constant_bound(c, 1, -kInfinity), high = constant_bound(c, 2, kInfinity);
  if (low && high && *low <= *high && is_floating(c.type(0)) && c.type(0) != DataType::kFLOAT64)
    return activation(c, ActivationType::kCLIP, static_cast<float>(*low), static_cast<float>(*high));
  // Bounds that are computed or cross, and integers, which a layer's float parameters cannot hold exactly.
  ITensor* x = &c.tensor(0);
  const int rank = rank_of(*x);
  if (c.has_input(1)) x = &elementwise(c, *x, bound(c, 1, rank), ElementWiseOperation::kMAX, "low");
  if (c.has_input(2)) x = &elementwise(c, *x, bound(c, 2, rank), ElementWiseOperation::kMIN, "high");
  if (!c.has_input(1) && !c.has_input(2)) x = &first_output(c.added(c.network().addIdentity(*x)));
  c.set_output(0, *x);
}

}  // namespace dvt::onnx
