// Which layers lie in which loop or branch: the border says where one begins and ends, the rest is reachability.

#include <algorithm>

#include "api/build/control_graph.h"

namespace dvt::api {

Membership::Membership(const Network& network, const std::vector<Tensor*>& outputs) {
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    Layer* layer = network.layer(i);
    if (layer->construct()) borders_[layer->construct()].push_back(layer);
  }
  find_live(outputs);
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    const Layer* layer = network.layer(i);
    if (!live_.contains(layer)) continue;
    for (size_t k = 0; k < layer->inputs().size(); ++k)
      if (const Tensor* t = layer->inputs()[k]; t && t->producer())
        readers_[t->producer()].emplace_back(layer, static_cast<int>(k));
  }
  for (const Tensor* t : outputs)
    if (t->producer()) outputs_.insert(t->producer());
}

void Membership::find_live(const std::vector<Tensor*>& outputs) {
  live_ = needed_for({outputs.begin(), outputs.end()}, nullptr);
}

Membership::Layers Membership::needed_for(const std::vector<const Tensor*>& tensors, const Construct* stop) const {
  Layers found;
  std::vector<const Layer*> stack;
  const auto visit = [&](const Tensor* t) {
    if (!t || !t->producer()) return;
    const Layer* layer = t->producer();
    if (stop && layer->construct() == stop) return;
    if (!found.insert(layer).second) return;
    stack.push_back(layer);
    if (!layer->construct()) return;
    for (const Layer* other : borders_.at(layer->construct()))
      if (found.insert(other).second) stack.push_back(other);
  };
  for (const Tensor* t : tensors) visit(t);
  while (!stack.empty()) {
    const Layer* layer = stack.back();
    stack.pop_back();
    for (const Tensor* t : layer->inputs()) visit(t);
  }
  return found;
}

Membership::Layers Membership::body(const Construct& loop) const {
  // Forward from what changes with the iteration …
  Layers reached;
  std::vector<const Layer*> stack;
  for (const Layer* layer : border(loop))
    if (layer->type() == LayerType::kRECURRENCE || layer->type() == LayerType::kITERATOR) stack.push_back(layer);
  while (!stack.empty()) {
    const Layer* layer = stack.back();
    stack.pop_back();
    const auto readers = readers_.find(layer);
    if (readers == readers_.end()) continue;
    for (const auto& [reader, input] : readers->second) {
      if (reader->construct() == &loop || !reached.insert(reader).second) continue;
      stack.push_back(reader);
      if (!reader->construct()) continue;
      for (const Layer* other : border(*reader->construct()))
        if (reached.insert(other).second) stack.push_back(other);
    }
  }
  // … as far as it leads to something that the loop computes.
  std::vector<const Tensor*> results;
  for (const Layer* layer : border(loop)) {
    if (layer->type() == LayerType::kRECURRENCE) results.push_back(layer->input(1));
    if (layer->type() == LayerType::kTRIP_LIMIT || layer->type() == LayerType::kLOOP_OUTPUT)
      results.push_back(layer->input(0));
  }
  Layers inside = needed_for(results, &loop);
  std::erase_if(inside, [&](const Layer* layer) { return !reached.contains(layer); });
  return inside;
}

Membership::Layers Membership::branch(const Construct& conditional, int number, const Layers* around) const {
  std::vector<const Tensor*> results;
  for (const Layer* layer : border(conditional))
    if (layer->type() == LayerType::kCONDITIONAL_OUTPUT) results.push_back(layer->input(number));
  Layers inside = needed_for(results, nullptr);
  std::erase_if(inside, [&](const Layer* layer) {
    return outputs_.contains(layer) || (around && !around->contains(layer)) ||
           (layer->construct() && layer->construct() == &conditional);
  });
  const auto read_elsewhere = [&](const Layer* layer) {
    const auto readers = readers_.find(layer);
    return readers != readers_.end() &&
           std::any_of(readers->second.begin(), readers->second.end(), [&](const auto& reader) {
             if (inside.contains(reader.first)) return false;
             return reader.first->construct() != &conditional ||
                    reader.first->type() != LayerType::kCONDITIONAL_OUTPUT || reader.second != number;
           });
  };
  const auto is_torn = [&](const Layer* layer) {
    if (!layer->construct()) return false;
    const std::vector<Layer*>& mates = border(*layer->construct());
    return !std::all_of(mates.begin(), mates.end(), [&](const Layer* l) { return inside.contains(l); });
  };
  std::vector<const Layer*> stack(inside.begin(), inside.end());
  while (!stack.empty()) {
    const Layer* layer = stack.back();
    stack.pop_back();
    if (!inside.contains(layer) || (!is_torn(layer) && !read_elsewhere(layer))) continue;
    inside.erase(layer);
    for (const Tensor* t : layer->inputs())
      if (t && t->producer()) stack.push_back(t->producer());
    if (layer->construct())
      for (const Layer* mate : border(*layer->construct())) stack.push_back(mate);
  }
  return inside;
}

}  // namespace dvt::api
