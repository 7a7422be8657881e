#pragma once
#include "backend/cpu/matmul/tile_loop.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// Copies panels [p0, p1) of B into rows of whole vectors, zeros beyond the last column: what packed tile kernels read.
/// `b` is [depth][columns] with rows `stride` floats apart or, `transposed`, [columns][depth].
void pack_panels(const float* b, int64_t stride, bool transposed, int64_t depth, const ColumnPanels& panels, int64_t p0,
                 int64_t p1, float* packed) noexcept;

/// All panels of a matrix whose rows lie one behind the other, on all threads.
void pack_matrix(const float* b, bool transposed, int64_t depth, const ColumnPanels& panels, float* packed,
                 ThreadPool& pool);

/// out[j][i] = in[i][j] for i < rows, j < columns; strides in floats.
void transpose(const float* in, int64_t in_stride, int64_t rows, int64_t columns, float* out,
               int64_t out_stride) noexcept;

}  // namespace dvt::cpu
