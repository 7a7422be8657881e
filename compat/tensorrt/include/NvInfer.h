#pragma once
/// \file
/// The whole interface but the ONNX parser: networks, builder, runtime.

#include "NvInferLegacyDims.h"
#include "NvInferRuntime.h"

#include <dovetail/builder.h>
#include <dovetail/plugin_quick.h>

namespace nvinfer1 {
/// The builder's registry of plugins for a kind of engine. The same for all kinds.
inline IPluginRegistry* getBuilderSafePluginRegistry(EngineCapability) noexcept { return ::getPluginRegistry(); }
}  // namespace nvinfer1
