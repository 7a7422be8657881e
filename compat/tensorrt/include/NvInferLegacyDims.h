#pragma once
/// \file
/// Dims2, Dims3, Dims4, DimsHW.

#include "NvInferRuntimeBase.h"
