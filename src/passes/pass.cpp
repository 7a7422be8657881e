#include "passes/pass.h"

#include <algorithm>

#include "base/knobs.h"
#include "base/log.h"

namespace dvt::passes {
namespace {

/// A rewrite that flips between two forms would never end; this many sweeps is far beyond what any graph needs.
constexpr int kMaxSweeps = 64;
/// One pass's result may open another's pattern; a stage is repeated until nothing changes, this often at most.
constexpr int kMaxRounds = 16;

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

bool sweep(Editor& editor, std::string_view name,
           const std::function<std::optional<ir::Patch>(const ir::Node&, const Options&)>& rewrite) {
  bool changed = false;
  for (auto it = editor.graph().nodes().begin(); it != editor.graph().nodes().end();) {
    ir::Node* node = it->get();
    std::optional<ir::Patch> patch = editor.stopped() ? std::nullopt : rewrite(*node, editor.options());
    if (!patch || patch->empty()) {
      ++it;
      continue;
    }
    // The anchor may die with the patch: go on from the node after it, which lives (patches look upwards only).
    auto next = std::next(it);
    ir::Node* after = next == editor.graph().nodes().end() ? nullptr : next->get();
    changed |= editor.apply(std::move(*patch), node, name);
    it = std::find_if(editor.graph().nodes().begin(), editor.graph().nodes().end(),
                      [&](const auto& n) { return n.get() == after; });
  }
  return changed;
}

bool run_pass(Editor& editor, const Pass& pass) {
  const Options& options = editor.options();
  if (std::find(options.disabled.begin(), options.disabled.end(), pass.name) != options.disabled.end()) return false;
  const int before = editor.applied();
  if (!pass.run(editor)) return false;
  editor.graph().remove_dead();
  try {
    ir::verify(editor.graph());
  } catch (Error& e) {
    throw std::move(e).at(concat("after pass '", pass.name, "'"));
  }
  log(Severity::kVerbose, "passes",
      concat(pass.name, ": ", editor.applied() - before, " patches, ", editor.graph().num_nodes(), " nodes"));
  if (options.dump && editor.graph().scope().empty()) options.dump(pass.name, editor.graph());
  return true;
}

/// Calls `body` with an editor of each region; where it changes something the types around it follow.
bool in_regions(Editor& editor, const std::function<bool(Editor&)>& body) {
  bool changed = false;
  for (const auto& n : editor.graph().nodes())
    for (const auto& region : n->regions()) {
      Editor inner(*region, editor);
      changed |= body(inner);
    }
  if (!changed) return false;
  editor.graph().refresh();
  if (editor.options().dump && editor.graph().scope().empty()) editor.options().dump("regions", editor.graph());
  return true;
}

bool run_stage(Editor& editor, const Stage& stage) {
  bool any = false, changed = true;
  editor.graph().remove_dead();
  for (int round = 0; changed && round < kMaxRounds; ++round) {
    changed = false;
    for (const Pass& pass : stage.passes) changed |= run_pass(editor, pass);
    changed |= in_regions(editor, [&](Editor& inner) { return run_stage(inner, stage); });
    any |= changed;
  }
  return any;
}

bool run_everywhere(Editor& editor, const Pass& pass) {
  const bool changed = run_pass(editor, pass);
  return in_regions(editor, [&](Editor& inner) { return run_everywhere(inner, pass); }) || changed;
}

}  // namespace

Options options_from_knobs() {
  Options options;
  options.disabled = split_commas(knobs().DOVETAIL_DISABLE_PASS);
  options.stop_after = static_cast<int>(knobs().DOVETAIL_STOP_AFTER);
  return options;
}

bool Editor::apply(ir::Patch&& patch, ir::Node* anchor, std::string_view label) {
  if (stopped()) return false;
  const std::string where = concat(anchor->name(), " (", anchor->op().name(), ")");
  if (!graph_.apply(std::move(patch), anchor)) return false;
  ++*count_;
  log(Severity::kVerbose, "passes", concat("patch ", *count_, ": ", label, " at ", where));
  return true;
}

Pass rewrite_pass(std::string_view name, std::string_view description,
                  std::function<std::optional<ir::Patch>(const ir::Node&, const Options&)> rewrite) {
  return {name, description, [name, rewrite = std::move(rewrite)](Editor& editor) {
            bool changed = false;
            for (int i = 0; i < kMaxSweeps && sweep(editor, name, rewrite); ++i) changed = true;
            return changed;
          }};
}

void run(ir::Graph& graph, const std::vector<Stage>& stages, const Options& options) {
  Editor editor(graph, options);
  for (const Stage& stage : stages) {
    run_stage(editor, stage);
    if (!editor.stopped() && options.disabled.empty()) ir::check_spec(graph, stage.spec);
  }
}

void run(ir::Graph& graph, const Pass& pass, const Options& options) {
  Editor editor(graph, options);
  run_everywhere(editor, pass);
}

}  // namespace dvt::passes
