#include "ops/nn/rotary.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "rotary";
}

std::vector<TensorType> infer(const Rotary& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 1, "x");
  const Dim& last = x.shape[x.rank() - 1];
  if (!last.is_constant()) reject(kName, "the last axis of x must be a constant, got ", x);
  const int64_t n = op.turned(last.constant());
  if (n < 0 || n % 2 != 0 || n > last.constant())
    reject(kName, "cannot turn ", n, " of ", last.constant(), " elements; the number must be even");
  for (size_t k : {size_t{1}, size_t{2}}) {
    const TensorType& angles = in[k].type;
    const std::string_view what = k == 1 ? "cosines" : "sines";
    require_same_dtype(kName, angles.dtype, x.dtype, what);
    require_rank(kName, angles, x.rank(), what);
    const auto width = angles.shape[x.rank() - 1].as_constant();
    if (width != n && width != n / 2)
      reject(kName, what, " must have ", n, " or ", n / 2, " elements along the last axis, got ", angles);
    Shape leading = angles.shape, target = x.shape;
    leading[x.rank() - 1] = target[x.rank() - 1] = Dim(1);
    require_broadcasts_to(kName, leading, target, what);
  }
  return {x};
}

void reference(const Rotary& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const int64_t d = x.dims().back(), n = op.turned(d), half = n / 2;
  std::vector<int64_t> rows = x.dims();
  rows.back() = 1;
  const auto row_strides = [&](const ReadView& a) {
    std::vector<int64_t> strides = row_major_strides(a.dims());
    for (size_t i = 0; i < strides.size(); ++i)
      if (a.dims()[i] == 1) strides[i] = 0;
    return strides;
  };
  const std::vector<int64_t> cosine_strides = row_strides(in[1]), sine_strides = row_strides(in[2]);
  const auto at = [&](const ReadView& a, int64_t first, int64_t i) {
    if (a.dims().back() == n) return a.get(first + i);
    return a.get(first + (op.interleaved ? i / 2 : i % half));
  };
  for_each_index(rows, [&](std::span<const int64_t> index, int64_t row) {
    const int64_t c = offset_of(index, cosine_strides), s = offset_of(index, sine_strides);
    for (int64_t i = 0; i < d; ++i) {
      double y = x.get(row * d + i);
      if (i < n) {
        const bool first = op.interleaved ? i % 2 == 0 : i < half;
        const int64_t other = op.interleaved ? i ^ 1 : (i + half) % n;
        const double pair = x.get(row * d + other);
        y = y * at(in[1], c, i) + (first ? -pair : pair) * at(in[2], s, i);
      }
      out[0].set(row * d + i, y);
    }
  });
}

Cost cost(const Rotary&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 3);
}

void visit_fields(Rotary& op, FieldVisitor& v) {
  v.field("size", op.size);
  v.field("interleaved", op.interleaved);
}

}  // namespace dvt::ops
