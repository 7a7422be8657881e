// What the graph does for nodes that own regions.
#include <algorithm>
#include <cctype>

#include "ir/graph.h"

namespace dvt::ir {

std::string Graph::new_scope(std::string_view stem) {
  // Names of scopes stay taken for good, so that a symbol means one thing for the life of the graph.
  std::string wanted = scope_.empty() ? "?" : scope_ + ".";
  for (const char c : stem) wanted += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  std::string scope = unique_name(wanted);
  names_.insert(scope);
  return scope;
}

std::unique_ptr<Graph> Graph::new_region(std::string_view scope) {
  auto region = std::make_unique<Graph>();
  region->scope_ = std::string(scope);
  return region;
}

Node* Graph::add_control(std::string_view name, ops::Op op, std::vector<Value*> inputs,
                         std::vector<std::unique_ptr<Graph>> regions) {
  auto node = std::make_unique<Node>();
  node->id_ = next_node_id_++;
  node->name_ = std::string(name);
  node->op_ = std::move(op);
  node->inputs_ = std::move(inputs);
  node->num_op_inputs_ = node->num_inputs();
  node->regions_ = std::move(regions);
  if (node->has_regions()) names_.insert(node->region(0).scope());
  node->graph_ = this;
  if (!node->name_.empty()) node->origin_ = {node->name_};
  infer(node.get());
  Node* n = node.get();
  n->position_ = nodes_.insert(nodes_.end(), std::move(node));
  connect(n);
  return n;
}

void Graph::order_inputs(size_t first, std::span<Value* const> order) {
  std::copy(order.begin(), order.end(), inputs_.begin() + static_cast<std::ptrdiff_t>(first));
}

void Graph::bind_input(Value* input, const ops::ValueInfo& info) {
  input->type_ = info.type;
  if (info.value) {
    input->known_ = info.value;
  } else if (input->shape_input_) {
    make_shape_input(input);
  } else {
    input->known_.reset();
  }
}

void Graph::remove_output(size_t index) {
  --outputs_[index].value->num_graph_outputs_;
  outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace dvt::ir
