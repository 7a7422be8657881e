#pragma once
#include "backend/kernel.h"
#include "backend/problem.h"

namespace dvt::cpu {

/// Why a symbolic attribute of the operator cannot be told from the shapes of a run; empty when all can.
std::string symbolic_refusal(const ops::Op& op);
/// The operator with its symbolic attributes as the shapes of this run say.
ops::Op concrete(const ops::Op& op, const backend::LaunchArgs& args);

}  // namespace dvt::cpu
