#pragma once
#include <memory>
#include <string>
#include <vector>

#include "onnx/external_data.h"
#include "onnx/importer_context.h"

namespace dvt::onnx {

/// Turns the file's tensors into constants whose memory may outlive the parse.
class ConstantReader {
 public:
  /// \param file  Owner of the model's bytes when they stay where they are; nullptr when the caller may free them, so
  ///              that payloads must be copied.
  ConstantReader(std::shared_ptr<const void> file, std::string folder)
      : file_(std::move(file)), external_(std::move(folder)) {}

  /// Refuses strings (which are read as Strings) and types that the network has not.
  ConstantPtr read(const Tensor& tensor, const std::string& name);
  /// The dense tensor.
  ConstantPtr read(const SparseTensor& tensor, const std::string& name);

 private:
  std::shared_ptr<const void> file_;
  ExternalFiles external_;
};

/// A constant made of numbers, 1-D unless dims are given.
ConstantPtr make_constant(std::string name, DataType type, std::vector<int64_t> dims, std::span<const std::byte> data);
ConstantPtr make_int64_constant(std::string name, std::vector<int64_t> dims, const std::vector<int64_t>& values);

}  // namespace dvt::onnx
