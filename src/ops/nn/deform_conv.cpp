#include "ops/nn/deform_conv.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "deform_conv";

WindowFields fields(const DeformConv& op) {
  return {op.strides, op.dilations, op.pads_begin, op.pads_end, Padding::explicit_pads};
}

/// x between the pixels of one plane; zeros surround it.
double bilinear(const ReadView& x, int64_t plane, double row, double column) {
  const int64_t height = x.dim(2), width = x.dim(3);
  if (!(row > -1 && row < static_cast<double>(height) && column > -1 && column < static_cast<double>(width))) return 0;
  const double top = std::floor(row), left = std::floor(column);
  double sum = 0;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      const int64_t r = static_cast<int64_t>(top) + i, c = static_cast<int64_t>(left) + j;
      if (r < 0 || r >= height || c < 0 || c >= width) continue;
      const double weight = (i ? row - top : 1 - (row - top)) * (j ? column - left : 1 - (column - left));
      sum += weight * x.get((plane * height + r) * width + c);
    }
  return sum;
}

}  // namespace

std::vector<TensorType> infer(const DeformConv& op, std::span<const ValueInfo> in) {
  const TensorType &x = in[0].type, &w = in[1].type, &offset = in[2].type;
  if (in.size() != 3u + op.has_mask) reject(kName, "its flags ask for ", 3 + op.has_mask, " inputs, got ", in.size());
  require_floating(kName, x.dtype, "x");
  for (const ValueInfo& v : in) {
    require_rank(kName, v.type, 4, "every input");
    require_same_dtype(kName, v.type.dtype, x.dtype, "every input");
  }
  const auto channels = x.shape[1].as_constant();
  if (!w.shape.is_constant() || !channels) reject(kName, "the kernel's shape and the channels must be known");
  const std::vector<int64_t> kernel{w.shape[2].constant(), w.shape[3].constant()};
  check_window(kName, fields(op), kernel);
  if (op.groups < 1 || op.offset_groups < 1 || *channels % op.groups != 0 || *channels % op.offset_groups != 0 ||
      w.shape[0].constant() % op.groups != 0)
    reject(kName, op.groups, " groups and ", op.offset_groups, " groups of offsets do not divide ", *channels,
           " channels");
  require_same_dim(kName, w.shape[1], *channels / op.groups, "dimension 1 of the kernel");
  const Window window = fill_window(fields(op), kernel);
  TensorType y{x.dtype, {x.shape[0], w.shape[0]}};
  for (int i = 0; i < 2; ++i)
    y.shape.push_back(window_output(kName, window, i, Padding::explicit_pads, x.shape[i + 2], false));
  const int64_t taps = op.offset_groups * kernel[0] * kernel[1];
  for (size_t i = 2; i < in.size(); ++i) {
    const TensorType& t = in[i].type;
    require_same_dim(kName, t.shape[0], x.shape[0], "the batch of offsets and mask");
    require_same_dim(kName, t.shape[1], i == 2 ? 2 * taps : taps, "dimension 1 of offsets and mask");
    require_same_dim(kName, t.shape[2], y.shape[2], "the height of offsets and mask");
    require_same_dim(kName, t.shape[3], y.shape[3], "the width of offsets and mask");
  }
  require_same_dim(kName, offset.shape[0], x.shape[0], "the batch of the offsets");
  return {y};
}

void reference(const DeformConv& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &x = in[0], &w = in[1], &offset = in[2];
  const int64_t kh = w.dim(2), kw = w.dim(3), taps = kh * kw, channels = x.dim(1), part = w.dim(1);
  const std::vector<int64_t> kernel{kh, kw};
  const Window window = fill_window(fields(op), kernel);
  const int64_t places = out[0].dim(2) * out[0].dim(3);
  for_each_index(out[0].dims(), [&](std::span<const int64_t> at, int64_t linear) {
    const int64_t n = at[0], m = at[1], place = at[2] * out[0].dim(3) + at[3];
    const int64_t first = m / (out[0].dim(1) / op.groups) * part;  // of this group's channels
    double sum = 0;
    for (int64_t c = 0; c < part; ++c)
      for (int64_t t = 0; t < taps; ++t) {
        const int64_t group = (first + c) / (channels / op.offset_groups);
        const int64_t tap = (n * op.offset_groups + group) * taps + t;
        const double row =
            static_cast<double>(at[2] * window.strides[0] - window.pads_begin[0] + t / kw * window.dilations[0]) +
            offset.get(2 * tap * places + place);
        const double column =
            static_cast<double>(at[3] * window.strides[1] - window.pads_begin[1] + t % kw * window.dilations[1]) +
            offset.get((2 * tap + 1) * places + place);
        const double scale = op.has_mask ? in[3].get(tap * places + place) : 1;
        sum += scale * w.get((m * part + c) * taps + t) * bilinear(x, n * channels + first + c, row, column);
      }
    out[0].set(linear, sum);
  });
}

Cost cost(const DeformConv&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 12 * dim_at(in[1], 1, at) * dim_at(in[1], 2, at) * dim_at(in[1], 3, at));
}

void visit_fields(DeformConv& op, FieldVisitor& v) {
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.field("groups", op.groups);
  v.field("offset_groups", op.offset_groups);
  v.field("has_mask", op.has_mask);
}

}  // namespace dvt::ops
