#pragma once
/// \file
/// Interfaces of plugins.

#include "NvInferPluginBase.h"

#include <dovetail/plugin_registry.h>
#include <dovetail/plugin_v2.h>
#include <dovetail/plugin_v3.h>
