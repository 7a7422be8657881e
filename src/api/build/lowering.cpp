#include "api/build/lowering.h"

#include <algorithm>

#include "api/convert.h"
#include "base/error.h"
#include "ops/data/identity.h"
#include "ops/data/reshape.h"
#include "ops/pointwise/cast.h"
#include "ops/pointwise/elementwise.h"

namespace dvt::api {

ir::Value* Lowering::optional_input(int i) const {
  const Tensor* t = layer_.input(i);
  return t == nullptr ? nullptr : t->value;
}

ir::Value* Lowering::input(int i) const {
  ir::Value* value = optional_input(i);
  if (value == nullptr)
    throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): input ", i,
                " is not set");
  return value;
}

std::vector<ir::Value*> Lowering::inputs() const {
  std::vector<ir::Value*> values;
  for (const Tensor* t : layer_.inputs())
    if (t != nullptr) values.push_back(t->value);
  return values;
}

std::vector<Dim> Lowering::known(int i, std::string_view what) const {
  const ir::Value* value = input(i);
  if (value->known()) return *value->known();
  throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): ", what, ", tensor '",
              value->name(), "' ", value->type(), ", must be constant or computed from shapes");
}

std::vector<int64_t> Lowering::known_constants(int i, std::string_view what) const {
  std::vector<int64_t> constants;
  for (const Dim& d : known(i, what)) {
    if (!d.is_constant())
      throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): ", what,
                  " must be constant, got ", d);
    constants.push_back(d.constant());
  }
  return constants;
}

ir::Value* Lowering::constant(std::string_view role, TensorType type, Blob data) {
  ir::Value* value = graph_.add_constant(concat(layer_.name(), ".", role), std::move(type), std::move(data));
  layer_.constants.push_back(value);
  return value;
}

ir::Value* Lowering::weights(const Weights& weights, const std::vector<int64_t>& dims, std::string_view role) {
  const DType type = to_dtype(weights.type);
  int64_t count = 1;
  Shape shape;
  for (int64_t d : dims) {
    count *= d;
    shape.push_back(d);
  }
  if (count != weights.count || weights.count < 0)
    throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): ", role, " has ",
                weights.count, " elements, expected ", count, " for ", shape);
  if (weights.values == nullptr && count > 0)
    throw Error(ErrorCode::kInvalidArgument, "layer '", layer_.name(), "': the values of ", role, " are nullptr");
  const std::span<const std::byte> bytes(static_cast<const std::byte*>(weights.values), byte_size(type, count));
  return constant(role, {type, shape}, Blob(bytes, nullptr));
}

ir::Value* Lowering::ints(std::span<const int64_t> values) {
  return constant("ints", {DType::i64, Shape({static_cast<int64_t>(values.size())})},
                  Blob::copy(std::as_bytes(values)));
}

ir::Value* Lowering::scalar(DType type, double value) {
  std::byte* data = nullptr;
  Blob blob = Blob::allocate(byte_size(type, 1), &data);
  const ops::WriteView view(type, {}, data);
  if (is_floating(type))
    view.set(0, value);
  else
    view.set_int(0, static_cast<int64_t>(value));
  return constant("scalar", {type, Shape()}, std::move(blob));
}

ir::Value* Lowering::integer(DType type, int64_t value) {
  std::byte* data = nullptr;
  Blob blob = Blob::allocate(byte_size(type, 1), &data);
  ops::WriteView(type, {}, data).set_int(0, value);
  return constant("integer", {type, Shape()}, std::move(blob));
}

ir::Value* Lowering::zeros(DType type, int64_t count) {
  std::byte* data = nullptr;
  Blob blob = Blob::allocate(byte_size(type, count), &data);
  std::fill_n(data, blob.size(), std::byte{0});
  return constant("zeros", {type, Shape({count})}, std::move(blob));
}

ir::Value* Lowering::identity_matrix(DType type, int64_t size) {
  std::byte* data = nullptr;
  Blob blob = Blob::allocate(byte_size(type, size * size), &data);
  std::fill_n(data, blob.size(), std::byte{0});
  const ops::WriteView view(type, {size, size}, data);
  for (int64_t i = 0; i < size; ++i) view.set(i * size + i, 1);
  return constant("identity", {type, Shape({size, size})}, std::move(blob));
}

ir::Value* Lowering::add(ops::Op op, std::vector<ir::Value*> inputs) {
  ir::Node* node = graph_.add_node(layer_.name(), std::move(op), std::move(inputs));
  layer_.nodes.push_back(node);
  return node->output();
}

ir::Value* Lowering::apply(expr::ExprOp op, std::vector<ir::Value*> operands) {
  return add(ops::Elementwise{op}, std::move(operands));
}

ir::Value* Lowering::cast(ir::Value* x, DType to) { return x->dtype() == to ? x : add(ops::Cast{to}, {x}); }

ir::Value* Lowering::reshape(ir::Value* x, std::vector<Dim> dims) {
  return add(ops::Reshape{.shape = std::move(dims), .allow_zero = true}, {x});
}

void Lowering::output(int i, ir::Value* value) {
  if (const std::optional<DataType> wanted = layer_.output_type(i)) value = cast(value, to_dtype(*wanted));
  // A value belongs to one tensor: what only passes through gets a node of its own.
  const bool own = std::find(layer_.nodes.begin(), layer_.nodes.end(), value->producer()) != layer_.nodes.end() ||
                   std::find(layer_.constants.begin(), layer_.constants.end(), value) != layer_.constants.end();
  layer_.output(i)->value = own ? value : add(ops::Identity{}, {value});
}

std::vector<int64_t> axes_of(uint32_t mask, int rank, std::string_view what) {
  std::vector<int64_t> axes;
  for (int i = 0; i < 32; ++i) {
    if ((mask >> i & 1U) == 0) continue;
    if (i >= rank) throw Error(ErrorCode::kInvalidModel, what, ": axis ", i, " is outside rank ", rank);
    axes.push_back(i);
  }
  return axes;
}

int64_t single_axis(uint32_t mask, int rank, std::string_view what) {
  const std::vector<int64_t> axes = axes_of(mask, rank, what);
  if (axes.size() != 1)
    throw Error(ErrorCode::kInvalidModel, what, ": the axes must be a mask with one bit set, got ", axes.size(),
                " bits");
  return axes.front();
}

std::vector<Dim> dims_of(const ir::Value* value) { return value->shape().dims(); }

}  // namespace dvt::api
