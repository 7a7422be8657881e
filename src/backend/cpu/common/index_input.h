#pragma once
#include <cstdint>

#include "base/dtype.h"

namespace dvt::cpu {

/// Element `i` of a tensor of an integer index type.
inline int64_t read_index(DType type, const void* data, int64_t i) {
  return type == DType::i64 ? static_cast<const int64_t*>(data)[i] : static_cast<const int32_t*>(data)[i];
}
inline bool is_index_type(DType type) { return type == DType::i64 || type == DType::i32; }

}  // namespace dvt::cpu
