#pragma once
#include <cstddef>
#include <span>

#include "onnx/limits.h"
#include "onnx/model.h"

namespace dvt::onnx {

/// Decodes a model. The result points into `bytes`, which must outlive it.
/// Throws Error(kInvalidModel) that says which field is wrong, and at which byte.
Model read_model(std::span<const std::byte> bytes, const Limits& limits = {});

}  // namespace dvt::onnx
