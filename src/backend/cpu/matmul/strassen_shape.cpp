#include "backend/cpu/matmul/strassen_shape.h"

#include <cmath>
#include <vector>

#include "backend/cpu/matmul/strassen_loops.h"

namespace dvt::cpu {
namespace {

constexpr float kUnpaired = -0x1.2345p67f;  ///< In the header: no panels are paired. Zero: they are.

struct Matrix {
  const float* data;
  int64_t row, column;  // floats to the next
  float at(int64_t k, int64_t j) const { return data[k * row + j * column]; }
};

// One row of the slots of a pair of panels: `upper` and `lower` are the rows of B that lie half a block apart.
void pack_pair_row(const Matrix& b, int64_t upper, int64_t lower, const ColumnPanels& panels, int64_t panel,
                   int64_t slot_floats, float* out) {
  const int64_t width = panels.width(), left = panel * width, right = left + width;
  for (int64_t j = 0; j < width; ++j) {
    const bool inside = right + j < panels.columns;
    const float b11 = b.at(upper, left + j), b21 = b.at(lower, left + j);
    const float b12 = inside ? b.at(upper, right + j) : 0.0f, b22 = inside ? b.at(lower, right + j) : 0.0f;
    const float t1 = b12 - b11, t2 = b22 - t1, t3 = b22 - b12, t4 = t2 - b21;
    const float slots[StrassenShape::kSlots] = {b11, b21, t2, t1, b22, t3, -t4};
    for (int64_t s = 0; s < StrassenShape::kSlots; ++s) out[s * slot_floats + j] = slots[s];
  }
}

}  // namespace

void pack_strassen(const float* b, bool transposed, int64_t depth, const ColumnPanels& columns,
                   std::span<float> packed) {
  const Matrix matrix = transposed ? Matrix{b, 1, depth} : Matrix{b, columns.columns, 1};
  const bool paired =
      std::all_of(b, b + depth * columns.columns, [](float v) { return std::fabs(v) < kStrassenLimit; });
  std::fill(packed.begin(), packed.end(), 0.0f);
  if (!paired) packed[0] = kUnpaired;
  const StrassenShape s(depth, columns, paired);
  for (int64_t block = 0; block < s.blocks(); ++block) {
    const int64_t first = 2 * s.begin(block), half = s.half(block);
    for (int64_t cell = 0; cell < s.cells(); ++cell) {
      float* out = packed.data() + s.offset(block, cell);
      const int64_t panel = s.panel(cell), padded = columns.padded_columns_of(panel);
      if (cell < s.pairs) {
        for (int64_t k = 0; k < half; ++k)
          pack_pair_row(matrix, first + k, first + half + k, columns, panel, s.slot_floats(block),
                        out + k * columns.width());
      } else {
        for (int64_t k = 0; k < 2 * half; ++k)
          for (int64_t j = 0; j < columns.columns_of(panel); ++j)
            out[k * padded + j] = matrix.at(first + k, panel * columns.width() + j);
      }
    }
  }
}

StrassenShape packed_shape(const float* packed, int64_t depth, const ColumnPanels& columns) {
  return {depth, columns, packed[0] != kUnpaired};
}

}  // namespace dvt::cpu
