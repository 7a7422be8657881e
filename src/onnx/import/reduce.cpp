#include <numeric>

#include "onnx/computed_axes.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

/// Axes from the input (newer operator sets) or the attribute. Empty: all of them, or none when the node says so.
std::vector<int64_t> reduced_axes(ImporterContext& c, int rank) {
  const bool is_empty = c.has_input(1) && !c.constant(1) && c.dims(1).nbDims == 1 && c.dims(1).d[0] == 0;
  std::vector<int64_t> axes;
  if (!is_empty)  // an empty list says the same, whatever computes it
    axes = normalized_axes(c.ints_from_input_or_attribute(1, "axes").value_or(std::vector<int64_t>()), rank);
  if (axes.empty() && !c.attribute_bool("noop_with_empty_axes", false)) {
    axes.resize(static_cast<size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  return axes;
}

/// True when the node has axes that are known only when the network runs.
bool has_computed_axes(ImporterContext& c) { return c.has_input(1) && !c.constant(1) && c.dims(1).d[0] != 0; }

ITensor& reduce_axes(ImporterContext& c, Term x, std::string_view kind, const std::vector<int64_t>& axes) {
  const Fields fields = Fields().add("kind", kind).add("axes", axes).add("keep_dims", false);
  return add_operator(c, "reduce", fields, {&x.tensor()}, "reduced");
}

/// All axes at once, which takes twice the rank.
Term reduce_named(ImporterContext& c, Term x, const ComputedAxes& axes, const char* kind) {
  std::vector<int64_t> odd;
  for (int i = 0; i < x.rank(); ++i) odd.push_back(2 * i + 1);
  return {c, reduce_axes(c, split_named(x, axes), kind, odd)};
}

/// One axis after the other. What is done to elements comes first, what is done to the sum last.
Term reduce_one_by_one(ImporterContext& c, Term x, const Extents& axes, std::string_view kind) {
  Extents shape = x.extents();
  for (size_t i = 0; i < axes.size(); ++i) {
    const ComputedAxes axis(c, {axes[i]}, static_cast<int>(shape.size()));
    const bool sums = (kind == "sum_square" && i > 0) || (kind == "log_sum" && i + 1 < axes.size());
    const Term reduced(c, reduce_axes(c, around_axis(x, axis), sums ? "sum" : kind, {1}));
    for (int k = 0; k < axis.rank(); ++k) {
      Extent& extent = shape[static_cast<size_t>(k)];
      extent = choose(c, axis.names(k), 1, extent);
    }
    x = reshape(reduced, shape);
  }
  return x;
}

/// A reduction of ours along axes that are computed.
void reduce_along_computed_axes(ImporterContext& c, const char* kind) {
  const Term x(c, 0);
  const ComputedAxes axes(c, 1, x.rank());
  const bool at_once = 2 * x.rank() <= Dims::MAX_DIMS;
  const std::string_view name = kind;
  if (!at_once && !is_floating(x.type()) && (name == "l2" || name == "mean"))
    refuse(ParserCode::kUNSUPPORTED_NODE)(
        "axes that are computed are reduced one after the other at this rank, which rounds integers each time; give "
        "the axes "
        "as a constant, or cast to floating point");
  const Term reduced = at_once ? reduce_named(c, x, axes, kind) : reduce_one_by_one(c, x, extents_of_input(c, 1), kind);
  if (c.attribute_bool("keepdims", true)) return c.set_output(0, reduced);
  c.set_output(0, reshape(reduced, without(c, x.extents(), axes)));
}

const char* name_of(ReduceOperation op) {
  switch (op) {
    case ReduceOperation::kPROD:
      return "prod";
    case ReduceOperation::kMAX:
      return "max";
    case ReduceOperation::kMIN:
      return "min";
    case ReduceOperation::kAVG:
      return "mean";
    default:
      return "sum";
  }
}

void reduce(ImporterContext& c, ReduceOperation op) {
  if (has_computed_axes(c)) return reduce_along_computed_axes(c, name_of(op));
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = reduced_axes(c, rank_of(x));
  if (axes.empty()) return c.set_output(0, first_output(c.added(c.network().addIdentity(x))));
  const bool keep = c.attribute_bool("keepdims", true);
  c.set_output(0, first_output(c.added(c.network().addReduce(x, op, axis_mask(axes), keep))));
}

/// A reduction over no axis still does to each element what it does to a sum of one.
Term reduced_alone(Term x, const std::string& kind) {
  if (kind == "l1" || kind == "l2") return abs(x);
  if (kind == "sum_square") return x * x;
  if (kind == "log_sum") return log(x);
  return {x.context(), first_output(x.context().added(x.context().network().addIdentity(x)))};
}

void reduce_of_ours(ImporterContext& c, const char* kind) {
  if (has_computed_axes(c)) return reduce_along_computed_axes(c, kind);
  ITensor& x = c.tensor(0);
  const std::vector<int64_t> axes = reduced_axes(c, rank_of(x));
  if (axes.empty()) return c.set_output(0, reduced_alone(Term(c, x), kind));
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

namespace {

/// A running sum or product along an axis that is computed.
void cumulate_along_computed_axis(ImporterContext& c, const char* kind) {
  const Term x(c, 0);
  const ComputedAxes axis(c, 1, x.rank());
  Fields fields;
  fields.add("kind", kind).add("axis", 1);
  fields.add("exclusive", c.attribute_bool("exclusive", false)).add("reverse", c.attribute_bool("reverse", false));
  const Term y(c, add_operator(c, "cumulative", fields, {&around_axis(x, axis).tensor()}, "running"));
  c.set_output(0, reshape(y, x.extents()));
}

}  // namespace

void import_cum_sum(ImporterContext& c) {
  if (!c.constant(1)) return cumulate_along_computed_axis(c, "sum");
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
  if (!c.constant(1)) return cumulate_along_computed_axis(c, "prod");
  const std::vector<int64_t> axis = c.constant_ints(1, "axis");
  if (axis.size() != 1) refuse(ParserCode::kINVALID_NODE)("the axis must be one number");
  Fields fields;
  fields.add("kind", "prod").add("axis", normalized_axis(axis[0], c.dims(0).nbDims));
  fields.add("exclusive", c.attribute_bool("exclusive", false)).add("reverse", c.attribute_bool("reverse", false));
  c.set_output(0, add_operator(c, "cumulative", fields, {&c.tensor(0)}));
}

}  // namespace dvt::onnx
