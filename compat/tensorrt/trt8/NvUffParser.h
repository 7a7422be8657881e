#pragma once
/// \file
/// Kept for programs of 8.6 that include it: UFF models are not read here. Convert them to ONNX.

#include "NvInfer.h"

#define UFF_REQUIRED_VERSION_MAJOR 0
#define UFF_REQUIRED_VERSION_MINOR 6
#define UFF_REQUIRED_VERSION_PATCH 9

namespace nvuffparser {

enum class UffInputOrder : int32_t { kNCHW = 0, kNHWC = 1, kNC = 2 };

class IUffParser {
 public:
  virtual bool registerInput(char const* inputName, nvinfer1::Dims inputDims, UffInputOrder inputOrder) noexcept = 0;
  virtual bool registerOutput(char const* outputName) noexcept = 0;
  virtual bool parse(char const* file, nvinfer1::INetworkDefinition& network,
                     nvinfer1::DataType weightsType = nvinfer1::DataType::kFLOAT) noexcept = 0;
  virtual bool parseBuffer(char const* buffer, std::size_t size, nvinfer1::INetworkDefinition& network,
                           nvinfer1::DataType weightsType = nvinfer1::DataType::kFLOAT) noexcept = 0;
  virtual int32_t getUffRequiredVersionMajor() noexcept = 0;
  virtual int32_t getUffRequiredVersionMinor() noexcept = 0;
  virtual int32_t getUffRequiredVersionPatch() noexcept = 0;
  virtual void setPluginNamespace(char const* libNamespace) noexcept = 0;
  virtual void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept = 0;
  virtual nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept = 0;
  void destroy() noexcept { delete this; }
  virtual ~IUffParser() noexcept = default;
};

/// \return nullptr, with the reason reported to getLogger().
inline IUffParser* createUffParser() noexcept {
  getLogger()->log(nvinfer1::ILogger::Severity::kERROR,
                   "createUffParser: UFF models are not read; convert the model to ONNX and use nvonnxparser");
  return nullptr;
}
inline void shutdownProtobufLibrary() noexcept {}

}  // namespace nvuffparser
