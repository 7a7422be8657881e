#include "backend/cpu/conv/chain_tactic.h"

#include <algorithm>

#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/tile_conv.h"
#include "base/concat.h"
#include "ops/nn/conv_chain.h"

namespace dvt::cpu {

using backend::Problem;

bool folds_images(const std::vector<ChainPartProblem>& parts, jit::VectorIsa isa) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const ChainPartProblem& part) { return folds_images(part.problem, isa); });
}

namespace {

/// Operands of a program within the chain are the op's own: of a range of sizes they may be 1 or the result's.
std::string program_refusal(const Problem& part) {
  for (const backend::Operand& o : part.extra_inputs())
    if (!o.is_static()) return concat("a program's operand ", to_string(o), " may broadcast in several ways");
  return {};
}

}  // namespace

std::string chain_refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa,
                          const std::vector<ChainPartProblem>& parts, bool fold_images) {
  if (p.op.as<ops::ConvChain>()->channels == 1) return "there is one channel";
  for (const auto* o : {&p.inputs[0], &p.outputs[0]})
    if (o->layout != backend::Layout::channels_last) return concat(to_string(*o), " is not channels-last");
  if (std::string reason = chain_type_refusal(parts); !reason.empty()) return reason;
  for (const ChainPartProblem& part : parts) {
    std::string reason = conv_refusal(part.problem, t, jit::required_isa(isa));
    if (reason.empty()) reason = EpilogueMap::refusal(part.problem, pixel_axes(part.problem, fold_images), isa);
    if (reason.empty() && &part != &parts.back()) reason = program_refusal(part.problem);
    if (!reason.empty()) return reason;
  }
  return {};
}

void chain_pack(const Problem& p, jit::VectorIsa isa, const backend::PackArgs& args) {
  for (const ChainPartProblem& part : chain_part_problems(p))
    if (part.filter == args.input) return tile_conv_pack(part.problem, isa, {1, args.data, args.packed, args.pool});
}

size_t chain_packed_bytes(const Problem& p, jit::VectorIsa isa, int input) {
  for (const ChainPartProblem& part : chain_part_problems(p))
    if (part.filter == input) return tile_conv_packed_bytes(part.problem, isa);
  return 0;
}

DimRange product_range(std::span<const DimRange> dims) {
  DimRange all{1, 1, 1};
  for (const DimRange& d : dims) all = {all.min * d.min, all.opt * d.opt, all.max * d.max};
  return all;
}

}  // namespace dvt::cpu
