#pragma once
#include "backend/cpu/jit/winograd_kernels.h"
#include "backend/cpu/matmul/tile_loop.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// Filters of 3x3 windows, [filter][channel][9], as the matrices of Winograd's products: U = G g G^T, one matrix
/// [channel][filter] a point, each in packed panels. Sums are formed in f64 and rounded once.
void pack_winograd(const float* filters, int64_t channels, const ColumnPanels& panels, jit::WinogradForm form,
                   float* packed, ThreadPool& pool);

}  // namespace dvt::cpu
