#include "onnx/model.h"

#include "base/concat.h"

namespace dvt::onnx {
namespace {

struct ElementInfo {
  const char* name;
  int bits;
};

// Indexed by the number in the file.
constexpr ElementInfo kElements[] = {
    {"UNDEFINED", 0},      {"FLOAT", 32},    {"UINT8", 8},        {"INT8", 8},           {"UINT16", 16},
    {"INT16", 16},         {"INT32", 32},    {"INT64", 64},       {"STRING", 0},         {"BOOL", 8},
    {"FLOAT16", 16},       {"DOUBLE", 64},   {"UINT32", 32},      {"UINT64", 64},        {"COMPLEX64", 64},
    {"COMPLEX128", 128},   {"BFLOAT16", 16}, {"FLOAT8E4M3FN", 8}, {"FLOAT8E4M3FNUZ", 8}, {"FLOAT8E5M2", 8},
    {"FLOAT8E5M2FNUZ", 8}, {"UINT4", 4},     {"INT4", 4},         {"FLOAT4E2M1", 4},     {"FLOAT8E8M0", 8},
    {"UINT2", 2},          {"INT2", 2},
};

constexpr const char* kAttributeTypes[] = {
    "UNDEFINED", "FLOAT",   "INT",    "STRING",        "TENSOR",         "GRAPH",      "FLOATS",     "INTS",
    "STRINGS",   "TENSORS", "GRAPHS", "SPARSE_TENSOR", "SPARSE_TENSORS", "TYPE_PROTO", "TYPE_PROTOS"};

}  // namespace

std::string to_string(ElementType type) {
  const auto n = static_cast<size_t>(type);
  return n < std::size(kElements) ? kElements[n].name : concat("type ", static_cast<int>(type));
}

int bits(ElementType type) {
  const auto n = static_cast<size_t>(type);
  return n < std::size(kElements) ? kElements[n].bits : 0;
}

std::string_view to_string(AttributeType type) {
  const auto n = static_cast<size_t>(type);
  return n < std::size(kAttributeTypes) ? kAttributeTypes[n] : "an unknown type";
}

int64_t Tensor::volume() const {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

uint64_t Tensor::byte_size() const {
  const auto n = static_cast<uint64_t>(volume());
  return (n * static_cast<uint64_t>(bits(type)) + 7) / 8;
}

}  // namespace dvt::onnx
