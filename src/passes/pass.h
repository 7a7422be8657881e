#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "ir/verify.h"

namespace dvt::passes {

/// What the passes may do, and how they are watched.
struct Options {
  std::vector<std::string> disabled;  ///< Names of passes that are skipped.
  int stop_after = -1;                ///< Stop after this many applied patches; < 0: never. Bisects a wrong result.
  /// Whether a node would have a kernel better than the reference: fusions ask it before they make such a node.
  /// Empty: everything is allowed.
  std::function<bool(const ops::Op&, std::span<ir::Value* const> inputs, int num_op_inputs, const expr::Expr&)>
      has_kernel;
  /// Time of such a node, measured or estimated: fusions that compute the same in one node instead of several ask
  /// whether it pays. Empty: it does.
  std::function<double(const ops::Op&, std::span<ir::Value* const> inputs, int num_op_inputs, const expr::Expr&)>
      milliseconds;
  /// Told where a fusion had to pay for the node that makes `result`, and what the alternatives took. May be empty.
  std::function<void(const ir::Value& result, std::string_view text)> decided;
  /// Called after each pass that changed something.
  std::function<void(std::string_view step, const ir::Graph&)> dump;
};

/// Options with the knobs DOVETAIL_DISABLE_PASS and DOVETAIL_STOP_AFTER read in.
Options options_from_knobs();

/// Applies patches, counts them, and refuses more once stop_after is reached.
class Editor {
 public:
  Editor(ir::Graph& graph, const Options& options) : graph_(graph), options_(options), count_(&applied_) {}
  /// For a region: counts with the editor of the graph around it.
  Editor(ir::Graph& region, Editor& outer) : graph_(region), options_(outer.options_), count_(outer.count_) {}
  ir::Graph& graph() { return graph_; }
  const Options& options() const { return options_; }
  /// Applies `patch` in front of `anchor` and logs it under `label`. False when it changed nothing or the limit is
  /// reached.
  bool apply(ir::Patch&& patch, ir::Node* anchor, std::string_view label);
  bool stopped() const { return options_.stop_after >= 0 && *count_ >= options_.stop_after; }
  int applied() const { return *count_; }

 private:
  ir::Graph& graph_;
  const Options& options_;
  int applied_ = 0;
  int* count_;
};

/// A rewrite of a graph. Deterministic and idempotent: running it twice in a row changes nothing the second time.
struct Pass {
  std::string_view name;             ///< "fuse-epilogue": how it is disabled, logged and dumped.
  std::string_view description;      ///< One line: what becomes what.
  std::function<bool(Editor&)> run;  ///< Returns whether it changed anything.
};

/// A pass that looks at one node at a time and proposes a patch in front of it. Sweeps until nothing changes.
Pass rewrite_pass(std::string_view name, std::string_view description,
                  std::function<std::optional<ir::Patch>(const ir::Node&, const Options&)> rewrite);

/// The same for nodes of op T only.
template <class T>
Pass rewrite_pass(std::string_view name, std::string_view description,
                  std::optional<ir::Patch> (*rewrite)(const ir::Node&)) {
  return rewrite_pass(name, description, [rewrite](const ir::Node& n, const Options&) -> std::optional<ir::Patch> {
    return n.as<T>() ? rewrite(n) : std::nullopt;
  });
}

/// Passes that run in order, and again until a round changes nothing.
struct Stage {
  std::string_view name;
  std::vector<Pass> passes;
  ir::Stage spec;
};

/// Runs the stages in order, each on the regions of the graph's nodes too; verifies after each pass and checks each
/// stage's spec. Throws Error.
void run(ir::Graph& graph, const std::vector<Stage>& stages, const Options& options);
/// One pass alone, on the regions too, for tests and tools.
void run(ir::Graph& graph, const Pass& pass, const Options& options = {});

}  // namespace dvt::passes
