#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <dovetail/dovetail.h>

namespace conformance {

/// A tensor as the case's files hold it: elements packed as in an ONNX tensor's raw_data.
struct Tensor {
  int type = 0;  ///< ONNX's number of the element type.
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;  ///< Instead, where the type is string.
};

using TensorSet = std::map<std::string, Tensor>;

/// What an input holds that is no tensor, or may not be: nothing, or tensors of these ranks.
struct Form {
  bool holds_nothing = false;
  std::vector<int> ranks;
};

/// A model and what to feed it, once for each set of inputs.
struct Case {
  std::string name, model;
  std::vector<TensorSet> inputs;
  std::map<std::string, Form> forms;  ///< Of the inputs of the first set.
};

/// Reads case.json and data.bin of a folder. Throws std::exception.
Case read_case(const std::string& folder);
/// Writes result.json and result.bin: one set of outputs for each set of inputs.
void write_outputs(const std::string& folder, const std::vector<TensorSet>& outputs);

/// ONNX's number of a data type, and back; 0 and -1 where the other side has none.
inline constexpr int kStringType = 8;
int to_onnx(dovetail::DataType type);
int from_onnx(int type);
int bits_of(dovetail::DataType type);
size_t packed_size(dovetail::DataType type, const dovetail::Dims& dims);

}  // namespace conformance
