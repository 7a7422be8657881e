#include "passes/match.h"

#include <cstring>

#include "ops/data/reshape.h"

namespace dvt::passes {

std::optional<double> splat_value(const ir::Value& v) {
  if (!v.is_constant() || bits(v.dtype()) < 8) return std::nullopt;
  const ops::ReadView view = v.view();
  const int64_t count = view.volume();
  if (count == 0) return std::nullopt;
  const auto bytes = v.data().bytes().first(byte_size(v.dtype(), count));
  const size_t width = static_cast<size_t>(bits(v.dtype())) / 8;
  if (std::memcmp(bytes.data(), bytes.data() + width, bytes.size() - width) != 0) return std::nullopt;
  return view.get(0);
}

const ir::Node* producer_elementwise(const ir::Value* v, expr::ExprOp op) {
  const ir::Node* n = producer_as<ops::Elementwise>(v);
  return n && n->as<ops::Elementwise>()->op == op ? n : nullptr;
}

ir::Value* other_input(const ir::Node& n, const ir::Value* known) {
  if (n.num_inputs() != 2) return nullptr;
  if (n.input(0) == known) return n.input(1);
  return n.input(1) == known ? n.input(0) : nullptr;
}

std::optional<WithConstant> with_constant(const ir::Node& n) {
  if (n.num_inputs() != 2) return std::nullopt;
  for (int i : {1, 0})
    if (auto c = splat_value(*n.input(i))) return WithConstant{n.input(1 - i), *c, i == 1};
  return std::nullopt;
}

bool same_shape(const ir::Value& a, const ir::Value& b) { return a.shape() == b.shape(); }

bool only_read_by(const ir::Value& v, const ir::Node& reader) {
  if (v.is_graph_output()) return false;
  for (const ir::Use& u : v.uses())
    if (u.node != &reader) return false;
  return true;
}

std::vector<int64_t> per_channel_dims(int rank, int64_t channels) {
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[1] = channels;
  return dims;
}

bool is_per_channel(const ir::Value& v, int rank, int64_t channels) {
  const int missing = rank - v.rank();
  if (missing < 0 || !v.shape().is_constant()) return false;
  for (int i = 0; i < v.rank(); ++i)
    if (v.shape()[i].constant() != (i + missing == 1 ? channels : 1)) return v.shape().volume().constant() == 1;
  return missing <= 1;
}

ir::Value* add_reshape(ir::Patch& patch, ir::Value* x, std::span<const int64_t> dims) {
  ops::Reshape op;
  op.shape.assign(dims.begin(), dims.end());
  return patch.add(op, {x});
}

ir::Value* add_binary(ir::Patch& patch, expr::ExprOp op, ir::Value* a, ir::Value* b) {
  return patch.add(ops::Elementwise{op}, {a, b});
}

ir::Value* add_scalar(ir::Patch& patch, DType type, double value) {
  std::byte* bytes = nullptr;
  Blob data = Blob::allocate(byte_size(type, 1), &bytes);
  const ops::WriteView view(type, {}, bytes);
  is_floating(type) ? view.set(0, value) : view.set_int(0, static_cast<int64_t>(value));
  return patch.constant({type, {}}, std::move(data));
}

}  // namespace dvt::passes
