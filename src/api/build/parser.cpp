#include <dovetail/parser_refitter.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/build/network.h"
#include "api/convert.h"
#include "api/runtime/last_logger.h"
#include "api/wall.h"
#include "onnx/parse.h"

namespace dvt::api {
namespace {

namespace pub_onnx = ::DOVETAIL_PARSER_NAMESPACE;

/// The public parser: hands models to the reader and keeps what it says for the user to ask.
class Parser final : public pub_onnx::IParser {
 public:
  Parser(INetworkDefinition& network, ILogger* logger) : network_(network), reporter_(logger) {}

  bool parse(void const* model, std::size_t size, char const* path) noexcept override {
    return run([&] { return onnx::parse_bytes(network_, bytes_of(model, size), path == nullptr ? "" : path, given_); });
  }
  bool parseFromFile(char const* path, int verbosity) noexcept override {
    verbosity_ = std::max(verbosity, static_cast<int>(ILogger::Severity::kERROR));
    const bool ok = run([&] { return onnx::parse_file(network_, required(path, "the path of the model"), given_); });
    verbosity_ = static_cast<int>(ILogger::Severity::kVERBOSE);
    return ok;
  }
  bool loadModelProto(void const* model, std::size_t size, char const* path) noexcept override {
    return guarded(reporter_, [&] {
      const std::span<const std::byte> bytes = bytes_of(model, size);
      loaded_ = Loaded{{bytes.begin(), bytes.end()}, path == nullptr ? "" : path, {}};
    });
  }
  bool loadInitializer(char const* name, void const* data, std::size_t size) noexcept override {
    return guarded(reporter_, [&] {
      if (!loaded_) throw Error(ErrorCode::kInvalidState, "loadInitializer: no model was loaded; call loadModelProto");
      const std::span<const std::byte> bytes = bytes_of(data, size);
      loaded_->initializers[required(name, "the initializer's name")] = {bytes.begin(), bytes.end()};
    });
  }
  bool parseModelProto() noexcept override {
    return run([&] {
      if (!loaded_) throw Error(ErrorCode::kInvalidState, "parseModelProto: no model was loaded; call loadModelProto");
      return onnx::parse_bytes(network_, loaded_->bytes, loaded_->path,
                               {loaded_->initializers, given_.inputs, given_.values});
    });
  }
  bool supportsModelV2(void const* model, std::size_t size, char const* path) noexcept override {
    return run([&] {
      Network scratch(network_.getBuilder(), reporter_, network_.getFlags(), 0);
      onnx::ParseResult result = onnx::parse_bytes(scratch, bytes_of(model, size), path == nullptr ? "" : path, given_);
      result.outputs_of_node.clear();  // They go with the scratch network.
      result.tensors.clear();
      return result;
    });
  }

  int64_t getNbSubgraphs() noexcept override { return static_cast<int64_t>(result_.coverage.parts.size()); }
  bool isSubgraphSupported(int64_t const index) noexcept override {
    const onnx::Coverage::Part* part = subgraph(index);
    return part != nullptr && part->supported;
  }
  int64_t* getSubgraphNodes(int64_t const index, int64_t& length) noexcept override {
    onnx::Coverage::Part* part = subgraph(index);
    length = part == nullptr ? 0 : static_cast<int64_t>(part->nodes.size());
    return part == nullptr ? nullptr : part->nodes.data();
  }
  bool supportsOperator(char const* name) const noexcept override {
    return guarded(reporter_, false, [&] { return onnx::supports_operator(required(name, "the operator's name")); });
  }

  int getNbErrors() const noexcept override { return static_cast<int>(result_.errors.size()); }
  pub_onnx::IParserError const* getError(int index) const noexcept override {
    return index >= 0 && index < getNbErrors() ? &result_.errors[static_cast<size_t>(index)] : nullptr;
  }
  void clearErrors() noexcept override { result_.errors.clear(); }

  void setFlags(pub_onnx::OnnxParserFlags flags) noexcept override { flags_ = flags; }
  pub_onnx::OnnxParserFlags getFlags() const noexcept override { return flags_; }
  void clearFlag(pub_onnx::OnnxParserFlag flag) noexcept override { flags_ &= ~bit(flag); }
  void setFlag(pub_onnx::OnnxParserFlag flag) noexcept override { flags_ |= bit(flag); }
  bool getFlag(pub_onnx::OnnxParserFlag flag) const noexcept override { return (flags_ & bit(flag)) != 0; }

  ITensor const* getLayerOutputTensor(char const* name, int64_t i) noexcept override {
    if (name == nullptr) return nullptr;
    const auto found = result_.outputs_of_node.find(std::string_view(name));
    if (found == result_.outputs_of_node.end() || i < 0 || i >= static_cast<int64_t>(found->second.size()))
      return nullptr;
    return found->second[static_cast<size_t>(i)];
  }
  char const* const* getUsedVCPluginLibraries(int64_t& count) const noexcept override {
    count = 0;
    return nullptr;
  }
  bool setBuilderConfig(IBuilderConfig const*) noexcept override { return true; }
  bool setInputShapes(char const* name, Dims const* shapes, int32_t count) noexcept override {
    return guarded(reporter_, [&] {
      if (shapes == nullptr && count > 0)
        throw Error(ErrorCode::kInvalidArgument, "setInputShapes: shapes is nullptr with a count of ", count);
      onnx::InputForm& form = given_.inputs[required(name, "the input's name")];
      form = {count < 0, {}};
      if (count > 0) form.shapes.assign(shapes, shapes + count);
    });
  }

  bool setInputValues(char const* name, Dims const& shape, Weights const& values) noexcept override {
    return guarded(reporter_, [&] {
      onnx::InputValue value{values.type, to_vector(shape, "the shape of a value"), {}};
      int64_t count = 1;
      for (const int64_t d : value.dims)
        if (d < 0 || __builtin_mul_overflow(count, d, &count))
          throw Error(ErrorCode::kInvalidArgument, "setInputValues: the shape has the extent ", d);
      if (values.count != count || (values.values == nullptr && count > 0))
        throw Error(ErrorCode::kInvalidArgument, "setInputValues: the shape has ", count, " elements, ",
                    values.values == nullptr ? 0 : values.count, " were given");
      const auto* bytes = static_cast<const std::byte*>(values.values);
      value.bytes.assign(bytes, bytes + (count == 0 ? 0 : byte_size(to_dtype(values.type), count)));
      given_.values[required(name, "the input's name")] = std::move(value);
    });
  }

 private:
  static pub_onnx::OnnxParserFlags bit(pub_onnx::OnnxParserFlag flag) { return 1U << static_cast<uint32_t>(flag); }
  static std::span<const std::byte> bytes_of(void const* model, std::size_t size) {
    if (model == nullptr) throw Error(ErrorCode::kInvalidArgument, "the model is nullptr");
    return {static_cast<const std::byte*>(model), size};
  }
  onnx::Coverage::Part* subgraph(int64_t index) {
    return index >= 0 && index < getNbSubgraphs() ? &result_.coverage.parts[static_cast<size_t>(index)] : nullptr;
  }

  template <class Parse>
  bool run(Parse&& parse) noexcept {
    return guarded(reporter_, false, [&] {
      ReporterLog sink(reporter_);
      const LogScope scope(&sink);
      result_ = parse();
      for (const onnx::ParseError& e : result_.errors) log(ILogger::Severity::kERROR, text_of(e));
      for (const std::string& warning : result_.warnings) log(ILogger::Severity::kWARNING, warning);
      return result_.ok;
    });
  }
  static std::string text_of(const onnx::ParseError& e) {
    if (e.node_operator.empty()) return concat("onnx: ", e.description);
    return concat("onnx: node ", e.node_index, " '", e.node_name, "' (", e.node_operator, "): ", e.description);
  }
  void log(ILogger::Severity severity, const std::string& text) const noexcept {
    if (static_cast<int>(severity) <= verbosity_) reporter_.log(severity, text);
  }

  struct Loaded {
    std::vector<std::byte> bytes;
    std::string path;
    onnx::Initializers initializers;
  };

  INetworkDefinition& network_;
  Reporter reporter_;
  int verbosity_ = static_cast<int>(ILogger::Severity::kVERBOSE);
  onnx::ParseResult result_;
  std::optional<Loaded> loaded_;
  onnx::Given given_;  ///< Of inputs.
  // Instance normalization is a layer of its own.
  pub_onnx::OnnxParserFlags flags_ = bit(pub_onnx::OnnxParserFlag::kNATIVE_INSTANCENORM);
};

}  // namespace
}  // namespace dvt::api

int getNvOnnxParserVersion() noexcept { return DOVETAIL_API_VERSION; }

void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  return dvt::api::guarded(reporter, static_cast<void*>(nullptr), [&]() -> void* {
    if (network == nullptr) throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the parser's network is nullptr");
    auto& target = *static_cast<DOVETAIL_NAMESPACE::INetworkDefinition*>(network);
    return static_cast<DOVETAIL_PARSER_NAMESPACE::IParser*>(new dvt::api::Parser(target, reporter.logger()));
  });
}

void* createNvOnnxParserRefitter_INTERNAL(void* refitter, void* logger, int32_t version) noexcept {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  if (refitter == nullptr)
    reporter.error(dvt::ErrorCode::kInvalidArgument, "the parser's refitter is nullptr");
  else
    reporter.error(dvt::ErrorCode::kUnsupported, "models cannot be refitted yet; parse the model and build it again");
  return nullptr;
}
