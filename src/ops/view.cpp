#include <cmath>
#include <cstring>
#include <limits>

#include "base/float_formats.h"
#include "base/packed.h"
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

template <class Bits>
Bits load_small(const void* data, int64_t index, DType type) {
  return bits(type) < 8 ? static_cast<Bits>(load_packed(data, index, bits(type))) : load<Bits>(data, index);
}
template <class Bits>
void store_small(void* data, int64_t index, DType type, Bits value) {
  bits(type) < 8 ? store_packed(data, index, bits(type), value) : store(data, index, value);
}
int64_t to_int(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

uint64_t to_uint64(double value) {
  if (value >= 18446744073709551616.0) return std::numeric_limits<uint64_t>::max();
  return value < 0 ? static_cast<uint64_t>(to_int(value)) : value > 0 ? static_cast<uint64_t>(value) : 0;
}

[[noreturn]] void not_a_number() { throw Error(ErrorCode::kInternal, "an element of text is no number"); }

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
    case DType::text:
      not_a_number();
    case DType::f32:
      return load<float>(data_, index);
    case DType::f64:
      return load<double>(data_, index);
#define SMALL_FLOAT(name, Bits) \
  case DType::name:             \
    return decode_##name(load_small<Bits>(data_, index, dtype_));
#include "base/small_floats.inc"
#undef SMALL_FLOAT
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
    case DType::u2:
      return load_packed(data_, index, bits(dtype_));
    case DType::i4:
    case DType::i2:
      return sign_extended(load_packed(data_, index, bits(dtype_)), bits(dtype_));
    default:
      return to_int(get(index));
  }
}

void WriteView::set(int64_t index, double value) const {
  switch (dtype_) {
    case DType::text:
      not_a_number();
    case DType::f32:
      return store(data_, index, static_cast<float>(value));
    case DType::f64:
      return store(data_, index, value);
#define SMALL_FLOAT(name, Bits) \
  case DType::name:             \
    return store_small<Bits>(data_, index, dtype_, encode_##name(value));
#include "base/small_floats.inc"
#undef SMALL_FLOAT
    case DType::b8:
      return store<uint8_t>(data_, index, value != 0);
    case DType::u64:
      return store(data_, index, to_uint64(std::nearbyint(value)));
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
    case DType::i2:
    case DType::u2:
      return store_packed(data_, index, bits(dtype_), static_cast<uint64_t>(value));
    default:
      return set(index, sticky_double(value));
  }
}

std::string_view ReadView::text(int64_t index) const { return load<TextView>(data_, index).view(); }

void WriteView::set_text(int64_t index, std::string_view value) const { set_view(index, texts_->copy(value)); }

void WriteView::set_view(int64_t index, std::string_view value) const {
  store(data_, index, TextView{value.data(), static_cast<int64_t>(value.size())});
}

}  // namespace dvt::ops
