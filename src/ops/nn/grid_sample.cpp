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
  require_rank(kName, x, 4, "x");
  require_rank(kName, grid, 4, "grid");
  require_floating(kName, x.dtype, "x");
  require_floating(kName, grid.dtype, "grid");
  require_same_dim(kName, grid.shape[0], x.shape[0], "the batch of grid");
  require_same_dim(kName, grid.shape[3], Dim(2), "the last axis of grid");
  return {{x.dtype, {x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]}}};
}

void reference(const GridSample& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &x = in[0], &grid = in[1];
  const int64_t channels = x.dim(1), height = x.dim(2), width = x.dim(3), places = grid.dim(1) * grid.dim(2);
  const Axis down{op, height}, across{op, width};
  for (int64_t n = 0; n < x.dim(0); ++n)
    for (int64_t p = 0; p < places; ++p) {
      const int64_t g = (n * places + p) * 2;
      const Taps rows = taps_of(down, grid.get(g + 1)), columns = taps_of(across, grid.get(g));
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (size_t i = 0; i < static_cast<size_t>(rows.count); ++i)
          for (size_t j = 0; j < static_cast<size_t>(columns.count); ++j)
            if (rows.pixel[i] >= 0 && columns.pixel[j] >= 0)
              sum += rows.weight[i] * columns.weight[j] *
                     x.get(((n * channels + c) * height + rows.pixel[i]) * width + columns.pixel[j]);
        out[0].set((n * channels + c) * places + p, sum);
      }
    }
}

Cost cost(const GridSample& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  Cost c = traffic(in, out, at);
  const double taps = op.mode == GridSample::Mode::nearest ? 1 : op.mode == GridSample::Mode::linear ? 4 : 16;
  c.flops = 2 * taps * static_cast<double>(out[0].shape.volume().eval(at));
  return c;
}

void visit_fields(GridSample& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.choice("padding", op.padding, kPaddings);
  v.field("align_corners", op.align_corners);
}

}  // namespace dvt::ops
