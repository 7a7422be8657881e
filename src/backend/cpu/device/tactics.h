#pragma once
#include <span>

#include "backend/tactic.h"

namespace dvt::cpu {

/// Every tactic in order of priority, `cpu.reference` last.
std::span<const backend::Tactic> tactics();

}  // namespace dvt::cpu
