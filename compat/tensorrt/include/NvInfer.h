#pragma once
/// \file
/// The whole interface but the ONNX parser: networks, builder, runtime.

#include "NvInferLegacyDims.h"
#include "NvInferRuntime.h"

#include <dovetail/builder.h>
#include <dovetail/plugin_quick.h>

/// The builder's registry of plugins for a kind of engine.
extern "C" DOVETAIL_API nvinfer1::IPluginRegistry* getBuilderSafePluginRegistry(
    nvinfer1::EngineCapability capability) noexcept;
