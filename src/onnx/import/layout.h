#pragma once
#include "onnx/term.h"

namespace dvt::onnx {

/// [N, spatial…, C] as [N, C, spatial…].
Term channels_first(Term x);
/// [N, C, spatial…] as [N, spatial…, C].
Term channels_last(Term x);

}  // namespace dvt::onnx
