#pragma once
#include "backend/target.h"

namespace dvt::cpu {

/// This machine, its ISA capped by DOVETAIL_ISA. `threads` 0: as many as the process may use.
backend::Target host_target(int threads);

}  // namespace dvt::cpu
