#pragma once

#include <cstdint>

#include <dovetail/namespace.h>

#define DOVETAIL_VERSION_MAJOR 0
#define DOVETAIL_VERSION_MINOR 1
#define DOVETAIL_VERSION_PATCH 0

/// The revision of the interfaces in these headers, as major * 10000 + minor * 100 + patch of the TensorRT release
/// whose surface they offer. The inline factories pass it on; a library that cannot serve it reports so and returns
/// nullptr.
#define DOVETAIL_API_VERSION 101600

/// The version of the library that is loaded, "major.minor.patch". Never nullptr.
extern "C" DOVETAIL_API char const* getDovetailVersion() noexcept;

/// The revision of the interfaces that the loaded library serves (see DOVETAIL_API_VERSION).
extern "C" DOVETAIL_API int32_t getInferLibVersion() noexcept;
extern "C" DOVETAIL_API int32_t getInferLibMajorVersion() noexcept;
extern "C" DOVETAIL_API int32_t getInferLibMinorVersion() noexcept;
extern "C" DOVETAIL_API int32_t getInferLibPatchVersion() noexcept;
extern "C" DOVETAIL_API int32_t getInferLibBuildVersion() noexcept;
