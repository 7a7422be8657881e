#include "ir/graph.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "ir/regions.h"

namespace dvt::ir {
namespace {

/// Integer constants up to this many elements take part in shape arithmetic.
constexpr int64_t kMaxKnownElements = 256;
/// Exporters compute with dimensions in floating point too, a few numbers at a time.
constexpr int64_t kMaxKnownFloats = 8;

std::optional<std::vector<Dim>> known_whole_floats(const ops::ReadView& view) {
  if (view.volume() > kMaxKnownFloats) return std::nullopt;
  std::vector<Dim> elements;
  for (int64_t i = 0; i < view.volume(); ++i) {
    const double v = view.get(i);
    if (!(std::fabs(v) <= INT32_MAX) || v != std::floor(v)) return std::nullopt;
    elements.emplace_back(static_cast<int64_t>(v));
  }
  return elements;
}

std::optional<std::vector<Dim>> known_elements(const TensorType& type, const Blob& data) {
  if (type.rank() > 1) return std::nullopt;
  const ops::ReadView view(type.dtype, type.shape.constants(), data.data());
  if (type.dtype == DType::f32 || type.dtype == DType::f64) return known_whole_floats(view);
  if (!is_integer(type.dtype) || view.volume() > kMaxKnownElements) return std::nullopt;
  std::vector<Dim> elements;
  for (int64_t i = 0; i < view.volume(); ++i) elements.emplace_back(view.get_int(i));
  return elements;
}

Shape substitute(const Shape& shape, const ops::SymbolReplacements& replacements) {
  if (replacements.empty()) return shape;
  Shape out;
  for (const Dim& d : shape) out.push_back(d.substitute(replacements));
  return out;
}

// A node's symbols for those of its op.
ops::SymbolReplacements own_symbols(const Node& n) {
  ops::SymbolReplacements own;
  for (size_t i = 0; i < n.late().size(); ++i) {
    const bool is_signed = n.late()[i].starts_with(kSignedLate);
    own[*ops::late_symbol(static_cast<int>(i), is_signed).as_symbol()] = Dim::symbol(n.late()[i]);
  }
  return own;
}

// Only a few ops have symbols in their attributes: the others stay the object that they are.
ops::Op substituted(const ops::Op& op, const ops::SymbolReplacements& replacements) {
  std::vector<std::string> names;
  ops::collect_symbols(op, names);
  const bool any = std::any_of(names.begin(), names.end(), [&](const auto& n) { return replacements.contains(n); });
  return any ? ops::substitute(op, replacements) : op;
}

std::string describe(const std::string& name, const ops::Op& op, std::span<Value* const> inputs) {
  std::string text = concat("node '", name, "' (", op.name(), ")");
  for (size_t i = 0; i < inputs.size(); ++i)
    text += concat(i ? ", '" : ", inputs '", inputs[i]->name(), "' ", inputs[i]->type());
  return text;
}

}  // namespace

ops::ReadView Value::view() const { return {type_.dtype, type_.shape.constants(), constant_->data()}; }

std::vector<TensorType> infer_types(const ops::Op& op, std::span<Value* const> inputs, int num_op_inputs,
                                    const expr::Expr& epilogue) {
  std::vector<ops::ValueInfo> infos;
  for (Value* v : inputs.first(static_cast<size_t>(num_op_inputs))) infos.push_back(v->info());
  std::vector<TensorType> types = ops::infer(op, infos);
  if (epilogue.is_identity()) return types;
  const bool own_result = op.id() != ops::OpId::pointwise;
  const int operands = static_cast<int>(inputs.size()) - (own_result ? num_op_inputs - 1 : 0);
  if (epilogue.num_inputs() != operands)
    throw Error(ErrorCode::kInvalidModel, op.name(), ": the epilogue has ", epilogue.num_inputs(),
                " operands, the node gives ", operands);
  for (int i = 0; i < operands; ++i) {
    const bool is_result = own_result && i == 0;
    const TensorType& t =
        is_result ? types[0] : inputs[static_cast<size_t>(own_result ? num_op_inputs + i - 1 : i)]->type();
    if (epilogue.input_type(i) != t.dtype)
      throw Error(ErrorCode::kInvalidModel, op.name(), ": epilogue operand ", i, " is ", t.dtype,
                  ", the program wants ", epilogue.input_type(i));
    if (!is_result && own_result && !(broadcast(types[0].shape, t.shape) == types[0].shape))
      throw Error(ErrorCode::kInvalidModel, op.name(), ": epilogue operand ", i, " ", t, " does not broadcast into ",
                  types[0]);
  }
  types[0].dtype = epilogue.result_type();
  return types;
}

namespace {

std::vector<ops::ValueInfo> infos_of(std::span<Value* const> inputs) {
  std::vector<ops::ValueInfo> infos;
  for (const Value* v : inputs) infos.push_back(v->info());
  return infos;
}

std::span<Value* const> op_inputs(const Node& n) {
  return std::span(n.inputs()).first(static_cast<size_t>(n.num_op_inputs()));
}

}  // namespace

std::optional<std::vector<Dim>> known_result(const Node& n) {
  std::optional<std::vector<Dim>> known = ops::fold_value(n.op(), infos_of(n.inputs()));
  if (!known || n.late().empty()) return known;
  for (Dim& d : *known) d = d.substitute(own_symbols(n));
  return known;
}

std::vector<ops::LateSize> Node::late_sizes() const {
  return has_regions() ? region_sizes_ : ops::late_sizes(op_, infos_of(op_inputs(*this)));
}

std::vector<TensorType> infer_types(const Node& n) {
  std::vector<TensorType> types = infer_types(n.op(), n.inputs(), n.num_op_inputs(), n.epilogue());
  if (n.late().empty()) return types;
  for (TensorType& t : types) t.shape = substitute(t.shape, own_symbols(n));
  return types;
}

Graph::Graph() = default;
Graph::~Graph() = default;

Value* Graph::new_value(std::string_view name, TensorType type) {
  values_.push_back(std::make_unique<Value>());
  Value* v = values_.back().get();
  v->id_ = next_value_id_++;
  v->name_ = unique_name(name);
  names_.insert(v->name_);
  v->type_ = std::move(type);
  return v;
}

std::string Graph::unique_name(std::string_view stem) {
  std::string name(stem.empty() ? "t" : stem);
  if (!names_.contains(name)) return name;
  for (int n = 1;; ++n)
    if (std::string candidate = concat(name, "_", n); !names_.contains(candidate)) return candidate;
}

namespace {

void refuse_late(std::string_view name, const TensorType& type) {
  std::vector<std::string> symbols;
  for (const Dim& d : type.shape) d.collect_symbols(symbols);
  for (const std::string& s : symbols)
    if (s.starts_with(kLate))
      throw Error(ErrorCode::kInvalidArgument, "input '", name, "' ", type,
                  ": names of dimensions must not start with '", kLate, "', got '", s, "'");
}

}  // namespace

Value* Graph::add_input(std::string_view name, TensorType type) {
  if (name.empty()) throw Error(ErrorCode::kInvalidArgument, "an input needs a name");
  if (names_.contains(std::string(name)))
    throw Error(ErrorCode::kInvalidArgument, "the name '", name, "' is taken by another tensor of the network");
  if (scope_.empty()) refuse_late(name, type);
  Value* v = new_value(name, std::move(type));
  v->is_input_ = true;
  inputs_.push_back(v);
  return v;
}

void Graph::make_shape_input(Value* input) {
  if (!input->is_input() || !is_integer(input->dtype()) || input->rank() > 1 || !input->shape().is_constant())
    throw Error(ErrorCode::kInvalidModel, "tensor '", input->name(), "' ", input->type(),
                " cannot be a shape tensor: it must be an integer network input of rank 0 or 1 with a constant length");
  if (scope_.empty() && input->name().starts_with(kLate))
    throw Error(ErrorCode::kInvalidArgument, "the name of shape tensor '", input->name(), "' must not start with '",
                kLate, "'");
  input->shape_input_ = true;
  std::vector<Dim> elements;
  const int64_t count = input->shape().volume().constant();
  for (int64_t i = 0; i < count; ++i) elements.push_back(Dim::symbol(concat(input->name(), "[", i, "]")));
  input->known_ = std::move(elements);
}

Value* Graph::add_constant(std::string_view name, TensorType type, Blob data) {
  if (!type.shape.is_constant()) throw Error(ErrorCode::kInvalidModel, "constant '", name, "': dims must be constant");
  if (type.dtype == DType::text)
    throw Error(ErrorCode::kInvalidModel, "constant '", name,
                "': text is made by a text_constant, not stored as a weight");
  const size_t expected = byte_size(type.dtype, type.shape.volume().constant());
  if (data.size() < expected)
    throw Error(ErrorCode::kInvalidModel, "constant '", name, "' ", type, ": has ", data.size(), " bytes, needs ",
                expected);
  Value* v = new_value(name, std::move(type));
  v->known_ = known_elements(v->type_, data);
  v->constant_ = std::move(data);
  return v;
}

Value* Graph::add_symbolic(std::string_view name, TensorType type, std::vector<Dim> elements) {
  if (!is_integer(type.dtype) || !type.shape.is_constant() ||
      type.shape.volume().constant() != static_cast<int64_t>(elements.size()))
    throw Error(ErrorCode::kInvalidModel, "symbolic tensor '", name, "' ", type, " cannot have ", elements.size(),
                " elements");
  Value* v = new_value(name, std::move(type));
  v->symbolic_ = true;
  v->known_ = std::move(elements);
  return v;
}

Node* Graph::add_node(std::string_view name, ops::Op op, std::vector<Value*> inputs, expr::Expr epilogue,
                      int num_op_inputs) {
  auto node = std::make_unique<Node>();
  node->id_ = next_node_id_++;
  node->name_ = std::string(name);
  node->op_ = std::move(op);
  node->inputs_ = std::move(inputs);
  node->num_op_inputs_ = num_op_inputs < 0 ? node->num_inputs() : num_op_inputs;
  node->epilogue_ = std::move(epilogue);
  node->graph_ = this;
  if (!node->name_.empty()) node->origin_ = {node->name_};
  infer(node.get());
  Node* n = node.get();
  n->position_ = nodes_.insert(nodes_.end(), std::move(node));
  connect(n);
  return n;
}

Node* Graph::insert_node(Node* before, std::string_view name, ops::Op op, std::vector<Value*> inputs) {
  Node* n = add_node(name, std::move(op), std::move(inputs));
  if (before) nodes_.splice(before->position_, nodes_, n->position_);
  return n;
}

// (Re)computes the types of a node's outputs, making the output values when there are none yet.
void Graph::infer(Node* node) {
  std::vector<TensorType> types;
  try {
    if (node->has_regions()) {
      RegionTypes inferred = infer_regions(*node);
      types = std::move(inferred.types);
      node->late_ = std::move(inferred.late);
      node->region_sizes_ = std::move(inferred.sizes);
    } else {
      types = infer_types(*node);
    }
  } catch (Error& e) {
    throw std::move(e).at(describe(node->name_, node->op_, node->inputs_));
  }
  while (node->outputs_.size() < types.size()) {
    const size_t i = node->outputs_.size();
    const std::string stem = node->name_.empty() ? std::string(node->op_.name()) : node->name_;
    Value* v = new_value(i ? concat(stem, ":", i) : stem, types[i]);
    v->producer_ = node;
    v->output_index_ = static_cast<int>(i);
    node->outputs_.push_back(v);
    if (i > 0 || node->has_regions()) continue;
    name_late(node, v->name_);
    if (!node->late_.empty()) types = infer_types(*node);
  }
  if (node->outputs_.size() > types.size())
    throw Error(ErrorCode::kInvalidModel, "node '", node->name_, "' had ", node->outputs_.size(),
                " outputs and would now have ", types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    node->outputs_[i]->type_ = types[i];
    node->outputs_[i]->known_.reset();
  }
  note_late_uses(node);
  if (!node->has_epilogue() && !node->has_regions() && !node->outputs_.empty())
    node->outputs_[0]->known_ = known_result(*node);
}

void Graph::name_late(Node* node, std::string_view stem) {
  constexpr size_t kMaxStem = 200;
  const std::vector<ops::LateSize> sizes = node->late_sizes();
  if (sizes.empty() || node->has_regions()) return;  // the scope of its regions names theirs
  std::string plain(stem.substr(0, kMaxStem));
  std::replace_if(
      plain.begin(), plain.end(), [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '/'; }, '_');
  // In a region the scope comes first: names of the graphs around it mean the same inside.
  const std::string inner = scope_.empty() ? "" : scope_.substr(1) + ".";
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string name = concat(sizes[i].is_signed ? kSignedLate : kLate, inner, plain, "_", i);
    std::string symbol = name;
    for (int n = 1; late_names_.contains(symbol); ++n) symbol = concat(name, "_", n);
    late_names_.insert(symbol);
    node->late_.push_back(std::move(symbol));
  }
}

void Graph::set_late(Node* node, const std::vector<std::string>& symbols) {
  if (symbols.size() != node->late_.size())
    throw Error(ErrorCode::kInvalidArgument, "node '", node->name_, "' (", node->op_, ") has ", node->late_.size(),
                " late sizes, ", symbols.size(), " are named");
  ops::SymbolReplacements renamed;
  for (size_t i = 0; i < symbols.size(); ++i) {
    const bool same_kind =
        symbols[i].starts_with(kLate) && symbols[i].starts_with(kSignedLate) == node->late_[i].starts_with(kSignedLate);
    if (symbols[i] == node->late_[i]) continue;
    if (!same_kind || !late_names_.insert(symbols[i]).second)
      throw Error(ErrorCode::kInvalidArgument, "'", symbols[i], "' cannot name a late size of node '", node->name_,
                  "' in place of '", node->late_[i], "'");
    renamed[node->late_[i]] = Dim::symbol(symbols[i]);
  }
  if (renamed.empty()) return;
  node->late_ = symbols;
  substitute(renamed);
}

void Graph::substitute(const ops::SymbolReplacements& replacements) {
  replace_symbols(replacements);
  refresh();
}

void Graph::replace_symbols(const ops::SymbolReplacements& replacements) {
  for (const auto& v : values_)
    if (v->symbolic_)
      for (Dim& d : *v->known_) d = d.substitute(replacements);
  for (const auto& n : nodes_) {
    n->op_ = substituted(n->op_, replacements);
    for (const auto& region : n->regions_) region->replace_symbols(replacements);
  }
}

void Graph::connect(Node* node) {
  for (int i = 0; i < node->num_inputs(); ++i) node->inputs_[static_cast<size_t>(i)]->uses_.push_back({node, i});
}

void Graph::disconnect(Node* node) {
  for (Value* v : node->inputs_) std::erase_if(v->uses_, [&](const Use& u) { return u.node == node; });
}

void Graph::mark_output(Value* value, std::string_view output_name) {
  for (const Output& o : outputs_)
    if (o.name == output_name)
      throw Error(ErrorCode::kInvalidArgument, "the network already has an output '", output_name, "'");
  outputs_.push_back({std::string(output_name), value});
  ++value->num_graph_outputs_;
}

void Graph::unmark_output(Value* value) {
  std::erase_if(outputs_, [&](const Output& o) { return o.value == value; });
  value->num_graph_outputs_ = 0;
}

void Graph::set_op(Node* node, ops::Op op) { node->op_ = std::move(op); }

void Graph::set_input(Node* node, int index, Value* value) {
  disconnect(node);
  if (index == node->num_inputs()) {
    node->inputs_.push_back(value);
    ++node->num_op_inputs_;
  } else {
    node->inputs_[static_cast<size_t>(index)] = value;
  }
  connect(node);
}

void Graph::set_name(Node* node, std::string_view new_name) {
  node->name_ = std::string(new_name);
  node->origin_ = {node->name_};
}

void Graph::set_name(Value* value, std::string_view new_name) {
  if (value->name_ == new_name) return;
  if (names_.contains(std::string(new_name)))
    throw Error(ErrorCode::kInvalidArgument, "the name '", new_name, "' is taken by another tensor of the network");
  for (Output& o : outputs_)
    if (o.value == value && o.name == value->name_) o.name = std::string(new_name);
  names_.erase(value->name_);
  value->name_ = std::string(new_name);
  names_.insert(value->name_);
  if (value->shape_input_) make_shape_input(value);
}

void Graph::set_input_type(Value* input, TensorType type) { input->type_ = std::move(type); }

void Graph::replace_all_uses(Value* old, Value* with) {
  for (const Use& u : old->uses_) {
    u.node->inputs_[static_cast<size_t>(u.index)] = with;
    with->uses_.push_back(u);
  }
  old->uses_.clear();
  for (Output& o : outputs_)
    if (o.value == old) o.value = with;
  with->num_graph_outputs_ += old->num_graph_outputs_;
  old->num_graph_outputs_ = 0;
}

void Graph::erase(Value* value) {
  names_.erase(value->name_);
  std::erase(inputs_, value);
  std::erase_if(values_, [&](const auto& v) { return v.get() == value; });
}

void Graph::remove(Node* node) {
  disconnect(node);
  for (Value* v : node->outputs_) erase(v);
  nodes_.erase(node->position_);
}

void Graph::remove(Value* value) { erase(value); }

void Graph::refresh() {
  for (const auto& node : nodes_) infer(node.get());
}

Value* Graph::find_value(std::string_view wanted) const {
  for (const auto& v : values_)
    if (v->name_ == wanted) return v.get();
  return nullptr;
}

namespace {

void collect_late(const Value& v, std::vector<std::string>& names) {
  for (const Dim& d : v.shape()) d.collect_symbols(names);
  if (!v.is_symbolic()) return;
  for (const Dim& d : *v.known()) d.collect_symbols(names);
}

}  // namespace

void Graph::note_late_uses(Node* node) {
  std::vector<std::string>& names = node->late_uses_;
  names.clear();
  ops::collect_symbols(node->op_, names);
  for (const Value* v : node->outputs_) collect_late(*v, names);
  for (const auto& region : node->regions_) {  // symbols of the graph mean the same inside
    for (const auto& v : region->values_) collect_late(*v, names);
    for (const auto& n : region->nodes_) names.insert(names.end(), n->late_uses_.begin(), n->late_uses_.end());
  }
  std::erase_if(names, [](const std::string& s) { return !s.starts_with(kLate); });
}

int Graph::remove_dead(std::vector<std::string>* origins) {
  int removed = 0;
  std::unordered_set<const Value*> dead;
  // Late symbols that live nodes depend on, met from the last node to the first.
  std::unordered_set<std::string> late;
  // A node with regions that takes another's place gives the same symbols: one of the two can go.
  std::unordered_map<std::string, int> givers;
  for (const auto& n : nodes_)
    for (const std::string& symbol : n->late_) ++givers[symbol];
  const auto depends = [&late](const std::vector<std::string>& names) { late.insert(names.begin(), names.end()); };
  const auto depends_on_value = [&](const Value& v) {
    if (!v.is_symbolic()) return;
    std::vector<std::string> names;
    collect_late(v, names);
    depends(names);
  };
  for (const Output& o : outputs_) depends_on_value(*o.value);
  for (auto it = nodes_.end(); it != nodes_.begin();) {
    --it;
    Node* node = it->get();
    const auto is_used = [](const Value* v) { return v->num_uses() > 0; };
    const auto is_needed = [&](const std::string& symbol) { return late.contains(symbol) && givers.at(symbol) == 1; };
    if (std::any_of(node->outputs_.begin(), node->outputs_.end(), is_used) ||
        std::any_of(node->late_.begin(), node->late_.end(), is_needed)) {
      depends(node->late_uses_);
      for (const Value* v : node->inputs_) depends_on_value(*v);
      continue;
    }
    for (const std::string& symbol : node->late_) --givers.at(symbol);
    disconnect(node);
    if (origins) origins->insert(origins->begin(), node->origin_.begin(), node->origin_.end());
    dead.insert(node->outputs_.begin(), node->outputs_.end());
    it = nodes_.erase(it);
    ++removed;
  }
  std::erase_if(values_, [&](const auto& v) {
    if (!dead.contains(v.get()) && !((v->is_constant() || v->is_symbolic()) && v->num_uses() == 0)) return false;
    names_.erase(v->name_);
    return true;
  });
  return removed;
}

std::unique_ptr<Graph> Graph::clone() const {
  auto copy = std::make_unique<Graph>();
  std::map<const Value*, Value*> twin;
  copy->name = name;
  copy->names_ = names_;
  copy->late_names_ = late_names_;
  for (const auto& v : values_) {
    copy->values_.push_back(std::make_unique<Value>(*v));
    Value* c = copy->values_.back().get();
    c->uses_.clear();
    c->producer_ = nullptr;
    twin[v.get()] = c;
  }
  copy->scope_ = scope_;
  for (const auto& n : nodes_) {
    auto node = std::make_unique<Node>();
    node->id_ = n->id_;
    node->name_ = n->name_;
    node->op_ = n->op_;
    node->inputs_ = n->inputs_;
    node->num_op_inputs_ = n->num_op_inputs_;
    node->outputs_ = n->outputs_;
    node->epilogue_ = n->epilogue_;
    node->late_ = n->late_;
    node->late_uses_ = n->late_uses_;
    node->origin_ = n->origin_;
    node->region_sizes_ = n->region_sizes_;
    for (const auto& region : n->regions_) node->regions_.push_back(region->clone());
    node->graph_ = copy.get();
    for (Value*& v : node->inputs_) v = twin.at(v);
    for (Value*& v : node->outputs_) {
      v = twin.at(v);
      v->producer_ = node.get();
    }
    Node* raw = node.get();
    raw->position_ = copy->nodes_.insert(copy->nodes_.end(), std::move(node));
    copy->connect(raw);
  }
  for (Value* v : inputs_) copy->inputs_.push_back(twin.at(v));
  for (const Output& o : outputs_) copy->outputs_.push_back({o.name, twin.at(o.value)});
  copy->next_node_id_ = next_node_id_;
  copy->next_value_id_ = next_value_id_;
  return copy;
}

}  // namespace dvt::ir
