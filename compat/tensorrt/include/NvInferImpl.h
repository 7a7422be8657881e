#pragma once
/// \file
/// Kept for programs that include it by name: the interfaces have no separate implementation classes.

#include "NvInferRuntimeCommon.h"
