#include "backend/cpu/conv/im2col.h"

#include <emmintrin.h>

#include <algorithm>

namespace dvt::cpu {
namespace {

constexpr int kMaxRuns = 32;  // a panel's columns: at worst each is a run of its own

// Output pixels of a panel that lie on one output row.
struct Run {
  int64_t length;
  std::array<int64_t, 3> at;  // input coordinates of the first pixel's window origin
};

void zero(float* to, int64_t n) noexcept {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(to + i, _mm_setzero_ps());
  for (; i < n; ++i) to[i] = 0;
}

void copy(float* to, const float* from, int64_t n, int64_t stride) noexcept {
  int64_t i = 0;
  if (stride == 1) {
    for (; i + 4 <= n; i += 4) _mm_storeu_ps(to + i, _mm_loadu_ps(from + i));
    for (; i < n; ++i) to[i] = from[i];
  } else {
    for (; i < n; ++i) to[i] = from[i * stride];
  }
}

int find_runs(const ConvShape& s, int64_t first, int64_t columns, Run* runs) noexcept {
  int count = 0;
  while (columns > 0) {
    const int64_t ox = first % s.out[2], oy = first / s.out[2] % s.out[1], oz = first / (s.out[2] * s.out[1]);
    Run& r = runs[count++];
    r.length = std::min(columns, s.out[2] - ox);
    r.at = {oz * s.stride[0] - s.pad[0], oy * s.stride[1] - s.pad[1], ox * s.stride[2] - s.pad[2]};
    first += r.length;
    columns -= r.length;
  }
  return count;
}

// One row of the matrix: tap (z, y, x) of one channel.
void fill_row(const ConvShape& s, const float* plane, const Run* runs, int count, int64_t z, int64_t y, int64_t x,
              float* to) noexcept {
  for (int i = 0; i < count; ++i) {
    const Run& r = runs[i];
    const int64_t iz = r.at[0] + z, iy = r.at[1] + y, ix = r.at[2] + x, stride = s.stride[2];
    if (iz < 0 || iz >= s.in[0] || iy < 0 || iy >= s.in[1]) {
      zero(to, r.length);
    } else {
      const int64_t begin = ix >= 0 ? 0 : std::min(r.length, (-ix + stride - 1) / stride);
      const int64_t end = s.in[2] <= ix ? begin : std::clamp((s.in[2] - ix + stride - 1) / stride, begin, r.length);
      zero(to, begin);
      copy(to + begin, plane + (iz * s.in[1] + iy) * s.in[2] + ix + begin * stride, end - begin, stride);
      zero(to + end, r.length - end);
    }
    to += r.length;
  }
}

}  // namespace

void im2col_panels(const ConvShape& s, const float* x, const ColumnPanels& panels, int64_t p0, int64_t p1,
                   float* packed) noexcept {
  Run runs[kMaxRuns];
  for (int64_t p = p0; p < p1; ++p) {
    const int64_t columns = panels.columns_of(p), padded = panels.padded_columns_of(p);
    const int count = find_runs(s, p * panels.width(), columns, runs);
    for (int64_t c = 0; c < s.group_channels(); ++c)
      for (int64_t z = 0; z < s.kernel[0]; ++z)
        for (int64_t y = 0; y < s.kernel[1]; ++y)
          for (int64_t t = 0; t < s.kernel[2]; ++t) {
            fill_row(s, x + c * s.in_pixels(), runs, count, z * s.dilation[0], y * s.dilation[1], t * s.dilation[2],
                     packed);
            zero(packed + columns, padded - columns);
            packed += padded;
          }
  }
}

}  // namespace dvt::cpu
