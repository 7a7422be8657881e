// Computes nodes whose inputs are all constant with the operators' reference. Large expansions of small constants are
// left alone: they would bloat the plan. Dequantized weights are computed whatever they grow to, because what reads
// them has kernels for constant weights in floating point only.
#include "ops/data/dequantize.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

constexpr size_t kMaxFoldedBytes = 64 << 20;
constexpr size_t kAlwaysFoldBytes = 1 << 20;

bool worth_folding(const ir::Node& n) {
  size_t in = 0, out = 0;
  for (const ir::Value* v : n.inputs()) {
    if (!v->is_constant()) return false;
    in += v->data().size();
  }
  for (const ir::Value* v : n.outputs()) {
    if (!v->shape().is_constant()) return false;
    out += byte_size(v->dtype(), v->shape().volume().constant());
  }
  if (n.as<ops::Dequantize>()) return true;
  return out <= kAlwaysFoldBytes || (out <= kMaxFoldedBytes && out <= 2 * in);
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.has_epilogue() || n.inputs().empty() || n.op().id() == ops::OpId::pointwise || !worth_folding(n))
    return std::nullopt;
  std::vector<ops::ReadView> inputs;
  for (const ir::Value* v : n.inputs()) inputs.push_back(v->view());
  std::vector<Blob> data;
  std::vector<ops::WriteView> outputs;
  for (const ir::Value* v : n.outputs()) {
    const std::vector<int64_t> dims = v->shape().constants();
    std::byte* bytes = nullptr;
    data.push_back(Blob::allocate(byte_size(v->dtype(), v->shape().volume().constant()), &bytes));
    outputs.emplace_back(v->dtype(), dims, bytes);
  }
  ops::reference(n.op(), inputs, outputs);
  ir::Patch patch;
  for (size_t i = 0; i < data.size(); ++i)
    patch.replace(n.outputs()[i], patch.constant(n.outputs()[i]->type(), std::move(data[i])));
  return patch;
}

}  // namespace

Pass fold_constants() {
  return rewrite_pass("fold-constants", "what depends on constants only is computed now", &rewrite);
}

}  // namespace dvt::passes
