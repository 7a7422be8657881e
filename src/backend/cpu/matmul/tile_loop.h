#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/cpu/jit/tile_kernel.h"
#include "backend/target.h"

namespace dvt::cpu {

/// Columns of the result in panels of kMaxTileVectors vectors; the last panel may be narrower, its vectors padded.
struct ColumnPanels {
  int64_t columns = 0;
  int lanes = 8;

  int64_t width() const { return int64_t{lanes} * jit::kMaxTileVectors; }
  int64_t count() const { return (columns + width() - 1) / width(); }
  int64_t columns_of(int64_t p) const { return p + 1 < count() ? width() : columns - p * width(); }
  int vectors_of(int64_t p) const { return static_cast<int>((columns_of(p) + lanes - 1) / lanes); }
  /// Columns of panel p including the padding: its row length when packed.
  int64_t padded_columns_of(int64_t p) const { return int64_t{vectors_of(p)} * lanes; }
  int64_t tail_lanes_of(int64_t p) const { return columns_of(p) % lanes; }
  /// Floats of B with `depth` rows, packed. Panels lie one after the other.
  int64_t packed_floats(int64_t depth) const {
    return count() == 0 ? 0 : depth * ((count() - 1) * width() + padded_columns_of(count() - 1));
  }
};

/// How much of a product is one task, and how the depth is cut so that a block of B stays in the nearer caches.
struct Blocking {
  int64_t segments = 1, depth = 0;  ///< Per pass. A pass covers several whole segments or a part of one.
  int64_t tiles_per_task = 1, panels_per_task = 1;
  int64_t row_tasks = 1, column_tasks = 1;
  int64_t tasks() const { return row_tasks * column_tasks; }  ///< Those of the same rows are neighbours.
};

/// The product C = A B over tiles and panels: everything that one task needs besides which part is its own.
struct TileLoop {
  struct Operand {
    const std::byte* data = nullptr;
    int64_t row_bytes = 0, column_bytes = 0;
  };

  const jit::TileKernels* kernels = nullptr;
  int64_t rows = 0, tiles = 0;  ///< Rows of C, split evenly into tiles.
  ColumnPanels panels;
  jit::TileKind kind = jit::TileKind::kPacked;
  int64_t segments = 1, depth = 0;
  int64_t depth_begin = 0;  ///< Floats from a row pointer to the first element used: the channels of a group.
  Blocking blocking;
  const float* b = nullptr;
  int64_t b_first_panel = 0;  ///< The panel that a packed `b` starts with.
  int64_t b_stride = 0;       ///< Bytes between rows of an unpacked B; 0: packed.
  float* c = nullptr;
  int64_t c_stride = 0;  ///< Floats.
  /// Of one segment whose depth is cut: the only pass that run() does, where the caller takes each through all tasks
  /// before the next, so that the pass's part of A stays in cache; -1: all.
  int64_t pass = -1;
  std::array<Operand, jit::kMaxTileOperands> operands;
  int num_operands = 0;

  int64_t passes() const {
    return segments > 1 || blocking.depth <= 0 ? 1
                                               : std::max<int64_t>(1, (depth + blocking.depth - 1) / blocking.depth);
  }
  int64_t row_of(int64_t tile) const { return tile * rows / tiles; }
  /// Computes tiles [t0, t1) of panels [p0, p1). `a_rows` are the row pointers, per tile [segments][rows of the tile],
  /// from tile t0 on.
  void run(const float* const* a_rows, int64_t t0, int64_t t1, int64_t p0, int64_t p1) const noexcept;

  /// The blocking for the shape set so far, of which `products` are computed side by side. With `columns_first` rows
  /// are split only when there are no panels left to split: each task then packs its own panels of B. `passes_apart`
  /// says that the caller does one pass over the depth after the other.
  void choose_blocking(const backend::Target& target, int threads, int64_t products, bool columns_first,
                       bool passes_apart = false);
  static constexpr int64_t kMaxTilesPerPass = 32;

 private:
  void run_by_column(const float* const* a_rows, jit::TileArgs& args, int64_t t0, int64_t t1, int64_t p0,
                     int64_t p1) const noexcept;
  void run_tile(jit::TileArgs& args, const float* const* a_rows, int64_t tile, int64_t panel) const noexcept;
};

/// Tiles that `rows` rows are split into.
inline int64_t tile_count(int64_t rows, jit::VectorIsa isa) {
  return (rows + jit::max_tile_rows(isa) - 1) / jit::max_tile_rows(isa);
}

/// The kernel forms that a product with rows in [min, max] and columns in [min, max] can meet.
std::vector<jit::TileForm> tile_forms(jit::VectorIsa isa, int64_t min_rows, int64_t max_rows, int64_t min_columns,
                                      int64_t max_columns);

}  // namespace dvt::cpu
