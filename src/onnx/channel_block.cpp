#include "onnx/channel_block.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace dvt::onnx {
namespace {

constexpr int64_t kNarrow = 8, kWide = 16;  // AVX2; AVX-512 and Arm

using Initializers = std::map<std::string_view, const Tensor*>;

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

int64_t group_of(const Node& node) {
  for (const Attribute& a : node.attributes)
    if (a.name == "group") return a.i;
  return 1;
}

/// Whether the last 8 channels of a bias, or of a kernel in blocks of 16, are the zeros that fill a block.
bool ends_in_padding(const Tensor& tensor) {
  const std::span<const std::byte> bytes = tensor.bytes();
  if (tensor.type != ElementType::kFloat || tensor.external || bytes.size() != tensor.byte_size()) return false;
  const int64_t outputs = tensor.dims.front();
  if (outputs < kWide) return false;
  const size_t half = static_cast<size_t>(kNarrow) * sizeof(float);
  const size_t last_block = bytes.size() / static_cast<size_t>(outputs / kWide);
  if (last_block % (2 * half) != 0) return false;
  for (size_t at = bytes.size() - last_block + half; at < bytes.size(); at += 2 * half)
    if (!is_zero(bytes.subspan(at, half))) return false;
  return !bytes.empty();
}

std::optional<int64_t> block_of(const Node& node, const Initializers& initializers) {
  const auto find = [&](size_t i) -> const Tensor* {
    const auto found = i < node.inputs.size() ? initializers.find(node.inputs[i]) : initializers.end();
    return found == initializers.end() || found->second->dims.empty() ? nullptr : found->second;
  };
  const Tensor *kernel = find(1), *bias = find(2);
  if (!kernel || kernel->dims.size() < 3) return std::nullopt;
  const int64_t outputs = kernel->dims[0], inputs = kernel->dims[1];
  if (outputs % kWide != 0) return kNarrow;
  if (group_of(node) == 1 && inputs > kWide && inputs % kWide != 0) return kNarrow;
  // Fewer channels than a block are read as they are.
  if (group_of(node) == 1 && inputs > kNarrow && inputs % kNarrow != 0) return kWide;
  if (ends_in_padding(*kernel) && (!bias || ends_in_padding(*bias))) return kWide;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> channel_block_of(const Graph& graph) {
  Initializers initializers;
  for (const auto& tensor : graph.initializers) initializers[tensor->name] = tensor.get();
  for (const Node& node : graph.nodes) {
    if (node.domain == "com.microsoft.nchwc" && node.op_type == "Conv")
      if (const auto block = block_of(node, initializers)) return block;
    for (const Attribute& attribute : node.attributes)
      for (const auto& nested : attribute.graphs)
        if (const auto block = channel_block_of(*nested)) return block;
  }
  return std::nullopt;
}

int64_t channel_block_of_machine() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") ? kWide : kNarrow;
#else
  return kWide;
#endif
}

}  // namespace dvt::onnx
