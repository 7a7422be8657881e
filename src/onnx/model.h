#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dvt::onnx {

// The model as it stands in the file, decoded but not understood: nothing here knows an operator. Names are those of
// the ONNX specification. Spans point into the bytes that were read and live as long as those do.

/// Element types, numbered as in the file.
enum class ElementType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kComplex64 = 14,
  kComplex128 = 15,
  kBfloat16 = 16,
  kFloat8E4M3FN = 17,
  kFloat8E4M3FNUZ = 18,
  kFloat8E5M2 = 19,
  kFloat8E5M2FNUZ = 20,
  kUint4 = 21,
  kInt4 = 22,
  kFloat4E2M1 = 23,
  kFloat8E8M0 = 24,
  kUint2 = 25,
  kInt2 = 26,
};
/// "FLOAT16", or "type 77" for a number that has no name.
std::string to_string(ElementType type);
/// Bits of one element; 0 for strings and unknown types.
int bits(ElementType type);

/// A tensor in another file, as the model says it; nothing is opened before the tensor is used.
struct ExternalData {
  std::string location;
  uint64_t offset = 0;
  uint64_t length = 0;
  bool has_length = false;
};

struct Tensor {
  std::string name;
  ElementType type = ElementType::kUndefined;
  std::vector<int64_t> dims;
  std::span<const std::byte> raw;    ///< raw_data, little-endian, in the bytes that were read.
  std::vector<std::byte> typed;      ///< float_data, int32_data …, brought into the layout of raw_data.
  std::vector<std::string> strings;  ///< string_data.
  std::unique_ptr<ExternalData> external;

  /// Number of elements; read_model() has checked that it and the size in bytes do not overflow.
  int64_t volume() const;
  /// Bytes that `volume()` elements take in the layout of raw_data.
  uint64_t byte_size() const;
  std::span<const std::byte> bytes() const { return raw.empty() ? std::span<const std::byte>(typed) : raw; }
};

struct SparseTensor {
  Tensor values;
  Tensor indices;
  std::vector<int64_t> dims;
};

struct Dimension {
  enum class Kind { kUnknown, kValue, kParameter } kind = Kind::kUnknown;
  int64_t value = 0;
  std::string parameter;
};

struct TypeInfo {
  enum class Kind { kNone, kTensor, kSparseTensor, kSequence, kMap, kOptional, kOpaque } kind = Kind::kNone;
  ElementType element = ElementType::kUndefined;  ///< Of a map: of its keys.
  bool has_shape = false;
  std::vector<Dimension> shape;
  std::shared_ptr<const TypeInfo> inner;  ///< Of a sequence's items, a map's values, or what an optional holds.
};

struct ValueInfo {
  std::string name;
  TypeInfo type;
};

struct Graph;

/// Attribute types, numbered as in the file.
enum class AttributeType : int32_t {
  kUndefined = 0,
  kFloat = 1,
  kInt = 2,
  kString = 3,
  kTensor = 4,
  kGraph = 5,
  kFloats = 6,
  kInts = 7,
  kStrings = 8,
  kTensors = 9,
  kGraphs = 10,
  kSparseTensor = 11,
  kSparseTensors = 12,
  kTypeProto = 13,
  kTypeProtos = 14,
};
std::string_view to_string(AttributeType type);

struct Attribute {
  std::string name;
  std::string ref;  ///< In a function's body: the attribute of the call that gives the value.
  AttributeType type = AttributeType::kUndefined;
  float f = 0;
  int64_t i = 0;
  std::string s;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  std::vector<std::shared_ptr<const Tensor>> tensors;  ///< One for kTensor.
  std::vector<std::shared_ptr<const Graph>> graphs;    ///< One for kGraph.
  std::shared_ptr<const SparseTensor> sparse;
};

struct Node {
  std::string name;
  std::string op_type;
  std::string domain;  ///< "" for the default domain, also when the file says "ai.onnx".
  std::string overload;
  std::vector<std::string> inputs;   ///< "" for an optional input that is left out.
  std::vector<std::string> outputs;  ///< "" for an output that nobody wants.
  std::vector<Attribute> attributes;
};

struct Graph {
  std::string name;
  std::vector<Node> nodes;
  std::vector<std::shared_ptr<const Tensor>> initializers;
  std::vector<std::shared_ptr<const SparseTensor>> sparse_initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<ValueInfo> value_info;
};

struct OpsetImport {
  std::string domain;
  int64_t version = 0;
};

struct Function {
  std::string name;
  std::string domain;
  std::string overload;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> attributes;        ///< Attributes that a call must give.
  std::vector<Attribute> default_attributes;  ///< Attributes that a call may leave out.
  std::vector<Node> nodes;
  std::vector<OpsetImport> opsets;
};

struct Model {
  int64_t ir_version = 0;
  std::string producer_name;
  std::string producer_version;
  std::vector<OpsetImport> opsets;
  Graph graph;
  std::vector<Function> functions;
};

}  // namespace dvt::onnx
