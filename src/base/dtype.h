#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dvt {

/// Type of a tensor's elements; b8 is a boolean in one byte (0 or 1), text a TextView (text.h).
enum class DType : uint8_t {
#define DTYPE(name, bits, cls) name,
#include "base/dtypes.inc"
#undef DTYPE
};

enum class DTypeClass : uint8_t { kFloat, kSigned, kUnsigned, kBool, kText };

int bits(DType t);
DTypeClass dtype_class(DType t);
/// Bytes of `count` packed elements; types of 4 and 2 bits pack two and four to a byte, the first in the low bits.
size_t byte_size(DType t, int64_t count);
std::string_view to_string(DType t);
std::optional<DType> parse_dtype(std::string_view text);
/// The type with number `n` in plans, or nothing when there is none.
std::optional<DType> dtype_from_number(int n);

inline bool is_floating(DType t) { return dtype_class(t) == DTypeClass::kFloat; }
inline bool is_integer(DType t) {
  return dtype_class(t) == DTypeClass::kSigned || dtype_class(t) == DTypeClass::kUnsigned;
}

}  // namespace dvt
