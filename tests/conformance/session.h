#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include "case.h"

namespace conformance {

/// The library said no: where, and the first reason that it gave.
struct Refusal : std::runtime_error {
  Refusal(std::string at, std::string node_operator, const std::string& reason)
      : std::runtime_error(reason), stage(std::move(at)), op(std::move(node_operator)) {}
  std::string stage;  ///< "parse", "build", "load" or "run".
  std::string op;     ///< The ONNX operator that was refused, when one was named.
};

/// Parses, builds, loads and runs the case through the public API. Throws Refusal.
/// \param fixed  Receives the inputs that became constants. A model that is refused as it is, because something must be
///               known while it is parsed, is specialised for the values of its small integer and boolean inputs.
std::vector<TensorSet> run_case(const Case& c, int optimization_level, std::vector<std::string>& fixed);

}  // namespace conformance
