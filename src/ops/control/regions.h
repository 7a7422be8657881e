#pragma once
#include <string_view>

#include "ops/support.h"

namespace dvt::ops {

/// Operators with regions mean nothing without them: the graph infers their types and the runtime carries them out.
[[noreturn]] inline void needs_regions(std::string_view op) {
  reject(op, "its types and results follow from its regions; alone it is no operator");
}

}  // namespace dvt::ops
