#pragma once
#include "passes/pass.h"

namespace dvt::passes {

/// What happens to every network, in order.
std::vector<Stage> pipeline();

}  // namespace dvt::passes
