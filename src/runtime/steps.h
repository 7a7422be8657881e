#pragma once
#include "runtime/program.h"

namespace dvt::runtime {

/// Makes the kernel of each step: reads its problem, checks that the problem says of every operand what the plan says
/// of the value, finds its tactic or, where allowed, another one, and checks packed sizes. Throws Error(kInvalidPlan)
/// or Error(kUnsupported), with the step's name.
void make_steps(Program& program, const backend::Device& device, const EngineOptions& options);

}  // namespace dvt::runtime
