// Packed filters of Winograd's convolutions against U = G g G^T written out.
#include "backend/cpu/conv/winograd_pack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace dvt::cpu {
namespace {

/// G, whose rows interpolate at 0, 1, -1 and infinity, or at 0, a, -a, b, -b and infinity.
std::vector<std::vector<double>> interpolation(int output) {
  if (output == 2) return {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const double points[] = {0, jit::kWinogradA, -jit::kWinogradA, jit::kWinogradB, -jit::kWinogradB};
  std::vector<std::vector<double>> rows;
  for (double p : points) {
    double distances = 1;
    for (double q : points)
      if (q != p) distances *= p - q;
    rows.push_back({1 / distances, p / distances, p * p / distances});
  }
  rows.push_back({0, 0, 1});
  return rows;
}

void check(int64_t filters, int64_t channels, int lanes, int output) {
  SCOPED_TRACE(testing::Message() << filters << " filters of " << channels << ", " << lanes << " lanes, F" << output);
  std::mt19937 rng(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> w(static_cast<size_t>(filters * channels * 9));
  for (float& v : w) v = uniform(rng);
  const jit::WinogradForm form{output};
  const ColumnPanels panels{filters, lanes};
  const int64_t matrix = panels.packed_floats(channels);
  std::vector<float> packed(static_cast<size_t>(form.points() * matrix), std::nanf(""));
  ThreadPool pool(2);
  pack_winograd(w.data(), channels, panels, form, packed.data(), pool);

  const auto g = interpolation(output);
  for (int point = 0; point < form.points(); ++point)
    for (int64_t p = 0; p < panels.count(); ++p)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t j = 0; j < panels.padded_columns_of(p); ++j) {
          const int64_t f = p * panels.width() + j;
          double want = 0;
          for (size_t t = 0; f < filters && t < 9; ++t)
            want += g[static_cast<size_t>(point / form.tile())][t / 3] *
                    g[static_cast<size_t>(point % form.tile())][t % 3] *
                    static_cast<double>(w[static_cast<size_t>((f * channels + c) * 9) + t]);
          const int64_t at = point * matrix + p * panels.width() * channels + c * panels.padded_columns_of(p) + j;
          // One rounding to f32, and those of sums of nine terms below 2 in f64.
          ASSERT_NEAR(packed[static_cast<size_t>(at)], want, std::fabs(want) * 0x1p-24 + 0x1p-46)
              << "point " << point << ", panel " << p << ", channel " << c << ", lane " << j;
        }
}

TEST(WinogradPack, IsTheTransformOfEveryFilter) {
  for (int output : {2, 4})
    for (int lanes : {8, 16}) {
      check(64, 16, lanes, output);
      check(37, 19, lanes, output);
      check(1, 1, lanes, output);
    }
}

}  // namespace
}  // namespace dvt::cpu
