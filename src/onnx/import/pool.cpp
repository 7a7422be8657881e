#include <numeric>

#include "onnx/import/importers.h"
#include "onnx/import/window.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

WindowAttributes pool_window(ImporterContext& c) {
  const std::vector<int64_t> kernel = c.attribute_ints("kernel_shape");
  if (kernel.empty()) refuse(ParserCode::kINVALID_NODE)("the attribute 'kernel_shape' is missing");
  const int rank = c.dims(0).nbDims;
  if (rank != static_cast<int>(kernel.size()) + 2)
    refuse(ParserCode::kINVALID_NODE)("the input has rank ", rank, ", and 'kernel_shape' has ", kernel.size(),
                                      " values");
  return read_window(c, kernel);
}

void pool(ImporterContext& c, PoolingType type, bool count_include_pad) {
  const WindowAttributes w = pool_window(c);
  if (w.has_dilation()) {  // the layer has no dilation; the operator has
    Fields fields;
    fields.add("kind", type == PoolingType::kMAX ? "max" : "average").add("window", w.kernel);
    fields.add("strides", w.strides).add("dilations", w.dilations);
    fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
    fields.add("ceil_mode", w.ceil_mode).add("count_include_pad", count_include_pad);
    return c.set_output(0, add_operator(c, "pool", fields, {&c.tensor(0)}));
  }
  IPoolingLayer& layer = c.added(c.network().addPoolingNd(c.tensor(0), type, to_dims(w.kernel)));
  set_window(layer, w);
  layer.setAverageCountExcludesPadding(!count_include_pad);
  c.set_output(0, first_output(layer));
}

void max_pool_with_indices(ImporterContext& c) {
  const WindowAttributes w = pool_window(c);
  Fields fields;
  fields.add("window", w.kernel).add("strides", w.strides).add("dilations", w.dilations);
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("padding", padding_name(w.padding));
  fields.add("ceil_mode", w.ceil_mode).add("column_major", c.attribute_int("storage_order", 0) == 1);
  ITensor* inputs[] = {&c.tensor(0)};
  ILayer& layer = add_operator(c, "max_pool_indices", fields, inputs);
  c.set_output(0, *layer.getOutput(0));
  c.set_output(1, *layer.getOutput(1));
}

std::vector<int64_t> spatial_axes(ImporterContext& c) {
  const int rank = c.dims(0).nbDims;
  if (rank < 3) refuse(ParserCode::kINVALID_NODE)("the input has rank ", rank, " and no spatial dimension");
  std::vector<int64_t> axes(static_cast<size_t>(rank) - 2);
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

void global_pool(ImporterContext& c, ReduceOperation op) {
  c.set_output(0, first_output(c.added(c.network().addReduce(c.tensor(0), op, axis_mask(spatial_axes(c)), true))));
}

}  // namespace

void import_max_pool(ImporterContext& c) {
  if (c.wants_output(1)) return max_pool_with_indices(c);
  pool(c, PoolingType::kMAX, false);
}
void import_average_pool(ImporterContext& c) {
  pool(c, PoolingType::kAVERAGE, c.attribute_bool("count_include_pad", false));
}
void import_global_average_pool(ImporterContext& c) { global_pool(c, ReduceOperation::kAVG); }
void import_global_max_pool(ImporterContext& c) { global_pool(c, ReduceOperation::kMAX); }

void import_global_lp_pool(ImporterContext& c) {
  const int64_t p = c.attribute_int("p", 2);
  if (p < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'p' must be positive, got ", p);
  const std::vector<int64_t> axes = spatial_axes(c);
  if (p > 2) {
    const Term total = sum(power(abs(Term(c, 0)), static_cast<double>(p)), axes);
    return c.set_output(0, power(total, 1.0 / static_cast<double>(p)));
  }
  const Fields fields = Fields().add("kind", p == 1 ? "l1" : "l2").add("axes", axes).add("keep_dims", true);
  c.set_output(0, add_operator(c, "reduce", fields, {&c.tensor(0)}));
}

/// (sum |x|^p)^(1/p), where the sum over a window is a convolution with ones, each channel for itself.
void import_lp_pool(ImporterContext& c) {
  WindowAttributes w = pool_window(c);
  const int64_t p = c.attribute_int("p", 2);
  if (p < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'p' must be positive, got ", p);
  const Term x(c, 0);
  const int spatial = static_cast<int>(w.kernel.size());
  for (int i = 0; w.ceil_mode && w.padding == PaddingMode::kEXPLICIT_ROUND_UP && i < spatial; ++i) {
    // A last window that hangs over the end reads zeros there.
    const Extent size = x.extent(i + 2);
    const auto k = static_cast<size_t>(i);
    if (!size.value)
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("ceil_mode needs an input whose spatial size is known");
    const int64_t room = *size.value + w.pads_begin[k] + w.pads_end[k] - (w.kernel[k] - 1) * w.dilations[k] - 1,
                  rest = room % w.strides[k];
    const bool starts_on_data = (room / w.strides[k] + 1) * w.strides[k] < *size.value + w.pads_begin[k];
    if (rest != 0 && starts_on_data) w.pads_end[k] += w.strides[k] - rest;
  }
  Extents planes{multiply(c, x.extent(0), x.extent(1)), 1}, shape{x.extent(0), x.extent(1)};
  for (int i = 0; i < spatial; ++i) planes.push_back(x.extent(i + 2));
  std::vector<int64_t> kernel{1, 1};
  kernel.insert(kernel.end(), w.kernel.begin(), w.kernel.end());
  const Term ones = filled(c, Extents(kernel.begin(), kernel.end()), 1, x.type());
  const Term powers = reshape(power(abs(x), static_cast<double>(p)), planes);
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations).add("padding", padding_name(w.padding));
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end);
  const Term sums(c, add_operator(c, "conv", fields, {&powers.tensor(), &ones.tensor()}, "sums"));
  for (int i = 0; i < spatial; ++i) shape.push_back(sums.extent(i + 2));
  c.set_output(0, power(reshape(sums, shape), 1.0 / static_cast<double>(p)));
}

void import_lrn(ImporterContext& c) {
  const int64_t size = c.attribute_int("size", 0);
  if (size < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'size' must be positive, got ", size);
  ILRNLayer* layer = c.network().addLRN(c.tensor(0), size, c.attribute_float("alpha", 1e-4F),
                                        c.attribute_float("beta", 0.75F), c.attribute_float("bias", 1));
  c.set_output(0, first_output(c.added(layer)));
}

}  // namespace dvt::onnx
