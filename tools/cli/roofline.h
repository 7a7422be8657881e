#pragma once
#include <nlohmann/json_fwd.hpp>

#include "cli/session.h"

namespace dovetail::cli {

/// Prints each layer's time beside its arithmetic, its traffic and what the machine needs for them at least; the sums
/// last. Gives the same as JSON. `runs` are averaged.
nlohmann::json print_roofline(Session& session, int runs);

}  // namespace dovetail::cli
