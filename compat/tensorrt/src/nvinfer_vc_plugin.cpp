// libnvinfer_vc_plugin.so: a plugin library as registries load it. It holds no creator.

#include <cstdint>

#define ENTRY extern "C" __attribute__((visibility("default")))

ENTRY void* const* getCreators(int32_t& count) {
  count = 0;
  return nullptr;
}
ENTRY void* const* getPluginCreators(int32_t& count) { return getCreators(count); }
ENTRY void setLoggerFinder(void* /*finder*/) {}
