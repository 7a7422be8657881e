#pragma once
#include "backend/tactic.h"

namespace dvt::cpu {

/// The CPU: always present, the default device. \threadsafety Any thread.
const backend::Device& device();

}  // namespace dvt::cpu
