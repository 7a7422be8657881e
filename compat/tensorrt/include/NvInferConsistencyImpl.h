#pragma once
/// \file
/// Kept for programs that include it by name.

#include "NvInferRuntimeCommon.h"
