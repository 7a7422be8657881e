// com.microsoft: mixtures of experts. A router gives each token a number for every expert; the largest k choose.
#include <limits>

#include "onnx/import/importers.h"
#include "onnx/import/packed.h"

namespace dvt::onnx {
namespace {

/// One of the three layers of all experts.
struct ExpertLayer {
  Term weights;              ///< [E, N, K].
  std::optional<Term> bias;  ///< [E, N].
};

/// Which experts a token goes to and with what share: [T, k] each, or the shares of all of them, [T, E].
struct Routing {
  Term experts, shares, all_shares;
};

/// Where the numbers become shares: over all experts, or over those that are chosen.
enum class Softmax { kAll, kChosen };

Routing route(ImporterContext& c, Term scores, int64_t chosen, Softmax over, std::optional<Term> weights) {
  const Extent experts = scores.extent(1);
  if (!experts.value || chosen < 1 || chosen > *experts.value)
    refuse(ParserCode::kINVALID_NODE)("k is ", chosen, " of ", experts.value.value_or(-1), " experts");
  ITopKLayer& layer =
      c.added(c.network().addTopK(scores, TopKOperation::kMAX, static_cast<int32_t>(chosen), 2), "chosen");
  const Term best(c, *layer.getOutput(0)), index(c, *layer.getOutput(1));
  const bool normalize = c.attribute_bool("normalize_routing_weights", false);
  Term shares = best;
  if (weights) {
    shares = gather_elements(*weights, index, 1);
    if (normalize) shares = shares / sum(shares, {1});
  } else {
    // Shares of all experts that are made to add up to 1 are shares of the chosen ones.
    const bool of_chosen = normalize || over == Softmax::kChosen;
    shares = of_chosen ? softmax(best, 1) : gather_elements(softmax(scores, 1), index, 1);
  }
  const Term nothing = filled(c, scores.extents(), 0, shares.type());
  const Term all(c, add_operator(c, "scatter_elements", Fields().add("axis", 1),
                                 {&nothing.tensor(), &index.tensor(), &shares.tensor()}, "shares"));
  return {index, shares, all};
}

/// x[E, T, K] through a layer, [E, T, N].
Term through(Term x, const ExpertLayer& layer) {
  const Term y = matmul(x, layer.weights, false, true);
  return layer.bias ? y + unsqueeze(*layer.bias, {1}) : y;
}

/// clamp(g) sigmoid(alpha g) (clamp(l) + beta), g and l of one projection or of two.
Term swiglu(ImporterContext& c, Term gate, Term linear) {
  if (c.attribute_bool("swiglu_limit_after_activation", false))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("swiglu_limit_after_activation is not supported");
  if (c.has_attribute("swiglu_limit")) {
    const float limit = c.attribute_float("swiglu_limit", 0);
    gate = minimum(gate, gate.number(limit));
    linear = activation(linear, ActivationType::kCLIP, -limit, limit);
  }
  return gate * sigmoid(gate * c.attribute_float("activation_alpha", 1)) *
         (linear + static_cast<double>(c.attribute_float("activation_beta", 0)));
}

/// What the first layers give, activated: [E, T, I].
Term hidden(ImporterContext& c, Term x, const ExpertLayer& first, const std::optional<ExpertLayer>& third) {
  const std::string function = c.attribute_string("activation_type", "relu");
  const int64_t fusion = c.attribute_int("swiglu_fusion", 0);
  Term y = through(x, first);
  if (function == "swiglu" || function == "geglu") {
    const Extent half = divide_down(c, y.extent(2), 2);
    std::optional<Term> gate, linear;
    if (fusion == 1) {
      gate = slice(y, 2, 0, half, 2);
      linear = slice(y, 2, 1, half, 2);
    } else if (fusion == 2) {
      gate = slice(y, 2, 0, half);
      linear = slice(y, 2, half, half);
    } else if (fusion == 0 && third) {
      gate = y;
      linear = through(x, *third);
    } else {
      refuse(ParserCode::kINVALID_NODE)("swiglu_fusion is ", fusion, third ? "" : ", without a third layer");
    }
    return function == "swiglu" ? swiglu(c, *gate, *linear) : activation(*gate, ActivationType::kGELU_TANH) * *linear;
  }
  if (function == "identity") return y;
  if (function == "relu")
    y = relu(y);
  else if (function == "relu2")
    y = relu(y) * relu(y);
  else if (function == "gelu")
    y = activation(y, ActivationType::kGELU_TANH);
  else if (function == "silu")
    y = silu(y);
  else
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the activation '", function, "' is not supported");
  return third ? y * through(x, *third) : y;
}

struct Experts {
  ExpertLayer first, second;
  std::optional<ExpertLayer> third;
};

/// The layers that a list of experts names.
ExpertLayer only(const ExpertLayer& layer, Term index) {
  return {gather(layer.weights, index, 0), layer.bias ? std::optional(gather(*layer.bias, index, 0)) : std::nullopt};
}

/// Every token through the experts that it goes to. Where the tokens are so few that no expert is likely to be asked
/// twice, their weights are collected; else every expert computes every token, and shares of 0 drop what is not asked.
void mix(ImporterContext& c, const Experts& experts, Softmax over, std::optional<Term> router_weights) {
  if (c.attribute_bool("use_sparse_mixer", false))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("use_sparse_mixer is not supported");
  const Term input(c, 0);
  const Extents shape = input.extents();
  const Extent width = input.extent(-1), tokens = product(c, shape, 0, input.rank() - 1);
  const Term x = reshape(input, Extents{tokens, width});
  const int64_t chosen = c.attribute_int("k", 1);
  const Routing routing = route(c, Term(c, 1), chosen, over, router_weights);
  const Extent count = experts.first.weights.extent(0);
  if (tokens.value && count.value && *tokens.value <= *count.value / chosen) {
    const Extent pairs = *tokens.value * chosen;
    const Term index = reshape(routing.experts, Extents{pairs});
    const Term each = reshape(expand(unsqueeze(x, {1}), Extents{tokens, chosen, width}), Extents{pairs, 1, width});
    std::optional<ExpertLayer> third;
    if (experts.third) third = only(*experts.third, index);
    const Term y = through(hidden(c, each, only(experts.first, index), third), only(experts.second, index));
    const Term shared = reshape(y, Extents{tokens, chosen, width}) * unsqueeze(routing.shares, {2});
    return c.set_output(0, reshape(sum(shared, {1}, false), shape));
  }
  const Term y = through(hidden(c, unsqueeze(x, {0}), experts.first, experts.third), experts.second);
  const Term shares = unsqueeze(transpose(routing.all_shares, {1, 0}), {2});
  c.set_output(0, reshape(sum(y * shares, {0}, false), shape));
}

}  // namespace

void import_moe(ImporterContext& c) {
  Experts experts{{Term(c, 2), optional_input(c, 3)}, {Term(c, 4), optional_input(c, 5)}, std::nullopt};
  if (c.has_input(6)) experts.third = ExpertLayer{Term(c, 6), optional_input(c, 7)};
  mix(c, experts, Softmax::kAll, std::nullopt);
}

namespace {

/// Integer weights [E, N, K * bits / 8] with a scale for each row, or for each block of a row.
ExpertLayer quantized_layer(ImporterContext& c, int weights, const char* bits_attribute, int zero_points) {
  const Dims packed = c.dims(weights);
  const int64_t bits = c.attribute_int(bits_attribute, c.attribute_int("expert_weight_bits", 4));
  if (packed.nbDims != 3 || !is_static(packed) || !c.has_input(weights + 1))
    refuse(ParserCode::kINVALID_NODE)("the weights of experts must have rank 3, and scales");
  for (int i = 0; i < 3; ++i)
    if (packed.d[i] < 1 || packed.d[i] > INT32_MAX / 8)
      refuse(ParserCode::kINVALID_NODE)("dimension ", i, " of the weights is ", packed.d[i]);
  BlockWeights w;
  w.n = packed.d[0] * packed.d[1];
  w.bits = bits;
  w.k = bits > 0 ? packed.d[2] * 8 / bits : 0;
  w.block = c.attribute_int("block_size", 0) > 0 ? c.attribute_int("block_size", 0) : w.k;
  // Zero points of whole rows stand behind each other without padding: 8 / bits to a byte.
  if (c.has_input(zero_points) && w.block == w.k && bits != 8)
    refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("zero points of whole rows of ", bits, " bits are not supported");
  const Term real =
      reshape(block_weights(c, w, weights, weights + 1, zero_points), Extents{packed.d[0], packed.d[1], w.k});
  return {cast(real, c.type(0)), optional_input(c, weights + 2)};
}

}  // namespace

void import_qmoe(ImporterContext& c) {
  const std::string kind = c.attribute_string("quant_type", "int");
  if (kind != "int") refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("quant_type '", kind, "' is not supported; int is");
  if (c.attribute_int("weights_prepacked", -1) == 1)
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("weights that are packed for a device are not supported; export with 0");
  for (int i = 15; i < c.num_inputs(); ++i)
    if (c.has_input(i)) refuse(ParserCode::kUNSUPPORTED_NODE_INPUT)("the input ", i, " belongs to another quant_type");
  Experts experts{quantized_layer(c, 2, "fc1_expert_weight_bits", 11),
                  quantized_layer(c, 5, "fc2_expert_weight_bits", 12), std::nullopt};
  if (c.has_input(8)) experts.third = quantized_layer(c, 8, "fc3_expert_weight_bits", 13);
  mix(c, experts, Softmax::kChosen, optional_input(c, 14));
}

}  // namespace dvt::onnx
