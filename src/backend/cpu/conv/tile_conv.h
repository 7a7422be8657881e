#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/cpu/jit/assembler.h"
#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"

namespace dvt::cpu {

// f32 convolution into a channels-last result by tile kernels: rows are pixels, columns are filters, the depth runs
// over taps and channels. x is channels-last, or plain and then rewritten (with its padding) into scratch.

std::string tile_conv_refusal(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
/// Size of the packed weights.
size_t tile_conv_packed_bytes(const backend::Problem& p, jit::VectorIsa isa);
void tile_conv_pack(const backend::Problem& p, jit::VectorIsa isa, const backend::PackArgs& args);
size_t tile_conv_workspace(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
std::unique_ptr<backend::Kernel> make_tile_conv(const backend::Problem& p, const backend::Target& t,
                                                jit::VectorIsa isa);

/// The axes of a channels-last result whose rows are pixels, of all images or (`fold_images` false) of one.
ResultAxes pixel_axes(const backend::Problem& p, bool fold_images);
/// Pixels of all images are one range of rows unless an epilogue operand differs from image to image.
bool folds_images(const backend::Problem& p, jit::VectorIsa isa);

}  // namespace dvt::cpu
