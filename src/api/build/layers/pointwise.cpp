#include <iterator>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/identity.h"
#include "ops/pointwise/activation.h"
#include "ops/pointwise/cast.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

/// In the order of the public enumerations.
constexpr ExprOp kElementWise[] = {ExprOp::add,     ExprOp::mul, ExprOp::max,       ExprOp::min,     ExprOp::sub,
                                   ExprOp::div,     ExprOp::pow, ExprOp::floor_div, ExprOp::bit_and, ExprOp::bit_or,
                                   ExprOp::bit_xor, ExprOp::eq,  ExprOp::gt,        ExprOp::lt};
constexpr ExprOp kUnary[] = {ExprOp::exp,     ExprOp::log,   ExprOp::sqrt,  ExprOp::recip,  ExprOp::abs,
                             ExprOp::neg,     ExprOp::sin,   ExprOp::cos,   ExprOp::tan,    ExprOp::sinh,
                             ExprOp::cosh,    ExprOp::asin,  ExprOp::acos,  ExprOp::atan,   ExprOp::asinh,
                             ExprOp::acosh,   ExprOp::atanh, ExprOp::ceil,  ExprOp::floor,  ExprOp::erf,
                             ExprOp::bit_not, ExprOp::sign,  ExprOp::round, ExprOp::is_inf, ExprOp::is_nan};
static_assert(std::size(kElementWise) == EnumMax<ElementWiseOperation>());
static_assert(std::size(kUnary) == EnumMax<UnaryOperation>());

template <class Enum>
void check_enum(Enum value, std::string_view what) {
  if (!is_enumerator(value))
    throw Error(ErrorCode::kInvalidArgument, "there is no ", what, " with number ", static_cast<int32_t>(value));
}

class ActivationLayer final : public LayerOf<IActivationLayer> {
 public:
  ActivationLayer(Network& network, Tensor& input, ActivationType kind)
      : LayerOf(network, LayerType::kACTIVATION, "Activation", {&input}), kind_(kind) {
    check_enum(kind, "activation type");
  }
  void lower(Lowering& graph) const override {
    check_enum(kind_, "activation type");
    // The first fourteen types of the operator have the public numbers.
    static_assert(static_cast<int>(ops::Activation::Type::gelu_tanh) == static_cast<int>(ActivationType::kGELU_TANH));
    const auto type = static_cast<ops::Activation::Type>(kind_);
    graph.output(0, graph.add(ops::Activation{.type = type, .alpha = alpha_, .beta = beta_}, {graph.input(0)}));
  }
  void setActivationType(ActivationType kind) noexcept override { set(kind_, kind); }
  ActivationType getActivationType() const noexcept override { return kind_; }
  void setAlpha(float alpha) noexcept override { set(alpha_, alpha); }
  float getAlpha() const noexcept override { return alpha_; }
  void setBeta(float beta) noexcept override { set(beta_, beta); }
  float getBeta() const noexcept override { return beta_; }

 private:
  ActivationType kind_;
  float alpha_ = 0, beta_ = 0;
};

class ElementWise final : public LayerOf<IElementWiseLayer> {
 public:
  ElementWise(Network& network, Tensor& a, Tensor& b, ElementWiseOperation op)
      : LayerOf(network, LayerType::kELEMENTWISE, "ElementWise", {&a, &b}), op_(op) {
    check_enum(op, "elementwise operation");
  }
  void lower(Lowering& graph) const override {
    check_enum(op_, "elementwise operation");
    const bool logical = op_ >= ElementWiseOperation::kAND && op_ <= ElementWiseOperation::kXOR;
    for (int i = 0; logical && i < 2; ++i)
      if (graph.input(i)->dtype() != DType::b8)
        throw Error(ErrorCode::kInvalidModel, "layer '", name(),
                    "' (ElementWise): a logical operation takes kBOOL, got ", graph.input(i)->type(),
                    "; compare or cast first");
    graph.output(0, graph.apply(kElementWise[static_cast<int>(op_)], {graph.input(0), graph.input(1)}));
  }
  void setOperation(ElementWiseOperation op) noexcept override { set(op_, op); }
  ElementWiseOperation getOperation() const noexcept override { return op_; }

 private:
  ElementWiseOperation op_;
};

class Unary final : public LayerOf<IUnaryLayer> {
 public:
  Unary(Network& network, Tensor& input, UnaryOperation op)
      : LayerOf(network, LayerType::kUNARY, "Unary", {&input}), op_(op) {
    check_enum(op, "unary operation");
  }
  void lower(Lowering& graph) const override {
    check_enum(op_, "unary operation");
    if (op_ == UnaryOperation::kNOT && graph.input(0)->dtype() != DType::b8)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Unary): kNOT takes kBOOL, got ",
                  graph.input(0)->type(), "; compare or cast first");
    graph.output(0, graph.apply(kUnary[static_cast<int>(op_)], {graph.input(0)}));
  }
  void setOperation(UnaryOperation op) noexcept override { set(op_, op); }
  UnaryOperation getOperation() const noexcept override { return op_; }

 private:
  UnaryOperation op_;
};

class ParametricReLU final : public LayerOf<IParametricReLULayer> {
 public:
  ParametricReLU(Network& network, Tensor& input, Tensor& slope)
      : LayerOf(network, LayerType::kPARAMETRIC_RELU, "PReLU", {&input, &slope}) {}
  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    ir::Value* negative = graph.apply(ExprOp::lt, {x, graph.scalar(x->dtype(), 0)});
    ir::Value* scaled = graph.apply(ExprOp::mul, {x, graph.parameter(graph.input(1), x->dtype(), "slope")});
    graph.output(0, graph.apply(ExprOp::select, {negative, scaled, x}));
  }
};

class Select final : public LayerOf<ISelectLayer> {
 public:
  Select(Network& network, Tensor& condition, Tensor& a, Tensor& b)
      : LayerOf(network, LayerType::kSELECT, "Select", {&condition, &a, &b}) {}
  void lower(Lowering& graph) const override {
    graph.output(0, graph.apply(ExprOp::select, {graph.input(0), graph.input(1), graph.input(2)}));
  }
};

class IdentityLayer final : public LayerOf<IIdentityLayer> {
 public:
  IdentityLayer(Network& network, Tensor& input) : LayerOf(network, LayerType::kIDENTITY, "Identity", {&input}) {}
  void lower(Lowering& graph) const override { graph.output(0, graph.input(0)); }
};

class CastLayer final : public LayerOf<ICastLayer> {
 public:
  CastLayer(Network& network, Tensor& input, DataType to)
      : LayerOf(network, LayerType::kCAST, "Cast", {&input}), to_(to) {
    to_dtype(to);
  }
  void lower(Lowering& graph) const override { graph.output(0, graph.cast(graph.input(0), to_dtype(to_))); }
  void setToType(DataType to) noexcept override { set(to_, to); }
  DataType getToType() const noexcept override { return to_; }

 private:
  DataType to_;
};

}  // namespace

IActivationLayer* Network::addActivation(ITensor& input, ActivationType type) noexcept {
  return add<ActivationLayer>([&] { return std::make_unique<ActivationLayer>(*this, own(input), type); });
}
IElementWiseLayer* Network::addElementWise(ITensor& a, ITensor& b, ElementWiseOperation op) noexcept {
  return add<ElementWise>([&] { return std::make_unique<ElementWise>(*this, own(a), own(b), op); });
}
IUnaryLayer* Network::addUnary(ITensor& input, UnaryOperation op) noexcept {
  return add<Unary>([&] { return std::make_unique<Unary>(*this, own(input), op); });
}
IParametricReLULayer* Network::addParametricReLU(ITensor& input, ITensor& slope) noexcept {
  return add<ParametricReLU>([&] { return std::make_unique<ParametricReLU>(*this, own(input), own(slope)); });
}
ISelectLayer* Network::addSelect(ITensor& condition, ITensor& a, ITensor& b) noexcept {
  return add<Select>([&] { return std::make_unique<Select>(*this, own(condition), own(a), own(b)); });
}
IIdentityLayer* Network::addIdentity(ITensor& input) noexcept {
  return add<IdentityLayer>([&] { return std::make_unique<IdentityLayer>(*this, own(input)); });
}
ICastLayer* Network::addCast(ITensor& input, DataType to) noexcept {
  return add<CastLayer>([&] { return std::make_unique<CastLayer>(*this, own(input), to); });
}

}  // namespace dvt::api
