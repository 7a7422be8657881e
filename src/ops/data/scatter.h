#pragma once
#include <cstdint>
#include <string_view>

#include "ops/op.h"

namespace dvt::ops {

/// What a scatter does with the element already there; `none` overwrites it.
enum class ScatterReduction { none, add, mul, max, min };
inline constexpr std::string_view kScatterReductionNames[] = {"none", "add", "mul", "max", "min"};

/// Rejects arithmetic on text.
void require_scattered(std::string_view op, ScatterReduction reduction, DType type);
/// Combines one element of `updates` into `y`, both of one type.
void scatter_element(ScatterReduction reduction, const ReadView& updates, int64_t from, const WriteView& y, int64_t to);

}  // namespace dvt::ops
