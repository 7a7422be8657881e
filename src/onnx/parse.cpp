#include "onnx/parse.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "onnx/graph_importer.h"
#include "onnx/read_model.h"
#include "onnx/registry.h"

namespace dvt::onnx {
namespace {

void report(ParseResult& result, ParserCode code, std::string text, SourceLocation where = SourceLocation::current()) {
  ParseError& error = result.errors.emplace_back();
  error.error_code = code;
  error.description = std::move(text);
  error.source_file = where.file;
  error.source_function = where.function;
  error.source_line = where.line;
  result.ok = false;
}

std::string folder_of(const std::string& path) {
  if (path.empty()) return "";
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void replace_initializers(Model& model, const Initializers& initializers) {
  for (const auto& [name, bytes] : initializers) {
    const auto at = std::find_if(model.graph.initializers.begin(), model.graph.initializers.end(),
                                 [&wanted = name](const auto& tensor) { return tensor->name == wanted; });
    if (at == model.graph.initializers.end())
      throw Error(ErrorCode::kInvalidArgument, "the model has no initializer '", name, "'");
    if (bytes.size() != (*at)->byte_size())
      throw Error(ErrorCode::kInvalidArgument, "initializer '", name, "' was given ", bytes.size(),
                  " bytes; its type and shape take ", (*at)->byte_size());
    auto tensor = std::make_shared<Tensor>();
    tensor->name = name;
    tensor->type = (*at)->type;
    tensor->dims = (*at)->dims;
    tensor->typed = bytes;
    *at = std::move(tensor);
  }
}

/// \param file  Keeps `bytes` valid for as long as somebody holds it; nullptr when only the caller does.
ParseResult parse(INetworkDefinition& network, std::span<const std::byte> bytes, std::shared_ptr<const void> file,
                  const std::string& path, const Limits& limits, const Given& given = {}) {
  ParseResult result;
  try {
    Model model = read_model(bytes, limits);
    replace_initializers(model, given.initializers);
    ConstantReader constants(std::move(file), folder_of(path));
    GraphImporter(network, model, constants, given, limits, result).run();
  } catch (const Error& error) {
    report(result, ParserCode::kMODEL_DESERIALIZE_FAILED, error.what());
  } catch (const std::bad_alloc&) {
    report(result, ParserCode::kMEM_ALLOC_FAILED, "out of host memory while the model was read");
  } catch (const std::exception& error) {
    report(result, ParserCode::kINTERNAL_ERROR, error.what());
  }
  return result;
}

}  // namespace

ParseResult parse_bytes(INetworkDefinition& network, std::span<const std::byte> model, const std::string& path,
                        const Limits& limits) {
  return parse(network, model, nullptr, path, limits);
}

ParseResult parse_bytes(INetworkDefinition& network, std::span<const std::byte> model, const std::string& path,
                        const Given& given, const Limits& limits) {
  return parse(network, model, nullptr, path, limits, given);
}

ParseResult parse_file(INetworkDefinition& network, const std::string& path, const Limits& limits) {
  return parse_file(network, path, Given{}, limits);
}

ParseResult parse_file(INetworkDefinition& network, const std::string& path, const Given& given, const Limits& limits) {
  Blob file;
  try {
    file = map_file(path);
  } catch (const Error& error) {
    ParseResult result;
    report(result, ParserCode::kMODEL_DESERIALIZE_FAILED, error.what());
    return result;
  }
  return parse(network, file.bytes(), file.owner(), path, limits, given);
}

bool supports_operator(std::string_view op_type) { return has_importer("", op_type); }

}  // namespace dvt::onnx
