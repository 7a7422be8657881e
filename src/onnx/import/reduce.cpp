#include <numeric>

#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// Axes from the input (newer operator sets) or the attribute. Empty: all of them, or none when the node says so.
std::vector<int64_t> reduced_axes(ImporterContext& c, int rank) {
  std::vector<int64_t> axes =
      normalized_axes(c.ints_from_input_or_attribute(1, "axes").value_or(std::vector<int64_t>()), rank);
  if (axes.empty() && !c.attribute_bool("noop_with_empty_axes", false)) {
    axes.resize(static_cast<size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  return axes;
}

void reduce(ImporterContext& c, ReduceOperation op) {
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = reduced_axes(c, rank_of(x));
  if (axes.empty()) return c.set_output(0, first_output(c.added(c.network().addIdentity(x))));
  const bool keep = c.attribute_bool("keepdims", true);
  c.set_output(0, first_output(c.added(c.network().addReduce(x, op, axis_mask(axes), keep))));
}

void reduce_of_ours(ImporterContext& c, const char* kind) {
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = reduced_axes(c, rank_of(x));
  if (axes.empty()) refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("a reduction over no axis is not supported");
  const Fields fields =
      Fields().add("kind", kind).add("axes", axes).add("keep_dims", c.attribute_bool("keepdims", true));
  c.set_output(0, add_operator(c, "reduce", fields, {&x}));
}

void arg_reduce(ImporterContext& c, const char* kind) {
  ITensor& x = c.tensor(0);
  Fields fields;
  fields.add("kind", kind).add("axis", normalized_axis(c.attribute_int("axis", 0), rank_of(x)));
  fields.add("keep_dims", c.attribute_bool("keepdims", true));
  fields.add("select_last", c.attribute_bool("select_last_index", false));
  c.set_output(0, add_operator(c, "arg_reduce", fields, {&x}));
}

void set_top_k(ImporterContext& c, std::optional<int64_t> k) {
  ITensor& x = c.tensor(0);
  const int axis = normalized_axis(c.attribute_int("axis", -1), rank_of(x));
  if (k && (*k < 0 || *k > INT32_MAX)) refuse(ParserCode::kINVALID_VALUE)("k is ", *k);
  const auto op = c.attribute_bool("largest", true) ? TopKOperation::kMAX : TopKOperation::kMIN;
  ITopKLayer& layer =
      c.added(c.network().addTopK(x, op, static_cast<int32_t>(k.value_or(1)), uint32_t{1} << axis, DataType::kINT64));
  if (!k) {
    ITensor& count = c.tensor(1);
    layer.setInput(1, rank_of(count) == 0 ? count : reshape(c, count, std::vector<int64_t>{}, "k"));
  }
  c.set_output(0, *layer.getOutput(0));
  c.set_output(1, *layer.getOutput(1));
}

}  // namespace

void import_reduce_sum(ImporterContext& c) { reduce(c, ReduceOperation::kSUM); }
void import_reduce_prod(ImporterContext& c) { reduce(c, ReduceOperation::kPROD); }
void import_reduce_max(ImporterContext& c) { reduce(c, ReduceOperation::kMAX); }
void import_reduce_min(ImporterContext& c) { reduce(c, ReduceOperation::kMIN); }
void import_reduce_mean(ImporterContext& c) { reduce(c, ReduceOperation::kAVG); }
void import_reduce_l1(ImporterContext& c) { reduce_of_ours(c, "l1"); }
void import_reduce_l2(ImporterContext& c) { reduce_of_ours(c, "l2"); }
void import_reduce_sum_square(ImporterContext& c) { reduce_of_ours(c, "sum_square"); }
void import_reduce_log_sum(ImporterContext& c) { reduce_of_ours(c, "log_sum"); }
void import_reduce_log_sum_exp(ImporterContext& c) { reduce_of_ours(c, "log_sum_exp"); }
void import_arg_max(ImporterContext& c) { arg_reduce(c, "max"); }
void import_arg_min(ImporterContext& c) { arg_reduce(c, "min"); }

void import_top_k_1(ImporterContext& c) {
  if (!c.has_attribute("k")) refuse(ParserCode::kINVALID_NODE)("the attribute 'k' is missing");
  set_top_k(c, c.attribute_int("k", 0));
}

void import_top_k(ImporterContext& c) {
  const auto k = c.ints(1);
  if (k && k->size() != 1) refuse(ParserCode::kINVALID_NODE)("k must be one number");
  set_top_k(c, k ? std::optional(k->front()) : std::nullopt);
}

void import_cum_sum(ImporterContext& c) {
  const std::vector<int64_t> axis = c.constant_ints(1, "axis");
  if (axis.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number");
  ITensor& x = c.tensor(0);
  ITensor& normalized = scalar(c, normalized_axis(axis[0], rank_of(x)), DataType::kINT64);
  ICumulativeLayer* layer =
      c.network().addCumulative(x, normalized, CumulativeOperation::kSUM, c.attribute_bool("exclusive", false),
                                c.attribute_bool("reverse", false));
  c.set_output(0, first_output(c.added(layer)));
}

void import_cum_prod(ImporterContext& c) {
  const std::vector<int64_t> axis = c.constant_ints(1, "axis");
  if (axis.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number");
  Fields fields;
  fields.add("kind", "prod").add("axis", normalized_axis(axis[0], c.dims(0).nbDims));
  fields.add("exclusive", c.attribute_bool("exclusive", false)).add("reverse", c.attribute_bool("reverse", false));
  c.set_output(0, add_operator(c, "cumulative", fields, {&c.tensor(0)}));
}

}  // namespace dvt::onnx
