#include "backend/cpu/matmul/pack.h"

#include <emmintrin.h>
#include <xmmintrin.h>

#include <cstring>

namespace dvt::cpu {

void transpose(const float* in, int64_t in_stride, int64_t rows, int64_t columns, float* out,
               int64_t out_stride) noexcept {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const float* r = in + i * in_stride;
    int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      __m128 a = _mm_loadu_ps(r + j), b = _mm_loadu_ps(r + in_stride + j), c = _mm_loadu_ps(r + 2 * in_stride + j),
             d = _mm_loadu_ps(r + 3 * in_stride + j);
      _MM_TRANSPOSE4_PS(a, b, c, d);
      float* o = out + j * out_stride + i;
      _mm_storeu_ps(o, a);
      _mm_storeu_ps(o + out_stride, b);
      _mm_storeu_ps(o + 2 * out_stride, c);
      _mm_storeu_ps(o + 3 * out_stride, d);
    }
    for (; j < columns; ++j)
      for (int64_t q = 0; q < 4; ++q) out[j * out_stride + i + q] = r[q * in_stride + j];
  }
  for (; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) out[j * out_stride + i] = in[i * in_stride + j];
}

void pack_panels(const float* b, int64_t stride, bool transposed, int64_t depth, const ColumnPanels& panels, int64_t p0,
                 int64_t p1, float* packed) noexcept {
  for (int64_t p = p0; p < p1; ++p) {
    const int64_t columns = panels.columns_of(p), padded = panels.padded_columns_of(p), first = p * panels.width();
    if (transposed) {
      transpose(b + first * stride, stride, columns, depth, packed, padded);
    } else {
      for (int64_t k = 0; k < depth; ++k)
        std::memcpy(packed + k * padded, b + k * stride + first, static_cast<size_t>(columns) * 4);
    }
    if (columns < padded)
      for (int64_t k = 0; k < depth; ++k)
        std::memset(packed + k * padded + columns, 0, static_cast<size_t>(padded - columns) * 4);
    packed += depth * padded;
  }
}

}  // namespace dvt::cpu
