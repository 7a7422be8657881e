#pragma once
/// \file
/// Options of a tool around the ONNX parser, as older programs keep them. The parser itself does not read them.

#include <string>

#include "NvInfer.h"

namespace nvonnxparser {

/// What a program was told on its command line.
class IOnnxConfig {
 public:
  using Verbosity = int32_t;
  virtual ~IOnnxConfig() noexcept = default;
  virtual void setModelDtype(nvinfer1::DataType const) noexcept = 0;
  virtual nvinfer1::DataType getModelDtype() const noexcept = 0;
  virtual char const* getModelFileName() const noexcept = 0;
  virtual void setModelFileName(char const* onnxFilename) noexcept = 0;
  virtual Verbosity getVerbosityLevel() const noexcept = 0;
  virtual void addVerbosity() noexcept = 0;
  virtual void reduceVerbosity() noexcept = 0;
  virtual void setVerbosityLevel(Verbosity) noexcept = 0;
  virtual char const* getTextFileName() const noexcept = 0;
  virtual void setTextFileName(char const* textFileName) noexcept = 0;
  virtual char const* getFullTextFileName() const noexcept = 0;
  virtual void setFullTextFileName(char const* fullTextFileName) noexcept = 0;
  virtual bool getPrintLayerInfo() const noexcept = 0;
  virtual void setPrintLayerInfo(bool) noexcept = 0;
  void destroy() noexcept { delete this; }
};

namespace detail {
class OnnxConfig final : public IOnnxConfig {
 public:
  void setModelDtype(nvinfer1::DataType const type) noexcept override { type_ = type; }
  nvinfer1::DataType getModelDtype() const noexcept override { return type_; }
  char const* getModelFileName() const noexcept override { return model_.c_str(); }
  void setModelFileName(char const* name) noexcept override { model_ = name == nullptr ? "" : name; }
  Verbosity getVerbosityLevel() const noexcept override { return verbosity_; }
  void addVerbosity() noexcept override { ++verbosity_; }
  void reduceVerbosity() noexcept override { --verbosity_; }
  void setVerbosityLevel(Verbosity level) noexcept override { verbosity_ = level; }
  char const* getTextFileName() const noexcept override { return text_.c_str(); }
  void setTextFileName(char const* name) noexcept override { text_ = name == nullptr ? "" : name; }
  char const* getFullTextFileName() const noexcept override { return full_text_.c_str(); }
  void setFullTextFileName(char const* name) noexcept override { full_text_ = name == nullptr ? "" : name; }
  bool getPrintLayerInfo() const noexcept override { return print_layers_; }
  void setPrintLayerInfo(bool print) noexcept override { print_layers_ = print; }

 private:
  nvinfer1::DataType type_ = nvinfer1::DataType::kFLOAT;
  Verbosity verbosity_ = static_cast<Verbosity>(nvinfer1::ILogger::Severity::kWARNING);
  std::string model_, text_, full_text_;
  bool print_layers_ = false;
};
}  // namespace detail

/// \return Owned by the caller.
inline IOnnxConfig* createONNXConfig() { return new detail::OnnxConfig(); }

}  // namespace nvonnxparser
