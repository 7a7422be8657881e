#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/blob.h"
#include "onnx/model.h"

namespace dvt::onnx {

/// Opens the files beside a model that hold its tensors, each once, and never a file that is not in the model's folder:
/// no absolute path, no "..", no symbolic link on the way, no file with a second name elsewhere (hard link).
class ExternalFiles {
 public:
  /// \param folder  The model's folder; "" when the model came from memory and no file may be opened.
  explicit ExternalFiles(std::string folder) : folder_(std::move(folder)) {}

  /// The tensor's bytes, mapped. Throws Error(kInvalidModel or kIo) naming the tensor and the file.
  Blob read(const Tensor& tensor);

 private:
  const Blob& map(const std::string& location, const std::string& tensor);

  std::string folder_;
  std::map<std::string, Blob> files_;
};

}  // namespace dvt::onnx
