#include "backend/cpu/resize/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace dvt::cpu {
namespace {

using ops::Resize;

double position(const Resize& op, double o, double in, double out, double scale) {
  switch (op.coordinate) {
    case Resize::Coordinate::pytorch_half_pixel:
      if (out <= 1) return 0;
      break;
    case Resize::Coordinate::half_pixel_symmetric:
      return in / 2 * (1 - out / (scale * in)) + (o + 0.5) / scale - 0.5;
    case Resize::Coordinate::align_corners: {
      const double asked = op.scales.empty() ? out : scale * in;
      return asked != 1 ? o * (in - 1) / (asked - 1) : 0;
    }
    case Resize::Coordinate::asymmetric:
      return o / scale;
    case Resize::Coordinate::half_pixel:
      break;
  }
  return (o + 0.5) / scale - 0.5;
}

double nearest(Resize::Nearest mode, double x) {
  switch (mode) {
    case Resize::Nearest::round_prefer_floor:
      return std::ceil(x - 0.5);
    case Resize::Nearest::round_prefer_ceil:
      return std::floor(x + 0.5);
    case Resize::Nearest::ceil:
      return std::ceil(x);
    case Resize::Nearest::floor:
      break;
  }
  return std::floor(x);
}

}  // namespace

void resize_taps(const Resize& op, int64_t in, int64_t out, double scale, ResizeTap* taps) {
  if (scale == 0) scale = static_cast<double>(out) / static_cast<double>(in);
  const double last = static_cast<double>(in - 1);
  const auto inside = [last](double x) { return static_cast<int64_t>(std::clamp(x, 0.0, last)); };
  for (int64_t o = 0; o < out; ++o) {
    const double x = in == out && scale == 1 ? static_cast<double>(o)
                                             : position(op, static_cast<double>(o), static_cast<double>(in),
                                                        static_cast<double>(out), scale);
    if (op.mode == Resize::Mode::nearest) {
      taps[o] = {inside(nearest(op.nearest, x)), 0, 0};
    } else {
      const double left = std::floor(x);
      taps[o] = {inside(left), inside(left + 1), static_cast<float>(x - left)};
    }
  }
}

}  // namespace dvt::cpu
