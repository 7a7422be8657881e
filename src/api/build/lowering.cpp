#include "api/build/lowering.h"

#include <algorithm>

#include "api/build/shape_trace.h"
#include "api/convert.h"
#include "base/error.h"
#include "ops/data/identity.h"
#include "ops/data/lift.h"
#include "ops/data/range.h"
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

// Where elements are not known, those of the tensors that they are computed from become late symbols.
std::optional<std::vector<Dim>> Lowering::lifted(ir::Value* v) {
  if (v->known()) return v->known();
  ShapeTrace trace;
  std::optional<std::vector<Dim>> elements = trace.elements(v);
  if (!elements) return std::nullopt;
  std::vector<std::string> symbols;
  for (const Dim& d : *elements) d.collect_symbols(symbols);
  ops::SymbolReplacements lifts;
  for (const std::string& s : symbols) {
    const auto leaf = trace.leaves().find(s);
    if (leaf == trace.leaves().end() || lifts.contains(s)) continue;
    ir::Value* source = leaf->second.value;
    const auto role = is_never_negative(*source) ? ops::Lift::Role::size : ops::Lift::Role::number;
    const ir::Value* lift = add(ops::Lift{.role = role}, {source});
    for (const auto& [name, other] : trace.leaves())
      if (other.value == source) lifts[name] = (*lift->known())[other.element];
  }
  for (Dim& d : *elements) d = d.substitute(lifts);
  return elements;
}

std::vector<Dim> Lowering::known(int i, std::string_view what) {
  ir::Value* value = input(i);
  if (auto elements = lifted(value)) return *std::move(elements);
  throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): ", what, ", tensor '",
              value->name(), "' ", value->type(), ", must be constant, or integers of rank 0 or 1 and known length");
}

ir::Value* Lowering::known_input(int i, std::string_view what) {
  ir::Value* value = input(i);
  if (value->known()) return value;
  ir::Value* symbolic = graph_.add_symbolic(concat(layer_.name(), ".elements"), value->type(), known(i, what));
  layer_.constants.push_back(symbolic);
  return symbolic;
}

ir::Value* Lowering::reshape_to_input(ir::Value* x, int i, bool allow_zero) {
  ir::Value* shape = input(i);
  if (shape->known()) return add(ops::Reshape{.allow_zero = allow_zero}, {x, shape});
  std::vector<Dim> dims = known(i, "the shape");
  const auto may_be_placeholder = [](const Dim& d) { return !d.is_constant() && d.range({}).min < 0; };
  if (std::none_of(dims.begin(), dims.end(), may_be_placeholder))
    return add(ops::Reshape{.shape = std::move(dims), .allow_zero = allow_zero}, {x});
  shape = add(ops::Lift{.role = ops::Lift::Role::shape, .allow_zero = allow_zero}, {shape, x});
  return reshape(x, *shape->known());
}

namespace {

/// Whether only the run can tell.
bool is_late(const Dim& d) {
  std::vector<std::string> symbols;
  d.collect_symbols(symbols);
  return std::any_of(symbols.begin(), symbols.end(), [](const auto& s) { return s.starts_with(kLate); });
}

}  // namespace

Dim Lowering::at_most(const Dim& size, const Dim& most) {
  if (!is_late(size)) return size;
  return min(size.range({}).min < 0 ? max(size, 0) : size, most);
}

ir::Value* Lowering::range(ir::Value* start, ir::Value* limit, ir::Value* delta) {
  const auto sign_is_known = [](const Dim& d) { return d.range({}).min >= 0 || (Dim(0) - d).range({}).min >= 0; };
  if (start->known() && limit->known() && delta->known() && sign_is_known(delta->known()->at(0)))
    return add(ops::Range{}, {start, limit, delta});
  // ceil((limit - start) / delta); integers are divided as integers: ceil(a / b) = -floor(-a / b).
  using expr::ExprOp;
  ir::Value* count = nullptr;
  if (is_floating(start->dtype())) {
    ir::Value* steps = apply(ExprOp::div, {apply(ExprOp::sub, {limit, start}), delta});
    count = cast(apply(ExprOp::ceil, {steps}), DType::i64);
  } else {
    ir::Value* span = apply(ExprOp::sub, {cast(start, DType::i64), cast(limit, DType::i64)});
    count = apply(ExprOp::neg, {apply(ExprOp::floor_div, {span, cast(delta, DType::i64)})});
  }
  return add(ops::Range{.count = {max(lifted(count)->at(0), 0)}}, {start, delta});
}

std::vector<int64_t> Lowering::known_constants(int i, std::string_view what) {
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

ir::Value* Lowering::parameter(ir::Value* weights, DType type, std::string_view role) {
  if (is_floating(weights->dtype()) && !is_floating(type))
    throw Error(ErrorCode::kInvalidModel, "layer '", layer_.name(), "' (", layer_.type_name(), "): the ", role, " is ",
                weights->type(), " and the input ", type,
                ", in which it would lose its fractions; cast the input to a floating type");
  return cast(weights, type);
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

void Lowering::placeholder(TensorType type) {
  // What only the run can tell has a name of the node that tells it, which no input may have.
  for (int a = 0; a < type.rank(); ++a)
    if (is_late(type.shape[a])) type.shape[a] = Dim::symbol(concat(layer_.output(0)->name(), " d", a));
  ir::Value* value = graph_.add_input(graph_.unique_name(concat(layer_.name(), ".value")), type);
  layer_.constants.push_back(value);
  layer_.output(0)->value = value;
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
