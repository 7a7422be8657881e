// libnvinfer_plugin.so: the standard plugins. What they compute is in operators of the library, which the ONNX parser
// uses by itself, so there is nothing to register yet.

#include <dovetail/logger.h>

#define ENTRY extern "C" __attribute__((visibility("default")))

ENTRY bool initLibNvInferPlugins(void* logger, const char* /*libNamespace*/) {
  if (logger != nullptr)
    static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger)->log(DOVETAIL_NAMESPACE::ILogger::Severity::kVERBOSE,
                                                           "initLibNvInferPlugins: no standard plugin is registered");
  return true;
}
