#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// Softmax (or its logarithm) of a row of n contiguous elements; y may be x.
using SoftmaxRow = void (*)(const float* x, float* y, int64_t n, bool log);
SoftmaxRow softmax_row(const backend::Target& t);

/// The same for `width` <= kSoftmaxColumns columns side by side, whose elements are `stride` apart.
inline constexpr int64_t kSoftmaxColumns = 64;
using SoftmaxColumns = void (*)(const float* x, float* y, int64_t n, int64_t stride, int64_t width, bool log);
SoftmaxColumns softmax_columns(const backend::Target& t);

}  // namespace dvt::cpu
