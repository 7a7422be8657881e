#include "api/build/shape_trace.h"

#include "base/error.h"
#include "ops/op.h"

namespace dvt::api {
namespace {

constexpr int64_t kMaxElements = 64;
constexpr int kMaxDepth = 200;

bool can_be_leaf(const ir::Value& v) {
  if (v.dtype() != DType::i32 && v.dtype() != DType::i64) return false;
  if (v.rank() > 1 || (v.rank() == 1 && !v.shape()[0].is_constant())) return false;
  return v.shape().volume().constant() <= kMaxElements;
}

}  // namespace

std::optional<std::vector<Dim>> ShapeTrace::elements(ir::Value* v) {
  if (v->known()) return v->known();
  if (const auto it = memo_.find(v); it != memo_.end()) return it->second;
  std::optional<std::vector<Dim>> found;
  if (v->producer() && v->output_index() == 0 && depth_ < kMaxDepth) found = fold(*v->producer());
  if (!found) found = leaf(v);
  return memo_[v] = found;
}

std::optional<std::vector<Dim>> ShapeTrace::fold(const ir::Node& n) {
  if (n.has_epilogue() || !n.late().empty()) return std::nullopt;
  std::vector<ops::ValueInfo> infos;
  ++depth_;
  for (ir::Value* v : n.inputs()) infos.push_back({v->type(), elements(v)});
  --depth_;
  try {
    return ops::fold_value(n.op(), infos);
  } catch (const Error&) {
    return std::nullopt;  // an expression beyond its limits: the result itself is a leaf
  }
}

std::optional<std::vector<Dim>> ShapeTrace::leaf(ir::Value* v) {
  if (!can_be_leaf(*v)) return std::nullopt;
  const int64_t count = v->shape().volume().constant();
  std::vector<Dim> symbols;
  for (int64_t i = 0; i < count; ++i) {
    const std::string name = concat(is_never_negative(*v) ? kLate : kSignedLate, "leaf/", v->id(), "/", i);
    leaves_[name] = {v, static_cast<size_t>(i)};
    symbols.push_back(Dim::symbol(name));
  }
  return symbols;
}

bool is_never_negative(const ir::Value& v) {
  if (v.known()) {
    for (const Dim& d : *v.known())
      if (d.range({}).min < 0) return false;
    return true;
  }
  const ir::Node* n = v.producer();
  if (!n) return false;
  switch (n->op().id()) {
    case ops::OpId::arg_reduce:
    case ops::OpId::non_zero:
    case ops::OpId::shape:
      return true;
    case ops::OpId::topk:
      return v.output_index() == 1 || is_never_negative(*n->input(0));
    case ops::OpId::cast:
    case ops::OpId::gather:
    case ops::OpId::identity:
    case ops::OpId::reshape:
    case ops::OpId::slice:
      return is_integer(n->input(0)->dtype()) && is_never_negative(*n->input(0));
    default:
      return false;
  }
}

}  // namespace dvt::api
