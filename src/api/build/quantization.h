#pragma once
#include <span>
#include <vector>

#include "api/build/lowering.h"

namespace dvt::api {

/// The extents of a block, one per dimension of x; -1 stands for the whole dimension and stays so.
/// Throws Error(kInvalidModel) naming the layer.
std::vector<int64_t> block_shape(const Dims& blocks, const ir::Value* x, std::string_view layer);

/// How scales belong to elements: all of them to one, or each to an index of an axis, or each to a block.
struct ScaleLayout {
  int64_t axis = -1;            ///< Of a vector of scales.
  std::vector<int64_t> blocks;  ///< Empty: no blocks.
};
/// Reads the layout off the shapes: a scalar, a vector along `axis`, or a scale of x's rank with blocks.
/// Throws Error(kInvalidModel) naming the layer.
ScaleLayout scale_layout(const ir::Value* x, const ir::Value* scale, int32_t axis, const Dims& blocks,
                         std::string_view layer);

ir::Value* quantized(Lowering& graph, ir::Value* x, ir::Value* scale, ir::Value* zero, const ScaleLayout& layout,
                     DType to);
ir::Value* dequantized(Lowering& graph, ir::Value* q, ir::Value* scale, ir::Value* zero, const ScaleLayout& layout,
                       DType to);

/// Values with the scales that were found for their blocks.
struct DynamicQuantization {
  ir::Value* values = nullptr;
  ir::Value* scales = nullptr;
};
/// \param second  A scale for the scales, or nullptr.
DynamicQuantization quantize_dynamically(Lowering& graph, ir::Value* x, std::span<const int64_t> blocks,
                                         ir::Value* second, DType to, DType scale_type);
/// What those values stand for.
ir::Value* dequantized(Lowering& graph, const DynamicQuantization& q, std::span<const int64_t> blocks,
                       ir::Value* second, DType to);

}  // namespace dvt::api
