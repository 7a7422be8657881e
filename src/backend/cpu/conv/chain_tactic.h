#pragma once
#include <string>

#include "backend/cpu/conv/chain_parts.h"
#include "backend/cpu/jit/assembler.h"
#include "backend/tactic.h"

namespace dvt::cpu {

// What the generated tactics of conv_chain share.

bool folds_images(const std::vector<ChainPartProblem>& parts, jit::VectorIsa isa);
/// Why tile kernels cannot compute the parts over pixels; empty when they can.
std::string chain_refusal(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa,
                          const std::vector<ChainPartProblem>& parts, bool fold_images);
void chain_pack(const backend::Problem& p, jit::VectorIsa isa, const backend::PackArgs& args);
size_t chain_packed_bytes(const backend::Problem& p, jit::VectorIsa isa, int input);

/// The range of a product of dims.
DimRange product_range(std::span<const DimRange> dims);

}  // namespace dvt::cpu
