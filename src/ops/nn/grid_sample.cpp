#include "ops/nn/grid_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "grid_sample";
constexpr std::string_view kModes[] = {"linear", "nearest", "cubic"};
constexpr std::string_view kPaddings[] = {"zeros", "border", "reflection"};

/// `at` mirrored into [low, high] as often as needed.
double reflect(double at, double low, double high) {
  const double span = high - low;
  if (span <= 0) return low;
  const double turn = std::fmod(std::abs(at - low), 2 * span);
  return low + (turn <= span ? turn : 2 * span - turn);
}

/// One axis: from a grid coordinate to a position among pixels, and from a pixel to the one that is read.
struct Axis {
  const GridSample& op;
  int64_t size;

  double position(double grid) const {
    const auto n = static_cast<double>(size);
    const double at = op.align_corners ? (grid + 1) / 2 * (n - 1) : ((grid + 1) * n - 1) / 2;
    // A cubic kernel reaches beyond the position, so that only its pixels are brought back inside.
    return op.mode == GridSample::Mode::cubic ? at : inside(at);
  }
  double inside(double at) const {
    const auto last = static_cast<double>(size - 1);
    if (op.padding == GridSample::Padding::zeros) return at;
    if (op.padding == GridSample::Padding::reflection)
      at = op.align_corners ? reflect(at, 0, last) : reflect(at, -0.5, last + 0.5);
    return std::isnan(at) ? 0 : std::clamp(at, 0.0, last);
  }
  /// -1: reads zero.
  int64_t pixel(double at) const {
    at = inside(at);
    return at >= 0 && at <= static_cast<double>(size - 1) ? static_cast<int64_t>(at) : -1;
  }
};

/// Pixels that a position reads along one axis, with their weights.
struct Taps {
  std::array<int64_t, 4> pixel{};
  std::array<double, 4> weight{};
  int count = 0;
  void add(int64_t p, double w) {
    pixel[static_cast<size_t>(count)] = p;
    weight[static_cast<size_t>(count++)] = w;
  }
};

// R. Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.75.
double keys(double distance) {
  constexpr double a = -0.75;
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
}

Taps taps_of(const Axis& axis, double grid) {
  Taps t;
  const double at = axis.position(grid), floor = std::floor(at), part = at - floor;
  switch (axis.op.mode) {
    case GridSample::Mode::nearest:
      t.add(axis.pixel(std::nearbyint(at)), 1);
      break;
    case GridSample::Mode::linear:
      t.add(axis.pixel(floor), 1 - part);
      t.add(axis.pixel(floor + 1), part);
      break;
    case GridSample::Mode::cubic:
      for (int k = -1; k <= 2; ++k) t.add(axis.pixel(floor + k), keys(part - k));
      break;
  }
  return t;
}

}  // namespace

std::vector<TensorType> infer(const GridSample&, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &grid = in[1].type;
  require_rank_at_least(kName, x, 4, "x");
  if (x.rank() > 5) reject(kName, "x must have rank 4 or 5, got ", x);
  require_rank(kName, grid, x.rank(), "grid");
  require_floating(kName, x.dtype, "x");
  require_floating(kName, grid.dtype, "grid");
  require_same_dim(kName, grid.shape[0], x.shape[0], "the batch of grid");
  require_same_dim(kName, grid.shape[x.rank() - 1], Dim(x.rank() - 2), "the last axis of grid");
  TensorType y{x.dtype, {x.shape[0], x.shape[1]}};
  for (int i = 1; i + 1 < x.rank(); ++i) y.shape.push_back(grid.shape[i]);
  return {y};
}

void reference(const GridSample& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &x = in[0], &grid = in[1];
  const auto spatial = std::span(x.dims()).subspan(2);
  const auto axes = static_cast<int64_t>(spatial.size());
  const int64_t channels = x.dim(1), places = volume_of(std::span(grid.dims()).subspan(1, spatial.size()));
  const int64_t plane = volume_of(spatial);
  const std::vector<int64_t> strides = row_major_strides(spatial);
  for (int64_t n = 0; n < x.dim(0); ++n)
    for (int64_t p = 0; p < places; ++p) {
      std::vector<Taps> taps;  // outermost axis first, which the grid names last
      std::vector<int64_t> counts;
      for (size_t a = 0; a < spatial.size(); ++a) {
        const int64_t last = axes - 1 - static_cast<int64_t>(a);
        taps.push_back(taps_of(Axis{op, spatial[a]}, grid.get((n * places + p) * axes + last)));
        counts.push_back(taps.back().count);
      }
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for_each_index(counts, [&](std::span<const int64_t> tap, int64_t) {
          double weight = 1;
          int64_t offset = (n * channels + c) * plane;
          for (size_t a = 0; a < taps.size(); ++a) {
            const auto k = static_cast<size_t>(tap[a]);
            if (taps[a].pixel[k] < 0) return;
            weight *= taps[a].weight[k];
            offset += taps[a].pixel[k] * strides[a];
          }
          sum += weight * x.get(offset);
        });
        out[0].set((n * channels + c) * places + p, sum);
      }
    }
}

Cost cost(const GridSample& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  Cost c = traffic(in, out, at);
  const double along = op.mode == GridSample::Mode::nearest ? 1 : op.mode == GridSample::Mode::linear ? 2 : 4;
  const double taps = std::pow(along, in[0].rank() - 2);
  c.flops = 2 * taps * static_cast<double>(out[0].shape.volume().eval(at));
  return c;
}

void visit_fields(GridSample& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.choice("padding", op.padding, kPaddings);
  v.field("align_corners", op.align_corners);
}

}  // namespace dvt::ops
