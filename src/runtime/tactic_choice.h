#pragma once
#include <string>

#include "backend/tactic.h"
#include "plan/plan.h"
#include "runtime/engine.h"

namespace dvt::runtime {

/// The target that kernels of a plan are made for on this machine.
struct TargetChoice {
  backend::Target target;    ///< This machine, with the abilities that the plan was built for when it has them all.
  bool has_plan_isa = true;  ///< Otherwise packed weights of the plan cannot be used here.
};
/// Throws Error(kInvalidPlan) when the plan is for another kind of device, or names abilities that do not exist.
TargetChoice choose_target(const plan::Document& document, const backend::Device& device, const EngineOptions& options);

struct TacticChoice {
  const backend::Tactic* tactic = nullptr;
  std::string reselected;  ///< Why it is not the step's own; empty when it is.
};
/// The step's tactic where it exists in its version and supports the problem here, else the first one that does.
/// Throws Error(kUnsupported) when that is not allowed: strict, or weights packed for the step's own tactic.
TacticChoice choose_tactic(const plan::Step& step, const backend::Problem& problem, const backend::Device& device,
                           const TargetChoice& here, bool strict);

}  // namespace dvt::runtime
