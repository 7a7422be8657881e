// libnvinfer.so: the entry points by TensorRT's names, passed on to libdovetail.so. The classes need none: they are
// interfaces that the headers declare.

#include <cstddef>
#include <cstdint>

#define ENTRY extern "C" __attribute__((visibility("default")))

extern "C" {
void* dovetail_createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;
void* dovetail_createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;
void* dovetail_createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept;
void* dovetail_createConsistencyChecker_INTERNAL(void* logger, const void* blob, size_t size, int32_t version);
void* dovetail_getPluginRegistry() noexcept;
void* dovetail_getBuilderPluginRegistry(int32_t capability) noexcept;
void* dovetail_getLogger() noexcept;
bool dovetail_setInternalLibraryPath(const char* path) noexcept;
}

ENTRY void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  return dovetail_createInferBuilder_INTERNAL(logger, version);
}
ENTRY void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  return dovetail_createInferRuntime_INTERNAL(logger, version);
}
ENTRY void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept {
  return dovetail_createInferRefitter_INTERNAL(engine, logger, version);
}
ENTRY void* createConsistencyChecker_INTERNAL(void* logger, const void* blob, size_t size, int32_t version) {
  return dovetail_createConsistencyChecker_INTERNAL(logger, blob, size, version);
}
ENTRY void* getPluginRegistry() noexcept { return dovetail_getPluginRegistry(); }
ENTRY void* getBuilderPluginRegistry(int32_t capability) noexcept {
  return dovetail_getBuilderPluginRegistry(capability);
}
ENTRY void* getBuilderSafePluginRegistry(int32_t capability) noexcept {
  return dovetail_getBuilderPluginRegistry(capability);
}
ENTRY void* getLogger() noexcept { return dovetail_getLogger(); }
ENTRY bool setInternalLibraryPath(const char* path) noexcept { return dovetail_setInternalLibraryPath(path); }

#include "version.inc"
