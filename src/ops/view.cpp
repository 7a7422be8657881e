#include <cmath>
#include <cstring>
#include <limits>

#include "base/float_formats.h"
#include "ops/op.h"

namespace dvt::ops {
namespace {

template <class T>
T load(const void* data, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}
template <class T>
void store(void* data, int64_t index, T value) {
  std::memcpy(static_cast<char*>(data) + index * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

int load_nibble(const void* data, int64_t index) {
  const int byte = load<uint8_t>(data, index / 2);
  return index % 2 ? byte >> 4 : byte & 15;
}
void store_nibble(void* data, int64_t index, int64_t value) {
  const int byte = load<uint8_t>(data, index / 2), nibble = static_cast<int>(value & 15);
  store<uint8_t>(data, index / 2, static_cast<uint8_t>(index % 2 ? (byte & 15) | nibble << 4 : (byte & 0xf0) | nibble));
}

int64_t to_int(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

int64_t product(const std::vector<int64_t>& dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

}  // namespace

int64_t ReadView::volume() const { return product(dims_); }
int64_t WriteView::volume() const { return product(dims_); }

double ReadView::get(int64_t index) const {
  switch (dtype_) {
    case DType::f32:
      return load<float>(data_, index);
    case DType::f64:
      return load<double>(data_, index);
    case DType::f16:
      return decode_f16(load<uint16_t>(data_, index));
    case DType::bf16:
      return decode_bf16(load<uint16_t>(data_, index));
    case DType::f8e4m3:
      return decode_f8e4m3(load<uint8_t>(data_, index));
    case DType::f8e5m2:
      return decode_f8e5m2(load<uint8_t>(data_, index));
    case DType::u64:
      return static_cast<double>(load<uint64_t>(data_, index));
    default:
      return static_cast<double>(get_int(index));
  }
}

int64_t ReadView::get_int(int64_t index) const {
  switch (dtype_) {
    case DType::i8:
      return load<int8_t>(data_, index);
    case DType::i16:
      return load<int16_t>(data_, index);
    case DType::i32:
      return load<int32_t>(data_, index);
    case DType::i64:
      return load<int64_t>(data_, index);
    case DType::u8:
      return load<uint8_t>(data_, index);
    case DType::u16:
      return load<uint16_t>(data_, index);
    case DType::u32:
      return load<uint32_t>(data_, index);
    case DType::u64:
      return static_cast<int64_t>(load<uint64_t>(data_, index));
    case DType::b8:
      return load<uint8_t>(data_, index) != 0;
    case DType::u4:
      return load_nibble(data_, index);
    case DType::i4:
      return (load_nibble(data_, index) ^ 8) - 8;
    default:
      return to_int(get(index));
  }
}

void WriteView::set(int64_t index, double value) const {
  switch (dtype_) {
    case DType::f32:
      return store(data_, index, static_cast<float>(value));
    case DType::f64:
      return store(data_, index, value);
    case DType::f16:
      return store(data_, index, encode_f16(value));
    case DType::bf16:
      return store(data_, index, encode_bf16(value));
    case DType::f8e4m3:
      return store(data_, index, encode_f8e4m3(value));
    case DType::f8e5m2:
      return store(data_, index, encode_f8e5m2(value));
    case DType::b8:
      return store<uint8_t>(data_, index, value != 0);
    default:
      return set_int(index, to_int(std::nearbyint(value)));
  }
}

void WriteView::set_int(int64_t index, int64_t value) const {
  switch (dtype_) {
    case DType::i8:
    case DType::u8:
      return store(data_, index, static_cast<uint8_t>(value));
    case DType::i16:
    case DType::u16:
      return store(data_, index, static_cast<uint16_t>(value));
    case DType::i32:
    case DType::u32:
      return store(data_, index, static_cast<uint32_t>(value));
    case DType::i64:
    case DType::u64:
      return store(data_, index, value);
    case DType::b8:
      return store<uint8_t>(data_, index, value != 0);
    case DType::i4:
    case DType::u4:
      return store_nibble(data_, index, value);
    default:
      return set(index, sticky_double(value));
  }
}

}  // namespace dvt::ops
