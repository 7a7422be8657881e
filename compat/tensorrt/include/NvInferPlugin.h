#pragma once
/// \file
/// Registers the standard plugins.

#include "NvInfer.h"
#include "NvInferPluginUtils.h"

/// Registers the standard plugins under a namespace. \param logger  An ILogger, or nullptr. \return True on success.
extern "C" DOVETAIL_API bool initLibNvInferPlugins(void* logger, char const* libNamespace);
