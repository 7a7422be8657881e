#pragma once
/// \file
/// Engines, contexts and all that runs them.

#include "NvInferImpl.h"

#include <dovetail/refitter.h>
#include <dovetail/runtime.h>
