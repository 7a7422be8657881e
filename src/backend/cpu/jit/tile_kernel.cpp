#include "backend/cpu/jit/tile_kernel.h"

#include "backend/cpu/jit/code_cache.h"
#include "backend/cpu/jit/tile_generator.h"
#include "base/concat.h"

namespace dvt::cpu::jit {

std::string TileKernels::refusal(const TileSpec& spec) {
  if (spec.epilogue.is_identity()) return {};
  if (spec.operands.size() > kMaxTileOperands)
    return concat("the epilogue has ", spec.operands.size(), " operands, more than ", kMaxTileOperands);
  if (spec.epilogue.result_type() != DType::f32) return "the epilogue's result is not f32";
  for (const TileOperand& o : spec.operands)
    if (o.type == DType::b8 && o.by_column && spec.isa == VectorIsa::kAvx2)
      return "a b8 epilogue operand along columns needs AVX-512";
  return ExprEmitter::refusal(spec.epilogue);
}

TileKernels::TileKernels(const TileSpec& spec, const std::vector<TileForm>& forms) : code_(spec.isa) {
  std::array<size_t, std::tuple_size_v<decltype(functions_)>> entries{};
  for (const TileForm& form : forms) {
    code_.align(16);
    entries[index(form)] = code_.here();
    TileGenerator(code_, spec, form).emit();
  }
  code_.finish();
  for (const TileForm& form : forms) functions_[index(form)] = code_.entry<Function>(entries[index(form)]);
}

std::string key(const TileSpec& spec) {
  std::string text = concat(static_cast<int>(spec.isa), ".", static_cast<int>(spec.kind), " ",
                            spec.epilogue.is_identity() ? std::string() : expr::to_string(spec.epilogue));
  if (const TileWindow& w = spec.window; spec.kind == TileKind::kWindowRow)
    text += concat(" ", w.taps, ".", w.stride, ".", w.dilation, ".", w.left, ".", w.right, ".", w.pixel_bytes);
  for (const TileOperand& o : spec.operands) text += concat(" ", to_string(o.type), ".", o.by_row, ".", o.by_column);
  return text;
}

std::shared_ptr<const TileKernels> TileKernels::get(const TileSpec& spec, const std::vector<TileForm>& forms) {
  std::string text = concat("tile ", key(spec));
  for (const TileForm& f : forms) text += concat(" ", f.rows, ".", f.vectors, ".", f.masked, ".", f.left, ".", f.right);
  return cached<TileKernels>(text, [&] { return std::make_shared<const TileKernels>(spec, forms); });
}

}  // namespace dvt::cpu::jit
