#pragma once
#include "backend/tactic.h"

namespace dvt::null {

/// A device that accepts every problem and computes nothing: planning, memory and runtime tests need no kernels.
const backend::Device& device();

}  // namespace dvt::null
