// From layers to a graph with regions: a walk from the outputs to what they need, which enters a region where it meets
// the border of a loop or a conditional.

#include "api/build/control_graph.h"

#include <algorithm>

#include "api/build/lowering.h"
#include "api/convert.h"
#include "ir/regions.h"
#include "ops/control/if.h"
#include "ops/data/identity.h"
#include "ops/data/reshape.h"
#include "ops/pointwise/cast.h"

namespace dvt::api {
namespace {

constexpr auto kBad = ErrorCode::kInvalidModel;

bool begins(const Layer& layer) {
  return layer.type() == LayerType::kRECURRENCE || layer.type() == LayerType::kITERATOR;
}
bool ends(const Layer& layer) {
  return layer.type() == LayerType::kLOOP_OUTPUT || layer.type() == LayerType::kCONDITIONAL_OUTPUT;
}

std::string call(const Construct& c) { return concat(c.kind(), " '", c.name(), "'"); }

}  // namespace

StructuredLowering::StructuredLowering(Network& network, ir::Graph& graph)
    : network_(network), membership_(network, network.outputs_) {
  root_.graph = &graph;
}

void StructuredLowering::run() {
  for (const auto& t : network_.inputs_) root_.values[t.get()] = t->value;
  for (const Tensor* t : network_.outputs_) value(*t, root_);
  for (auto& [tensor, v] : root_.values) const_cast<Tensor*>(tensor)->value = v;
}

bool StructuredLowering::is_inside(const Layer& layer, const Scope& scope) const {
  return scope.outer == nullptr || scope.members.contains(&layer);
}

/// The tensor as it is seen in the scope: computed there, or captured from outside.
ir::Value* StructuredLowering::value(const Tensor& tensor, Scope& scope) {
  const auto found = scope.values.find(&tensor);
  if (found != scope.values.end()) return found->second;
  const Layer* producer = tensor.producer();
  if (!producer || !is_inside(*producer, scope)) return capture(tensor, scope);
  lower_for(tensor, scope);
  return scope.values.at(&tensor);
}

ir::Value* StructuredLowering::capture(const Tensor& tensor, Scope& scope) {
  if (!scope.outer) throw Error(kBad, "tensor '", tensor.name(), "' belongs to no layer of the network");
  const ir::Value* outside = value(tensor, *scope.outer);
  scope.captured.push_back(&tensor);
  return add_input(scope, tensor, outside->info());
}

ir::Value* StructuredLowering::add_input(Scope& region, const Tensor& tensor, const ops::ValueInfo& info) {
  const std::string name = region.graph->unique_name(concat(region.graph->scope(), ".", tensor.name()));
  ir::Value* input = region.graph->add_input(name, info.type);
  if (info.value) region.graph->bind_input(input, info);
  region.values[&tensor] = input;
  return input;
}

/// Tensors of the scope that must have values before the layer (or the construct that it ends) can be lowered.
std::vector<const Tensor*> StructuredLowering::read_by(const Layer& layer, Scope& scope) {
  std::vector<const Tensor*> read;
  const auto add = [&](const Tensor* t) {
    if (t && t->producer() && is_inside(*t->producer(), scope)) read.push_back(t);
  };
  if (begins(layer) && layer.construct() != scope.construct)
    throw Error(kBad, call(*layer.construct()), ": tensor '", layer.output(0)->name(),
                "' is read outside of the loop; what leaves a loop goes through addLoopOutput");
  if (!ends(layer)) {
    for (const Tensor* t : layer.inputs()) add(t);
    return read;
  }
  const Construct& c = *layer.construct();
  if (open_.contains(&c))
    throw Error(kBad, call(c), ": its own result '", layer.output(0)->name(), "' is read inside of it");
  const auto add_from_outside = [&](const Membership::Layers& inside, const Tensor* t) {
    const Layer* producer = t ? t->producer() : nullptr;
    if (producer && !inside.contains(producer) && !(begins(*producer) && producer->construct() == &c)) add(t);
  };
  const bool is_loop = layer.type() == LayerType::kLOOP_OUTPUT;
  for (int b = 0; b < (is_loop ? 1 : 2); ++b) {
    const Membership::Layers& inside = is_loop ? body_of(c) : branch_of(c, b, scope);
    for (const Layer* inner : inside)
      for (const Tensor* t : inner->inputs()) add_from_outside(inside, t);
    for (const Layer* border : membership_.border(c)) {
      if (border->type() == LayerType::kCONDITIONAL_INPUT) continue;  // an ordinary layer
      if (border->type() == LayerType::kCONDITIONAL_OUTPUT)
        add_from_outside(inside, border->input(b));
      else
        for (const Tensor* t : border->inputs()) add_from_outside(inside, t);
    }
  }
  return read;
}

const Membership::Layers& StructuredLowering::branch_of(const Construct& c, int number, const Scope& scope) {
  const auto [it, fresh] = branches_.try_emplace({&c, number});
  if (fresh) it->second = membership_.branch(c, number, scope.outer ? &scope.members : nullptr);
  return it->second;
}

const Membership::Layers& StructuredLowering::body_of(const Construct& loop) {
  const auto [it, fresh] = bodies_.try_emplace(&loop);
  if (fresh) it->second = membership_.body(loop);
  return it->second;
}

// Depth first with a stack of its own: networks are deeper than the machine's stack likes. Regions recurse.
void StructuredLowering::lower_for(const Tensor& tensor, Scope& scope) {
  std::vector<const Tensor*> stack{&tensor};
  std::set<const Layer*> waiting;
  while (!stack.empty()) {
    const Tensor& t = *stack.back();
    if (scope.values.contains(&t)) {
      stack.pop_back();
      continue;
    }
    Layer& layer = *t.producer();
    const size_t depth = stack.size();
    for (const Tensor* read : read_by(layer, scope))
      if (!scope.values.contains(read)) stack.push_back(read);
    if (stack.size() > depth) {
      if (!waiting.insert(&layer).second)
        throw Error(kBad, "layer '", layer.name(), "' (", layer.type_name(), ") depends on itself through tensor '",
                    stack.back()->name(), "'");
      continue;
    }
    stack.pop_back();
    waiting.erase(&layer);
    if (!ends(layer))
      lower(layer, scope);
    else if (layer.type() == LayerType::kLOOP_OUTPUT)
      lower_loop(*layer.construct(), scope);
    else
      lower_conditional(*layer.construct(), scope);
  }
}

void StructuredLowering::lower(Layer& layer, Scope& scope) {
  for (Tensor* t : layer.inputs())
    if (t) t->value = value(*t, scope);
  network_.lower(layer, *scope.graph);
  for (const auto& t : layer.outputs()) scope.values[t.get()] = t->value;
}

/// One element of a type, as operands of control flow are.
ir::Value* StructuredLowering::scalar(ir::Value* v, DType type, Scope& scope, const Layer& layer,
                                      std::string_view what) {
  const bool right_kind = type == DType::b8 ? v->dtype() == DType::b8 : is_integer(v->dtype());
  if (!right_kind || v->rank() != 0)
    throw Error(kBad, "layer '", layer.name(), "' (", layer.type_name(), "): ", what, " '", v->name(), "' must be a ",
                type == DType::b8 ? "kBOOL" : "kINT32 or kINT64", " scalar (0-D), got ", v->type());
  if (v->dtype() == type) return v;
  return scope.graph->add_node(layer.name(), ops::Cast{type}, {v})->output();
}

/// Regions of one node have the same inputs: each gets those that another has captured.
void StructuredLowering::share_captures(std::vector<Scope>& regions) {
  std::vector<const Tensor*> all;
  for (const Scope& region : regions)
    for (const Tensor* t : region.captured)
      if (std::find(all.begin(), all.end(), t) == all.end()) all.push_back(t);
  for (Scope& region : regions) {
    std::vector<ir::Value*> order;
    for (const Tensor* t : all) order.push_back(region.values.contains(t) ? region.values.at(t) : capture(*t, region));
    region.captured = all;
    region.graph->order_inputs(region.graph->inputs().size() - all.size(), order);
  }
}

/// Names of a region's results must differ; tensors' names need not.
void StructuredLowering::mark(Scope& region, ir::Value* v, const std::string& wanted) {
  std::string name = wanted;
  const auto taken = [&] {
    const auto& outputs = region.graph->outputs();
    return std::any_of(outputs.begin(), outputs.end(), [&](const ir::Output& o) { return o.name == name; });
  };
  for (int n = 1; taken(); ++n) name = concat(wanted, "_", n);
  region.graph->mark_output(v, name);
}

void StructuredLowering::give(Layer& border, ir::Value* result, Scope& scope) {
  Tensor* t = border.output(0);
  const bool taken =
      std::any_of(scope.values.begin(), scope.values.end(), [&](const auto& v) { return v.second == result; });
  if (taken) result = scope.graph->add_node(border.name(), ops::Identity{}, {result})->output();
  if (const auto wanted = border.output_type(0); wanted && to_dtype(*wanted) != result->dtype())
    result = scope.graph->add_node(border.name(), ops::Cast{to_dtype(*wanted)}, {result})->output();
  t->value = scope.values[t] = result;
  if (scope.graph->unique_name(t->name()) == t->name()) scope.graph->set_name(result, t->name());
}

void StructuredLowering::lower_conditional(const Construct& c, Scope& scope) {
  const Layer* condition = nullptr;
  std::vector<Layer*> outputs;
  for (Layer* layer : membership_.border(c)) {
    if (layer->type() == LayerType::kCONDITION) condition = layer;
    if (layer->type() == LayerType::kCONDITIONAL_OUTPUT) outputs.push_back(layer);
  }
  if (!condition) throw Error(kBad, call(c), " has no condition; set one with setCondition");
  std::vector<ir::Value*> inputs{
      scalar(value(*condition->input(0), scope), DType::b8, scope, *condition, "the condition")};

  const std::string name = scope.graph->new_scope(c.name());
  std::vector<std::unique_ptr<ir::Graph>> graphs;
  std::vector<Scope> regions(2);
  open_.insert(&c);
  for (int b = 0; b < 2; ++b) {
    graphs.push_back(ir::Graph::new_region(name));
    Scope& region = regions[static_cast<size_t>(b)];
    region.graph = graphs.back().get();
    region.outer = &scope;
    region.construct = &c;
    region.members = branch_of(c, b, scope);
    for (const Layer* layer : outputs) mark(region, value(*layer->input(b), region), layer->output(0)->name());
  }
  share_captures(regions);
  open_.erase(&c);
  for (const Tensor* t : regions[0].captured) inputs.push_back(value(*t, scope));
  const ir::Node* node = scope.graph->add_control(c.name(), ops::If{name}, std::move(inputs), std::move(graphs));
  for (size_t j = 0; j < outputs.size(); ++j) give(*outputs[j], node->output(static_cast<int>(j)), scope);
}

namespace {

/// A loop's border by kind.
struct LoopParts {
  std::vector<RecurrenceLayer*> recurrences;
  std::vector<IteratorLayer*> iterators;
  std::vector<LoopOutputLayer*> last, stacked;
  const Layer *limit = nullptr, *condition = nullptr;

  LoopParts(const Construct& loop, const std::vector<Layer*>& border) {
    for (Layer* layer : border) {
      if (layer->type() == LayerType::kRECURRENCE) recurrences.push_back(static_cast<RecurrenceLayer*>(layer));
      if (layer->type() == LayerType::kITERATOR) iterators.push_back(static_cast<IteratorLayer*>(layer));
      if (layer->type() == LayerType::kTRIP_LIMIT)
        (static_cast<TripLimitLayer*>(layer)->getTripLimit() == TripLimit::kCOUNT ? limit : condition) = layer;
      if (layer->type() != LayerType::kLOOP_OUTPUT) continue;
      auto* output = static_cast<LoopOutputLayer*>(layer);
      (output->getLoopOutput() == LoopOutput::kLAST_VALUE ? last : stacked).push_back(output);
    }
    for (const RecurrenceLayer* r : recurrences)
      if (!r->input(1))
        throw Error(kBad, call(loop), ": recurrence '", r->name(), "' has no next value; set it with setInput(1, …)");
    if (!limit && !condition && iterators.empty())
      throw Error(kBad, call(loop), " never ends; add a trip limit with addTripLimit");
  }

  ops::Loop op(std::string scope) const {
    ops::Loop op{.scope = std::move(scope)};
    op.has_limit = limit != nullptr;
    op.while_form = condition != nullptr;
    op.carried = static_cast<int>(recurrences.size());
    for (const IteratorLayer* i : iterators) {
      op.scan_axes.push_back(i->getAxis());
      op.scan_reverse.push_back(i->getReverse());
    }
    for (const LoopOutputLayer* o : stacked) {
      op.stack_axes.push_back(o->getAxis());
      op.stack_reverse.push_back(o->getLoopOutput() == LoopOutput::kREVERSE);
      op.stack_lengths.push_back(o->input(1) != nullptr);
    }
    return op;
  }
};

TensorType without_axis(const ir::Value& v, const IteratorLayer& layer) {
  const auto axis = normalize_axis(layer.getAxis(), v.rank());
  if (!axis)
    throw Error(kBad, "layer '", layer.name(), "' (Iterator): axis ", layer.getAxis(), " is outside rank ", v.rank());
  std::vector<Dim> dims = v.shape().dims();
  dims.erase(dims.begin() + *axis);
  return {v.dtype(), Shape(std::move(dims))};
}

}  // namespace

void StructuredLowering::lower_loop(const Construct& c, Scope& scope) {
  const LoopParts parts(c, membership_.border(c));
  std::vector<ir::Value*> inputs;
  if (parts.limit)
    inputs.push_back(scalar(value(*parts.limit->input(0), scope), DType::i64, scope, *parts.limit, "the trip limit"));
  for (const Layer* r : parts.recurrences) inputs.push_back(value(*r->input(0), scope));
  for (const Layer* i : parts.iterators) inputs.push_back(value(*i->input(0), scope));
  for (const LoopOutputLayer* o : parts.stacked)
    if (const Tensor* length = o->input(1))
      inputs.push_back(scalar(value(*length, scope), DType::i64, scope, *o, "the length"));

  const std::string name = scope.graph->new_scope(c.name());
  std::vector<std::unique_ptr<ir::Graph>> graphs;
  std::vector<Scope> regions(parts.condition ? 2 : 1);
  open_.insert(&c);
  for (Scope& region : regions) {
    graphs.push_back(ir::Graph::new_region(name));
    region.graph = graphs.back().get();
    region.outer = &scope;
    region.construct = &c;
    region.members = body_of(c);
    region.graph->add_input(name + ".iteration", {DType::i64, {}});
    for (const RecurrenceLayer* r : parts.recurrences) {
      TensorType type = value(*r->input(0), scope)->type();
      const std::string input = region.graph->unique_name(concat(name, ".", r->output(0)->name()));
      for (int a = 0; a < type.rank(); ++a)
        if (r->varies(a)) type.shape[a] = ir::carried_size(name, input, a);
      add_input(region, *r->output(0), {type, std::nullopt});
    }
    for (const IteratorLayer* i : parts.iterators)
      add_input(region, *i->output(0), {without_axis(*value(*i->input(0), scope), *i), std::nullopt});
  }
  for (const RecurrenceLayer* r : parts.recurrences)
    mark(regions[0], value(*r->input(1), regions[0]), r->output(0)->name());
  for (const LoopOutputLayer* o : parts.stacked)
    mark(regions[0], value(*o->input(0), regions[0]), o->output(0)->name());
  if (parts.condition) {
    const Tensor& t = *parts.condition->input(0);
    mark(regions[1], scalar(value(t, regions[1]), DType::b8, regions[1], *parts.condition, "the condition"), t.name());
  }
  share_captures(regions);
  open_.erase(&c);
  for (const Tensor* t : regions[0].captured) inputs.push_back(value(*t, scope));

  const ir::Node* node = scope.graph->add_control(c.name(), parts.op(name), std::move(inputs), std::move(graphs));
  for (LoopOutputLayer* o : parts.last) {
    const auto at = std::find_if(parts.recurrences.begin(), parts.recurrences.end(),
                                 [&](const RecurrenceLayer* r) { return r->output(0) == o->input(0); });
    give(*o, node->output(static_cast<int>(at - parts.recurrences.begin())), scope);
  }
  for (size_t k = 0; k < parts.stacked.size(); ++k)
    give(*parts.stacked[k], node->output(static_cast<int>(parts.recurrences.size() + k)), scope);
}

}  // namespace dvt::api
