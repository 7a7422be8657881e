#pragma once
#include "backend/cpu/conv/conv_shape.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// The same convolution over an input that contains its padding.
ConvShape with_padding(const ConvShape& s) noexcept;
/// Writes plain x of shape `s` as channels-last x of shape `padded`, zeros around it.
void to_channels_last(const ConvShape& s, const ConvShape& padded, const float* x, float* out,
                      ThreadPool& pool) noexcept;

}  // namespace dvt::cpu
