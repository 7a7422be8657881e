#include "ops/nn/normalization.h"

#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "normalization";
constexpr std::string_view kKinds[] = {"layer", "rms", "group", "instance"};

bool per_channel(const Normalization& op) {
  return op.kind == Normalization::Kind::group || op.kind == Normalization::Kind::instance;
}

/// How many consecutive elements share one mean: the normalized set is always a contiguous row.
int64_t row_length(const Normalization& op, const std::vector<int64_t>& dims) {
  const std::span<const int64_t> all(dims);
  if (!per_channel(op)) return volume_of(all.subspan(static_cast<size_t>(*normalize_axis(op.axis, all.size()))));
  const int64_t groups = op.kind == Normalization::Kind::instance ? dims[1] : op.groups;
  return groups ? dims[1] / groups * volume_of(all.subspan(2)) : 0;
}

struct Statistics {
  double mean, inverse;
};
Statistics statistics(const Normalization& op, const double* row, int64_t n) {
  double mean = 0, square = 0;
  if (op.kind != Normalization::Kind::rms) {
    for (int64_t i = 0; i < n; ++i) mean += row[i];
    mean /= static_cast<double>(n);
  }
  for (int64_t i = 0; i < n; ++i) square += (row[i] - mean) * (row[i] - mean);
  return {mean, 1 / std::sqrt(square / static_cast<double>(n) + op.epsilon)};
}

/// Strides of scale or bias along the axes of x.
std::vector<int64_t> parameter_strides(const Normalization& op, const ReadView& p, const std::vector<int64_t>& x) {
  if (!per_channel(op)) return broadcast_strides(p.dims(), x);
  std::vector<int64_t> strides(x.size(), 0);
  strides[1] = 1;
  return strides;
}

}  // namespace

std::vector<TensorType> infer(const Normalization& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  const size_t expected = 1 + op.has_scale + op.has_bias;
  if (in.size() != expected) reject(kName, "has_scale and has_bias ask for ", expected, " inputs, got ", in.size());
  if (per_channel(op)) {
    require_rank_at_least(kName, x, 2, "x");
    if (op.groups < 1 || op.groups > kMaxAttribute) reject(kName, "groups must be 1 or more, got ", op.groups);
    if (op.kind == Normalization::Kind::group && x.shape[1].is_constant() && x.shape[1].constant() % op.groups != 0)
      reject(kName, "groups ", op.groups, " does not divide the ", x.shape[1], " channels of x ", x);
  } else {
    checked_axis(kName, op.axis, x.rank());
  }
  for (size_t i = 1; i < in.size(); ++i) {
    const std::string_view what = i == 1 && op.has_scale ? "scale" : "bias";
    require_floating(kName, in[i].type.dtype, what);
    if (per_channel(op))
      require_vector(kName, in[i].type, x.shape[1], what);
    else
      require_broadcasts_to(kName, in[i].type.shape, x.shape, what);
  }
  return {x};
}

void reference(const Normalization& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::vector<double> x = load(in[0]);
  const int64_t length = row_length(op, in[0].dims());
  std::vector<Statistics> rows;
  for (size_t i = 0; i < x.size(); i += static_cast<size_t>(length)) rows.push_back(statistics(op, &x[i], length));

  const ReadView* scale = op.has_scale ? &in[1] : nullptr;
  const ReadView* bias = op.has_bias ? &in.back() : nullptr;
  const auto scale_strides = scale ? parameter_strides(op, *scale, in[0].dims()) : std::vector<int64_t>();
  const auto bias_strides = bias ? parameter_strides(op, *bias, in[0].dims()) : std::vector<int64_t>();
  for_each_index(in[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    const Statistics& s = rows[static_cast<size_t>(i / length)];
    double y = (x[static_cast<size_t>(i)] - s.mean) * s.inverse;
    if (scale) y *= scale->get(offset_of(index, scale_strides));
    if (bias) y += bias->get(offset_of(index, bias_strides));
    out[0].set(i, y);
  });
}

Cost cost(const Normalization&, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, 8);
}

void visit_fields(Normalization& op, FieldVisitor& v) {
  v.choice("kind", op.kind, kKinds);
  v.field("axis", op.axis);
  v.field("groups", op.groups);
  v.field("epsilon", op.epsilon);
  v.field("has_scale", op.has_scale);
  v.field("has_bias", op.has_bias);
}

}  // namespace dvt::ops
