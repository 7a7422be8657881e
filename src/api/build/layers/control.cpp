// Loops and conditionals as the user makes them, and the types of their borders for queries of shapes.

#include "api/build/control.h"
#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/identity.h"

namespace dvt::api {

Construct::Construct(Network& network, std::string_view kind)
    : network_(network), kind_(kind), name_(concat("(Unnamed ", kind, " ", network.next_layer_number(), ")")) {}

void Construct::set_name(char const* name) noexcept {
  guarded(network_.reporter(), [&] { name_ = required(name, concat("the ", kind_, "'s name")); });
}

ILoop* Network::addLoop() noexcept {
  return guarded(reporter_, static_cast<ILoop*>(nullptr), [&]() -> ILoop* {
    auto loop = std::make_unique<Loop>(*this);
    ILoop* made = loop.get();
    constructs_.push_back(std::move(loop));
    return made;
  });
}

IIfConditional* Network::addIfConditional() noexcept {
  return guarded(reporter_, static_cast<IIfConditional*>(nullptr), [&]() -> IIfConditional* {
    auto conditional = std::make_unique<Conditional>(*this);
    IIfConditional* made = conditional.get();
    constructs_.push_back(std::move(conditional));
    return made;
  });
}

// A loop's layers.

IRecurrenceLayer* Loop::addRecurrence(ITensor& initial) noexcept {
  return network().add<RecurrenceLayer>(
      [&] { return std::make_unique<RecurrenceLayer>(*this, network().own(initial)); });
}

ITripLimitLayer* Loop::addTripLimit(ITensor& tensor, TripLimit limit) noexcept {
  return network().add<TripLimitLayer>([&] {
    if (limit != TripLimit::kCOUNT && limit != TripLimit::kWHILE)
      throw Error(ErrorCode::kInvalidArgument, "loop '", name(), "': there is no trip limit of kind ",
                  static_cast<int>(limit));
    for (const Layer* layer : network().layers_of(*this))
      if (const auto* other = dynamic_cast<const TripLimitLayer*>(layer); other && other->getTripLimit() == limit)
        throw Error(ErrorCode::kInvalidState, "loop '", name(), "' has a trip limit of this kind already: '",
                    other->name(), "'");
    return std::make_unique<TripLimitLayer>(*this, network().own(tensor), limit);
  });
}

IIteratorLayer* Loop::addIterator(ITensor& tensor, int32_t axis, bool reverse) noexcept {
  return network().add<IteratorLayer>(
      [&] { return std::make_unique<IteratorLayer>(*this, network().own(tensor), axis, reverse); });
}

ILoopOutputLayer* Loop::addLoopOutput(ITensor& tensor, LoopOutput kind, int32_t axis) noexcept {
  return network().add<LoopOutputLayer>([&] {
    Tensor& value = network().own(tensor);
    if (kind != LoopOutput::kLAST_VALUE && kind != LoopOutput::kCONCATENATE && kind != LoopOutput::kREVERSE)
      throw Error(ErrorCode::kInvalidArgument, "loop '", name(), "': there is no loop output of kind ",
                  static_cast<int>(kind));
    const bool carried =
        value.producer() && value.producer()->type() == LayerType::kRECURRENCE && value.producer()->construct() == this;
    if (kind == LoopOutput::kLAST_VALUE && !carried)
      throw Error(ErrorCode::kInvalidArgument, "loop '", name(),
                  "': the last value can only be that of a recurrence of ", "this loop, '", value.name(),
                  "' is none; carry it with addRecurrence");
    if (kind == LoopOutput::kLAST_VALUE && axis != 0)
      throw Error(ErrorCode::kInvalidArgument, "loop '", name(), "': a last value has no axis, got ", axis);
    return std::make_unique<LoopOutputLayer>(*this, value, kind, axis);
  });
}

namespace {

/// A dim that nobody knows before the network runs, as far as queries are concerned.
Dim unknown(const Tensor& tensor, int axis) { return Dim::symbol(concat(tensor.name(), " d", axis)); }

int checked_axis(const Layer& layer, int axis, int rank) {
  const auto normal = normalize_axis(axis, rank);
  if (!normal)
    throw Error(ErrorCode::kInvalidModel, "layer '", layer.name(), "' (", layer.type_name(), "): axis ", axis,
                " is outside rank ", rank);
  return *normal;
}

}  // namespace

void RecurrenceLayer::lower(Lowering& graph) const {
  TensorType type = graph.input(0)->type();
  for (int a = 0; a < type.rank(); ++a)
    if (varies(a)) type.shape[a] = unknown(*output(0), a);
  graph.placeholder(type);
}

bool RecurrenceLayer::learn() {
  const Tensor* next = input(1);
  if (!next || !next->value || !output(0)->value) return false;
  const TensorType &now = output(0)->value->type(), &then = next->value->type();
  if (now.dtype != then.dtype || now.rank() != then.rank())
    throw Error(ErrorCode::kInvalidModel, "recurrence '", name(), "' of loop '", loop_.name(),
                "' starts an iteration as ", now, " but its next value '", next->name(), "' is ", then,
                "; only extents may change");
  bool changed = false;
  varying_.resize(static_cast<size_t>(now.rank()));
  for (int a = 0; a < now.rank(); ++a) {
    if (varies(a) || now.shape[a] == then.shape[a]) continue;
    varying_[static_cast<size_t>(a)] = changed = true;
  }
  return changed;
}

void IteratorLayer::lower(Lowering& graph) const {
  const TensorType& whole = graph.input(0)->type();
  std::vector<Dim> dims = whole.shape.dims();
  dims.erase(dims.begin() + checked_axis(*this, axis_, whole.rank()));
  graph.placeholder({whole.dtype, Shape(std::move(dims))});
}

std::vector<Tensor*> LoopOutputLayer::awaited() const {
  std::vector<Tensor*> all = inputs();
  for (const Layer* layer : network().layers_of(loop_))
    if (layer->type() != LayerType::kLOOP_OUTPUT) {
      all.insert(all.end(), layer->inputs().begin(), layer->inputs().end());
      for (const auto& t : layer->outputs()) all.push_back(t.get());
    }
  return all;
}

void LoopOutputLayer::lower(Lowering& graph) const {
  network().learn(loop_);
  TensorType type = graph.input(0)->type();
  if (kind_ != LoopOutput::kLAST_VALUE) {
    const int axis = checked_axis(*this, axis_, type.rank() + 1);
    const ir::Value* length = graph.optional_input(1);
    std::vector<Dim> dims = type.shape.dims();
    dims.insert(dims.begin() + axis, length && length->known() ? (*length->known())[0] : unknown(*output(0), axis));
    type.shape = Shape(std::move(dims));
  }
  graph.placeholder(type);
}

// A conditional's layers.

IConditionLayer* Conditional::setCondition(ITensor& condition) noexcept {
  for (Layer* layer : network().layers_of(*this))
    if (auto* set = dynamic_cast<ConditionLayer*>(layer)) {
      set->setInput(0, condition);
      return set;
    }
  return network().add<ConditionLayer>(
      [&] { return std::make_unique<ConditionLayer>(*this, network().own(condition)); });
}

IIfConditionalOutputLayer* Conditional::addOutput(ITensor& when_true, ITensor& when_false) noexcept {
  return network().add<ConditionalOutputLayer>([&] {
    return std::make_unique<ConditionalOutputLayer>(*this, network().own(when_true), network().own(when_false));
  });
}

IIfConditionalInputLayer* Conditional::addInput(ITensor& input) noexcept {
  return network().add<ConditionalInputLayer>(
      [&] { return std::make_unique<ConditionalInputLayer>(*this, network().own(input)); });
}

void ConditionalInputLayer::graph_identity(Lowering& graph) const {
  graph.output(0, graph.add(ops::Identity{}, {graph.input(0)}));
}

void ConditionalOutputLayer::lower(Lowering& graph) const {
  TensorType a = graph.input(0)->type();
  const TensorType& b = graph.input(1)->type();
  if (a.dtype != b.dtype || a.rank() != b.rank())
    throw Error(ErrorCode::kInvalidModel, "conditional '", conditional_.name(), "': output '", name(), "' is ", a,
                " ('", input(0)->name(), "') when the condition is true but ", b, " ('", input(1)->name(),
                "') when it is false; only extents may differ");
  for (int axis = 0; axis < a.rank(); ++axis)
    if (!(a.shape[axis] == b.shape[axis])) a.shape[axis] = unknown(*output(0), axis);
  graph.placeholder(a);
}

}  // namespace dvt::api
