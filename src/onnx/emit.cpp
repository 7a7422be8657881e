#include "onnx/emit.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/float_formats.h"
#include "onnx/constants.h"

namespace dvt::onnx {
namespace {

template <class T>
ConstantPtr scalar_of(const std::string& name, DataType type, const std::vector<int64_t>& dims, T value) {
  return make_constant(name, type, dims, std::as_bytes(std::span(&value, 1)));
}

ConstantPtr scalar_constant(const std::string& name, double value, DataType type, const std::vector<int64_t>& dims) {
  switch (type) {
    case DataType::kFLOAT:
      return scalar_of(name, type, dims, static_cast<float>(value));
    case DataType::kFLOAT64:
      return scalar_of(name, type, dims, value);
    case DataType::kHALF:
      return scalar_of(name, type, dims, encode_f16(value));
    case DataType::kBF16:
      return scalar_of(name, type, dims, encode_bf16(value));
    case DataType::kFP8:
      return scalar_of(name, type, dims, encode_f8e4m3(value));
    case DataType::kFP8E5M2:
      return scalar_of(name, type, dims, encode_f8e5m2(value));
    case DataType::kFP8E4M3FNUZ:
      return scalar_of(name, type, dims, encode_f8e4m3fnuz(value));
    case DataType::kFP8E5M2FNUZ:
      return scalar_of(name, type, dims, encode_f8e5m2fnuz(value));
    case DataType::kE8M0:
      return scalar_of(name, type, dims, encode_f8e8m0(value));
    case DataType::kFP4:
      return scalar_of(name, type, dims, encode_f4e2m1(value));
    case DataType::kINT64:
    case DataType::kUINT64:
      return scalar_of(name, type, dims, static_cast<int64_t>(value));
    case DataType::kINT32:
    case DataType::kUINT32:
      return scalar_of(name, type, dims, static_cast<int32_t>(static_cast<int64_t>(value)));
    case DataType::kINT16:
    case DataType::kUINT16:
      return scalar_of(name, type, dims, static_cast<int16_t>(static_cast<int64_t>(value)));
    case DataType::kINT8:
    case DataType::kUINT8:
    case DataType::kINT4:
    case DataType::kUINT4:
    case DataType::kINT2:
    case DataType::kUINT2:
      return scalar_of(name, type, dims, static_cast<int8_t>(static_cast<int64_t>(value)));
    case DataType::kBOOL:
      return scalar_of(name, type, dims, static_cast<uint8_t>(value != 0));
    default:
      refuse(ParserCode::kUNSUPPORTED_NODE_DATATYPE)("no number of type ", type_name(type), " can be made here");
  }
}

Permutation to_permutation(std::span<const int64_t> order) {
  Permutation p{};
  std::iota(std::begin(p.order), std::end(p.order), 0);
  std::copy(order.begin(), order.end(), p.order);
  return p;
}

/// (0..rank) in front of the dimensions there are.
std::vector<int64_t> leading_axes(int count) {
  std::vector<int64_t> axes(static_cast<size_t>(count));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace

Fields& Fields::add(const char* name, std::string_view text) {
  entries_.push_back({name, {}, {}, std::string(text), PluginFieldType::kCHAR});
  return *this;
}

Fields& Fields::add(const char* name, std::vector<int64_t> values) {
  entries_.push_back({name, std::move(values), {}, {}, PluginFieldType::kINT64});
  return *this;
}

Fields& Fields::add(const char* name, std::vector<double> values) {
  entries_.push_back({name, {}, std::move(values), {}, PluginFieldType::kFLOAT64});
  return *this;
}

Fields& Fields::add(const char* name, std::vector<std::string> values) {
  entries_.push_back({name, {}, {}, {}, PluginFieldType::kTEXT, std::move(values)});
  return *this;
}

std::vector<PluginField> Fields::views() const {
  std::vector<PluginField> fields;
  for (const Entry& e : entries_) {
    const auto view = [&](const auto& values) {
      fields.emplace_back(e.name, values.data(), e.type, static_cast<int32_t>(values.size()));
    };
    if (e.type == PluginFieldType::kTEXT) {
      e.text_views.clear();
      for (const std::string& text : e.texts) e.text_views.push_back({text.data(), static_cast<int64_t>(text.size())});
      view(e.text_views);
    } else if (e.type == PluginFieldType::kCHAR)
      view(e.text);
    else if (e.type == PluginFieldType::kINT64)
      view(e.ints);
    else
      view(e.doubles);
  }
  return fields;
}

ILayer& add_operator(ImporterContext& c, const char* name, const Fields& fields, std::span<ITensor* const> inputs,
                     std::string_view role) {
  const std::vector<PluginField> views = fields.views();
  const PluginFieldCollection collection{static_cast<int32_t>(views.size()), views.data()};
  return c.added(
      c.network().addOperator("dovetail", name, collection, inputs.data(), static_cast<int32_t>(inputs.size())), role);
}

ITensor& add_operator(ImporterContext& c, const char* name, const Fields& fields,
                      std::initializer_list<ITensor*> inputs, std::string_view role) {
  return first_output(add_operator(c, name, fields, std::span(inputs.begin(), inputs.size()), role));
}

Dims dims_of(const ITensor& tensor) {
  const Dims dims = tensor.getDimensions();
  if (dims.nbDims < 0) refuse(ParserCode::kINVALID_NODE)("the shape of '", tensor.getName(), "' cannot be inferred");
  return dims;
}

int rank_of(const ITensor& tensor) { return dims_of(tensor).nbDims; }

bool is_static(const Dims& dims) {
  return dims.nbDims >= 0 && std::none_of(dims.d, dims.d + dims.nbDims, [](int64_t d) { return d < 0; });
}

Dims to_dims(std::span<const int64_t> values) {
  if (values.size() > static_cast<size_t>(Dims::MAX_DIMS))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)(values.size(), " dimensions; at most ", Dims::MAX_DIMS,
                                                " are possible");
  Dims dims{static_cast<int32_t>(values.size()), {}};
  std::copy(values.begin(), values.end(), dims.d);
  return dims;
}

std::vector<int64_t> to_vector(const Dims& dims) { return {dims.d, dims.d + dims.nbDims}; }

int normalized_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) refuse(ParserCode::kINVALID_NODE)("axis ", axis, " is outside rank ", rank);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int64_t> normalized_axes(std::span<const int64_t> axes, int rank) {
  std::vector<int64_t> result;
  for (const int64_t axis : axes) {
    const int64_t n = normalized_axis(axis, rank);
    if (std::find(result.begin(), result.end(), n) != result.end())
      refuse(ParserCode::kINVALID_NODE)("the axis ", axis, " is given twice");
    result.push_back(n);
  }
  return result;
}

uint32_t axis_mask(std::span<const int64_t> axes) {
  uint32_t mask = 0;
  for (const int64_t axis : axes) mask |= uint32_t{1} << axis;
  return mask;
}

ITensor& scalar(ImporterContext& c, double value, DataType type, int rank) {
  return c.constant_tensor(scalar_constant(concat(c.base_name(), "/", value), value, type,
                                           std::vector<int64_t>(static_cast<size_t>(rank), 1)));
}

ITensor& int64_list(ImporterContext& c, const std::vector<int64_t>& values, std::string_view role) {
  return c.constant_tensor(
      make_int64_constant(concat(c.base_name(), "/", role), {static_cast<int64_t>(values.size())}, values));
}

ConstantPtr with_dims(const Constant& constant, std::vector<int64_t> dims) {
  auto copy = std::make_shared<Constant>(constant);
  copy->dims = std::move(dims);
  return copy;
}

ITensor& input_of_rank(ImporterContext& c, int i, int rank) {
  const Constant* constant = c.constant(i);
  if (!constant || static_cast<int>(constant->dims.size()) >= rank) return to_rank(c, c.tensor(i), rank);
  std::vector<int64_t> dims = constant->dims;
  dims.insert(dims.begin(), static_cast<size_t>(rank) - dims.size(), 1);
  return c.constant_tensor(with_dims(*constant, std::move(dims)));
}

ITensor& to_rank(ImporterContext& c, ITensor& tensor, int rank) {
  const int missing = rank - rank_of(tensor);
  return missing <= 0 ? tensor : unsqueeze(c, tensor, leading_axes(missing), "broadcast");
}

ITensor& reshape(ImporterContext& c, ITensor& x, std::span<const int64_t> dims, std::string_view role) {
  IShuffleLayer& layer = c.added(c.network().addShuffle(x), role);
  layer.setZeroIsPlaceholder(false);
  layer.setReshapeDimensions(to_dims(dims));
  return first_output(layer);
}

ITensor& unsqueeze(ImporterContext& c, ITensor& x, std::span<const int64_t> axes, std::string_view role) {
  const Dims dims = dims_of(x);
  const int rank = dims.nbDims + static_cast<int>(axes.size());
  const std::vector<int64_t> sorted = normalized_axes(axes, rank);
  if (!is_static(dims)) {
    ITensor& list = int64_list(c, sorted, "axes");
    return first_output(c.added(c.network().addUnsqueeze(x, list), role));
  }
  std::vector<int64_t> result;
  for (int i = 0, from = 0; i < rank; ++i) {
    const bool is_new = std::find(sorted.begin(), sorted.end(), i) != sorted.end();
    result.push_back(is_new ? 1 : dims.d[from++]);
  }
  return reshape(c, x, result, role);
}

ITensor& squeeze(ImporterContext& c, ITensor& x, std::span<const int64_t> axes, std::string_view role) {
  const Dims dims = dims_of(x);
  const std::vector<int64_t> sorted = normalized_axes(axes, dims.nbDims);
  for (const int64_t axis : sorted)
    if (dims.d[axis] > 1 || dims.d[axis] == 0)
      refuse(ParserCode::kINVALID_NODE)("dimension ", axis, " is ", dims.d[axis], " and cannot be removed");
  if (!is_static(dims)) {
    ITensor& list = int64_list(c, sorted, "axes");
    return first_output(c.added(c.network().addSqueeze(x, list), role));
  }
  std::vector<int64_t> result;
  for (int i = 0; i < dims.nbDims; ++i)
    if (std::find(sorted.begin(), sorted.end(), i) == sorted.end()) result.push_back(dims.d[i]);
  return reshape(c, x, result, role);
}

ITensor& transpose(ImporterContext& c, ITensor& x, std::span<const int64_t> permutation, std::string_view role) {
  const std::vector<int64_t> order = normalized_axes(permutation, rank_of(x));
  if (static_cast<int>(order.size()) != rank_of(x))
    refuse(ParserCode::kINVALID_NODE)("a permutation of ", order.size(), " axes for a tensor of rank ", rank_of(x));
  IShuffleLayer& layer = c.added(c.network().addShuffle(x), role);
  layer.setFirstTranspose(to_permutation(order));
  return first_output(layer);
}

ITensor& cast(ImporterContext& c, ITensor& x, DataType type, std::string_view role) {
  if (x.getType() == type) return x;
  if (type == DataType::kTEXT) return add_operator(c, "text_from_number", {}, {&x}, role);
  if (x.getType() == DataType::kTEXT)
    return add_operator(c, "text_to_number", Fields().add("to", type_attribute(type)), {&x}, role);
  return first_output(c.added(c.network().addCast(x, type), role));
}

ITensor& elementwise(ImporterContext& c, ITensor& a, ITensor& b, ElementWiseOperation op, std::string_view role) {
  const int rank = std::max(rank_of(a), rank_of(b));
  ITensor& left = to_rank(c, a, rank);
  ITensor& right = to_rank(c, b, rank);
  return first_output(c.added(c.network().addElementWise(left, right, op), role));
}

ITensor& pointwise(ImporterContext& c, const char* op, ITensor& a, ITensor& b, std::string_view role) {
  const int rank = std::max(rank_of(a), rank_of(b));
  return add_operator(c, "elementwise", Fields().add("op", op), {&to_rank(c, a, rank), &to_rank(c, b, rank)}, role);
}

ITensor& unary(ImporterContext& c, ITensor& x, UnaryOperation op, std::string_view role) {
  return first_output(c.added(c.network().addUnary(x, op), role));
}

ITensor& concat_tensors(ImporterContext& c, std::span<ITensor* const> tensors, int axis, std::string_view role) {
  IConcatenationLayer& layer =
      c.added(c.network().addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size())), role);
  layer.setAxis(axis);
  return first_output(layer);
}

}  // namespace dvt::onnx
