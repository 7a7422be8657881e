// libnvinfer_lean.so and libnvinfer_dispatch.so: what loads and runs plans, passed on to libdovetail_runtime.so.

#include <cstdint>

#define ENTRY extern "C" __attribute__((visibility("default")))

extern "C" {
void* dovetail_createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;
void* dovetail_createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept;
void* dovetail_getPluginRegistry() noexcept;
void* dovetail_getLogger() noexcept;
}

ENTRY void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  return dovetail_createInferRuntime_INTERNAL(logger, version);
}
ENTRY void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept {
  return dovetail_createInferRefitter_INTERNAL(engine, logger, version);
}
ENTRY void* getPluginRegistry() noexcept { return dovetail_getPluginRegistry(); }
ENTRY void* getLogger() noexcept { return dovetail_getLogger(); }

#include "version.inc"
