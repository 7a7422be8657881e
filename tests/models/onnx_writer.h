#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace dvt::test {

/// A dimension of a model's input or output: a number, or a name.
using OnnxDim = std::variant<int64_t, std::string>;

/// Numbers that ONNX files write for element types.
enum OnnxType : int {
  kOnnxFloat = 1,
  kOnnxUint8 = 2,
  kOnnxInt8 = 3,
  kOnnxInt32 = 6,
  kOnnxInt64 = 7,
  kOnnxString = 8,
  kOnnxBool = 9
};

/// The bytes of a TensorProto.
class OnnxTensor {
 public:
  OnnxTensor(std::string name, int type, std::vector<int64_t> dims);
  OnnxTensor& raw(std::span<const std::byte> bytes);
  OnnxTensor& floats(const std::vector<float>& values);    ///< float_data
  OnnxTensor& int64s(const std::vector<int64_t>& values);  ///< int64_data
  OnnxTensor& external(const std::string& location, int64_t offset = -1, int64_t length = -1);
  const std::string& bytes() const { return bytes_; }

 private:
  void entry(const std::string& key, const std::string& value);
  std::string bytes_;
};

OnnxTensor onnx_floats(std::string name, std::vector<int64_t> dims, const std::vector<float>& values);
OnnxTensor onnx_int64s(std::string name, std::vector<int64_t> dims, const std::vector<int64_t>& values);

/// The bytes of a NodeProto: `OnnxNode("Conv", {"x", "w"}, {"y"}).ints("pads", {1, 1, 1, 1})`.
class OnnxNode {
 public:
  OnnxNode(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
           const std::string& name = "", const std::string& domain = "");
  OnnxNode& i(const std::string& name, int64_t value);
  OnnxNode& f(const std::string& name, float value);
  OnnxNode& s(const std::string& name, const std::string& value);
  OnnxNode& ints(const std::string& name, const std::vector<int64_t>& values);
  OnnxNode& floats(const std::string& name, const std::vector<float>& values);
  OnnxNode& strings(const std::string& name, const std::vector<std::string>& values);
  OnnxNode& tensor(const std::string& name, const OnnxTensor& value);
  OnnxNode& graph(const std::string& name, const std::string& graph_bytes);
  /// In a function's body: the attribute of the call.
  OnnxNode& ref(const std::string& name, const std::string& of_call, int type);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Writes a model field by field; nothing is checked, so that bad models can be written as well.
class OnnxModel {
 public:
  explicit OnnxModel(int64_t opset = 17);
  OnnxModel& opset(const std::string& domain, int64_t version);
  OnnxModel& input(const std::string& name, int type, const std::vector<OnnxDim>& dims);
  /// A sequence of tensors, an optional tensor, or an optional sequence of tensors.
  OnnxModel& sequence_input(const std::string& name, int type, const std::vector<OnnxDim>& dims);
  OnnxModel& optional_input(const std::string& name, int type, const std::vector<OnnxDim>& dims,
                            bool of_sequence = false);
  OnnxModel& output(const std::string& name, int type = kOnnxFloat, const std::vector<OnnxDim>& dims = {});
  OnnxModel& initializer(const OnnxTensor& tensor);
  OnnxModel& node(const OnnxNode& node);
  OnnxModel& function(const std::string& domain, const std::string& name, const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs, const std::vector<OnnxNode>& nodes,
                      const std::vector<std::string>& attributes = {});
  /// The bytes of the GraphProto alone.
  const std::string& graph_bytes() const { return graph_; }
  std::string bytes() const;

 private:
  std::string graph_, rest_;
};

inline std::span<const std::byte> as_byte_span(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace dvt::test
