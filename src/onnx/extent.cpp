#include "onnx/extent.h"

#include <algorithm>

#include "onnx/constants.h"

namespace dvt::onnx {
namespace {

Extent compute(ImporterContext& c, const Extent& a, const Extent& b, ElementWiseOperation op) {
  return Extent(elementwise(c, to_tensor(c, a), to_tensor(c, b), op, "shape"));
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0); }

int64_t checked(bool overflow, const int64_t& value) {  // a reference: read after the overflow was looked for
  if (overflow) refuse(ParserCode::kINVALID_NODE)("a dimension overflows 64 bits");
  return value;
}

}  // namespace

Extent extent_of(ImporterContext& c, ITensor& x, int axis) {
  const int64_t d = dims_of(x).d[axis];
  if (d >= 0) return Extent(d);
  return Extent(add_operator(c, "shape", Fields().add("start", axis).add("end", axis + 1), {&x}, "shape"));
}

Extents extents_of(ImporterContext& c, ITensor& x) {
  Extents extents;
  for (int i = 0; i < rank_of(x); ++i) extents.push_back(extent_of(c, x, i));
  return extents;
}

Extents extents_of_input(ImporterContext& c, int i) {
  if (const auto values = c.ints(i)) return Extents(values->begin(), values->end());
  ITensor& list = cast(c, c.tensor(i), DataType::kINT64, "shape");
  const Dims dims = dims_of(list);
  if (dims.nbDims > 1 || (dims.nbDims == 1 && dims.d[0] < 0))
    refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("input ", i, " must be a list of known length");
  if (dims.nbDims == 0) return {Extent(reshape(c, list, std::vector<int64_t>{1}, "shape"))};
  Extents extents;
  for (int64_t k = 0; k < dims.d[0]; ++k) {
    ISliceLayer& slice = c.added(c.network().addSlice(list, to_dims(std::vector{k}), to_dims(std::vector<int64_t>{1}),
                                                      to_dims(std::vector<int64_t>{1})),
                                 "shape");
    extents.emplace_back(first_output(slice));
  }
  return extents;
}

Extent extent_of_input(ImporterContext& c, int i, std::string_view what) {
  const Extents extents = extents_of_input(c, i);
  if (extents.size() != 1)
    refuse(ParserCode::kINVALID_NODE)("input ", i, " (", what, ") must be one number, got ", extents.size());
  return extents.front();
}

Extent add(ImporterContext& c, const Extent& a, const Extent& b) {
  int64_t sum = 0;
  if (a.value && b.value) return checked(__builtin_add_overflow(*a.value, *b.value, &sum), sum);
  if (a.value == 0) return b;
  if (b.value == 0) return a;
  return compute(c, a, b, ElementWiseOperation::kSUM);
}

Extent subtract(ImporterContext& c, const Extent& a, const Extent& b) {
  int64_t difference = 0;
  if (a.value && b.value) return checked(__builtin_sub_overflow(*a.value, *b.value, &difference), difference);
  if (b.value == 0) return a;
  return compute(c, a, b, ElementWiseOperation::kSUB);
}

Extent multiply(ImporterContext& c, const Extent& a, const Extent& b) {
  int64_t result = 0;
  if (a.value && b.value) return checked(__builtin_mul_overflow(*a.value, *b.value, &result), result);
  if (a.value == 1) return b;
  if (b.value == 1) return a;
  return compute(c, a, b, ElementWiseOperation::kPROD);
}

Extent divide_down(ImporterContext& c, const Extent& a, int64_t b) {
  if (b < 1) refuse(ParserCode::kINVALID_NODE)("a dimension is divided by ", b);
  if (b == 1) return a;
  if (a.value) return floor_div(*a.value, b);
  return compute(c, a, b, ElementWiseOperation::kFLOOR_DIV);
}

Extent divide_down(ImporterContext& c, const Extent& a, const Extent& b) {
  if (b.value) return divide_down(c, a, *b.value);
  return compute(c, a, b, ElementWiseOperation::kFLOOR_DIV);
}

Extent divide_up(ImporterContext& c, const Extent& a, int64_t b) { return divide_down(c, add(c, a, b - 1), b); }

Extent smaller(ImporterContext& c, const Extent& a, const Extent& b) {
  if (a.value && b.value) return std::min(*a.value, *b.value);
  return compute(c, a, b, ElementWiseOperation::kMIN);
}

Extent larger(ImporterContext& c, const Extent& a, const Extent& b) {
  if (a.value && b.value) return std::max(*a.value, *b.value);
  return compute(c, a, b, ElementWiseOperation::kMAX);
}

Flag is_equal(ImporterContext& c, const Extent& a, const Extent& b) {
  if (a.value && b.value) return *a.value == *b.value;
  return Flag(*compute(c, a, b, ElementWiseOperation::kEQUAL).tensor);
}

Flag is_less(ImporterContext& c, const Extent& a, const Extent& b) {
  if (a.value && b.value) return *a.value < *b.value;
  return Flag(*compute(c, a, b, ElementWiseOperation::kLESS).tensor);
}

Flag either(ImporterContext& c, const Flag& a, const Flag& b) {
  if (a.value) return *a.value ? a : b;
  if (b.value) return *b.value ? b : a;
  return Flag(elementwise(c, *a.tensor, *b.tensor, ElementWiseOperation::kOR, "shape"));
}

Extent choose(ImporterContext& c, const Flag& flag, const Extent& a, const Extent& b) {
  if (flag.value) return *flag.value ? a : b;
  if (a.value && a.value == b.value) return a;
  ITensor& if_set = to_tensor(c, a);
  return Extent(first_output(c.added(c.network().addSelect(*flag.tensor, if_set, to_tensor(c, b)), "shape")));
}

Extent as_number(ImporterContext& c, const Flag& flag) {
  return flag.value ? Extent(*flag.value ? 1 : 0) : Extent(cast(c, *flag.tensor, DataType::kINT64, "shape"));
}

Extent from_start(ImporterContext& c, const Extent& a, const Extent& b) {
  if (a.value) return *a.value >= 0 ? a : add(c, a, b);
  return choose(c, is_less(c, a, 0), add(c, a, b), a);
}

Extent product(ImporterContext& c, const Extents& extents, int begin, int end) {
  Extent result = 1;
  for (int i = begin; i < end; ++i) result = multiply(c, result, extents[static_cast<size_t>(i)]);
  return result;
}

std::optional<std::vector<int64_t>> known(const Extents& extents) {
  std::vector<int64_t> values;
  for (const Extent& e : extents) {
    if (!e.value) return std::nullopt;
    values.push_back(*e.value);
  }
  return values;
}

ITensor& to_tensor(ImporterContext& c, const Extent& extent) {
  return extent.tensor ? *extent.tensor : int64_list(c, {*extent.value}, concat("shape/", *extent.value));
}

ITensor& to_tensor(ImporterContext& c, const Extents& extents, std::string_view role) {
  if (const auto values = known(extents)) return int64_list(c, *values, role);
  std::vector<ITensor*> parts;
  for (const Extent& e : extents) parts.push_back(&to_tensor(c, e));
  return parts.size() == 1 ? *parts.front() : concat_tensors(c, parts, 0, role);
}

ITensor& reshape(ImporterContext& c, ITensor& x, const Extents& extents, std::string_view role) {
  // One extent may be left to the layer, unless a zero makes what is left ambiguous.
  std::vector<int64_t> dims;
  int unknown = 0;
  bool has_zero = false;
  for (const Extent& e : extents) {
    dims.push_back(e.value.value_or(-1));
    unknown += e.value ? 0 : 1;
    has_zero = has_zero || e.value == 0;
  }
  if (unknown == 0 || (unknown == 1 && !has_zero)) return reshape(c, x, dims, role);
  IShuffleLayer& layer = c.added(c.network().addShuffle(x), role);
  layer.setZeroIsPlaceholder(false);
  layer.setInput(1, to_tensor(c, extents, "shape"));
  return first_output(layer);
}

}  // namespace dvt::onnx
