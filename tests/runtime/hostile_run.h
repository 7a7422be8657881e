#pragma once
#include "base/blob.h"

namespace dvt::runtime {

/// Loads a plan for the touching device and runs it at min, opt and max of each profile where that takes little memory,
/// with inputs and outputs that have exactly their size. False when it was refused at any point, which is fine.
bool load_and_run_everything(const Blob& plan);

}  // namespace dvt::runtime
