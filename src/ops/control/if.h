#pragma once
#include <string>

#include "ops/op.h"

namespace dvt::ops {

/// Runs one of two regions and gives its results. Inputs: the condition (bool, one element), then what the regions
/// read, which is bound in order to the inputs of both. Regions: then, else. The graph that owns the regions infers the
/// results' types; where the branches' dims differ they are late-bound symbols that start with `scope`.
struct If {
  static constexpr OpId kId = OpId::if_else;
  static constexpr bool kTakesText = true;
  std::string scope;  ///< Starts with '?'; no other node's begins with it.
  friend bool operator==(const If&, const If&) = default;
};
DECLARE_OP(If);

}  // namespace dvt::ops
