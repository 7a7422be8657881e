#pragma once
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/matmul/tile_loop.h"

namespace dvt::cpu {

/// Writes panels [p0, p1) of the matrix whose rows are (channel, tap) and whose columns are output pixels: packed B of
/// a convolution on row-major tensors. `x` is the first channel of one image's group; zeros stand for the padding.
void im2col_panels(const ConvShape& s, const float* x, const ColumnPanels& panels, int64_t p0, int64_t p1,
                   float* packed) noexcept;

}  // namespace dvt::cpu
