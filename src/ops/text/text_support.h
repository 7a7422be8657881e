#pragma once
// What the operators on text share.
#include <array>
#include <span>
#include <string_view>

#include "ops/support.h"

namespace dvt::ops {

/// For cost(): bytes of a text that are looked at, as nobody knows how long texts are.
constexpr double kOpsPerText = 32;

/// What separates words, of ASCII.
constexpr std::string_view kWhiteSpace = " \t\n\r\f\v";

inline void require_text(std::string_view op, DType got, size_t input) {
  if (got != DType::text) reject(op, "input ", input, " must be text, got ", got);
}

/// Calls f(index of each operand's element, index in the target) for every index of `target`, into which the operands
/// broadcast.
template <size_t kCount, class F>
void for_each_broadcast(const std::array<const ReadView*, kCount>& operands, std::span<const int64_t> target, F&& f) {
  std::array<std::vector<int64_t>, kCount> strides;
  for (size_t k = 0; k < kCount; ++k) strides[k] = broadcast_strides(operands[k]->dims(), target);
  for_each_index(target, [&](std::span<const int64_t> index, int64_t i) {
    std::array<int64_t, kCount> at;
    for (size_t k = 0; k < kCount; ++k) at[k] = offset_of(index, strides[k]);
    f(at, i);
  });
}

}  // namespace dvt::ops
