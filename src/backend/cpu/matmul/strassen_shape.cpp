#include "backend/cpu/matmul/strassen_shape.h"

#include <atomic>
#include <cmath>
#include <vector>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/matmul/pack.h"
#include "backend/cpu/matmul/strassen_loops.h"

namespace dvt::cpu {
namespace {

constexpr float kUnpaired = -0x1.2345p67f;  ///< In the header: no panels are paired. Zero: they are.

/// B, of which a cell's rows are wanted: a row of a panel, or of a pair of panels.
class CellRows {
 public:
  static constexpr int64_t kRows = 16;
  /// `width`: floats of a row, whole panels.
  CellRows(const float* b, bool transposed, int64_t depth, int64_t columns, int64_t width)
      : b_(b), transposed_(transposed), depth_(depth), columns_(columns), width_(width) {}

  /// Rows [k, k + count), at most kRows, from column `first` on; 0 beyond the last column. `scratch` has width * kRows
  /// floats. Returns where row k begins; the next one is `stride` floats behind it.
  const float* at(int64_t k, int64_t count, int64_t first, float* scratch, int64_t* stride) const {
    const int64_t inside = std::min(width_, columns_ - first);
    if (!transposed_ && inside == width_) {
      *stride = columns_;
      return b_ + k * columns_ + first;
    }
    *stride = width_;
    if (inside < width_) std::fill_n(scratch, width_ * count, 0.0f);
    if (transposed_)
      transpose(b_ + first * depth_ + k, depth_, inside, count, scratch, width_);
    else
      for (int64_t i = 0; i < count; ++i) std::copy_n(b_ + (k + i) * columns_ + first, inside, scratch + i * width_);
    return scratch;
  }

 private:
  const float* b_;
  bool transposed_;
  int64_t depth_, columns_, width_;
};

// Adds to a bit mask what is not below the limit, NaN included.
uint32_t too_large(const float* row, int64_t n) {
  uint32_t large = 0;
  for (int64_t j = 0; j < n; ++j) large |= !(std::fabs(row[j]) < kStrassenLimit);
  return large;
}

// One row of the slots of a pair of panels: `upper` and `lower` are the rows of B that lie half a block apart.
void pack_pair_row(const float* __restrict upper, const float* __restrict lower, int64_t width, int64_t slot_floats,
                   float* __restrict out) {
  using S = StrassenShape;
  float *o11 = out + S::kB11 * slot_floats, *o21 = out + S::kB21 * slot_floats, *o22 = out + S::kB22 * slot_floats;
  float *t1 = out + S::kT1 * slot_floats, *t2 = out + S::kT2 * slot_floats, *t3 = out + S::kT3 * slot_floats;
  float* minus_t4 = out + S::kMinusT4 * slot_floats;
#pragma GCC ivdep
  for (int64_t j = 0; j < width; ++j) {
    const float b11 = upper[j], b21 = lower[j], b12 = upper[width + j], b22 = lower[width + j];
    const float first = b12 - b11, second = b22 - first;
    o11[j] = b11, o21[j] = b21, o22[j] = b22;
    t1[j] = first, t2[j] = second, t3[j] = b22 - b12, minus_t4[j] = -(second - b21);
  }
}

/// Packs one cell of one block of the depth; returns whether an element is too large for sums.
bool pack_cell(const StrassenShape& s, const float* b, bool transposed, int64_t depth, int64_t block, int64_t cell,
               float* packed) {
  const bool pair = cell < s.pairs;
  const int64_t first = 2 * s.begin(block), half = s.half(block), panel = s.panel(cell);
  const int64_t width = pair ? 2 * s.panels.width() : s.panels.padded_columns_of(panel);
  const int64_t column = panel * s.panels.width();
  const CellRows rows(b, transposed, depth, s.panels.columns, width);
  float* out = packed + s.offset(block, cell);
  std::vector<float> scratch(static_cast<size_t>(2 * width * CellRows::kRows));
  uint32_t large = 0;
  for (int64_t k = 0, end = pair ? half : 2 * half; k < end; k += CellRows::kRows) {
    const int64_t count = std::min(CellRows::kRows, end - k);
    int64_t stride = 0;
    const float* upper = rows.at(first + k, count, column, scratch.data(), &stride);
    for (int64_t i = 0; i < count; ++i) large |= too_large(upper + i * stride, width);
    if (!pair) {
      for (int64_t i = 0; i < count; ++i) std::copy_n(upper + i * stride, width, out + (k + i) * width);
      continue;
    }
    float* more = scratch.data() + width * CellRows::kRows;
    const float* lower = rows.at(first + half + k, count, column, more, &stride);
    for (int64_t i = 0; i < count; ++i) {
      large |= too_large(lower + i * stride, width);
      pack_pair_row(upper + i * stride, lower + i * stride, width / 2, s.slot_floats(block), out + (k + i) * width / 2);
    }
  }
  return large != 0;
}

}  // namespace

void pack_strassen(const float* b, bool transposed, int64_t depth, const ColumnPanels& columns, std::span<float> packed,
                   ThreadPool& pool) {
  const auto pack = [&](bool paired) {
    const StrassenShape s(depth, columns, paired);
    std::fill_n(packed.data(), StrassenShape::kHeaderFloats, 0.0f);
    std::atomic<bool> large = false;
    const double cell_ns = 2.0 * static_cast<double>(s.half(0) * columns.width());
    parallel_for(pool, s.blocks() * s.cells(), cell_ns, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        if (pack_cell(s, b, transposed, depth, i / s.cells(), i % s.cells(), packed.data())) large = true;
    });
    return !large;
  };
  if (pack(true)) return;
  const StrassenShape unpaired(depth, columns, false);
  std::fill(packed.begin() + unpaired.packed_floats(), packed.end(), 0.0f);
  pack(false);
  packed[0] = kUnpaired;
}

StrassenShape packed_shape(const float* packed, int64_t depth, const ColumnPanels& columns) {
  return {depth, columns, packed[0] != kUnpaired};
}

}  // namespace dvt::cpu
