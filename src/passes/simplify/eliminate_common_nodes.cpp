// Computes equal operations on equal inputs once. Constants with equal bytes count as equal.
#include <map>

#include "base/hash.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

std::string key_of(const ir::Node& n) {
  std::string key = concat(to_string(n.op()), "|", n.num_op_inputs(), "|", to_string(n.epilogue()));
  for (const ir::Value* v : n.inputs()) key += concat(",", v->id());
  return key;
}

bool merge_constants(ir::Graph& g) {
  std::map<std::string, ir::Value*> first;
  bool changed = false;
  for (const auto& v : g.values()) {
    if (!v->is_constant() || v->num_uses() == 0 || v->is_graph_output()) continue;
    const auto [it, fresh] = first.try_emplace(concat(v->type(), hash128(v->data().bytes())), v.get());
    const ir::Value& twin = *it->second;
    if (fresh || !std::equal(twin.data().bytes().begin(), twin.data().bytes().end(), v->data().bytes().begin(),
                             v->data().bytes().end()))
      continue;
    g.replace_all_uses(v.get(), it->second);
    changed = true;
  }
  return changed;
}

bool merge_nodes(Editor& editor) {
  std::map<std::string, const ir::Node*> first;
  bool changed = false;
  std::vector<ir::Node*> nodes;
  for (const auto& n : editor.graph().nodes()) nodes.push_back(n.get());
  for (ir::Node* n : nodes) {
    if (n->inputs().empty() || n->has_regions()) continue;
    const auto [it, fresh] = first.try_emplace(key_of(*n), n);
    if (fresh) continue;
    ir::Patch patch;
    for (size_t i = 0; i < n->outputs().size(); ++i) patch.replace(n->outputs()[i], it->second->outputs()[i]);
    // `n` dies with the patch; its twin stands above, so no later node's pointer is lost.
    changed |= editor.apply(std::move(patch), n, "eliminate-common-nodes");
  }
  return changed;
}

}  // namespace

Pass eliminate_common_nodes() {
  return {"eliminate-common-nodes", "equal operations on equal inputs are computed once", [](Editor& editor) {
            if (editor.stopped()) return false;
            const bool constants = merge_constants(editor.graph());
            return merge_nodes(editor) || constants;
          }};
}

}  // namespace dvt::passes
