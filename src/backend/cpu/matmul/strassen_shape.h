#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "backend/cpu/matmul/tile_loop.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// How a product is cut for one step of Strassen's method in Winograd's form: seven products of half the size and
/// fifteen sums instead of eight products (V. Strassen, "Gaussian elimination is not optimal", 1969; S. Winograd, "On
/// multiplication of 2x2 matrices", 1971). A cell is two halves of rows, of depth and of columns:
///
///   S1 = A21 + A22   S2 = S1 - A11    S3 = A11 - A21   S4 = A12 - S2
///   T1 = B12 - B11   T2 = B22 - T1    T3 = B22 - B12   T4 = T2 - B21
///   P1 = A11 B11     P6 = S2 T2       P5 = S1 T1       P7 = S3 T3
///   C11 = P1 + A12 B21               C12 = P1 + P6 + P5 + S4 B22
///   C21 = P1 + P6 + P7 - A22 T4      C22 = P1 + P6 + P7 + P5
///
/// The depth is cut into blocks, each with halves of its own; columns by pairs of neighbouring panels. A panel without
/// a partner of its width is multiplied as it is.
struct StrassenShape {
  enum Slot { kB11, kB21, kT2, kT1, kB22, kT3, kMinusT4, kSlots };
  static constexpr int64_t kMaxHalf = 384;      ///< Most of half a depth block.
  static constexpr int64_t kHeaderFloats = 16;  ///< Of the packed form; the first is set where no panels are paired.

  int64_t half_depth = 0;  ///< Half of the whole depth, which is even.
  ColumnPanels panels;
  int64_t pairs = 0;

  StrassenShape(int64_t depth, const ColumnPanels& columns, bool paired) : half_depth(depth / 2), panels(columns) {
    if (paired) pairs = panels.count() / 2;
    if (pairs > 0 && panels.vectors_of(2 * pairs - 1) < jit::kMaxTileVectors) --pairs;
  }
  int64_t blocks() const { return std::max<int64_t>(1, (half_depth + kMaxHalf - 1) / kMaxHalf); }
  /// Where block b begins in half of the depth; the block is twice as deep as its part of that half.
  int64_t begin(int64_t b) const { return b * half_depth / blocks(); }
  int64_t half(int64_t b) const { return begin(b + 1) - begin(b); }
  int64_t cells() const { return panels.count() - pairs; }
  /// First panel of a cell.
  int64_t panel(int64_t cell) const { return cell < pairs ? 2 * cell : cell + pairs; }
  int64_t slot_floats(int64_t b) const { return half(b) * panels.width(); }
  /// Where the packed form of a cell begins: the slots of a pair, or the rows of a panel.
  int64_t offset(int64_t b, int64_t cell) const {
    return kHeaderFloats + begin(b) * floats_before(cells()) + half(b) * floats_before(cell);
  }
  int64_t packed_floats() const { return kHeaderFloats + half_depth * floats_before(cells()); }

 private:
  // Of the cells before `cell`, for each row of half the depth.
  int64_t floats_before(int64_t cell) const {
    const int64_t paired = std::min(cell, pairs), alone = cell - paired;
    if (alone == 0) return paired * kSlots * panels.width();
    const int64_t last = panel(cell - 1);
    return paired * kSlots * panels.width() + 2 * ((alone - 1) * panels.width() + panels.padded_columns_of(last));
  }
};

/// Packs B, row-major [depth][columns] or, `transposed`, [columns][depth]. Panels are left unpaired where an element of
/// B is so large, infinite or not a number that sums would carry it into other columns. `packed` holds the floats of
/// the paired shape.
void pack_strassen(const float* b, bool transposed, int64_t depth, const ColumnPanels& columns, std::span<float> packed,
                   ThreadPool& pool);
/// The shape that a packed form has.
StrassenShape packed_shape(const float* packed, int64_t depth, const ColumnPanels& columns);

}  // namespace dvt::cpu
