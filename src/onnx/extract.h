#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "onnx/model.h"

namespace dvt::onnx {

/// A tensor's type, as far as it is known; a dimension of -1 is open.
struct ValueType {
  ElementType element = ElementType::kUndefined;
  std::optional<std::vector<int64_t>> dims;
};
/// Types of values that the model itself does not tell, by name.
using ValueTypes = std::map<std::string, ValueType, std::less<>>;

struct Extracted {
  std::string bytes;
  std::vector<std::string> untyped;  ///< Inputs of which neither the model nor ValueTypes tell type and shape.
};

/// A model of some nodes of another: they, in their order, with the initializers that they read and everything outside
/// of the graph as it is. What they read of others becomes an input; what others read of them, or the graph gives, an
/// output. \param model  What read_model() made of `bytes`; its nodes are those that the indices count. Throws
/// Error(kInvalidArgument) for an index that is no node, Error(kUnsupported) for a model of 2 GiB or more.
Extracted extract_model(std::span<const std::byte> bytes, const Model& model, const std::vector<int64_t>& nodes,
                        const ValueTypes& types);

}  // namespace dvt::onnx
