#pragma once
/// \file
/// What every header of the interface needs: versions, macros, basic types.

#include <cstddef>
#include <cstdint>

#include "NvInferVersion.h"

// Programs take the CUDA runtime's declarations from here. It is optional: engines run without it.
#ifdef __has_include
#if __has_include(<cuda_runtime_api.h>)
#include <cuda_runtime_api.h>
#endif
#endif

#include <dovetail/allocator.h>
#include <dovetail/error_recorder.h>
#include <dovetail/interface.h>
#include <dovetail/logger.h>
#include <dovetail/plugin_registry.h>
#include <dovetail/stream.h>
#include <dovetail/types.h>
#include <dovetail/version.h>

/// The revision that is passed to the library.
#define NV_TENSORRT_VERSION DOVETAIL_API_VERSION
#if NV_TENSORRT_MAJOR >= 10
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*10000L + (minor)*100L + (patch)*1L)
#else
#define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major)*1000L + (minor)*100L + (patch)*1L)
#endif

// Nothing is marked as deprecated: programs of every age compile without a warning.
#define TRT_DEPRECATED
#define TRT_DEPRECATED_BECAUSE(...)
#define TRT_DEPRECATED_ENUM
#define TRT_DEPRECATED_API
#define TENSORRTAPI
#define TRTNOEXCEPT noexcept
#define TRT_NODISCARD

#define REGISTER_TENSORRT_PLUGIN(name) DOVETAIL_REGISTER_PLUGIN(name)
