#include "backend/cpu/matmul/pack.h"

#include <emmintrin.h>
#include <xmmintrin.h>

#include <cstring>

#include "backend/cpu/common/parallel.h"

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

namespace {

/// Rows [k0, k1) of panel p, which begins at `packed`.
void pack_rows(const float* b, int64_t stride, bool transposed, const ColumnPanels& panels, int64_t p, int64_t k0,
               int64_t k1, float* packed) noexcept {
  constexpr int64_t kBlock = 64;  // rows whose packed form stays in L1 while columns are filled in
  const int64_t columns = panels.columns_of(p), padded = panels.padded_columns_of(p), first = p * panels.width();
  if (transposed) {
    for (int64_t k = k0; k < k1; k += kBlock)
      transpose(b + first * stride + k, stride, columns, std::min(kBlock, k1 - k), packed + k * padded, padded);
  } else {
    for (int64_t k = k0; k < k1; ++k)
      std::memcpy(packed + k * padded, b + k * stride + first, static_cast<size_t>(columns) * 4);
  }
  if (columns < padded)
    for (int64_t k = k0; k < k1; ++k)
      std::memset(packed + k * padded + columns, 0, static_cast<size_t>(padded - columns) * 4);
}

}  // namespace

void pack_panels(const float* b, int64_t stride, bool transposed, int64_t depth, const ColumnPanels& panels, int64_t p0,
                 int64_t p1, float* packed) noexcept {
  for (int64_t p = p0; p < p1; ++p) {
    pack_rows(b, stride, transposed, panels, p, 0, depth, packed);
    packed += depth * panels.padded_columns_of(p);
  }
}

// Memory is read in its order where rows lie along it: a block of them for one panel after the other.
void pack_matrix(const float* b, bool transposed, int64_t depth, const ColumnPanels& panels, float* packed,
                 ThreadPool& pool) {
  const int64_t stride = transposed ? depth : panels.columns, rows = transposed ? depth : 16;
  const int64_t blocks = (depth + rows - 1) / std::max<int64_t>(rows, 1);
  const auto pack = [&](int64_t block, int64_t p) {
    pack_rows(b, stride, transposed, panels, p, block * rows, std::min((block + 1) * rows, depth),
              packed + p * panels.width() * depth);
  };
  constexpr double kFloatNs = 0.5;
  if (transposed) {
    const double panel_ns = kFloatNs * static_cast<double>(depth * panels.width());
    parallel_for(pool, panels.count(), panel_ns, [&](int64_t p0, int64_t p1) {
      for (int64_t p = p0; p < p1; ++p) pack(0, p);
    });
  } else {
    const double block_ns = kFloatNs * static_cast<double>(rows * panels.columns);
    parallel_for(pool, blocks, block_ns, [&](int64_t b0, int64_t b1) {
      for (int64_t block = b0; block < b1; ++block)
        for (int64_t p = 0; p < panels.count(); ++p) pack(block, p);
    });
  }
}

}  // namespace dvt::cpu
