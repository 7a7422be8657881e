#pragma once
#include <cstdint>

#include "backend/target.h"
#include "ops/nn/non_max_suppression.h"

namespace dvt::cpu {

/// Boxes that were taken, one array for each number of a box so that a vector holds the same number of many boxes.
struct TakenBoxes {
  static constexpr int kArrays = 5;
  float *y0, *x0, *y1, *x1, *area;
  /// Over `memory`, which holds kArrays * n floats.
  static TakenBoxes over(float* memory, int64_t n) {
    return {memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n};
  }
  void put(int64_t i, const ops::Corners& box) const {
    y0[i] = box.y0, x0[i] = box.x0, y1[i] = box.y1, x1[i] = box.x1, area[i] = box.area;
  }
};

struct OverlapLoops {
  /// Whether `box` overlaps one of the first n taken boxes, by ops::overlaps to the bit.
  bool (*any)(const ops::Corners& box, const TakenBoxes& taken, int64_t n, float most);
};
OverlapLoops overlap_loops(const backend::Target& t);

}  // namespace dvt::cpu
