#pragma once
#include <string>
#include <vector>

#include "api/formats.h"
#include "base/dim.h"
#include "runtime/engine.h"

namespace dvt::api {

/// What the public API adds to an input or output of an engine.
struct IoAnnotation {
  const FormatInfo* format = nullptr;  ///< nullptr: linear.
  int64_t channels = 0;                ///< With a format.
  std::string alias;                   ///< Of an output: the input whose memory it shares; "" for none.
};

/// A condition over the symbols "input.d<i>" (a dimension) and "input[<i>]" (an element), which must not be 0.
struct Condition {
  Dim holds;
  std::string message;
};

struct Annotations {
  std::vector<IoAnnotation> io;  ///< In the engine's order.
  std::vector<Condition> conditions;
};

/// Reads them from the plan (plan::Document::annotations). Throws Error(kInvalidPlan): plans are untrusted.
Annotations read_annotations(const runtime::Engine& engine);

}  // namespace dvt::api
