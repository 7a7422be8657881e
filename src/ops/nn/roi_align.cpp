#include "ops/nn/roi_align.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "roi_align";
constexpr std::string_view kModes[] = {"average", "max"};

/// The two pixels around a position along an axis of n, and the weight of the second.
struct Between {
  int64_t low = 0, high = 0;
  double part = 0;
  bool outside = false;
  Between(double at, int64_t n) : outside(!(at >= -1 && at <= static_cast<double>(n))) {
    if (outside || n == 0) return;
    at = std::max(at, 0.0);
    low = std::min(static_cast<int64_t>(at), n - 1);
    high = std::min(low + 1, n - 1);
    part = low == n - 1 ? 0 : at - static_cast<double>(low);
  }
};

/// Where the cells of a region lie along one axis.
struct Cells {
  double start, size;
  int64_t samples;
  Cells(const RoiAlign& op, double from, double to, int64_t count) {
    const double offset = op.half_pixel ? 0.5 : 0;
    start = from * op.spatial_scale - offset;
    double length = to * op.spatial_scale - offset - start;
    if (!op.half_pixel) length = std::max(length, 1.0);
    size = length / static_cast<double>(count);
    const double needed = std::min(std::ceil(size), 4096.0);
    samples = op.sampling_ratio > 0 ? op.sampling_ratio : needed > 0 ? static_cast<int64_t>(needed) : 0;
  }
  double position(int64_t cell, int64_t sample) const {
    return start + static_cast<double>(cell) * size +
           (static_cast<double>(sample) + 0.5) * size / static_cast<double>(samples);
  }
};

double sample(const ReadView& x, int64_t plane, const Between& row, const Between& column, RoiAlign::Mode mode) {
  const int64_t width = x.dim(3);
  const auto at = [&](int64_t r, int64_t c) { return x.get((plane * x.dim(2) + r) * width + c); };
  const double corners[] = {(1 - row.part) * (1 - column.part) * at(row.low, column.low),
                            (1 - row.part) * column.part * at(row.low, column.high),
                            row.part * (1 - column.part) * at(row.high, column.low),
                            row.part * column.part * at(row.high, column.high)};
  // The maximum is taken over weighted corners, not over the interpolated value.
  if (mode == RoiAlign::Mode::max) return *std::max_element(std::begin(corners), std::end(corners));
  return corners[0] + corners[1] + corners[2] + corners[3];
}

double cell(const RoiAlign& op, const ReadView& x, int64_t plane, const Cells& down, const Cells& across, int64_t i,
            int64_t j) {
  double sum = 0, largest = -INFINITY;
  for (int64_t a = 0; a < down.samples; ++a)
    for (int64_t b = 0; b < across.samples; ++b) {
      const Between row(down.position(i, a), x.dim(2)), column(across.position(j, b), x.dim(3));
      const double v = row.outside || column.outside ? 0 : sample(x, plane, row, column, op.mode);
      sum += v;
      largest = std::max(largest, v);
    }
  const int64_t count = down.samples * across.samples;
  if (op.mode == RoiAlign::Mode::max) return count > 0 ? largest : 0;
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

}  // namespace

std::vector<TensorType> infer(const RoiAlign& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &regions = in[1].type, &images = in[2].type;
  require_floating(kName, x.dtype, "x");
  require_rank(kName, x, 4, "x");
  require_same_dtype(kName, regions.dtype, x.dtype, "regions");
  require_rank(kName, regions, 2, "regions");
  require_same_dim(kName, regions.shape[1], 4, "the second dimension of regions");
  require_integer(kName, images.dtype, "images");
  require_vector(kName, images, regions.shape[0], "images");
  for (const int64_t n : {op.height, op.width})
    if (n < 1 || n > 4096) reject(kName, "height and width must be in [1, 4096], got ", n);
  if (op.sampling_ratio < 0 || op.sampling_ratio > 4096)
    reject(kName, "sampling_ratio must be in [0, 4096], got ", op.sampling_ratio);
  return {{x.dtype, {regions.shape[0], x.shape[1], op.height, op.width}}};
}

void reference(const RoiAlign& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &x = in[0], &regions = in[1];
  const int64_t channels = x.dim(1);
  for (int64_t r = 0; r < regions.dim(0); ++r) {
    const int64_t image = wrapped_index(kName, in[2].get_int(r), x.dim(0));
    const Cells across(op, regions.get(r * 4), regions.get(r * 4 + 2), op.width);
    const Cells down(op, regions.get(r * 4 + 1), regions.get(r * 4 + 3), op.height);
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < op.height; ++i)
        for (int64_t j = 0; j < op.width; ++j)
          out[0].set(((r * channels + c) * op.height + i) * op.width + j,
                     cell(op, x, image * channels + c, down, across, i, j));
  }
}

Cost cost(const RoiAlign& op, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 12 * static_cast<double>(std::max<int64_t>(op.sampling_ratio * op.sampling_ratio, 4)));
}

void visit_fields(RoiAlign& op, FieldVisitor& v) {
  v.choice("mode", op.mode, kModes);
  v.field("half_pixel", op.half_pixel);
  v.field("height", op.height);
  v.field("width", op.width);
  v.field("sampling_ratio", op.sampling_ratio);
  v.field("spatial_scale", op.spatial_scale);
}

}  // namespace dvt::ops
