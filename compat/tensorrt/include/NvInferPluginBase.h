#pragma once
/// \file
/// Bases of plugins and their fields.

#include "NvInferRuntimeBase.h"

#include <dovetail/plugin_base.h>
#include <dovetail/plugin_field.h>
