#pragma once
/// \file
/// Checks of a plan before it is used.

#include "NvInferConsistencyImpl.h"
#include "NvInferRuntimeCommon.h"

#include <dovetail/consistency.h>
