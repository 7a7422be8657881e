#include "api/build/quantization.h"

#include "api/convert.h"
#include "ops/data/dequantize.h"
#include "ops/data/expand.h"
#include "ops/data/quantize.h"
#include "ops/data/slice.h"
#include "ops/reduce/reduce.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

/// The largest number of a type that floating values are quantized to.
double largest(DType type) {
  if (!is_floating(type)) return static_cast<double>((int64_t{1} << (bits(type) - 1)) - 1);
  if (bits(type) == 4) return 6;
  return type == DType::f8e5m2 ? 57344 : 448;
}

int64_t extent(std::span<const int64_t> blocks, size_t i, const Dim& whole, bool& is_whole) {
  is_whole = blocks[i] < 0 || whole == Dim(blocks[i]);
  return blocks[i];
}

/// The axis that alone is cut into blocks, in whole numbers of elements; -1 when there is no such axis.
int64_t only_axis(std::span<const int64_t> blocks) {
  int64_t axis = -1;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i] == 1) continue;
    if (axis >= 0 || blocks[i] < 1) return -1;
    axis = static_cast<int64_t>(i);
  }
  return axis;
}

/// One element per block becomes one per element of x.
ir::Value* spread(Lowering& graph, ir::Value* scale, const ir::Value* x, std::span<const int64_t> blocks) {
  std::vector<Dim> split, wide, joined;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Dim& whole = x->shape()[static_cast<int>(i)];
    const Dim& count = scale->shape()[static_cast<int>(i)];
    bool is_whole = false;
    const int64_t size = extent(blocks, i, whole, is_whole);
    const Dim each = is_whole ? whole : Dim(size);
    split.insert(split.end(), {count, Dim(1)});
    wide.insert(wide.end(), {count, each});
    joined.push_back(count * each);
  }
  if (split.size() > static_cast<size_t>(2 * Dims::MAX_DIMS)) return scale;
  ir::Value* y = graph.add(ops::Expand{.shape = wide}, {graph.reshape(scale, split)});
  y = graph.reshape(y, joined);
  if (joined == dims_of(x)) return y;
  return graph.add(ops::Slice{.start = std::vector<Dim>(joined.size(), Dim(0)), .size = dims_of(x)}, {y});
}

template <class Op>
ir::Value* apply_scale(Lowering& graph, ir::Value* x, ir::Value* scale, ir::Value* zero, const ScaleLayout& layout,
                       DType to) {
  Op op;
  op.axis = layout.axis;
  op.to = to;
  op.has_zero_point = zero != nullptr;
  if (!layout.blocks.empty()) {
    op.axis = only_axis(layout.blocks);
    op.block_size = op.axis < 0 ? 1 : layout.blocks[static_cast<size_t>(op.axis)];
    if (op.axis < 0) {
      op.axis = x->rank() - 1;
      scale = spread(graph, scale, x, layout.blocks);
      if (zero != nullptr) zero = spread(graph, zero, x, layout.blocks);
    }
  }
  if (bits(scale->dtype()) < 16) scale = graph.cast(scale, DType::f32);  // The operators take 16 bits and more.
  std::vector<ir::Value*> inputs{x, scale};
  if (zero != nullptr) inputs.push_back(zero);
  return graph.add(op, inputs);
}

/// The scale that values are divided by: as it was stored, times the scale of scales, and never 0.
ir::Value* effective(Lowering& graph, ir::Value* stored, ir::Value* second) {
  ir::Value* s = graph.cast(stored, DType::f32);
  if (second != nullptr) s = graph.apply(ExprOp::mul, {s, graph.cast(second, DType::f32)});
  ir::Value* none = graph.apply(ExprOp::eq, {s, graph.scalar(DType::f32, 0)});
  return graph.apply(ExprOp::select, {none, graph.scalar(DType::f32, 1), s});
}

}  // namespace

std::vector<int64_t> block_shape(const Dims& blocks, const ir::Value* x, std::string_view layer) {
  std::vector<int64_t> list = to_vector(blocks, "the block shape");
  const auto fail = [&](const auto&... parts) {
    throw Error(ErrorCode::kInvalidModel, "layer '", layer, "': the block shape ", parts...);
  };
  if (static_cast<int>(list.size()) != x->rank())
    fail("has ", list.size(), " extents, expected one per dimension of ", x->type());
  for (size_t i = 0; i < list.size(); ++i)
    if (list[i] < 1 && list[i] != -1) fail("has extent ", list[i], "; extents are positive, or -1 for all");
  return list;
}

ScaleLayout scale_layout(const ir::Value* x, const ir::Value* scale, int32_t axis, const Dims& blocks,
                         std::string_view layer) {
  if (blocks.nbDims > 0) return {-1, block_shape(blocks, x, layer)};
  if (scale->rank() == 0 || (scale->rank() == 1 && scale->shape()[0] == Dim(1))) return {};
  if (scale->rank() == 1) {
    const std::optional<int> normal = normalize_axis(axis, x->rank());
    if (axis < 0 || !normal)
      throw Error(ErrorCode::kInvalidModel, "layer '", layer, "': the scale is ", scale->type(), " and the axis ", axis,
                  "; set the axis of ", x->type(), " that it runs along");
    return {*normal, {}};
  }
  ScaleLayout layout;
  if (scale->rank() == x->rank())
    for (int i = 0; i < x->rank(); ++i) {
      const Dim &whole = x->shape()[i], &count = scale->shape()[i];
      if (whole == count) {
        layout.blocks.push_back(1);
      } else if (count == Dim(1)) {
        layout.blocks.push_back(-1);
      } else if (whole.is_constant() && count.is_constant() && count.constant() > 0 &&
                 whole.constant() % count.constant() == 0) {
        layout.blocks.push_back(whole.constant() / count.constant());
      } else {
        break;
      }
    }
  if (static_cast<int>(layout.blocks.size()) != x->rank())
    throw Error(ErrorCode::kInvalidModel, "layer '", layer, "': the scale is ", scale->type(), ", which does not cut ",
                x->type(), " into blocks; it is a scalar, a vector, or has one element per block");
  return layout;
}

ir::Value* quantized(Lowering& graph, ir::Value* x, ir::Value* scale, ir::Value* zero, const ScaleLayout& layout,
                     DType to) {
  return apply_scale<ops::Quantize>(graph, x, scale, zero, layout, to);
}

ir::Value* dequantized(Lowering& graph, ir::Value* q, ir::Value* scale, ir::Value* zero, const ScaleLayout& layout,
                       DType to) {
  return apply_scale<ops::Dequantize>(graph, q, scale, zero, layout, to);
}

DynamicQuantization quantize_dynamically(Lowering& graph, ir::Value* x, std::span<const int64_t> blocks,
                                         ir::Value* second, DType to, DType scale_type) {
  std::vector<Dim> split, counts;
  std::vector<int64_t> inner;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Dim& whole = x->shape()[static_cast<int>(i)];
    bool is_whole = false;
    const int64_t size = extent(blocks, i, whole, is_whole);
    if (!is_whole && whole.is_constant() && whole.constant() % size != 0)
      throw Error(ErrorCode::kInvalidModel, "dynamic quantization: dimension ", i, " of ", x->type(),
                  " is no multiple of the block size ", size);
    counts.push_back(is_whole ? Dim(1) : floordiv(whole, Dim(size)));
    split.insert(split.end(), {counts.back(), is_whole ? whole : Dim(size)});
    inner.push_back(static_cast<int64_t>(2 * i + 1));
  }
  ir::Value* wide = graph.cast(x, DType::f32);
  ir::Value* magnitude = graph.reshape(graph.apply(ExprOp::abs, {wide}), split);
  ir::Value* most =
      graph.add(ops::Reduce{.kind = ops::Reduce::Kind::max, .axes = inner, .keep_dims = false}, {magnitude});
  ir::Value* scale = graph.apply(ExprOp::div, {most, graph.scalar(DType::f32, largest(to))});
  if (second != nullptr) scale = graph.apply(ExprOp::div, {scale, graph.cast(second, DType::f32)});
  DynamicQuantization q;
  q.scales = graph.cast(scale, scale_type);
  const ScaleLayout layout{-1, {blocks.begin(), blocks.end()}};
  q.values = quantized(graph, wide, effective(graph, q.scales, second), nullptr, layout, to);
  return q;
}

ir::Value* dequantized(Lowering& graph, const DynamicQuantization& q, std::span<const int64_t> blocks,
                       ir::Value* second, DType to) {
  const ScaleLayout layout{-1, {blocks.begin(), blocks.end()}};
  return dequantized(graph, q.values, effective(graph, q.scales, second), nullptr, layout, to);
}

}  // namespace dvt::api
