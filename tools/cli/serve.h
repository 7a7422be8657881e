#pragma once
#include "cli/session.h"

namespace dovetail::cli {

/// Runs a prepared session on request, so that several programs can be measured in turns: a line about the start on
/// standard output, then for each line `round SECONDS MAXRUNS` on standard input one warm run, runs until one of the
/// two is used up, and a line of JSON about them. Ends at `quit` or at the end of the input.
void serve(Session& session);

}  // namespace dovetail::cli
