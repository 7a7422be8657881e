#include "backend/cpu/conv/winograd_pack.h"

#include <algorithm>
#include <vector>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/matmul/pack.h"

namespace dvt::cpu {
namespace {

constexpr int64_t kTaps = 9;
constexpr int kMaxWidth = 16 * jit::kMaxTileVectors;  // lanes of a panel
using Lanes = double[kMaxWidth];

// y = G2 x for F(2x2): rows [1 0 0], [1 1 1] / 2, [1 -1 1] / 2, [0 0 1].
void transform2(const double* const* x, double* const* y, int n) {
  for (int i = 0; i < n; ++i) {
    const double even = 0.5 * (x[0][i] + x[2][i]), odd = 0.5 * x[1][i];
    y[0][i] = x[0][i], y[1][i] = even + odd, y[2][i] = even - odd, y[3][i] = x[2][i];
  }
}

// y = G4 x for F(4x4). Rows are [1 p p^2] / N(p), where N(p) is the product of the distances to the other finite
// points: N(0) = a^2 b^2, N(+-a) = 2 a^2 (a^2 - b^2), N(+-b) = 2 b^2 (b^2 - a^2); the last one is [0 0 1].
void transform4(const double* const* x, double* const* y, int n) {
  constexpr double kA = jit::kWinogradA, kB = jit::kWinogradB, kA2 = kA * kA, kB2 = kB * kB;
  constexpr double kNA = 2 * kA2 * (kA2 - kB2), kNB = 2 * kB2 * (kB2 - kA2);
  for (int i = 0; i < n; ++i) {
    const double even_a = x[0][i] * (1 / kNA) + x[2][i] * (kA2 / kNA), odd_a = x[1][i] * (kA / kNA);
    const double even_b = x[0][i] * (1 / kNB) + x[2][i] * (kB2 / kNB), odd_b = x[1][i] * (kB / kNB);
    y[0][i] = x[0][i] * (1 / (kA2 * kB2));
    y[1][i] = even_a + odd_a, y[2][i] = even_a - odd_a;
    y[3][i] = even_b + odd_b, y[4][i] = even_b - odd_b;
    y[5][i] = x[2][i];
  }
}

/// The windows of one channel, taps[9][lanes], to its row of every point's matrix.
void transform_channel(const float* taps, int lanes, jit::WinogradForm form, float* row, int64_t point_floats) {
  const auto transform = form.output == 2 ? &transform2 : &transform4;
  const int n = form.tile();
  Lanes x[kTaps], half[6][3], u[6];
  for (int64_t t = 0; t < kTaps; ++t)
    for (int i = 0; i < lanes; ++i) x[t][i] = static_cast<double>(taps[t * lanes + i]);
  for (int column = 0; column < 3; ++column) {
    const double* in[3] = {x[column], x[3 + column], x[6 + column]};
    double* out[6];
    for (int r = 0; r < n; ++r) out[r] = half[r][column];
    transform(in, out, lanes);
  }
  for (int r = 0; r < n; ++r) {
    const double* in[3] = {half[r][0], half[r][1], half[r][2]};
    double* out[6] = {u[0], u[1], u[2], u[3], u[4], u[5]};
    transform(in, out, lanes);
    for (int c = 0; c < n; ++c, row += point_floats)
      for (int i = 0; i < lanes; ++i) row[i] = static_cast<float>(u[c][i]);
  }
}

}  // namespace

void pack_winograd(const float* filters, int64_t channels, const ColumnPanels& panels, jit::WinogradForm form,
                   float* packed, ThreadPool& pool) {
  constexpr int64_t kBlock = 16;  // channels that are turned around at a time
  const int64_t point_floats = panels.packed_floats(channels), blocks = (channels + kBlock - 1) / kBlock;
  const double block_ns = 3.0 * static_cast<double>(kBlock * panels.width() * form.points());
  parallel_for(pool, panels.count() * blocks, block_ns, [&](int64_t begin, int64_t end) {
    std::vector<float> taps(static_cast<size_t>(kBlock * kTaps * panels.width()));
    for (int64_t item = begin; item < end; ++item) {
      const int64_t p = item / blocks, c0 = item % blocks * kBlock, count = std::min(kBlock, channels - c0);
      const int64_t first = p * panels.width(), columns = panels.columns_of(p), padded = panels.padded_columns_of(p);
      if (columns < padded) std::fill(taps.begin(), taps.end(), 0.0f);
      transpose(filters + (first * channels + c0) * kTaps, channels * kTaps, columns, count * kTaps, taps.data(),
                padded);
      for (int64_t c = 0; c < count; ++c)
        transform_channel(taps.data() + c * kTaps * padded, static_cast<int>(padded), form,
                          packed + first * channels + (c0 + c) * padded, point_floats);
    }
  });
}

}  // namespace dvt::cpu
