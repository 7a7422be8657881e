#include "ops/nn/max_pool_indices.h"

#include <algorithm>
#include <cmath>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "max_pool_indices";

Pool pool_of(const MaxPoolIndices& op) {
  return {.kind = Pool::Kind::max,
          .window = op.window,
          .strides = op.strides,
          .dilations = op.dilations,
          .pads_begin = op.pads_begin,
          .pads_end = op.pads_end,
          .padding = op.padding,
          .ceil_mode = op.ceil_mode};
}

/// Strides of positions: the channels' are those of row-major order either way.
std::vector<int64_t> position_strides(std::span<const int64_t> dims, bool column_major) {
  std::vector<int64_t> strides = row_major_strides(dims);
  if (!column_major) return strides;
  int64_t stride = 1;
  for (size_t a = 2; a < dims.size(); ++a) {
    strides[a] = stride;
    stride *= dims[a];
  }
  return strides;
}

}  // namespace

std::vector<TensorType> infer(const MaxPoolIndices& op, std::span<const ValueInfo> in) {
  const TensorType y = infer(pool_of(op), in)[0];
  return {y, {DType::i64, y.shape}};
}

void reference(const MaxPoolIndices& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView& x = in[0];
  const Window window = resolve_window(pool_of(op), x.dims());
  const auto spatial = std::span(x.dims()).subspan(2);
  const auto strides = row_major_strides(x.dims()), positions = position_strides(x.dims(), op.column_major);
  const auto is_larger = [&](int64_t a, int64_t b) {  // a NaN is larger than any number
    if (!is_floating(x.dtype())) return int_less(x.dtype(), x.get_int(b), x.get_int(a));
    return x.get(a) > x.get(b) || (std::isnan(x.get(a)) && !std::isnan(x.get(b)));
  };
  for_each_index(out[0].dims(), [&](std::span<const int64_t> at, int64_t linear) {
    int64_t best = -1, best_position = -1;
    for_each_index(window.kernel, [&](std::span<const int64_t> tap, int64_t) {
      int64_t offset = at[0] * strides[0] + at[1] * strides[1];
      int64_t position = at[0] * positions[0] + at[1] * positions[1];
      for (size_t a = 0; a < tap.size(); ++a) {
        const int64_t i = at[a + 2] * window.strides[a] + tap[a] * window.dilations[a] - window.pads_begin[a];
        if (i < 0 || i >= spatial[a]) return;
        offset += i * strides[a + 2];
        position += i * positions[a + 2];
      }
      if (best >= 0 && !is_larger(offset, best)) return;
      best = offset;
      best_position = position;
    });
    out[1].set_int(linear, best_position);
    if (best >= 0)
      copy_elements(x, best, out[0], linear);
    else if (is_floating(x.dtype()))
      out[0].set(linear, -INFINITY);
    else
      out[0].set_int(linear, 0);
  });
}

Cost cost(const MaxPoolIndices& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  return traffic(in, out, at, static_cast<double>(volume_of(op.window)));
}

void visit_fields(MaxPoolIndices& op, FieldVisitor& v) {
  v.field("window", op.window);
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.choice("padding", op.padding, kPaddingNames);
  v.field("ceil_mode", op.ceil_mode);
  v.field("column_major", op.column_major);
}

}  // namespace dvt::ops
