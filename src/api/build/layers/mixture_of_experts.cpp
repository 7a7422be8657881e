#include <limits>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/build/quantization.h"
#include "api/convert.h"
#include "ops/data/range.h"
#include "ops/matrix/matmul.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

enum Input { kHidden, kSelected, kScores, kGate, kUp, kDown, kGateBias, kUpBias, kDownBias, kScale, kInputs };

/// Every expert computes every token, and the scores of those that were not selected are 0: exact, and as fast as the
/// products of matrices are, though it computes experts that nobody asked for.
class MixtureOfExperts final : public LayerOf<IMoELayer> {
 public:
  MixtureOfExperts(Network& network, Tensor& hidden, Tensor& selected, Tensor& scores)
      : LayerOf(network, LayerType::kMOE, "MoE", {&hidden, &selected, &scores}) {}
  int max_inputs() const override { return kInputs; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(kHidden);
    if (x->rank() != 3 || !is_floating(x->dtype()))
      fail("the hidden states are ", x->type(), ", expected floating numbers [B, S, size]");
    if (graph.optional_input(kGate) == nullptr) fail("there are no weights; call setGatedWeights");
    for (int i : {kGate, kUp, kDown})
      if (graph.input(i)->rank() != 3) fail("weights are ", graph.input(i)->type(), ", expected [experts, in, out]");
    const std::vector<Dim> d = dims_of(x);
    const Dim tokens = d[0] * d[1];
    const Dim experts = graph.input(kGate)->shape()[0];
    x = graph.reshape(x, {Dim(1), tokens, d[2]});

    ir::Value* gate = product(graph, x, kGate, kGateBias);
    ir::Value* up = product(graph, x, kUp, kUpBias);
    ir::Value* inner = quantized(graph, glu(graph, gate, up));
    ir::Value* y = product(graph, inner, kDown, kDownBias);  // [experts, tokens, size]
    ir::Value* weight = graph.cast(scores(graph, experts, tokens), y->dtype());
    const ops::Reduce sum{.kind = ops::Reduce::Kind::sum, .axes = {0}, .keep_dims = false};
    y = graph.add(sum, {graph.apply(ExprOp::mul, {y, weight})});
    graph.output(0, graph.reshape(y, d));
  }

  void setGatedWeights(ITensor& gate, ITensor& up, ITensor& down, MoEActType type) noexcept override {
    set_input(kGate, gate);
    set_input(kUp, up);
    set_input(kDown, down);
    setActivationType(type);
  }
  void setGatedBiases(ITensor& gate, ITensor& up, ITensor& down) noexcept override {
    set_input(kGateBias, gate);
    set_input(kUpBias, up);
    set_input(kDownBias, down);
  }
  void setActivationType(MoEActType type) noexcept override {
    guarded(reporter(), [&] {
      if (type != MoEActType::kNONE && type != MoEActType::kSILU)
        fail("there is no activation ", static_cast<int>(type));
      set(activation_, type);
    });
  }
  MoEActType getActivationType() const noexcept override { return activation_; }
  void setQuantizationStatic(ITensor& scale, DataType type) noexcept override {
    set_input(kScale, scale);
    dynamic_ = false;
    set(to_, type);
  }
  void setQuantizationDynamicDblQ(ITensor& scale, DataType type, Dims const& blocks,
                                  DataType scale_type) noexcept override {
    set_input(kScale, scale);
    dynamic_ = true;
    to_ = type;
    scale_type_ = scale_type;
    set(blocks_, blocks);
  }
  void setQuantizationToType(DataType type) noexcept override { set(to_, type); }
  DataType getQuantizationToType() const noexcept override { return to_; }
  void setQuantizationBlockShape(Dims const& blocks) noexcept override { set(blocks_, blocks); }
  Dims getQuantizationBlockShape() const noexcept override { return blocks_; }
  void setDynQOutputScaleType(DataType type) noexcept override { set(scale_type_, type); }
  DataType getDynQOutputScaleType() const noexcept override { return scale_type_; }
  void setSwigluParams(float limit, float alpha, float beta) noexcept override {
    limit_ = limit;
    alpha_ = alpha;
    set(beta_, beta);
  }
  void setSwigluParamLimit(float limit) noexcept override { set(limit_, limit); }
  float getSwigluParamLimit() const noexcept override { return limit_; }
  void setSwigluParamAlpha(float alpha) noexcept override { set(alpha_, alpha); }
  float getSwigluParamAlpha() const noexcept override { return alpha_; }
  void setSwigluParamBeta(float beta) noexcept override { set(beta_, beta); }
  float getSwigluParamBeta() const noexcept override { return beta_; }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (MoE): ", parts...);
  }

  /// x times each expert's matrix, plus its bias.
  ir::Value* product(Lowering& graph, ir::Value* x, Input weights, Input bias) const {
    ir::Value* w = graph.input(weights);
    ir::Value* y = graph.add(ops::MatMul{}, {x, graph.cast(w, x->dtype())});
    ir::Value* b = graph.optional_input(bias);
    if (b == nullptr) return y;
    if (b->rank() != 2) fail("biases are ", b->type(), ", expected [experts, out]");
    b = graph.reshape(b, {b->shape()[0], Dim(1), b->shape()[1]});
    return graph.apply(ExprOp::add, {y, graph.cast(b, y->dtype())});
  }

  /// gate * sigmoid(alpha * gate) * (up + beta), both limited.
  ir::Value* glu(Lowering& graph, ir::Value* gate, ir::Value* up) const {
    const auto number = [&](double v) { return graph.scalar(gate->dtype(), v); };
    if (limit_ != std::numeric_limits<float>::infinity()) {
      gate = graph.apply(ExprOp::min, {gate, number(limit_)});
      up = graph.apply(ExprOp::max, {graph.apply(ExprOp::min, {up, number(limit_)}), number(-limit_)});
    }
    if (beta_ != 0) up = graph.apply(ExprOp::add, {up, number(beta_)});
    if (activation_ == MoEActType::kSILU) {
      ir::Value* scaled = alpha_ == 1 ? gate : graph.apply(ExprOp::mul, {gate, number(alpha_)});
      gate = graph.apply(ExprOp::mul, {gate, graph.apply(ExprOp::sigmoid, {scaled})});
    }
    return graph.apply(ExprOp::mul, {gate, up});
  }

  ir::Value* quantized(Lowering& graph, ir::Value* x) const {
    if (to_ == DataType::kFLOAT) return x;
    ir::Value* scale = graph.optional_input(kScale);
    if (!dynamic_) {
      if (scale == nullptr) fail("static quantization needs a scale; call setQuantizationStatic");
      ir::Value* q = api::quantized(graph, x, scale, nullptr, {}, to_dtype(to_));
      return dequantized(graph, q, scale, nullptr, {}, x->dtype());
    }
    const std::vector<int64_t> blocks = to_vector(blocks_, "the block shape");
    if (blocks.size() != 4)
      fail("the block shape has ", blocks.size(), " extents, expected 4 (batch, sequence, k, inner)");
    const std::vector<int64_t> used{1, 1, blocks[3]};
    const DynamicQuantization q = quantize_dynamically(graph, x, used, scale, to_dtype(to_), to_dtype(scale_type_));
    return dequantized(graph, q, used, scale, x->dtype());
  }

  /// [experts, tokens, 1]: the score that a token gives an expert, 0 for those that it did not select.
  ir::Value* scores(Lowering& graph, const Dim& experts, const Dim& tokens) const {
    ir::Value* selected = graph.input(kSelected);
    ir::Value* score = graph.input(kScores);
    if (selected->rank() != 3 || score->rank() != 3 || !is_integer(selected->dtype()))
      fail("the selected experts are ", selected->type(), " and their scores ", score->type(),
           ", expected integers and numbers [B, S, k]");
    const Dim k = selected->shape()[2];
    const DType type = selected->dtype();
    ir::Value* expert = graph.add(ops::Range{.count = {experts}}, {graph.scalar(type, 0), graph.scalar(type, 1)});
    ir::Value* chosen = graph.apply(
        ExprOp::eq, {graph.reshape(expert, {experts, Dim(1), Dim(1)}), graph.reshape(selected, {Dim(1), tokens, k})});
    score = graph.reshape(score, {Dim(1), tokens, k});
    ir::Value* each = graph.apply(ExprOp::select, {chosen, score, graph.scalar(score->dtype(), 0)});
    return graph.add(ops::Reduce{.kind = ops::Reduce::Kind::sum, .axes = {2}, .keep_dims = true}, {each});
  }

  MoEActType activation_ = MoEActType::kSILU;
  DataType to_ = DataType::kFLOAT, scale_type_ = DataType::kFLOAT;
  Dims blocks_ = invalid_dims();
  bool dynamic_ = false;
  float limit_ = std::numeric_limits<float>::infinity(), alpha_ = 1, beta_ = 0;
};

}  // namespace

IMoELayer* Network::addMoE(ITensor& hidden, ITensor& selected, ITensor& scores) noexcept {
  return add<MixtureOfExperts>(
      [&] { return std::make_unique<MixtureOfExperts>(*this, own(hidden), own(selected), own(scores)); });
}

}  // namespace dvt::api
