// Inputs of the model that the caller fixes: they are constants of the network. Numbers as programs and command lines
// write them, INT64 and FLOAT64, go for every integer and every floating type.
#include <cstring>
#include <limits>

#include "base/float_formats.h"
#include "onnx/constants.h"
#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

template <class T>
T element(const InputValue& value, size_t i) {
  T x;
  std::memcpy(&x, value.bytes.data() + i * sizeof(T), sizeof(T));
  return x;
}

/// Appends a number's own bytes.
template <class T>
void append(std::vector<std::byte>& bytes, T number) {
  const size_t at = bytes.size();
  bytes.resize(at + sizeof number);
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

template <class T>
void append_checked(std::vector<std::byte>& bytes, int64_t number, const std::string& name, DataType type) {
  if (number < int64_t{std::numeric_limits<T>::min()} || number > int64_t{std::numeric_limits<T>::max()})
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is ", type_name(type), ", which cannot hold ", number);
  append(bytes, static_cast<T>(number));
}

/// False for a type that numbers are not turned into.
bool append_integer(std::vector<std::byte>& bytes, int64_t number, const std::string& name, DataType type) {
  switch (type) {
    case DataType::kBOOL:
      append(bytes, static_cast<uint8_t>(number != 0));
      return true;
    case DataType::kINT8:
      append_checked<int8_t>(bytes, number, name, type);
      return true;
    case DataType::kUINT8:
      append_checked<uint8_t>(bytes, number, name, type);
      return true;
    case DataType::kINT16:
      append_checked<int16_t>(bytes, number, name, type);
      return true;
    case DataType::kUINT16:
      append_checked<uint16_t>(bytes, number, name, type);
      return true;
    case DataType::kINT32:
      append_checked<int32_t>(bytes, number, name, type);
      return true;
    case DataType::kUINT32:
      append_checked<uint32_t>(bytes, number, name, type);
      return true;
    case DataType::kUINT64:
      if (number < 0) append_checked<uint32_t>(bytes, number, name, type);  // which refuses it
      append(bytes, number);
      return true;
    default:
      return false;
  }
}

bool append_floating(std::vector<std::byte>& bytes, double number, DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      append(bytes, static_cast<float>(number));
      return true;
    case DataType::kHALF:
      append(bytes, encode_f16(number));
      return true;
    case DataType::kBF16:
      append(bytes, encode_bf16(number));
      return true;
    default:
      return false;
  }
}

/// The elements in the type that the model wants.
std::vector<std::byte> converted(const InputValue& value, const std::string& name, DataType wanted) {
  std::vector<std::byte> bytes;
  if (value.type == wanted) {
    bytes = value.bytes;
    if (wanted == DataType::kBOOL)
      for (std::byte& b : bytes) b = std::byte{b != std::byte{0}};
    return bytes;
  }
  const size_t count = value.bytes.size() / 8;
  bool done = value.type == DataType::kINT64 || value.type == DataType::kFLOAT64;
  for (size_t i = 0; done && i < count; ++i)
    done = value.type == DataType::kINT64 ? append_integer(bytes, element<int64_t>(value, i), name, wanted)
                                          : append_floating(bytes, element<double>(value, i), wanted);
  if (!done)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is ", type_name(wanted), "; a value of ",
                                       type_name(value.type), " was given for it");
  return bytes;
}

}  // namespace

Value GraphImporter::fixed_input(const std::string& name, const TypeInfo& type, const InputValue& given) {
  if (type.element == ElementType::kString)
    refuse(ParserCode::kINVALID_VALUE)("the input '", name, "' is text, which cannot be fixed to a value");
  bool fits = !type.has_shape || type.shape.size() == given.dims.size();
  for (size_t i = 0; fits && type.has_shape && i < given.dims.size(); ++i)
    fits = type.shape[i].kind != Dimension::Kind::kValue || type.shape[i].value < 0 ||
           type.shape[i].value == given.dims[i];
  if (!fits)
    refuse(ParserCode::kINVALID_VALUE)("the value that was given for the input '", name, "', of rank ",
                                       given.dims.size(), ", has another shape than the input in the model");
  const DataType wanted = to_data_type(type.element, name);
  fixed_.insert(name);
  return Value{nullptr, make_constant(name, wanted, given.dims, converted(given, name, wanted)), false};
}

}  // namespace dvt::onnx
