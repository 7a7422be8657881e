#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cli/session.h"

namespace dovetail::cli {

/// Milliseconds of each layer, in the order in which they run: the mean over `runs` runs.
std::vector<std::pair<std::string, double>> layer_times(Session& session, int runs);

}  // namespace dovetail::cli
