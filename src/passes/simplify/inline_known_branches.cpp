// An if whose condition is known before it runs becomes the branch that is taken, in its place.
#include <map>

#include "ops/control/if.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

std::optional<bool> known_condition(const ir::Value& v) {
  if (v.is_constant()) return v.view().get_int(0) != 0;
  if (v.known() && v.known()->size() == 1 && (*v.known())[0].is_constant()) return (*v.known())[0].constant() != 0;
  return std::nullopt;
}

/// The region's nodes as nodes of the patch, with its inputs standing for `outside`.
class Inliner {
 public:
  Inliner(ir::Patch& patch, const ir::Graph& region, std::span<ir::Value* const> outside)
      : patch_(patch), region_(region) {
    for (size_t i = 0; i < region.inputs().size(); ++i) twin_[region.inputs()[i]] = outside[i];
  }

  std::vector<ir::Value*> run() {
    for (const auto& n : region_.nodes()) add(*n);
    std::vector<ir::Value*> results;
    for (const ir::Output& o : region_.outputs()) results.push_back(outside(*o.value));
    return results;
  }

 private:
  ir::Value* outside(const ir::Value& v) {
    ir::Value*& twin = twin_[&v];
    if (twin) return twin;
    if (v.is_constant()) return twin = patch_.constant(v.type(), v.data());
    std::vector<Dim> elements;
    for (const Dim& d : *v.known()) elements.push_back(d.substitute(symbols_));
    return twin = patch_.symbolic(v.type(), std::move(elements));
  }

  void add(const ir::Node& n) {
    std::vector<ir::Value*> inputs;
    for (const ir::Value* v : n.inputs()) inputs.push_back(outside(*v));
    std::vector<std::unique_ptr<ir::Graph>> regions;
    for (const auto& inner : n.regions()) {
      regions.push_back(inner->clone());
      regions.back()->replace_symbols(symbols_);
    }
    ir::Value* first = n.has_regions() ? patch_.add_control(n.op(), std::move(inputs), std::move(regions))
                                       : patch_.add(ops::substitute(n.op(), symbols_), std::move(inputs), n.epilogue(),
                                                    n.num_op_inputs());
    if (!first) return;
    ir::Patch::add_origin(first, n.origin());
    // A late size has another symbol out here.
    const std::vector<std::string>& late = first->producer()->late();
    for (size_t i = 0; i < n.late().size() && !n.has_regions(); ++i) symbols_[n.late()[i]] = Dim::symbol(late[i]);
    for (size_t i = 0; i < n.outputs().size(); ++i)
      twin_[n.outputs()[i]] = ir::Patch::sibling(first, static_cast<int>(i));
  }

  ir::Patch& patch_;
  const ir::Graph& region_;
  std::map<const ir::Value*, ir::Value*> twin_;
  ops::SymbolReplacements symbols_;
};

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  const std::optional<bool> condition = known_condition(*n.input(0));
  if (!condition) return std::nullopt;
  ir::Patch patch;
  const ir::Graph& taken = n.region(*condition ? 0 : 1);
  const std::vector<ir::Value*> results = Inliner(patch, taken, std::span(n.inputs()).subspan(1)).run();
  for (size_t j = 0; j < results.size(); ++j) patch.replace(n.output(static_cast<int>(j)), results[j]);
  return patch;
}

}  // namespace

Pass inline_known_branches() {
  const Pass inline_branches = rewrite_pass<ops::If>(
      "inline-known-branches", "an if whose condition is known -> the branch that is taken", &rewrite);
  return {inline_branches.name, inline_branches.description, [inline_branches](Editor& editor) {
            if (!inline_branches.run(editor)) return false;
            editor.graph().refresh();  // sizes that were late-bound are those of the branch
            return true;
          }};
}

}  // namespace dvt::passes
