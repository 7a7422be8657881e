#include "onnx/term.h"

#include <algorithm>

#include <cmath>

#include "onnx/constants.h"

namespace dvt::onnx {
namespace {

Term element(Term a, Term b, ElementWiseOperation op, std::string_view role) {
  return {a.context(), elementwise(a.context(), a, b, op, role)};
}

Term of_ours(Term a, Term b, const char* op, std::string_view role) {
  return {a.context(), pointwise(a.context(), op, a, b, role)};
}

int from_front(Term x, int axis) { return axis < 0 ? axis + x.rank() : axis; }

}  // namespace

Term Term::number(double value) const { return {*c_, scalar(*c_, value, type())}; }

Term operator+(Term a, Term b) { return element(a, b, ElementWiseOperation::kSUM, "sum"); }
Term operator-(Term a, Term b) { return element(a, b, ElementWiseOperation::kSUB, "difference"); }
Term operator*(Term a, Term b) { return element(a, b, ElementWiseOperation::kPROD, "product"); }
Term operator/(Term a, Term b) { return element(a, b, ElementWiseOperation::kDIV, "quotient"); }
Term operator-(Term a) { return unary(a, UnaryOperation::kNEG); }
Term power(Term a, double exponent) { return element(a, a.number(exponent), ElementWiseOperation::kPOW, "power"); }
Term maximum(Term a, Term b) { return element(a, b, ElementWiseOperation::kMAX, "max"); }
Term minimum(Term a, Term b) { return element(a, b, ElementWiseOperation::kMIN, "min"); }
Term remainder(Term a, Term b) { return of_ours(a, b, "mod", "remainder"); }

Term operator<(Term a, Term b) { return element(a, b, ElementWiseOperation::kLESS, "less"); }
Term operator>(Term a, Term b) { return element(a, b, ElementWiseOperation::kGREATER, "greater"); }
Term operator<=(Term a, Term b) { return of_ours(a, b, "le", "at_most"); }
Term operator>=(Term a, Term b) { return of_ours(a, b, "ge", "at_least"); }
Term equal(Term a, Term b) {
  if (a.type() != DataType::kTEXT) return element(a, b, ElementWiseOperation::kEQUAL, "equal");
  return {a.context(), add_operator(a.context(), "text_equal", {}, {&a.tensor(), &b.tensor()}, "equal")};
}
Term operator&&(Term a, Term b) { return element(a, b, ElementWiseOperation::kAND, "and"); }
Term operator||(Term a, Term b) { return element(a, b, ElementWiseOperation::kOR, "or"); }
Term operator!(Term a) { return unary(a, UnaryOperation::kNOT); }

Term select(Term condition, Term if_true, Term if_false) {
  ImporterContext& c = condition.context();
  const int rank = std::max({condition.rank(), if_true.rank(), if_false.rank()});
  ITensor& when = to_rank(c, condition, rank);
  ITensor& yes = to_rank(c, if_true, rank);
  ITensor& no = to_rank(c, if_false, rank);
  return {c, first_output(c.added(c.network().addSelect(when, yes, no), "select"))};
}

Term unary(Term x, UnaryOperation op) { return {x.context(), unary(x.context(), x.tensor(), op, "unary")}; }

Term activation(Term x, ActivationType type, float alpha, float beta) {
  ImporterContext& c = x.context();
  IActivationLayer& layer = c.added(c.network().addActivation(x, type), "activation");
  layer.setAlpha(alpha);
  layer.setBeta(beta);
  return {c, first_output(layer)};
}

Term normalized(Term x, const char* kind, int64_t axis, double epsilon, const std::optional<Term>& scale,
                const std::optional<Term>& bias) {
  Fields fields;
  fields.add("kind", kind).add("axis", axis).add("epsilon", epsilon);
  std::vector<ITensor*> inputs{&x.tensor()};
  if (scale) {
    fields.add("has_scale", true);
    inputs.push_back(&scale->tensor());
  }
  if (bias) {
    fields.add("has_bias", true);
    inputs.push_back(&bias->tensor());
  }
  return {x.context(), first_output(add_operator(x.context(), "normalization", fields, inputs, "normalization"))};
}

Term silu(Term x) {
  return {x.context(), add_operator(x.context(), "activation", Fields().add("type", "silu"), {&x.tensor()}, "silu")};
}

Term softmax(Term x, int axis) {
  ImporterContext& c = x.context();
  ISoftMaxLayer& layer = c.added(c.network().addSoftMax(x), "softmax");
  layer.setAxes(uint32_t{1} << from_front(x, axis));
  return {c, first_output(layer)};
}

Term log_softmax(Term x, int axis) {
  const Fields fields = Fields().add("axis", from_front(x, axis)).add("log", true);
  return {x.context(), add_operator(x.context(), "softmax", fields, {&x.tensor()}, "log_softmax")};
}

Term cast(Term x, DataType type) { return {x.context(), cast(x.context(), x.tensor(), type, "cast")}; }

Term reduce(Term x, ReduceOperation op, const std::vector<int64_t>& axes, bool keep) {
  ImporterContext& c = x.context();
  const uint32_t mask = axis_mask(normalized_axes(axes, x.rank()));
  return {c, first_output(c.added(c.network().addReduce(x, op, mask, keep), "reduce"))};
}

Term arg_largest(Term x, int axis, bool keep) {
  const Fields fields = Fields().add("kind", "max").add("axis", from_front(x, axis)).add("keep_dims", keep);
  return {x.context(), add_operator(x.context(), "arg_reduce", fields, {&x.tensor()}, "largest")};
}

Term cumulative_sum(Term x, int axis) {
  const Fields fields = Fields().add("kind", "sum").add("axis", from_front(x, axis));
  return {x.context(), add_operator(x.context(), "cumulative", fields, {&x.tensor()}, "running_sum")};
}

Term matmul(Term a, Term b, bool transpose_a, bool transpose_b) {
  ImporterContext& c = a.context();
  const int rank = std::max(a.rank(), b.rank());
  const auto operation = [](bool t) { return t ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE; };
  ITensor& left = to_rank(c, a, rank);
  ITensor& right = to_rank(c, b, rank);
  return {c,
          first_output(c.added(
              c.network().addMatrixMultiply(left, operation(transpose_a), right, operation(transpose_b)), "matmul"))};
}

Term reshape(Term x, const Extents& extents) { return {x.context(), reshape(x.context(), x, extents, "reshape")}; }

Term unsqueeze(Term x, const std::vector<int64_t>& axes) {
  return axes.empty() ? x : Term(x.context(), unsqueeze(x.context(), x.tensor(), axes, "unsqueeze"));
}

Term squeeze(Term x, const std::vector<int64_t>& axes) {
  return axes.empty() ? x : Term(x.context(), squeeze(x.context(), x.tensor(), axes, "squeeze"));
}

Term transpose(Term x, const std::vector<int64_t>& permutation) {
  return {x.context(), transpose(x.context(), x.tensor(), permutation, "transpose")};
}

Term slice(Term x, int axis, const Extent& start, const Extent& size, int64_t step) {
  ImporterContext& c = x.context();
  const auto one = [](int64_t v) { return to_dims(std::vector{v}); };
  ISliceLayer& layer =
      c.added(c.network().addSlice(x, one(start.value.value_or(0)), one(size.value.value_or(0)), one(step)), "slice");
  layer.setAxes(one(from_front(x, axis)));
  if (!start.value) layer.setInput(1, to_tensor(c, start));
  if (!size.value) layer.setInput(2, to_tensor(c, size));
  return {c, first_output(layer)};
}

Term join(const std::vector<Term>& parts, int axis) {
  std::vector<ITensor*> tensors;
  for (const Term& part : parts) tensors.push_back(&part.tensor());
  const Term& first = parts.front();
  if (parts.size() == 1) return first;
  return {first.context(), concat_tensors(first.context(), tensors, from_front(first, axis), "concat")};
}

Term expand(Term x, const Extents& extents) {
  ImporterContext& c = x.context();
  if (const auto shape = known(extents))
    return {c, add_operator(c, "expand", Fields().add("shape", *shape), {&x.tensor()}, "expand")};
  return {c, add_operator(c, "expand", {}, {&x.tensor(), &to_tensor(c, extents, "shape")}, "expand")};
}

Term gather(Term x, Term indices, int axis) {
  ImporterContext& c = x.context();
  return {c, first_output(c.added(c.network().addGather(x, indices, from_front(x, axis)), "gather"))};
}

Term gather_elements(Term x, Term indices, int axis) {
  ImporterContext& c = x.context();
  IGatherLayer& layer = c.added(c.network().addGatherV2(x, indices, GatherMode::kELEMENT), "gather");
  layer.setGatherAxis(from_front(x, axis));
  return {c, first_output(layer)};
}

Term pad(Term x, int axis, const Extent& before, const Extent& after, double value) {
  ImporterContext& c = x.context();
  if (before.value == 0 && after.value == 0) return x;
  const int at = from_front(x, axis);
  Extents pads(static_cast<size_t>(2 * x.rank()), Extent(0));
  pads[static_cast<size_t>(at)] = before;
  pads[static_cast<size_t>(at + x.rank())] = after;
  Fields fields;
  fields.add("value", value);
  if (const auto all = known(pads)) {
    const auto middle = all->begin() + x.rank();
    fields.add("pads_begin", std::vector<int64_t>(all->begin(), middle));
    fields.add("pads_end", std::vector<int64_t>(middle, all->end()));
    return {c, add_operator(c, "pad", fields, {&x.tensor()}, "pad")};
  }
  fields.add("has_pads_input", true);
  return {c, add_operator(c, "pad", fields, {&x.tensor(), &to_tensor(c, pads, "pads")}, "pad")};
}

Term iota(ImporterContext& c, const Extent& count) {
  ITensor& zero = scalar(c, 0, DataType::kINT64);
  ITensor& one = scalar(c, 1, DataType::kINT64);
  if (count.value)
    return {c, add_operator(c, "range", Fields().add("count", *count.value), {&zero, &one}, "positions")};
  return {c, add_operator(c, "range", {}, {&zero, &scalar_of(c, count).tensor(), &one}, "positions")};
}

Term filled(ImporterContext& c, const Extents& extents, double value, DataType type) {
  ITensor& number = scalar(c, value, type);
  if (const auto shape = known(extents))
    return {c, add_operator(c, "fill", Fields().add("shape", *shape), {&number}, "filled")};
  return {c, add_operator(c, "fill", {}, {&number, &to_tensor(c, extents, "shape")}, "filled")};
}

Term floats(ImporterContext& c, const std::vector<int64_t>& dims, const std::vector<float>& values,
            std::string_view role) {
  return {c, c.constant_tensor(make_constant(concat(c.base_name(), "/", role), DataType::kFLOAT, dims,
                                             std::as_bytes(std::span(values))))};
}

Term ints(ImporterContext& c, const std::vector<int64_t>& dims, const std::vector<int64_t>& values,
          std::string_view role) {
  return {c, c.constant_tensor(make_int64_constant(concat(c.base_name(), "/", role), dims, values))};
}

Term scalar_of(ImporterContext& c, const Extent& extent) {
  if (extent.value) return {c, scalar(c, static_cast<double>(*extent.value), DataType::kINT64)};
  return {c, reshape(c, *extent.tensor, std::vector<int64_t>{}, "scalar")};
}

}  // namespace dvt::onnx
