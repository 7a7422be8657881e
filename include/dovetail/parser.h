#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <dovetail/builder_config.h>
#include <dovetail/logger.h>
#include <dovetail/network.h>
#include <dovetail/version.h>

namespace DOVETAIL_PARSER_NAMESPACE {

enum class ErrorCode : int32_t {
  kSUCCESS = 0,
  kINTERNAL_ERROR = 1,
  kMEM_ALLOC_FAILED = 2,
  kMODEL_DESERIALIZE_FAILED = 3,
  kINVALID_VALUE = 4,
  kINVALID_GRAPH = 5,
  kINVALID_NODE = 6,
  kUNSUPPORTED_GRAPH = 7,
  kUNSUPPORTED_NODE = 8,
  kUNSUPPORTED_NODE_ATTR = 9,
  kUNSUPPORTED_NODE_INPUT = 10,
  kUNSUPPORTED_NODE_DATATYPE = 11,
  kUNSUPPORTED_NODE_DYNAMIC = 12,
  kUNSUPPORTED_NODE_SHAPE = 13,
  kREFIT_FAILED = 14,
};

using OnnxParserFlags = uint32_t;
enum class OnnxParserFlag : int32_t {
  kNATIVE_INSTANCENORM = 0,
  kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1,
  kREPORT_CAPABILITY_DLA = 2,
  kENABLE_PLUGIN_OVERRIDE = 3,
  kADJUST_FOR_DLA = 4,
};

/// Nodes of a model by their index, and whether they are supported.
typedef std::pair<std::vector<std::size_t>, bool> SubGraph_t;
typedef std::vector<SubGraph_t> SubGraphCollection_t;

/// What was wrong with a model, and where. Owned by the parser; valid until its errors are cleared.
class IParserError {
 public:
  virtual ErrorCode code() const = 0;
  virtual char const* desc() const = 0;
  /// The source file of the library that refused, its line and function; for reports to us.
  virtual char const* file() const = 0;
  virtual int line() const = 0;
  virtual char const* func() const = 0;
  /// Index of the node in the model's graph, or -1.
  virtual int node() const = 0;
  /// "" when there is none.
  virtual char const* nodeName() const = 0;
  virtual char const* nodeOperator() const = 0;
  /// The model's functions that the node is nested in, outermost first.
  virtual char const* const* localFunctionStack() const = 0;
  virtual int32_t localFunctionStackSize() const = 0;

 protected:
  virtual ~IParserError() = default;
};

/// Turns an ONNX model into layers of a network. Owned by the caller, freed with delete. The network keeps what it
/// needs of the model: parser, model bytes and network may be destroyed in any order.
class IParser {
 public:
  virtual ~IParser() noexcept = default;
  void destroy() noexcept { delete this; }

  /// Adds a model to the network. The bytes are copied or no longer used on return.
  /// \param modelPath  Where external data lies, or nullptr.
  /// \return False when there were errors (getError); the network is then not fit for a build.
  virtual bool parse(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                     char const* modelPath = nullptr) noexcept = 0;
  /// As parse; the file is mapped and must not be altered until the network was built.
  /// \param verbosity  An ILogger::Severity; messages less severe than it are left out, but never errors.
  virtual bool parseFromFile(char const* onnxModelFile, int verbosity) noexcept = 0;
  bool parseWithWeightDescriptors(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize) noexcept {
    return parse(serializedOnnxModel, serializedOnnxModelSize);
  }

  // parse in steps: a model whose initializers may be left out, the initializers one by one, the layers.

  virtual bool loadModelProto(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                              char const* modelPath = nullptr) noexcept = 0;
  /// \param name  An initializer of the loaded model. \param data, size  Its bytes; copied.
  virtual bool loadInitializer(char const* name, void const* data, std::size_t size) noexcept = 0;
  virtual bool parseModelProto() noexcept = 0;

  /// Whether the model could be parsed; the network is not changed. getNbSubgraphs and so on tell about parts.
  virtual bool supportsModelV2(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                               char const* modelPath = nullptr) noexcept = 0;
  /// As supportsModelV2, with the parts in a list: pairs of node indices and whether they are supported.
  bool supportsModel(void const* serializedOnnxModel, std::size_t serializedOnnxModelSize,
                     SubGraphCollection_t& subGraphCollection, char const* modelPath = nullptr) noexcept {
    bool const supported = supportsModelV2(serializedOnnxModel, serializedOnnxModelSize, modelPath);
    for (int64_t i = 0; i < getNbSubgraphs(); ++i) {
      int64_t length = 0;
      int64_t const* nodes = getSubgraphNodes(i, length);
      subGraphCollection.emplace_back(std::vector<std::size_t>(nodes, nodes + length), isSubgraphSupported(i));
    }
    return supported;
  }
  virtual int64_t getNbSubgraphs() noexcept = 0;
  virtual bool isSubgraphSupported(int64_t const index) noexcept = 0;
  virtual int64_t* getSubgraphNodes(int64_t const index, int64_t& subgraphLength) noexcept = 0;
  /// \param op_name  An ONNX operator of the default domain.
  virtual bool supportsOperator(char const* op_name) const noexcept = 0;

  virtual int getNbErrors() const noexcept = 0;
  /// nullptr when index is out of range.
  virtual IParserError const* getError(int index) const noexcept = 0;
  virtual void clearErrors() noexcept = 0;

  virtual void setFlags(OnnxParserFlags onnxParserFlags) noexcept = 0;
  virtual OnnxParserFlags getFlags() const noexcept = 0;
  virtual void clearFlag(OnnxParserFlag onnxParserFlag) noexcept = 0;
  virtual void setFlag(OnnxParserFlag onnxParserFlag) noexcept = 0;
  virtual bool getFlag(OnnxParserFlag onnxParserFlag) const noexcept = 0;

  /// The i-th output of the layer that was made for the node of that name, or nullptr.
  virtual DOVETAIL_NAMESPACE::ITensor const* getLayerOutputTensor(char const* name, int64_t i) noexcept = 0;
  virtual char const* const* getUsedVCPluginLibraries(int64_t& nbPluginLibs) const noexcept = 0;
  virtual bool setBuilderConfig(DOVETAIL_NAMESPACE::IBuilderConfig const* builderConfig) noexcept = 0;

  /// Tells of an input what the model leaves open; for models that are parsed afterwards. A sequence becomes the inputs
  /// NAME[0], NAME[1] and so on of the network, and an optional what it holds, so both must be known here.
  /// \param shapes  One for a tensor, one for each item of a sequence; an extent of -1, or nbDims -1 for the whole
  ///                shape, is as the model says. Copied. \param count  -1: an optional that holds nothing.
  /// \return False, with the reason reported, when name or shapes is nullptr. Whether they fit is seen by the parse.
  virtual bool setInputShapes(char const* name, DOVETAIL_NAMESPACE::Dims const* shapes, int32_t count) noexcept = 0;

  /// Makes an input of the models that are parsed afterwards a constant: the network is for this value and has no such
  /// input. What must be known while a model is parsed (a trip count, the number of parts, which branch holds an
  /// optional) may then come from an input. Items of sequences are named NAME[0], NAME[1] and so on.
  /// \param values  As many as the shape says, row-major, of the input's type; kINT64 and kFLOAT64 go for other integer
  ///                (and boolean) and other floating types. Copied.
  /// \return False, with the reason reported, when they are not. Whether they fit the model is seen by the parse.
  virtual bool setInputValues(char const* name, DOVETAIL_NAMESPACE::Dims const& shape,
                              DOVETAIL_NAMESPACE::Weights const& values) noexcept = 0;
};

}  // namespace DOVETAIL_PARSER_NAMESPACE

/// Behind createParser. \param network  An INetworkDefinition. \param logger  An ILogger.
extern "C" DOVETAIL_API void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept;
/// The revision of the parser's interfaces.
extern "C" DOVETAIL_API int getNvOnnxParserVersion() noexcept;

namespace DOVETAIL_PARSER_NAMESPACE {

/// \param network  Where layers are added. \return A parser, owned by the caller, or nullptr with the reason reported.
inline IParser* createParser(DOVETAIL_NAMESPACE::INetworkDefinition& network,
                             DOVETAIL_NAMESPACE::ILogger& logger) noexcept {
  return static_cast<IParser*>(createNvOnnxParser_INTERNAL(&network, &logger, DOVETAIL_API_VERSION));
}

}  // namespace DOVETAIL_PARSER_NAMESPACE

namespace DOVETAIL_NAMESPACE {
namespace onnx = ::DOVETAIL_PARSER_NAMESPACE;
DOVETAIL_ENUM_MAX(onnx::ErrorCode, 15)
DOVETAIL_ENUM_MAX(onnx::OnnxParserFlag, 5)
}  // namespace DOVETAIL_NAMESPACE
