#include "onnx/constant_folding.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "onnx/constants.h"
#include "onnx/emit.h"

namespace dvt::onnx {
namespace {

constexpr int64_t kMaxElements = 1024;

/// A small constant as numbers of one kind: int64_t for every integer type and booleans, float for float32.
template <class T>
struct Array {
  DataType type;
  std::vector<int64_t> dims;
  std::vector<T> values;
};

using Ints = Array<int64_t>;
using Floats = Array<float>;

bool is_whole(DataType type) { return (is_integer(type) || type == DataType::kBOOL) && type_bits(type) >= 8; }
/// uint64 does not fit what is computed with.
bool is_foldable(DataType type) { return (is_whole(type) && type != DataType::kUINT64) || type == DataType::kFLOAT; }

template <class T>
Array<T> load(const Constant& constant) {
  Array<T> array{constant.type, constant.dims, {}};
  if constexpr (std::is_same_v<T, float>) {
    for (const double v : constant.numbers()) array.values.push_back(static_cast<float>(v));
  } else {
    Constant list = constant;
    list.dims = {constant.volume()};
    array.values = list.ints();
  }
  return array;
}

template <class To>
ConstantPtr store_as(const std::string& name, const Ints& array) {
  std::vector<To> values;
  for (const int64_t v : array.values) {
    if (static_cast<int64_t>(static_cast<To>(v)) != v) return nullptr;  // it would wrap; leave it to the network
    values.push_back(static_cast<To>(v));
  }
  return make_constant(name, array.type, array.dims, std::as_bytes(std::span(values)));
}

ConstantPtr store(const std::string& name, const Ints& array) {
  switch (array.type) {
    case DataType::kINT64:
      return store_as<int64_t>(name, array);
    case DataType::kINT32:
      return store_as<int32_t>(name, array);
    case DataType::kUINT32:
      return store_as<uint32_t>(name, array);
    case DataType::kINT16:
      return store_as<int16_t>(name, array);
    case DataType::kUINT16:
      return store_as<uint16_t>(name, array);
    case DataType::kINT8:
      return store_as<int8_t>(name, array);
    case DataType::kBOOL:
      for (const int64_t v : array.values)
        if (v != 0 && v != 1) return nullptr;
      return store_as<uint8_t>(name, array);
    default:
      return store_as<uint8_t>(name, array);
  }
}

ConstantPtr store(const std::string& name, const Floats& array) {
  return make_constant(name, array.type, array.dims, std::as_bytes(std::span(array.values)));
}

int64_t volume_of(const std::vector<int64_t>& dims) {
  int64_t n = 1;
  for (const int64_t d : dims) n *= d;
  return n;
}

/// NumPy's rule; nothing when the shapes do not go together.
std::optional<std::vector<int64_t>> broadcast(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return volume_of(result) <= kMaxElements ? std::optional(result) : std::nullopt;
}

/// Where the element `flat` of the result lies in an operand that was broadcast to it.
size_t source(const std::vector<int64_t>& dims, const std::vector<int64_t>& result, int64_t flat) {
  int64_t at = 0, stride = 1;
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t extent = result[result.size() - 1 - i], position = flat % extent;
    flat /= extent;
    if (i >= dims.size()) continue;
    const int64_t own = dims[dims.size() - 1 - i];
    if (own != 1) at += position * stride;
    stride *= own;
  }
  return static_cast<size_t>(at);
}

/// The result of an operator on two numbers; nothing where it is not defined or does not fit.
std::optional<int64_t> apply(std::string_view op, int64_t a, int64_t b) {
  int64_t r = 0;
  if (op == "Add") return __builtin_add_overflow(a, b, &r) ? std::nullopt : std::optional(r);
  if (op == "Sub") return __builtin_sub_overflow(a, b, &r) ? std::nullopt : std::optional(r);
  if (op == "Mul") return __builtin_mul_overflow(a, b, &r) ? std::nullopt : std::optional(r);
  if (op == "Div") return b == 0 || b == -1 ? std::nullopt : std::optional(a / b);
  if (op == "Mod") return b <= 0 ? std::nullopt : std::optional((a % b + b) % b);
  if (op == "And") return a & b;
  if (op == "Or") return a | b;
  if (op == "Xor") return a ^ b;
  if (op == "Min") return std::min(a, b);
  return op == "Max" ? std::optional(std::max(a, b)) : std::nullopt;
}

std::optional<float> apply(std::string_view op, float a, float b) {
  if (op == "Add") return a + b;
  if (op == "Sub") return a - b;
  if (op == "Mul") return a * b;
  if (op == "Pow") return std::pow(a, b);
  return op == "Div" ? std::optional(a / b) : std::nullopt;
}

bool is_comparison(std::string_view op) { return op == "Equal" || op == "Less" || op == "Greater"; }

template <class T>
std::optional<bool> compare(std::string_view op, T a, T b) {
  if (op == "Equal") return a == b;
  if (op == "Less") return a < b;
  return op == "Greater" ? std::optional(a > b) : std::nullopt;
}

template <class T>
ConstantPtr binary(ImporterContext& c) {
  const Array<T> a = load<T>(*c.constant(0)), b = load<T>(*c.constant(1));
  const auto dims = broadcast(a.dims, b.dims);
  if (!dims || a.type != b.type) return nullptr;
  Array<T> result{a.type, *dims, {}};
  Ints truths{DataType::kBOOL, *dims, {}};
  for (int64_t i = 0; i < volume_of(*dims); ++i) {
    const T x = a.values[source(a.dims, *dims, i)], y = b.values[source(b.dims, *dims, i)];
    if (const auto number = apply(c.node().op_type, x, y))
      result.values.push_back(*number);
    else if (const auto truth = compare(c.node().op_type, x, y))
      truths.values.push_back(*truth ? 1 : 0);
    else
      return nullptr;
  }
  return is_comparison(c.node().op_type) ? store(c.base_name(), truths) : store(c.base_name(), result);
}

ConstantPtr fold_binary(ImporterContext& c) {
  if (c.num_inputs() != 2 || is_whole(c.type(0)) != is_whole(c.type(1)) || c.attribute_bool("fmod", false))
    return nullptr;
  return is_whole(c.type(0)) ? binary<int64_t>(c) : binary<float>(c);
}

ConstantPtr fold_not(ImporterContext& c) {
  if (c.type(0) != DataType::kBOOL) return nullptr;
  Ints x = load<int64_t>(*c.constant(0));
  for (int64_t& v : x.values) v = v == 0 ? 1 : 0;
  return store(c.base_name(), x);
}

template <class T>
ConstantPtr where(ImporterContext& c) {
  const Ints condition = load<int64_t>(*c.constant(0));
  const Array<T> a = load<T>(*c.constant(1)), b = load<T>(*c.constant(2));
  const auto branches = broadcast(a.dims, b.dims);
  const auto dims = branches ? broadcast(*branches, condition.dims) : std::nullopt;
  if (!dims || a.type != b.type) return nullptr;
  Array<T> result{a.type, *dims, {}};
  for (int64_t i = 0; i < volume_of(*dims); ++i) {
    const Array<T>& chosen = condition.values[source(condition.dims, *dims, i)] != 0 ? a : b;
    result.values.push_back(chosen.values[source(chosen.dims, *dims, i)]);
  }
  return store(c.base_name(), result);
}

ConstantPtr fold_where(ImporterContext& c) {
  if (c.num_inputs() != 3 || c.type(0) != DataType::kBOOL || is_whole(c.type(1)) != is_whole(c.type(2))) return nullptr;
  return is_whole(c.type(1)) ? where<int64_t>(c) : where<float>(c);
}

ConstantPtr fold_cast(ImporterContext& c) {
  const auto to = static_cast<ElementType>(c.attribute_int("to", 0));
  const DataType type = to_data_type(to, "to");
  if (!is_foldable(type) || type == DataType::kBOOL) return nullptr;
  const Constant& x = *c.constant(0);
  if (is_whole(type)) {
    Ints result{type, x.dims, {}};
    if (is_whole(x.type))
      result.values = load<int64_t>(x).values;
    else
      for (const float v : load<float>(x).values) {
        if (!(std::fabs(v) < 9e18F)) return nullptr;
        result.values.push_back(static_cast<int64_t>(v));
      }
    return store(c.base_name(), result);
  }
  Floats result{type, x.dims, {}};
  if (!is_whole(x.type)) return nullptr;
  for (const int64_t v : load<int64_t>(x).values) result.values.push_back(static_cast<float>(v));
  return store(c.base_name(), result);
}

template <class T>
ConstantPtr gather(ImporterContext& c) {
  const Array<T> data = load<T>(*c.constant(0));
  const Ints indices = load<int64_t>(*c.constant(1));
  Array<T> result{data.type, indices.dims, {}};
  const auto count = static_cast<int64_t>(data.values.size());
  for (const int64_t i : indices.values) {
    if (i < -count || i >= count)
      refuse(ParserCode::kINVALID_NODE)("the index ", i, " is outside ", count, " elements");
    result.values.push_back(data.values[static_cast<size_t>(i < 0 ? i + count : i)]);
  }
  return store(c.base_name(), result);
}

ConstantPtr fold_gather(ImporterContext& c) {
  if (c.num_inputs() != 2 || c.constant(0)->dims.size() != 1 || !is_whole(c.type(1))) return nullptr;
  return is_whole(c.type(0)) ? gather<int64_t>(c) : gather<float>(c);
}

template <class T>
ConstantPtr concat_lists(ImporterContext& c) {
  Array<T> result{c.type(0), {}, {}};
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.type(i) != result.type) return nullptr;
    const Array<T> part = load<T>(*c.constant(i));
    result.values.insert(result.values.end(), part.values.begin(), part.values.end());
  }
  result.dims = {static_cast<int64_t>(result.values.size())};
  return store(c.base_name(), result);
}

ConstantPtr fold_concat(ImporterContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i)
    if (c.constant(i)->dims.size() != 1 || is_whole(c.type(i)) != is_whole(c.type(0))) return nullptr;
  return is_whole(c.type(0)) ? concat_lists<int64_t>(c) : concat_lists<float>(c);
}

ConstantPtr fold_unary(ImporterContext& c) {
  if (is_whole(c.type(0))) return nullptr;
  Floats x = load<float>(*c.constant(0));
  const std::string& op = c.node().op_type;
  for (float& v : x.values) v = op == "Ceil" ? std::ceil(v) : op == "Floor" ? std::floor(v) : std::sqrt(v);
  return store(c.base_name(), x);
}

/// Elements of a constant in another order or choice: result element i is element `from[i]`.
ConstantPtr rearranged(ImporterContext& c, std::vector<int64_t> dims, const std::vector<size_t>& from) {
  const Constant& x = *c.constant(0);
  const auto size = static_cast<size_t>(type_bits(x.type) / 8);
  std::vector<std::byte> bytes;
  for (const size_t i : from) {
    const std::byte* element = x.data.data() + i * size;
    bytes.insert(bytes.end(), element, element + size);
  }
  return make_constant(c.base_name(), x.type, std::move(dims), bytes);
}

ConstantPtr fold_transpose(ImporterContext& c) {
  const std::vector<int64_t>& dims = c.constant(0)->dims;
  if (dims.size() != 2 || c.attribute_ints("perm", {1, 0}) != std::vector<int64_t>{1, 0}) return nullptr;
  std::vector<size_t> from;
  for (int64_t column = 0; column < dims[1]; ++column)
    for (int64_t row = 0; row < dims[0]; ++row) from.push_back(static_cast<size_t>(row * dims[1] + column));
  return rearranged(c, {dims[1], dims[0]}, from);
}

/// Rows of a list or table, forwards or backwards: what exporters write to bring pads into order.
ConstantPtr fold_slice(ImporterContext& c) {
  const std::vector<int64_t>& dims = c.constant(0)->dims;
  if (c.opset() < 10 || c.num_inputs() < 3 || dims.empty() || dims.size() > 2 || dims[0] == 0) return nullptr;
  const auto one = [&](int i, int64_t missing) {
    return c.has_input(i) ? c.constant_ints(i, "slice") : std::vector{missing};
  };
  const auto starts = one(1, 0), ends = one(2, 0), axes = one(3, 0), steps = one(4, 1);
  const bool single = starts.size() == 1 && ends.size() == 1 && axes.size() == 1 && steps.size() == 1;
  if (!single || (axes[0] != 0 && axes[0] != -static_cast<int64_t>(dims.size())) || steps[0] == 0) return nullptr;
  const int64_t count = dims[0], step = std::clamp<int64_t>(steps[0], -kMaxElements, kMaxElements);
  const auto position = [count](int64_t at, int64_t low, int64_t high) {
    return std::clamp(at < 0 ? std::max(at, -count - 1) + count : at, low, high);
  };
  const int64_t row = dims.size() == 2 ? dims[1] : 1;
  const int64_t start = step > 0 ? position(starts[0], 0, count) : position(starts[0], 0, count - 1);
  const int64_t end = step > 0 ? position(ends[0], 0, count) : position(ends[0], -1, count - 1);
  std::vector<size_t> from;
  int64_t rows = 0;
  for (int64_t i = start; step > 0 ? i < end : i > end; i += step, ++rows)
    for (int64_t k = 0; k < row; ++k) from.push_back(static_cast<size_t>(i * row + k));
  std::vector<int64_t> result = dims;
  result[0] = rows;
  return rearranged(c, std::move(result), from);
}

ConstantPtr fold_constant_of_shape(ImporterContext& c) {
  const ConstantPtr value = c.attribute_tensor("value");
  if (!value || value->volume() != 1 || c.constant(0)->dims.size() > 1 || !is_whole(c.type(0))) return nullptr;
  const std::vector<int64_t> dims = c.constant(0)->ints();
  int64_t volume = 1;
  for (const int64_t d : dims)
    if (d < 0 || d > kMaxElements || (volume *= d) > kMaxElements) return nullptr;
  std::vector<std::byte> bytes;
  for (int64_t i = 0; i < volume; ++i)
    bytes.insert(bytes.end(), value->data.data(), value->data.data() + value->data.size());
  return type_bits(value->type) < 8 ? nullptr : make_constant(c.base_name(), value->type, dims, bytes);
}

/// The reduction of a list of one: exporters write it around numbers that they took for tensors.
ConstantPtr fold_reduce(ImporterContext& c) {
  if (c.num_inputs() != 1 || c.constant(0)->volume() != 1 || c.constant(0)->dims.size() > 1) return nullptr;
  if (c.attribute_bool("noop_with_empty_axes", false)) return nullptr;
  const bool keep = c.attribute_bool("keepdims", true);
  return with_dims(*c.constant(0), keep ? c.constant(0)->dims : std::vector<int64_t>());
}

using Fold = ConstantPtr (*)(ImporterContext&);

struct Row {
  std::string_view op;
  Fold fold;
};
constexpr Row kFolds[] = {
    {"Add", fold_binary},          {"Sub", fold_binary},       {"Mul", fold_binary},
    {"Div", fold_binary},          {"Min", fold_binary},       {"Max", fold_binary},
    {"Equal", fold_binary},        {"Less", fold_binary},      {"Greater", fold_binary},
    {"And", fold_binary},          {"Or", fold_binary},        {"Xor", fold_binary},
    {"Mod", fold_binary},          {"Not", fold_not},          {"Where", fold_where},
    {"Cast", fold_cast},           {"Concat", fold_concat},    {"Gather", fold_gather},
    {"Transpose", fold_transpose}, {"Slice", fold_slice},      {"ConstantOfShape", fold_constant_of_shape},
    {"ReduceMax", fold_reduce},    {"ReduceMin", fold_reduce}, {"ReduceProd", fold_reduce},
    {"ReduceSum", fold_reduce},    {"Ceil", fold_unary},       {"Floor", fold_unary},
    {"Pow", fold_binary},          {"Sqrt", fold_unary},
};

}  // namespace

bool fold_constants(ImporterContext& c) {
  if (!c.node().domain.empty() || c.num_inputs() == 0) return false;
  const Row* row =
      std::find_if(std::begin(kFolds), std::end(kFolds), [&](const Row& r) { return r.op == c.node().op_type; });
  if (row == std::end(kFolds)) return false;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Constant* constant = c.constant(i);
    if (!constant || !is_foldable(constant->type) || constant->volume() > kMaxElements) return false;
  }
  const ConstantPtr result = row->fold(c);
  if (result) c.set_output(0, result);
  return result != nullptr;
}

}  // namespace dvt::onnx
