#pragma once
/// \file
/// Types that builder and runtime share.

#include "NvInferPluginBase.h"
#include "NvInferRuntimeBase.h"
#include "NvInferRuntimePlugin.h"
