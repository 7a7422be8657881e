#pragma once
#include <dovetail/network.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/limits.h"
#include "onnx/parse_error.h"

namespace dvt::onnx {

/// The nodes of the model's graph that were, or were not, imported: runs of equal answer, in the order of the graph.
struct Coverage {
  struct Part {
    std::vector<int64_t> nodes;  ///< Indices in the model's graph.
    bool supported = true;
  };
  std::vector<Part> parts;
};

struct ParseResult {
  bool ok = false;
  ErrorList errors;
  std::vector<std::string> warnings;
  Coverage coverage;
  /// The tensors that values of the model's graph became, by the values' names.
  std::map<std::string, DOVETAIL_NAMESPACE::ITensor*, std::less<>> tensors;
  /// Outputs of the layers made for each named node of the graph.
  std::map<std::string, std::vector<DOVETAIL_NAMESPACE::ITensor*>, std::less<>> outputs_of_node;
};

/// Adds a model to a network. The bytes are no longer used on return: the network retains what it needs.
/// \param path  The file that the bytes came from: external data lies beside it. "" when there is none.
/// Every node that cannot be imported is reported, not only the first. Never throws for what is in the model.
ParseResult parse_bytes(DOVETAIL_NAMESPACE::INetworkDefinition& network, std::span<const std::byte> model,
                        const std::string& path, const Limits& limits = {});
/// The bytes of initializers that are given beside the model, by name; they replace what the model holds.
using Initializers = std::map<std::string, std::vector<std::byte>, std::less<>>;
/// What an input of the model is, where the model leaves it open: a sequence of so many tensors of these shapes, a
/// tensor of this shape, or an optional that holds nothing. Extents of -1, and a shape of nbDims -1, are as the model
/// says.
struct InputForm {
  bool holds_nothing = false;
  std::vector<DOVETAIL_NAMESPACE::Dims> shapes;
};
using InputForms = std::map<std::string, InputForm, std::less<>>;
/// What an input of the model is worth for all runs: it becomes a constant.
struct InputValue {
  DOVETAIL_NAMESPACE::DataType type = DOVETAIL_NAMESPACE::DataType::kFLOAT;
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;  ///< Row-major.
};
using InputValues = std::map<std::string, InputValue, std::less<>>;
/// What is known beside the model.
struct Given {
  Initializers initializers;
  InputForms inputs;
  InputValues values;
};
ParseResult parse_bytes(DOVETAIL_NAMESPACE::INetworkDefinition& network, std::span<const std::byte> model,
                        const std::string& path, const Given& given, const Limits& limits = {});
/// The same from a file, which is mapped: the network's weights point into it.
ParseResult parse_file(DOVETAIL_NAMESPACE::INetworkDefinition& network, const std::string& path,
                       const Limits& limits = {});
ParseResult parse_file(DOVETAIL_NAMESPACE::INetworkDefinition& network, const std::string& path, const Given& given,
                       const Limits& limits = {});
/// Whether there is an importer for an operator of the default domain, in any version.
bool supports_operator(std::string_view op_type);

}  // namespace dvt::onnx
