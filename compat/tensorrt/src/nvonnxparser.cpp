// libnvonnxparser.so: the parser's entry points, passed on to libdovetail.so.

#include <cstdint>

#define ENTRY extern "C" __attribute__((visibility("default")))

extern "C" {
void* dovetail_createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept;
void* dovetail_createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger, int32_t version) noexcept;
}

// Callers give the version of the parser, or of the library: this library is of one revision either way.
ENTRY void* createNvOnnxParser_INTERNAL(void* network, void* logger, int) noexcept {
  return dovetail_createNvOnnxParser_INTERNAL(network, logger, SKIN_VERSION);
}
ENTRY void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger, int32_t) noexcept {
  return dovetail_createNvOnnxParserRefitter_INTERNAL(refitter, logger, SKIN_VERSION);
}
ENTRY int getNvOnnxParserVersion() noexcept { return 100; }  // NV_ONNX_PARSER_VERSION
