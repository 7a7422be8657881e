// Computes nodes whose inputs are all constant with the operators' reference. Large expansions of small constants are
// left alone: they would bloat the plan. Dequantized weights are computed whatever they grow to, because what reads
// them has kernels for constant weights in floating point only.
#include "ops/data/dequantize.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

constexpr size_t kMaxFoldedBytes = 64 << 20;
constexpr size_t kAlwaysFoldBytes = 1 << 20;

/// Types of the results with the node's late sizes replaced; nothing when they still depend on symbols.
std::optional<std::vector<TensorType>> result_types(const ir::Node& n, const ops::SymbolReplacements& late) {
  std::vector<TensorType> types;
  for (const ir::Value* v : n.outputs()) {
    types.push_back(v->type());
    for (int i = 0; i < v->rank() && !late.empty(); ++i) types.back().shape[i] = v->shape()[i].substitute(late);
    if (!types.back().shape.is_constant()) return std::nullopt;
  }
  return types;
}

/// The results at their largest.
std::optional<std::vector<TensorType>> largest_results(const ir::Node& n) {
  ops::SymbolReplacements largest;
  const std::vector<ops::LateSize> sizes = n.late_sizes();
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i].max) largest[n.late()[i]] = *sizes[i].max;
  return result_types(n, largest);
}

size_t bytes_of(const TensorType& t) { return byte_size(t.dtype, t.shape.volume().constant()); }

bool worth_folding(const ir::Node& n, const std::vector<TensorType>& results) {
  size_t in = 0, out = 0;
  for (const ir::Value* v : n.inputs()) in += v->data().size();
  for (const TensorType& t : results) out += bytes_of(t);
  if (n.as<ops::Dequantize>()) return true;
  return out <= kAlwaysFoldBytes || (out <= kMaxFoldedBytes && out <= 2 * in);
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.has_epilogue() || n.has_regions() || n.inputs().empty() || n.op().id() == ops::OpId::pointwise)
    return std::nullopt;
  for (const ir::Value* v : n.inputs())
    if (!v->is_constant()) return std::nullopt;
  const std::optional<std::vector<TensorType>> largest = largest_results(n);
  if (!largest || !worth_folding(n, *largest)) return std::nullopt;
  std::vector<ops::ReadView> inputs;
  for (const ir::Value* v : n.inputs()) inputs.push_back(v->view());
  std::vector<Blob> data;
  std::vector<ops::WriteView> outputs;
  for (const TensorType& t : *largest) {
    std::byte* bytes = nullptr;
    data.push_back(Blob::allocate(bytes_of(t), &bytes));
    outputs.emplace_back(t.dtype, t.shape.constants(), bytes);
  }
  std::vector<int64_t> late(n.late().size());
  ops::reference(n.op(), inputs, outputs, late);
  ops::SymbolReplacements actual;
  for (size_t i = 0; i < late.size(); ++i) actual[n.late()[i]] = late[i];
  const std::optional<std::vector<TensorType>> types = result_types(n, actual);
  ir::Patch patch;
  for (size_t i = 0; i < data.size(); ++i)
    patch.replace(n.outputs()[i], patch.constant((*types)[i], std::move(data[i])));
  return patch;
}

}  // namespace

Pass fold_constants() {
  return rewrite_pass("fold-constants", "what depends on constants only is computed now", &rewrite);
}

}  // namespace dvt::passes
