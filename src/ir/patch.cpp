#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "ir/graph.h"
#include "ir/regions.h"

namespace dvt::ir {

Value* Patch::add(ops::Op op, std::vector<Value*> inputs, expr::Expr epilogue, int num_op_inputs) {
  auto node = std::make_unique<Node>();
  node->op_ = std::move(op);
  node->inputs_ = std::move(inputs);
  node->num_op_inputs_ = num_op_inputs < 0 ? node->num_inputs() : num_op_inputs;
  node->epilogue_ = std::move(epilogue);
  for (const ops::LateSize& size : node->late_sizes())
    node->late_.push_back(concat(size.is_signed ? kSignedLate : kLate, "patch/", num_late_++));
  const std::vector<TensorType> types = infer_types(*node);
  Node* n = node.get();
  Value* first = take(std::move(node), types);
  if (!n->has_epilogue() && first) first->known_ = known_result(*n);
  return first;
}

Value* Patch::add_control(ops::Op op, std::vector<Value*> inputs, std::vector<std::unique_ptr<Graph>> regions) {
  auto node = std::make_unique<Node>();
  node->op_ = std::move(op);
  node->inputs_ = std::move(inputs);
  node->num_op_inputs_ = node->num_inputs();
  node->regions_ = std::move(regions);
  RegionTypes inferred = infer_regions(*node);
  node->late_ = std::move(inferred.late);
  node->region_sizes_ = std::move(inferred.sizes);
  return take(std::move(node), inferred.types);
}

Value* Patch::take(std::unique_ptr<Node> node, const std::vector<TensorType>& types) {
  for (size_t i = 0; i < types.size(); ++i) {
    values_.push_back(std::make_unique<Value>());
    Value* v = values_.back().get();
    v->type_ = types[i];
    v->producer_ = node.get();
    v->output_index_ = static_cast<int>(i);
    node->outputs_.push_back(v);
  }
  nodes_.push_back(std::move(node));
  return nodes_.back()->outputs_.empty() ? nullptr : nodes_.back()->outputs_[0];
}

void Patch::add_origin(Value* v, const std::vector<std::string>& layers) {
  std::vector<std::string>& origin = v->producer_->origin_;
  origin.insert(origin.end(), layers.begin(), layers.end());
}

Value* Patch::sibling(Value* first, int index) { return first->producer_->output(index); }

Value* Patch::constant(TensorType type, Blob data) {
  Graph scratch;  // applies the checks that every constant gets
  Value* checked = scratch.add_constant("c", std::move(type), std::move(data));
  values_.push_back(std::make_unique<Value>(*checked));
  return values_.back().get();
}

Value* Patch::symbolic(TensorType type, std::vector<Dim> elements) {
  Graph scratch;
  values_.push_back(std::make_unique<Value>(*scratch.add_symbolic("s", std::move(type), std::move(elements))));
  return values_.back().get();
}

Value* Patch::constant_i64(std::span<const int64_t> values) {
  Blob data = Blob::copy(std::as_bytes(values));
  return constant({DType::i64, {static_cast<int64_t>(values.size())}}, std::move(data));
}

namespace {

/// A replacement may know more about a dim (a constant for a symbol) but not contradict it.
bool compatible(const TensorType& old, const TensorType& with) {
  if (old.dtype != with.dtype || old.rank() != with.rank()) return false;
  for (int i = 0; i < old.rank(); ++i)
    if (old.shape[i].is_constant() && with.shape[i].is_constant() && !(old.shape[i] == with.shape[i])) return false;
  return true;
}

void add_origins(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& name : from)
    if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

/// What the replacement says of the late sizes of the node whose result it replaces.
void unify(const Value& old, const Value& with, ops::SymbolReplacements& replacements) {
  if (!old.producer()) return;
  const std::vector<std::string>& late = old.producer()->late();
  const auto learn = [&](const Dim& was, const Dim& is) {
    const std::optional<std::string> symbol = was.as_symbol();
    if (symbol && !(was == is) && std::find(late.begin(), late.end(), *symbol) != late.end())
      replacements.try_emplace(*symbol, is);
  };
  for (int i = 0; i < old.rank(); ++i) learn(old.shape()[i], with.shape()[i]);
  if (!old.known() || !with.known()) return;
  for (size_t i = 0; i < old.known()->size(); ++i) learn((*old.known())[i], (*with.known())[i]);
}

}  // namespace

bool Graph::apply(Patch&& patch, Node* anchor) {
  for (auto& [old, with] : patch.replacements_)
    if (!compatible(old->type(), with->type()))
      throw Error(ErrorCode::kInternal, "a patch replaces '", old->name(), "' ", old->type(), " by ", with->type());
  std::erase_if(patch.replacements_, [](const auto& r) { return r.first == r.second; });
  if (patch.replacements_.empty()) return false;

  const std::string stem = anchor->name_.empty() ? std::string(anchor->op_.name()) : anchor->name_;
  std::vector<Node*> fresh;
  std::vector<Value*> added;  // in order, so that names do not depend on addresses
  std::unordered_set<const Value*> unnamed;
  ops::SymbolReplacements symbols;
  for (auto& node : patch.nodes_) {
    if (node->has_regions()) continue;
    const std::vector<std::string> provisional = std::exchange(node->late_, {});
    name_late(node.get(), stem);
    for (size_t i = 0; i < provisional.size(); ++i) symbols[provisional[i]] = Dim::symbol(node->late_[i]);
  }
  ops::SymbolReplacements learned;
  for (auto& [old, with] : patch.replacements_) unify(*old, *with, learned);
  for (auto& [symbol, is] : learned) symbols.try_emplace(symbol, is.substitute(symbols));
  for (auto& value : patch.values_) {
    value->id_ = next_value_id_++;
    unnamed.insert(value.get());
    added.push_back(value.get());
    values_.push_back(std::move(value));
  }
  for (auto& node : patch.nodes_) {
    Node* n = node.get();
    n->id_ = next_node_id_++;
    n->graph_ = this;
    n->name_ = stem;
    n->position_ = nodes_.insert(anchor->position_, std::move(node));
    connect(n);
    note_late_uses(n);
    fresh.push_back(n);
  }
  for (auto& [old, with] : patch.replacements_) {
    replace_all_uses(old, with);
    if (unnamed.erase(with) == 0) continue;
    with->name_ = old->name_;  // the new value is known under the old one's name
    old->name_ = unique_name(old->name_ + "~");
    names_.insert(old->name_);
  }
  for (Value* value : added) {
    if (unnamed.count(value) == 0) continue;
    value->name_ = unique_name(value->producer() == nullptr ? stem + ".c" : stem + ".t");
    names_.insert(value->name_);
  }
  std::vector<std::string> origins;  // what dies hands its provenance to the new nodes
  remove_dead(&origins);
  for (Node* n : fresh)
    if (std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& alive) { return alive.get() == n; }))
      add_origins(n->origin_, origins);
  if (!symbols.empty()) substitute(symbols);
  return true;
}

}  // namespace dvt::ir
