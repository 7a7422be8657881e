#pragma once
#include <string>
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// The activation of that name as ONNX Runtime's fused operators write it; parameters in the order alpha, beta.
Term activated(ImporterContext& c, Term x, const std::string& name, const std::vector<float>& parameters);
/// As the attributes 'activation' and 'activation_params' say.
Term activated(ImporterContext& c, Term x);
/// The convolution of x[N, C, spatial…] with the kernel[M, C / group, spatial…] that the node's attributes describe.
Term convolved(ImporterContext& c, Term x, const Value& kernel, int bias_input);

}  // namespace dvt::onnx
