#include <algorithm>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/build/random_numbers.h"
#include "api/convert.h"
#include "base/hash.h"
#include "ops/data/concat.h"
#include "ops/data/fill.h"
#include "ops/data/range.h"
#include "ops/data/shape_of.h"
#include "ops/data/slice.h"

namespace dvt::api {
namespace {

class Constant final : public LayerOf<IConstantLayer> {
 public:
  Constant(Network& network, const Dims& dims, const Weights& weights)
      : LayerOf(network, LayerType::kCONSTANT, "Constant", {}), dims_(dims), weights_(weights) {
    to_dtype(weights.type);
    int64_t count = 1;
    for (int64_t d : to_vector(dims, "the shape of the constant")) count *= d;
    if (count != weights.count)
      throw Error(ErrorCode::kInvalidArgument, "the constant's shape holds ", count, " elements, the weights ",
                  weights.count);
    if (weights.values == nullptr && count > 0)
      throw Error(ErrorCode::kInvalidArgument, "the constant's values are nullptr");
  }
  void lower(Lowering& graph) const override {
    graph.output(0, graph.weights(weights_, to_vector(dims_, "the shape of the constant"), "constant"));
  }
  void setWeights(Weights weights) noexcept override { set(weights_, weights); }
  Weights getWeights() const noexcept override { return weights_; }
  void setDimensions(Dims const& dims) noexcept override { set(dims_, dims); }
  Dims getDimensions() const noexcept override { return dims_; }

 private:
  Dims dims_;
  Weights weights_;
};

class Shape final : public LayerOf<IShapeLayer> {
 public:
  Shape(Network& network, Tensor& input) : LayerOf(network, LayerType::kSHAPE, "Shape", {&input}) {}
  void lower(Lowering& graph) const override { graph.output(0, graph.add(ops::ShapeOf{}, {graph.input(0)})); }
};

class Concatenation final : public LayerOf<IConcatenationLayer> {
 public:
  Concatenation(Network& network, std::vector<Tensor*> inputs)
      : LayerOf(network, LayerType::kCONCATENATION, "Concatenation", std::move(inputs)) {
    if (this->inputs().empty()) throw Error(ErrorCode::kInvalidArgument, "concatenation: there are no inputs");
  }
  int max_inputs() const override { return static_cast<int>(inputs().size()) + 1; }
  void lower(Lowering& graph) const override {
    const int64_t axis = axis_ ? *axis_ : std::max(0, graph.input(0)->rank() - 3);
    graph.output(0, graph.add(ops::Concat{.axis = axis}, graph.inputs()));
  }
  void setAxis(int32_t axis) noexcept override { set(axis_, std::optional(axis)); }
  int32_t getAxis() const noexcept override {
    return axis_ ? *axis_ : std::max(0, input(0)->getDimensions().nbDims - 3);
  }

 private:
  std::optional<int32_t> axis_;
};

class FillLayer final : public LayerOf<IFillLayer> {
 public:
  FillLayer(Network& network, const Dims& dims, FillOperation op, DataType to)
      : LayerOf(network, LayerType::kFILL, "Fill", {}), dims_(dims), op_(op), to_(to) {
    to_dtype(to);
    check(op);
  }
  int max_inputs() const override { return 3; }
  bool is_shape_input(int i) const override { return i == 0; }

  void lower(Lowering& graph) const override {
    const std::vector<Dim> dims = shape(graph);
    const DType type = to_dtype(to_);
    if (op_ != FillOperation::kLINSPACE) return graph.output(0, graph.cast(random(graph, dims), type));
    ir::Value* start =
        graph.optional_input(1) != nullptr ? graph.cast(graph.input(1), type) : immediate(graph, type, true);
    if (const ir::Value* step = graph.optional_input(2);
        step != nullptr ? is_zero(*step) : beta_ == 0 && beta_int_ == 0)
      return graph.output(0, graph.add(ops::Fill{.shape = dims}, {start}));
    if (dims.size() != 1) return graph.output(0, grid(graph, dims, start));
    ir::Value* step =
        graph.optional_input(2) != nullptr ? graph.cast(graph.input(2), type) : immediate(graph, type, false);
    if (step->rank() != 0) step = graph.reshape(step, {});
    graph.output(0, graph.add(ops::Range{.count = dims}, {start, step}));
  }

  void setDimensions(Dims const& dims) noexcept override { set(dims_, dims); }
  Dims getDimensions() const noexcept override { return dims_; }
  void setOperation(FillOperation op) noexcept override {
    guarded(reporter(), [&] {
      check(op);
      set(op_, op);
    });
  }
  FillOperation getOperation() const noexcept override { return op_; }
  void setAlpha(double alpha) noexcept override { set_float(alpha_, alpha); }
  double getAlpha() const noexcept override { return alpha_; }
  void setBeta(double beta) noexcept override { set_float(beta_, beta); }
  double getBeta() const noexcept override { return beta_; }
  void setAlphaInt64(int64_t alpha) noexcept override { set_int(alpha_int_, alpha); }
  int64_t getAlphaInt64() const noexcept override { return alpha_int_; }
  void setBetaInt64(int64_t beta) noexcept override { set_int(beta_int_, beta); }
  int64_t getBetaInt64() const noexcept override { return beta_int_; }
  bool isAlphaBetaInt64() const noexcept override { return is_int_; }
  void setToType(DataType to) noexcept override { set(to_, to); }
  DataType getToType() const noexcept override { return to_; }

 private:
  void set_float(double& field, double value) noexcept {
    is_int_ = false;
    set(field, value);
  }
  void set_int(int64_t& field, int64_t value) noexcept {
    is_int_ = true;
    set(field, value);
  }
  std::vector<Dim> shape(Lowering& graph) const {
    if (graph.num_inputs() > 0 && graph.optional_input(0) != nullptr) return graph.known(0, "the shape");
    std::vector<Dim> dims;
    for (int64_t d : to_vector(dims_, "the shape of the fill")) dims.push_back(d);
    return dims;
  }
  static void check(FillOperation op) {
    if (!is_enumerator(op))
      throw Error(ErrorCode::kInvalidArgument, "fill: there is no operation ", static_cast<int>(op));
  }

  /// The seed follows from the layer's name: layers differ, builds and runs do not.
  ir::Value* random(Lowering& graph, const std::vector<Dim>& dims) const {
    const auto seed = static_cast<uint32_t>(hash64(std::string_view(name())));
    const auto operand = [&](int i, double fallback) {
      if (graph.optional_input(i) == nullptr) return graph.scalar(DType::f32, fallback);
      ir::Value* v = graph.cast(graph.input(i), DType::f32);
      return v->rank() == 0 ? v : graph.reshape(v, {});
    };
    ir::Value* low = operand(1, is_int_ ? static_cast<double>(alpha_int_) : alpha_);
    ir::Value* high = operand(2, is_int_ ? static_cast<double>(beta_int_) : beta_);
    const bool uniform = op_ == FillOperation::kRANDOM_UNIFORM;
    ir::Value* x = uniform ? uniform_numbers(graph, dims, seed) : normal_numbers(graph, dims, seed);
    ir::Value* span = uniform ? graph.apply(expr::ExprOp::sub, {high, low}) : high;
    return graph.apply(expr::ExprOp::add, {graph.apply(expr::ExprOp::mul, {x, span}), low});
  }

  /// start + sum of position * step over the dimensions; each has a step of its own.
  ir::Value* grid(Lowering& graph, const std::vector<Dim>& dims, ir::Value* start) const {
    ir::Value* steps = graph.optional_input(2);
    const auto rank = static_cast<int64_t>(dims.size());
    if (rank == 0) return start->rank() == 0 ? start : graph.reshape(start, {});
    if (steps == nullptr || steps->rank() != 1 || steps->shape()[0] != Dim(rank))
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Fill): a linear space of rank ", rank,
                  " needs input 2, a vector of ", rank, " steps",
                  steps == nullptr ? "" : concat(", got ", steps->type()));
    const DType type = to_dtype(to_);
    steps = graph.cast(steps, type);
    ir::Value* sum = start;
    for (int64_t i = 0; i < rank; ++i) {
      ir::Value* step = graph.add(ops::Slice{.start = {Dim(i)}, .size = {Dim(1)}}, {steps});
      ir::Value* line = graph.add(ops::Range{.count = {dims[static_cast<size_t>(i)]}},
                                  {graph.scalar(type, 0), graph.reshape(step, {})});
      std::vector<Dim> along(dims.size(), Dim(1));
      along[static_cast<size_t>(i)] = dims[static_cast<size_t>(i)];
      sum = graph.apply(expr::ExprOp::add, {sum, graph.reshape(line, along)});
    }
    return sum;
  }
  ir::Value* immediate(Lowering& graph, DType type, bool start) const {
    if (is_int_ && is_integer(type)) return graph.integer(type, start ? alpha_int_ : beta_int_);
    if (is_int_) return graph.scalar(type, static_cast<double>(start ? alpha_int_ : beta_int_));
    return graph.scalar(type, start ? alpha_ : beta_);
  }
  static bool is_zero(const ir::Value& step) {
    if (!step.is_constant()) return false;
    const ops::ReadView view = step.view();
    for (int64_t i = 0; i < view.volume(); ++i)
      if (view.get(i) != 0) return false;
    return true;
  }

  Dims dims_;
  FillOperation op_;
  DataType to_;
  double alpha_ = 0, beta_ = 1;
  int64_t alpha_int_ = 0, beta_int_ = 1;
  bool is_int_ = false;
};

/// Has no output. What is known of the condition is checked when nodes are made; what depends on shapes goes into the
/// plan and is checked before each run.
class Assertion final : public LayerOf<IAssertionLayer> {
 public:
  Assertion(Network& network, Tensor& condition, const char* message)
      : LayerOf(network, LayerType::kASSERTION, "Assertion", {&condition}, 0),
        message_(required(message, "the assertion's message")) {}
  bool is_shape_input(int) const override { return true; }
  void lower(Lowering& graph) const override {
    const ir::Value* condition = graph.input(0);
    if (condition->dtype() != DType::b8)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Assertion): the condition is ", condition->type(),
                  ", not boolean");
    pending_.clear();
    for (const Dim& element : elements(graph, *condition)) {
      if (!element.is_constant()) {
        check_symbols(element);
        pending_.push_back(element);
      } else if (element.constant() == 0) {
        throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Assertion) does not hold: ", message_);
      }
    }
  }
  std::string annotation() const override {
    if (pending_.empty()) return "";
    Dim all(1);
    for (const Dim& element : pending_) all = min(all, element);
    std::string message = message_;
    std::replace(message.begin(), message.end(), '\t', ' ');
    return concat("assert\t", to_string(all.substitute(network().plain_symbols())), "\t", message);
  }
  void setMessage(char const* message) noexcept override {
    guarded(reporter(), [&] { message_ = required(message, "the assertion's message"); });
  }
  char const* getMessage() const noexcept override { return message_.c_str(); }

 private:
  /// What kernels compute is not there yet when a run begins.
  void check_symbols(const Dim& element) const {
    std::vector<std::string> symbols;
    element.collect_symbols(symbols);
    for (const std::string& s : symbols)
      if (s.starts_with(kLate))
        throw Error(
            ErrorCode::kUnsupported, "layer '", name(),
            "' (Assertion): the condition depends on data, it can be on shapes and on shape tensors only: ", message_);
  }

  std::vector<Dim> elements(Lowering& graph, const ir::Value& condition) const {
    std::vector<Dim> list;
    if (!condition.is_constant()) return graph.known(0, "the condition");
    const ops::ReadView view = condition.view();
    for (int64_t i = 0; i < view.volume(); ++i) list.push_back(Dim(view.get_int(i)));
    return list;
  }
  std::string message_;
  mutable std::vector<Dim> pending_;
};

}  // namespace

IConstantLayer* Network::addConstant(Dims const& dims, Weights weights) noexcept {
  return add<Constant>([&] { return std::make_unique<Constant>(*this, dims, weights); });
}
IShapeLayer* Network::addShape(ITensor& input) noexcept {
  return add<Shape>([&] { return std::make_unique<Shape>(*this, own(input)); });
}
IConcatenationLayer* Network::addConcatenation(ITensor* const* inputs, int32_t count) noexcept {
  return add<Concatenation>([&] { return std::make_unique<Concatenation>(*this, own_all(inputs, count, false)); });
}
IFillLayer* Network::addFill(Dims const& dims, FillOperation op, DataType to) noexcept {
  return add<FillLayer>([&] { return std::make_unique<FillLayer>(*this, dims, op, to); });
}
IAssertionLayer* Network::addAssertion(ITensor& condition, char const* message) noexcept {
  return add<Assertion>([&] { return std::make_unique<Assertion>(*this, own(condition), message); });
}

}  // namespace dvt::api
