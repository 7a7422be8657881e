// Constant, Identity and the operators that make tensors out of shapes.
#include <algorithm>
#include <cmath>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

template <class T>
ConstantPtr from_values(ImporterContext& c, DataType type, std::vector<int64_t> dims, const std::vector<T>& values) {
  return make_constant(c.base_name(), type, std::move(dims), std::as_bytes(std::span(values)));
}

ConstantPtr constant_of(ImporterContext& c) {
  if (c.has_attribute("value")) return c.attribute_tensor("value");
  if (c.has_attribute("sparse_value")) return c.attribute_sparse_tensor("sparse_value");
  if (c.has_attribute("value_int"))
    return from_values(c, DataType::kINT64, {}, std::vector{c.attribute_int("value_int", 0)});
  if (c.has_attribute("value_float"))
    return from_values(c, DataType::kFLOAT, {}, std::vector{c.attribute_float("value_float", 0)});
  if (c.has_attribute("value_ints")) {
    const auto values = c.attribute_ints("value_ints");
    return from_values(c, DataType::kINT64, {static_cast<int64_t>(values.size())}, values);
  }
  if (c.has_attribute("value_floats")) {
    const auto values = c.attribute_floats("value_floats");
    return from_values(c, DataType::kFLOAT, {static_cast<int64_t>(values.size())}, values);
  }
  refuse(ParserCode::kINVALID_NODE)("a Constant without a value");
}

/// What ConstantOfShape fills in: a tensor of one element, 0.0 when it is not given.
ConstantPtr fill_value(ImporterContext& c) {
  const ConstantPtr value = c.attribute_tensor("value");
  if (!value) return from_values(c, DataType::kFLOAT, {}, std::vector{0.0F});
  if (value->volume() != 1)
    refuse(ParserCode::kINVALID_NODE)("the attribute 'value' must have one element, got ", value->volume());
  return with_dims(*value, {});
}

}  // namespace

namespace {

/// Strings that a Constant node holds; nullptr when it holds numbers.
StringsPtr strings_of(ImporterContext& c) {
  if (c.has_attribute("value_string"))
    return std::make_shared<Strings>(Strings{c.base_name(), {}, {c.attribute_string("value_string", "")}});
  if (c.has_attribute("value_strings")) {
    const std::vector<std::string> values = c.attribute_strings("value_strings");
    return std::make_shared<Strings>(Strings{c.base_name(), {static_cast<int64_t>(values.size())}, values});
  }
  return c.has_attribute("value") ? c.attribute_string_tensor("value") : nullptr;
}

}  // namespace

void import_constant(ImporterContext& c) {
  Value value;
  value.strings = strings_of(c);
  if (value.strings) return c.set_output(0, std::move(value));
  c.set_output(0, constant_of(c));
}

void import_identity(ImporterContext& c) {
  if (c.has_input(0) && !c.value(0).tensor) return c.set_output(0, c.value(0));
  c.set_output(0, first_output(c.added(c.network().addIdentity(c.tensor(0)))));
}

namespace {

/// Elements are dropped at random where training_mode, which may be computed, is true.
void dropout_in_training(ImporterContext& c) {
  const Term x(c, 0), training = reshape(Term(c, 2), Extents{});
  const Term ratio = c.has_input(1) ? reshape(cast(Term(c, 1), DataType::kFLOAT), Extents{})
                                    : Term(c, scalar(c, 0.5, DataType::kFLOAT));
  Fields fields;
  fields.add("seed", c.attribute_int("seed", 0));
  const Term drawn(c, add_operator(c, "random", fields, {&x.tensor()}, "drawn"));
  const Term kept = drawn >= ratio || !training;
  const Term scale = select(training, reciprocal(maximum(1.0 - ratio, ratio.number(1e-30))), ratio.number(1));
  c.set_output(0, select(kept, x * cast(scale, x.type()), x.number(0)));
  c.set_output(1, kept);
}

}  // namespace

/// At inference nothing is dropped; the mask, where somebody wants it, is all true.
void import_dropout(ImporterContext& c) {
  if (c.has_input(2) && !(c.constant(2) && c.constant(2)->numbers() == std::vector<double>{0}))
    return dropout_in_training(c);
  if (c.wants_output(1)) {
    if (c.opset() < 10)
      refuse(ParserCode::kUNSUPPORTED_NODE)("the mask of Dropout before operator set 10 is not supported");
    ITensor& shape = first_output(c.added(c.network().addShape(c.tensor(0)), "shape"));
    c.set_output(1, add_operator(c, "fill", {}, {&scalar(c, 1, DataType::kBOOL), &shape}, "mask"));
  }
  import_identity(c);
}

void import_constant_of_shape(ImporterContext& c) {
  ITensor& value = c.constant_tensor(fill_value(c));
  if (const auto dims = c.ints(0))
    return c.set_output(0, add_operator(c, "fill", Fields().add("shape", *dims), {&value}));
  c.set_output(0, add_operator(c, "fill", {}, {&value, &c.tensor(0)}));
}

void import_shape(ImporterContext& c) {
  const Dims dims = c.dims(0);
  const int64_t rank = dims.nbDims;
  const auto clamp = [rank](int64_t at) { return std::min(std::max<int64_t>(at < 0 ? at + rank : at, 0), rank); };
  const int64_t start = clamp(c.attribute_int("start", 0));
  const int64_t end = std::max(start, clamp(c.attribute_int("end", rank)));
  const std::vector<int64_t> all = to_vector(dims);
  const std::vector<int64_t> part(all.begin() + start, all.begin() + end);
  if (is_static(to_dims(part)))
    return c.set_output(0, make_int64_constant(c.base_name(), {static_cast<int64_t>(part.size())}, part));
  ITensor& x = c.tensor(0);
  if (start == 0 && end == rank) return c.set_output(0, first_output(c.added(c.network().addShape(x))));
  c.set_output(0, add_operator(c, "shape", Fields().add("start", start).add("end", end), {&x}));
}

void import_size(ImporterContext& c) {
  const Extents extents = extents_of(c, c.tensor(0));
  const Extent size = product(c, extents, 0, static_cast<int>(extents.size()));
  if (size.value) return c.set_output(0, make_int64_constant(c.base_name(), {}, {*size.value}));
  c.set_output(0, reshape(c, to_tensor(c, size), std::vector<int64_t>{}));
}

void import_range(ImporterContext& c) {
  std::vector<ITensor*> inputs;
  std::vector<double> known;
  for (int i = 0; i < 3; ++i) {
    const Constant* constant = c.constant(i);
    if (constant && constant->volume() != 1)
      refuse(ParserCode::kINVALID_NODE)("input ", i, " of Range must be one number");
    if (constant) known.push_back(constant->numbers().front());
    ITensor& x = c.tensor(i);
    inputs.push_back(rank_of(x) == 0 ? &x : &reshape(c, x, std::vector<int64_t>{}, "scalar"));
  }
  Fields fields;
  if (known.size() == 3 && is_floating(c.type(0))) {  // the operator counts integers only
    const double count = std::max(0.0, std::ceil((known[1] - known[0]) / known[2]));
    if (!(count <= INT32_MAX)) refuse(ParserCode::kINVALID_VALUE)("a Range of ", count, " elements");
    fields.add("count", static_cast<int64_t>(count));
    inputs.erase(inputs.begin() + 1);
  }
  c.set_output(0, first_output(add_operator(c, "range", fields, inputs)));
}

void import_eye_like(ImporterContext& c) {
  const Dims dims = c.dims(0);
  if (dims.nbDims != 2) refuse(ParserCode::kINVALID_NODE)("the input must be a matrix, got rank ", dims.nbDims);
  const int64_t to = c.attribute_int("dtype", 0);
  const DataType type = to == 0 ? c.type(0) : to_data_type(static_cast<ElementType>(to), "dtype");
  const int64_t k = c.attribute_int("k", 0);
  if (!is_static(dims)) {  // compares positions, of which there are as many as the run finds
    const Term x(c, 0), diagonal = iota(c, x.extent(1)) - unsqueeze(iota(c, x.extent(0)), {1});
    return c.set_output(0, cast(equal(diagonal, static_cast<double>(k)), type));
  }
  ITensor& ones = add_operator(c, "fill", Fields().add("shape", to_vector(dims)), {&scalar(c, 1, type)}, "ones");
  ITensor& upper = add_operator(c, "trilu", Fields().add("upper", true).add("k", k), {&ones}, "upper");
  c.set_output(0, add_operator(c, "trilu", Fields().add("upper", false).add("k", k), {&upper}));
}

}  // namespace dvt::onnx
