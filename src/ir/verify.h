#pragma once
#include <string_view>

#include "ir/graph.h"

namespace dvt::ir {

/// Checks what every pass must keep: each value is defined before it is read, uses and names agree, stored types are
/// what infer() gives, outputs exist. Throws Error(kInternal) naming the node: a pass broke the graph.
void verify(const Graph& g);

/// What holds at the end of a stage of the pipeline, beside verify().
enum class Stage {
  kSimplified,  ///< No identity without effect, no op whose inputs are all constant (below the folding limit).
  kFused,       ///< Pointwise work stands only in `pointwise` nodes and epilogues.
  kLowered,     ///< A node's operands have the layouts that its tactic wants; reformats are explicit.
};
std::string_view to_string(Stage s);
/// Throws Error(kInternal) naming the first node against the stage's spec.
void check_spec(const Graph& g, Stage stage);

}  // namespace dvt::ir
