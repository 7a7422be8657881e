#pragma once
#include <memory>
#include <string>

#include "backend/cpu/jit/assembler.h"
#include "backend/tactic.h"

namespace dvt::cpu {

// f32 convolution on row-major tensors by tile kernels: rows are filters, columns are pixels, B is packed on the fly
// from the input (im2col, a few panels at a time). The filter is used as it lies.

std::string plain_conv_refusal(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
size_t plain_conv_workspace(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
std::unique_ptr<backend::Kernel> make_plain_conv(const backend::Problem& p, const backend::Target& t,
                                                 jit::VectorIsa isa);

}  // namespace dvt::cpu
