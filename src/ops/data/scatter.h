#pragma once
#include <string_view>

namespace dvt::ops {

/// What a scatter does with the element already there; `none` overwrites it.
enum class ScatterReduction { none, add, mul, max, min };
inline constexpr std::string_view kScatterReductionNames[] = {"none", "add", "mul", "max", "min"};

}  // namespace dvt::ops
