#pragma once
/// \file
/// Kept for programs of 8.6 that include it: Caffe models are not read here. Convert them to ONNX.

#include "NvInfer.h"

namespace nvcaffeparser1 {

class IBlobNameToTensor {
 public:
  virtual nvinfer1::ITensor* find(char const* name) const noexcept = 0;

 protected:
  virtual ~IBlobNameToTensor() = default;
};

class ICaffeParser {
 public:
  virtual IBlobNameToTensor const* parse(char const* deploy, char const* model, nvinfer1::INetworkDefinition& network,
                                         nvinfer1::DataType weightType) noexcept = 0;
  virtual IBlobNameToTensor const* parseBuffers(uint8_t const* deployBuffer, std::size_t deployLength,
                                                uint8_t const* modelBuffer, std::size_t modelLength,
                                                nvinfer1::INetworkDefinition& network,
                                                nvinfer1::DataType weightType) noexcept = 0;
  virtual void setProtobufBufferSize(std::size_t size) noexcept = 0;
  virtual void setPluginNamespace(char const* libNamespace) noexcept = 0;
  virtual void setErrorRecorder(nvinfer1::IErrorRecorder* recorder) noexcept = 0;
  virtual nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept = 0;
  void destroy() noexcept { delete this; }
  virtual ~ICaffeParser() noexcept = default;
};

/// \return nullptr, with the reason reported to getLogger().
inline ICaffeParser* createCaffeParser() noexcept {
  getLogger()->log(nvinfer1::ILogger::Severity::kERROR,
                   "createCaffeParser: Caffe models are not read; convert the model to ONNX and use nvonnxparser");
  return nullptr;
}
inline void shutdownProtobufLibrary() noexcept {}

}  // namespace nvcaffeparser1
