#pragma once
#include <cstdint>

#include "backend/target.h"
#include "ops/reduce/reduce.h"

namespace dvt::cpu {

/// Columns reduced side by side in one block.
inline constexpr int64_t kReduceColumns = 256;

/// The f32 loops of one kind of reduction: map each element, combine, finish.
struct ReduceLoops {
  float neutral;
  /// Combination of n contiguous mapped elements with `start`.
  float (*row)(const float* x, int64_t n, float start);
  /// acc[i] = combine(acc[i], map(x[i])).
  void (*columns)(const float* x, float* acc, int64_t n);
  /// In place; `count` elements went into each.
  void (*finish)(float* y, int64_t n, float count);
};
/// Kind log_sum_exp has none.
ReduceLoops reduce_loops(const backend::Target& t, ops::Reduce::Kind kind);

}  // namespace dvt::cpu
