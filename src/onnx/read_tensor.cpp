#include "onnx/read_tensor.h"

#include <charconv>
#include <cstring>
#include <limits>

namespace dvt::onnx {
namespace {

/// The typed fields as they lie in the file, until the element type is known: fields come in any order.
struct TypedData {
  std::vector<float> floats;
  std::vector<int32_t> int32s;
  std::vector<int64_t> int64s;
  std::vector<double> doubles;
  std::vector<uint64_t> uint64s;
  bool empty() const {
    return floats.empty() && int32s.empty() && int64s.empty() && doubles.empty() && uint64s.empty();
  }
};

template <class To, class From>
std::vector<std::byte> narrow(const std::vector<From>& from) {
  std::vector<std::byte> bytes(from.size() * sizeof(To));
  for (size_t i = 0; i < from.size(); ++i) {
    const To value = static_cast<To>(from[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
  return bytes;
}

std::vector<std::byte> to_raw_layout(const TypedData& data, ElementType type) {
  switch (type) {
    case ElementType::kFloat:
    case ElementType::kComplex64:
      return narrow<float>(data.floats);
    case ElementType::kDouble:
    case ElementType::kComplex128:
      return narrow<double>(data.doubles);
    case ElementType::kInt64:
      return narrow<int64_t>(data.int64s);
    case ElementType::kUint64:
      return narrow<uint64_t>(data.uint64s);
    case ElementType::kUint32:
      return narrow<uint32_t>(data.uint64s);
    case ElementType::kInt32:
      return narrow<int32_t>(data.int32s);
    default:
      break;
  }
  // int32_data holds everything smaller, one element a number (sub-byte types: one byte a number).
  return bits(type) == 16 ? narrow<uint16_t>(data.int32s) : narrow<uint8_t>(data.int32s);
}

uint64_t external_number(const WireMessage& message, const std::string& key, const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    message.fail("external_data", concat("'", key, "' is not a number of bytes: '", text.substr(0, 40), "'"));
  return value;
}

void read_external_entry(WireMessage message, ExternalData& external) {
  std::string key, value;
  while (message.next()) {
    if (message.field() == 1) key = message.short_text("key");
    if (message.field() == 2) value = message.short_text("value");
  }
  if (key == "location") external.location = value;
  if (key == "offset") external.offset = external_number(message, key, value);
  if (key == "length") {
    external.length = external_number(message, key, value);
    external.has_length = true;
  }  // "checksum" and keys to come say nothing about where the bytes are.
}

/// Later arithmetic cannot overflow: the product of the dimensions, zeros left out, fits with room for a byte count.
void check_dims(const WireMessage& message, const Tensor& tensor) {
  if (tensor.dims.size() > message.limits().tensor_rank)
    message.fail("dims",
                 concat(tensor.dims.size(), " dimensions; at most ", message.limits().tensor_rank, " are accepted"));
  int64_t volume = 1;
  for (const int64_t d : tensor.dims) {
    if (d < 0) message.fail("dims", concat("the tensor '", tensor.name, "' has the dimension ", d));
    if (d > 0 && __builtin_mul_overflow(volume, d, &volume)) volume = -1;
    if (volume < 0 || volume > (int64_t{1} << 54))
      message.fail("dims", concat("the tensor '", tensor.name, "' has too many elements"));
  }
}

void check_size(const WireMessage& message, const Tensor& tensor) {
  if (tensor.external) return;  // checked when the file is opened
  const bool is_text = tensor.type == ElementType::kString;
  const uint64_t got = is_text ? tensor.strings.size() : tensor.bytes().size();
  const uint64_t expected = is_text ? static_cast<uint64_t>(tensor.volume()) : tensor.byte_size();
  if (bits(tensor.type) == 0 && !is_text)
    message.fail("data_type",
                 concat("the tensor '", tensor.name, "' has an unknown element type, ", to_string(tensor.type)));
  if (got != expected)
    message.fail("",
                 concat("the tensor '", tensor.name, "' has ", got,
                        is_text ? " strings" : " bytes of data; its shape and the type ",
                        is_text ? "" : to_string(tensor.type), is_text ? "; its shape needs " : " need ", expected));
}

}  // namespace

Tensor read_tensor(WireMessage message) {
  Tensor tensor;
  TypedData data;
  ExternalData external;
  bool is_external = false;
  while (message.next()) {
    switch (message.field()) {
      case 1:
        message.append("dims", tensor.dims);
        break;
      case 2:
        tensor.type = static_cast<ElementType>(message.int32("data_type"));
        break;
      case 3:
        message.fail("segment", "tensors in segments are not supported; save the model with whole tensors");
      case 4:
        message.append("float_data", data.floats);
        break;
      case 5:
        message.append("int32_data", data.int32s);
        break;
      case 6:
        message.count("string_data");
        tensor.strings.push_back(message.text("string_data"));
        break;
      case 7:
        message.append("int64_data", data.int64s);
        break;
      case 8:
        tensor.name = message.short_text("name");
        break;
      case 9:
        tensor.raw = message.bytes("raw_data");
        break;
      case 10:
        message.append("double_data", data.doubles);
        break;
      case 11:
        message.append("uint64_data", data.uint64s);
        break;
      case 13:
        read_external_entry(message.message("external_data"), external);
        break;
      case 14:
        is_external = message.int32("data_location") == 1;
        break;
      default:
        break;  // doc_string, metadata_props and fields of newer versions
    }
  }
  check_dims(message, tensor);
  if (is_external) {
    if (external.location.empty())
      message.fail("external_data", concat("the tensor '", tensor.name, "' names no file"));
    tensor.raw = {};
    tensor.external = std::make_unique<ExternalData>(std::move(external));
  } else if (tensor.raw.empty()) {
    tensor.typed = to_raw_layout(data, tensor.type);
  }
  check_size(message, tensor);
  return tensor;
}

SparseTensor read_sparse_tensor(WireMessage message) {
  SparseTensor sparse;
  while (message.next()) {
    if (message.field() == 1) sparse.values = read_tensor(message.message("values"));
    if (message.field() == 2) sparse.indices = read_tensor(message.message("indices"));
    if (message.field() == 3) message.append("dims", sparse.dims);
  }
  return sparse;
}

}  // namespace dvt::onnx
