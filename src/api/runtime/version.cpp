#include <dovetail/version.h>

namespace {
#define DOVETAIL_TEXT_(x) #x
#define DOVETAIL_TEXT(x) DOVETAIL_TEXT_(x)
constexpr const char* kVersion = DOVETAIL_TEXT(DOVETAIL_VERSION_MAJOR) "." DOVETAIL_TEXT(
    DOVETAIL_VERSION_MINOR) "." DOVETAIL_TEXT(DOVETAIL_VERSION_PATCH);
}  // namespace

char const* getDovetailVersion() noexcept { return kVersion; }
int32_t getInferLibVersion() noexcept { return DOVETAIL_API_VERSION; }
int32_t getInferLibMajorVersion() noexcept { return DOVETAIL_API_VERSION / 10000; }
int32_t getInferLibMinorVersion() noexcept { return DOVETAIL_API_VERSION / 100 % 100; }
int32_t getInferLibPatchVersion() noexcept { return DOVETAIL_API_VERSION % 100; }
int32_t getInferLibBuildVersion() noexcept { return 0; }
