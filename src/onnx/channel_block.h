#pragma once
#include <cstdint>
#include <optional>

#include "onnx/model.h"

namespace dvt::onnx {

/// How many channels stand together in the kernels of com.microsoft.nchwc, whose files do not say it: it is the vector
/// width of the machine that wrote them. What can be told from a graph: channels that only one of the widths allows, or
/// zeros that only the wider one adds. Nothing when both are possible.
std::optional<int64_t> channel_block_of(const Graph& graph);
/// What ONNX Runtime takes on this machine.
int64_t channel_block_of_machine();

}  // namespace dvt::onnx
