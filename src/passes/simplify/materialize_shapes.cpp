// Integer results whose elements are known become constants or symbolic tensors: shape arithmetic is evaluated when
// shapes are bound, and no kernel computes it. Runs after resolve_shape_inputs.
#include <algorithm>

#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

ir::Value* constant_of(ir::Patch& patch, const TensorType& type, const std::vector<Dim>& elements) {
  std::byte* bytes = nullptr;
  Blob data = Blob::allocate(byte_size(type.dtype, static_cast<int64_t>(elements.size())), &bytes);
  const ops::WriteView view(type.dtype, type.shape.constants(), bytes);
  for (size_t i = 0; i < elements.size(); ++i) view.set_int(static_cast<int64_t>(i), elements[i].constant());
  return patch.constant(type, std::move(data));
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.outputs().size() != 1) return std::nullopt;
  const ir::Value& v = *n.output();
  if (!v.known() || !is_integer(v.dtype()) || !v.shape().is_constant() || v.num_uses() == 0) return std::nullopt;
  const auto is_constant = [](const Dim& d) { return d.is_constant(); };
  ir::Patch patch;
  const bool all_constant = std::all_of(v.known()->begin(), v.known()->end(), is_constant);
  patch.replace(n.output(),
                all_constant ? constant_of(patch, v.type(), *v.known()) : patch.symbolic(v.type(), *v.known()));
  return patch;
}

}  // namespace

Pass materialize_shapes() {
  return rewrite_pass("materialize-shapes", "shape arithmetic becomes constants and symbolic tensors", &rewrite);
}

}  // namespace dvt::passes
