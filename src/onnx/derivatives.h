#pragma once
#include <optional>
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// A node that is differentiated: its inputs and attributes, its result, and what the result's changes are worth.
struct Differentiated {
  ImporterContext& c;
  Term y, gradient;
  std::vector<bool> active;  ///< Inputs whose gradients are wanted.

  bool wants(size_t i) const { return i < active.size() && active[i]; }
  Term x(int i) const { return Term(c, i); }
};

/// Gradients of a node's inputs, in their order; nothing for those that are not wanted.
using Gradients = std::vector<std::optional<Term>>;
/// Refuses an operator that it cannot differentiate.
Gradients differentiate(const Differentiated& node);

}  // namespace dvt::onnx
