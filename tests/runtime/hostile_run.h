#pragma once
#include "backend/tactic.h"
#include "base/blob.h"

namespace dvt::runtime {

/// Loads a plan and runs it at min, opt and max of each profile where that takes little memory. Inputs, outputs and
/// arena end where a page that must not be touched begins, so that one byte too much ends the process, whoever reads
/// it. False when the plan was refused at any point, which is fine.
bool load_and_run_everything(const Blob& plan, const backend::Device& device);

}  // namespace dvt::runtime
