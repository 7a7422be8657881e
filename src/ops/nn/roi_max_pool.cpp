#include "ops/nn/roi_max_pool.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "roi_max_pool";

struct Range {
  int64_t begin, end;
};

/// Pixels of one cell along an axis of n.
Range cell_range(double from, double to, double scale, int64_t cell, int64_t cells, int64_t n) {
  const double first = std::round(from * scale), last = std::round(to * scale);
  const double size = std::max(last - first + 1, 1.0) / static_cast<double>(cells);
  const auto inside = [&](double at) {
    const double pixel = at + first;  // not a number where the region has no ends
    return static_cast<int64_t>(std::isnan(pixel) ? 0 : std::clamp(pixel, 0.0, static_cast<double>(n)));
  };
  return {inside(std::floor(static_cast<double>(cell) * size)),
          inside(std::ceil(static_cast<double>(cell + 1) * size))};
}

}  // namespace

std::vector<TensorType> infer(const RoiMaxPool& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &regions = in[1].type;
  require_floating(kName, x.dtype, "x");
  require_rank(kName, x, 4, "x");
  require_same_dtype(kName, regions.dtype, x.dtype, "regions");
  require_rank(kName, regions, 2, "regions");
  require_same_dim(kName, regions.shape[1], 5, "the second dimension of regions");
  for (const int64_t n : {op.height, op.width})
    if (n < 1 || n > 4096) reject(kName, "height and width must be in [1, 4096], got ", n);
  return {{x.dtype, {regions.shape[0], x.shape[1], op.height, op.width}}};
}

void reference(const RoiMaxPool& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &x = in[0], &regions = in[1];
  const int64_t channels = x.dim(1), height = x.dim(2), width = x.dim(3);
  for_each_index(out[0].dims(), [&](std::span<const int64_t> at, int64_t linear) {
    const int64_t region = at[0] * 5;
    const double number = regions.get(region);
    if (!(number >= 0 && number < static_cast<double>(x.dim(0))))
      reject(kName, "region ", at[0], " names image ", number, " of ", x.dim(0));
    const Range rows =
        cell_range(regions.get(region + 2), regions.get(region + 4), op.spatial_scale, at[2], op.height, height);
    const Range columns =
        cell_range(regions.get(region + 1), regions.get(region + 3), op.spatial_scale, at[3], op.width, width);
    double largest = rows.begin < rows.end && columns.begin < columns.end ? -INFINITY : 0;
    const int64_t plane = static_cast<int64_t>(number) * channels + at[1];
    for (int64_t i = rows.begin; i < rows.end; ++i)
      for (int64_t j = columns.begin; j < columns.end; ++j)
        largest = std::max(largest, x.get((plane * height + i) * width + j));
    out[0].set(linear, largest);
  });
}

Cost cost(const RoiMaxPool&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 16);
}

void visit_fields(RoiMaxPool& op, FieldVisitor& v) {
  v.field("height", op.height);
  v.field("width", op.width);
  v.field("spatial_scale", op.spatial_scale);
}

}  // namespace dvt::ops
