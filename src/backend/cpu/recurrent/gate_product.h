#pragma once
#include <memory>
#include <span>
#include <vector>

#include "backend/cpu/matmul/tile_loop.h"
#include "backend/tactic.h"

namespace dvt::cpu {

/// Products with the gate matrices of a recurrent layer, [gates * hidden][depth] packed for the tile kernels.
class GateProduct {
 public:
  GateProduct(const backend::Target& t, int64_t gate_rows);

  /// Floats between rows of sums: whole vectors.
  int64_t stride() const { return stride_; }
  int64_t packed_floats(int64_t depth) const { return panels_.packed_floats(depth); }
  /// All directions' matrices, one after the other.
  void pack(const backend::PackArgs& args, int64_t directions, int64_t depth) const;
  /// sums[r] += matrix * row r, for `rows` rows that lie `row_stride` floats apart. Reads the matrix from its end when
  /// `backwards`: who multiplies by it again and again turns about, and so begins with what the cache still holds.
  void add(const float* packed, const float* row, int64_t row_stride, int64_t rows, int64_t depth, bool backwards,
           float* sums) const {
    add_panels(0, panels_.count(), packed, row, row_stride, rows, depth, backwards, sums);
  }
  /// The same for panels [p0, p1) of sums alone.
  void add_panels(int64_t p0, int64_t p1, const float* packed, const float* row, int64_t row_stride, int64_t rows,
                  int64_t depth, bool backwards, float* sums) const;
  int64_t panels() const { return panels_.count(); }
  int64_t tile_rows() const { return tile_rows_; }

 private:
  ColumnPanels panels_;
  int64_t stride_, tile_rows_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

/// What the fast tactics ask of a recurrent problem besides its attributes.
backend::Support recurrent_supports(const backend::Problem& p, const backend::Target& t);

}  // namespace dvt::cpu
