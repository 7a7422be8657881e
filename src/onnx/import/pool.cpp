#include <numeric>

#include "onnx/import/importers.h"
#include "onnx/import/window.h"

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
  if (c.wants_output(1)) refuse(ParserCode::kUNSUPPORTED_NODE)("the output Indices of MaxPool is not supported");
  pool(c, PoolingType::kMAX, false);
}
void import_average_pool(ImporterContext& c) {
  pool(c, PoolingType::kAVERAGE, c.attribute_bool("count_include_pad", false));
}
void import_global_average_pool(ImporterContext& c) { global_pool(c, ReduceOperation::kAVG); }
void import_global_max_pool(ImporterContext& c) { global_pool(c, ReduceOperation::kMAX); }

void import_global_lp_pool(ImporterContext& c) {
  const int64_t p = c.attribute_int("p", 2);
  if (p != 1 && p != 2) refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the attribute 'p' must be 1 or 2, got ", p);
  const Fields fields = Fields().add("kind", p == 1 ? "l1" : "l2").add("axes", spatial_axes(c)).add("keep_dims", true);
  c.set_output(0, add_operator(c, "reduce", fields, {&c.tensor(0)}));
}

void import_lp_pool(ImporterContext& c) {
  // (sum |x|^p)^(1/p), the sum being the average with padding counted times the window's volume.
  const WindowAttributes w = pool_window(c);
  const int64_t p = c.attribute_int("p", 2);
  if (p < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'p' must be positive, got ", p);
  if (w.ceil_mode || w.padding != PaddingMode::kEXPLICIT_ROUND_DOWN || w.has_dilation())
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)(
        "LpPool with ceil_mode, automatic padding or dilations is not supported");
  ITensor& x = c.tensor(0);
  const DataType type = x.getType();
  double volume = 1;
  for (const int64_t k : w.kernel) volume *= static_cast<double>(k);
  ITensor& power = elementwise(c, unary(c, x, UnaryOperation::kABS, "abs"), scalar(c, static_cast<double>(p), type),
                               ElementWiseOperation::kPOW, "power");
  IPoolingLayer& average =
      c.added(c.network().addPoolingNd(power, PoolingType::kAVERAGE, to_dims(w.kernel)), "average");
  set_window(average, w);
  average.setAverageCountExcludesPadding(false);
  ITensor& sum = elementwise(c, first_output(average), scalar(c, volume, type), ElementWiseOperation::kPROD, "sum");
  ITensor& exponent = scalar(c, 1.0 / static_cast<double>(p), type);
  c.set_output(0, elementwise(c, sum, exponent, ElementWiseOperation::kPOW));
}

void import_lrn(ImporterContext& c) {
  const int64_t size = c.attribute_int("size", 0);
  if (size < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'size' must be positive, got ", size);
  ILRNLayer* layer = c.network().addLRN(c.tensor(0), size, c.attribute_float("alpha", 1e-4F),
                                        c.attribute_float("beta", 0.75F), c.attribute_float("bias", 1));
  c.set_output(0, first_output(c.added(layer)));
}

}  // namespace dvt::onnx
