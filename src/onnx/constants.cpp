#include "onnx/constants.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/float_formats.h"
#include "base/large_memory.h"
#include "base/packed.h"

namespace dvt::onnx {
namespace {

struct TypeRow {
  ElementType element;
  DataType type;
  const char* name;
  const char* attribute;  // the name that operators of ours know it by
  int bits;
  char kind;  // f floating, i signed, u unsigned, b boolean, t text
};

constexpr TypeRow kTypes[] = {
    {ElementType::kFloat, DataType::kFLOAT, "float32", "f32", 32, 'f'},
    {ElementType::kFloat16, DataType::kHALF, "float16", "f16", 16, 'f'},
    {ElementType::kBfloat16, DataType::kBF16, "bfloat16", "bf16", 16, 'f'},
    {ElementType::kDouble, DataType::kFLOAT64, "float64", "f64", 64, 'f'},
    {ElementType::kInt8, DataType::kINT8, "int8", "i8", 8, 'i'},
    {ElementType::kInt16, DataType::kINT16, "int16", "i16", 16, 'i'},
    {ElementType::kInt32, DataType::kINT32, "int32", "i32", 32, 'i'},
    {ElementType::kInt64, DataType::kINT64, "int64", "i64", 64, 'i'},
    {ElementType::kUint8, DataType::kUINT8, "uint8", "u8", 8, 'u'},
    {ElementType::kUint16, DataType::kUINT16, "uint16", "u16", 16, 'u'},
    {ElementType::kUint32, DataType::kUINT32, "uint32", "u32", 32, 'u'},
    {ElementType::kUint64, DataType::kUINT64, "uint64", "u64", 64, 'u'},
    {ElementType::kBool, DataType::kBOOL, "bool", "b8", 8, 'b'},
    {ElementType::kInt4, DataType::kINT4, "int4", "i4", 4, 'i'},
    {ElementType::kUint4, DataType::kUINT4, "uint4", "u4", 4, 'u'},
    {ElementType::kFloat8E4M3FN, DataType::kFP8, "float8e4m3", "f8e4m3", 8, 'f'},
    {ElementType::kFloat8E5M2, DataType::kFP8E5M2, "float8e5m2", "f8e5m2", 8, 'f'},
    {ElementType::kFloat8E4M3FNUZ, DataType::kFP8E4M3FNUZ, "float8e4m3fnuz", "f8e4m3fnuz", 8, 'f'},
    {ElementType::kFloat8E5M2FNUZ, DataType::kFP8E5M2FNUZ, "float8e5m2fnuz", "f8e5m2fnuz", 8, 'f'},
    {ElementType::kInt2, DataType::kINT2, "int2", "i2", 2, 'i'},
    {ElementType::kUint2, DataType::kUINT2, "uint2", "u2", 2, 'u'},
    {ElementType::kFloat4E2M1, DataType::kFP4, "float4e2m1", "f4e2m1", 4, 'f'},
    {ElementType::kFloat8E8M0, DataType::kE8M0, "float8e8m0", "f8e8m0", 8, 'f'},
    {ElementType::kString, DataType::kTEXT, "string", "text", 128, 't'},
};

const TypeRow& row(DataType type) {
  for (const TypeRow& r : kTypes)
    if (r.type == type) return r;
  refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("the data type ", static_cast<int>(type),
                                                 " is not one that models have");
}

template <class T>
T load(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

int64_t load_int(const std::byte* data, const TypeRow& r, int64_t i) {
  const bool is_signed = r.kind == 'i';
  if (r.bits < 8) {
    const unsigned value = load_packed(data, i, r.bits);
    return is_signed ? sign_extended(value, r.bits) : static_cast<int64_t>(value);
  }
  const std::byte* p = data + i * (r.bits / 8);
  switch (r.bits) {
    case 8:
      return is_signed ? load<int8_t>(p) : load<uint8_t>(p);
    case 16:
      return is_signed ? load<int16_t>(p) : load<uint16_t>(p);
    case 32:
      return is_signed ? load<int32_t>(p) : static_cast<int64_t>(load<uint32_t>(p));
    default:
      return load<int64_t>(p);
  }
}

double load_float(const std::byte* data, DataType type, int64_t i) {
  switch (type) {
    case DataType::kFLOAT:
      return load<float>(data + i * 4);
    case DataType::kFLOAT64:
      return load<double>(data + i * 8);
    case DataType::kHALF:
      return decode_f16(load<uint16_t>(data + i * 2));
    case DataType::kBF16:
      return decode_bf16(load<uint16_t>(data + i * 2));
    case DataType::kFP8:
      return decode_f8e4m3(load<uint8_t>(data + i));
    case DataType::kFP8E5M2:
      return decode_f8e5m2(load<uint8_t>(data + i));
    case DataType::kFP8E4M3FNUZ:
      return decode_f8e4m3fnuz(load<uint8_t>(data + i));
    case DataType::kFP8E5M2FNUZ:
      return decode_f8e5m2fnuz(load<uint8_t>(data + i));
    case DataType::kE8M0:
      return decode_f8e8m0(load<uint8_t>(data + i));
    case DataType::kFP4:
      return decode_f4e2m1(static_cast<uint8_t>(load_packed(data, i, 4)));
    default:
      refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("a constant of type ", type_name(type), " where numbers are read");
  }
}

/// Models may store any byte for true; kernels rely on 0 and 1.
bool has_odd_booleans(std::span<const std::byte> bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; });
}

Blob normalized_booleans(std::span<const std::byte> bytes) {
  std::byte* out = nullptr;
  Blob blob = Blob::allocate(bytes.size(), &out);
  std::transform(bytes.begin(), bytes.end(), out, [](std::byte b) { return b == std::byte{0} ? b : std::byte{1}; });
  return blob;
}

}  // namespace

DataType to_data_type(ElementType type, std::string_view value) {
  for (const TypeRow& r : kTypes)
    if (r.element == type) return r.type;
  refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("'", value, "' has the type ", to_string(type),
                                                 ", which networks do not have");
}

std::string_view type_name(DataType type) { return row(type).name; }
std::string_view type_attribute(DataType type) { return row(type).attribute; }
int type_bits(DataType type) { return row(type).bits; }
bool is_floating(DataType type) { return row(type).kind == 'f'; }
bool is_integer(DataType type) { return row(type).kind == 'i' || row(type).kind == 'u'; }

int64_t Constant::volume() const {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

std::vector<int64_t> Constant::ints() const {
  const TypeRow& r = row(type);
  if (r.kind == 'f') refuse(ParserCode::kINVALID_NODE)("'", name, "' must hold integers; its type is ", r.name);
  if (dims.size() > 1)
    refuse(ParserCode::kINVALID_NODE)("'", name, "' must be a list; it has ", dims.size(), " dimensions");
  std::vector<int64_t> values(static_cast<size_t>(volume()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = load_int(data.data(), r, static_cast<int64_t>(i));
  return values;
}

std::vector<double> Constant::numbers() const {
  const TypeRow& r = row(type);
  std::vector<double> values(static_cast<size_t>(volume()));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto n = static_cast<int64_t>(i);
    values[i] = r.kind == 'f' ? load_float(data.data(), type, n) : static_cast<double>(load_int(data.data(), r, n));
  }
  return values;
}

ConstantPtr ConstantReader::read(const Tensor& tensor, const std::string& name) {
  if (tensor.type == ElementType::kString)
    refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("'", name, "' holds strings where numbers are expected");
  auto constant = std::make_shared<Constant>();
  constant->name = name;
  constant->type = to_data_type(tensor.type, name);
  constant->dims = tensor.dims;
  const size_t alignment = static_cast<size_t>(std::max(8, bits(tensor.type))) / 8;
  Blob blob;
  if (tensor.external)
    blob = external_.read(tensor);
  else if (file_ && !tensor.raw.empty())
    blob = Blob(tensor.raw, file_);
  else
    blob = copy_large(tensor.bytes());
  if (reinterpret_cast<uintptr_t>(blob.data()) % alignment != 0) blob = copy_large(blob.bytes());
  if (tensor.type == ElementType::kBool && has_odd_booleans(blob.bytes())) blob = normalized_booleans(blob.bytes());
  constant->data = std::move(blob);
  return constant;
}

ConstantPtr ConstantReader::read(const SparseTensor& sparse, const std::string& name) {
  constexpr int64_t kMaxBytes = int64_t{1} << 31;
  const ConstantPtr values = read(sparse.values, name);
  const ConstantPtr indices = read(sparse.indices, name);
  const int element = type_bits(values->type) / 8;
  int64_t volume = 1;
  for (const int64_t d : sparse.dims)
    if (d < 0 || __builtin_mul_overflow(volume, d, &volume) || volume > kMaxBytes)
      refuse(ParserCode::kINVALID_VALUE)("the sparse tensor '", name, "' has dimensions that no tensor can have");
  const int64_t count = values->volume();
  const auto rank = static_cast<int64_t>(sparse.dims.size());
  const bool linear = indices->dims.size() == 1 && indices->dims[0] == count;
  const bool tuples = indices->dims.size() == 2 && indices->dims[0] == count && indices->dims[1] == rank;
  if (element == 0 || indices->type != DataType::kINT64 || (!linear && !tuples) || volume > kMaxBytes / element)
    refuse(ParserCode::kINVALID_VALUE)("the sparse tensor '", name, "' has indices that do not fit its values");
  auto dense = std::make_shared<Constant>();
  *dense = {name, values->type, sparse.dims, {}};
  std::byte* out = nullptr;
  dense->data = Blob::allocate(static_cast<size_t>(volume * element), &out);
  std::memset(out, 0, static_cast<size_t>(volume * element));
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = linear ? load<int64_t>(indices->data.data() + i * 8) : 0;
    for (int64_t k = 0; tuples && k < rank; ++k) {
      const int64_t index = load<int64_t>(indices->data.data() + (i * rank + k) * 8);
      if (index < 0 || index >= sparse.dims[static_cast<size_t>(k)]) at = volume;
      if (at < volume) at = at * sparse.dims[static_cast<size_t>(k)] + index;
    }
    if (at < 0 || at >= volume)
      refuse(ParserCode::kINVALID_VALUE)("the sparse tensor '", name, "' has an index outside it");
    std::memcpy(out + at * element, values->data.data() + i * element, static_cast<size_t>(element));
  }
  return dense;
}

ConstantPtr make_constant(std::string name, DataType type, std::vector<int64_t> dims, std::span<const std::byte> data) {
  auto constant = std::make_shared<Constant>();
  *constant = {std::move(name), type, std::move(dims), Blob::copy(data)};
  return constant;
}

ConstantPtr make_int64_constant(std::string name, std::vector<int64_t> dims, const std::vector<int64_t>& values) {
  return make_constant(std::move(name), DataType::kINT64, std::move(dims), std::as_bytes(std::span(values)));
}

}  // namespace dvt::onnx
