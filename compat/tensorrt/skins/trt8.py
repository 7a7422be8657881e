"""TensorRT 8.6: extents of 32 bits, enumerations with values of their own, and calls that 10 no longer has.

Interfaces of later releases that take Dims keep those of 64 bits (Dims64).
"""
import trt10

NARROW_DIMS = True

_LAYERS = """kCONVOLUTION kFULLY_CONNECTED kACTIVATION kPOOLING kLRN kSCALE kSOFTMAX kDECONVOLUTION kCONCATENATION
kELEMENTWISE kPLUGIN kUNARY kPADDING kSHUFFLE kREDUCE kTOPK kGATHER kMATRIX_MULTIPLY kRAGGED_SOFTMAX kCONSTANT kRNN_V2
kIDENTITY kPLUGIN_V2 kSLICE kSHAPE kPARAMETRIC_RELU kRESIZE kTRIP_LIMIT kRECURRENCE kITERATOR kLOOP_OUTPUT kSELECT kFILL
kQUANTIZE kDEQUANTIZE kCONDITION kCONDITIONAL_INPUT kCONDITIONAL_OUTPUT kSCATTER kEINSUM kASSERTION kONE_HOT kNON_ZERO
kGRID_SAMPLE kNMS kREVERSE_SEQUENCE kNORMALIZATION kCAST""".split()

NONE = -1  # accepted, and without a meaning here

# Enumerator -> value, or (value, the library's value) where the library has another name for it.
ENUMS = {
    "LayerType": {name: value for value, name in enumerate(_LAYERS)},
    "BuilderFlag": {
        "kFP16": 0, "kINT8": 1, "kDEBUG": 2, "kGPU_FALLBACK": 3, "kREFIT": 5, "kDISABLE_TIMING_CACHE": 6, "kTF32": 7,
        "kSPARSE_WEIGHTS": 8, "kSAFETY_SCOPE": 9, "kOBEY_PRECISION_CONSTRAINTS": 10,
        "kPREFER_PRECISION_CONSTRAINTS": 11, "kDIRECT_IO": 12, "kREJECT_EMPTY_ALGORITHMS": 13,
        "kENABLE_TACTIC_HEURISTIC": (14, NONE), "kVERSION_COMPATIBLE": 15, "kEXCLUDE_LEAN_RUNTIME": 16, "kFP8": 17,
        "kSTRICT_TYPES": (4, 10),
    },
    "NetworkDefinitionCreationFlag": {"kEXPLICIT_BATCH": 0, "kEXPLICIT_PRECISION": (1, NONE)},
    "PreviewFeature": {
        "kFASTER_DYNAMIC_SHAPES_0805": (0, NONE), "kDISABLE_EXTERNAL_TACTIC_SOURCES_FOR_CORE_0805": (1, NONE),
        "kPROFILE_SHARING_0806": 2,
    },
    "PaddingMode": {
        "kEXPLICIT_ROUND_DOWN": 0, "kEXPLICIT_ROUND_UP": 1, "kSAME_UPPER": 2, "kSAME_LOWER": 3,
        "kCAFFE_ROUND_DOWN": (4, 0), "kCAFFE_ROUND_UP": (5, 1),
    },
}
MASKS = {
    "BuilderFlags": "BuilderFlag",
    "NetworkDefinitionCreationFlags": "NetworkDefinitionCreationFlag",
}
RETURNS = {
    "IConvolutionLayer::getNbOutputMaps": "int32_t",
    "IConvolutionLayer::getNbGroups": "int32_t",
    "IDeconvolutionLayer::getNbOutputMaps": "int32_t",
    "IDeconvolutionLayer::getNbGroups": "int32_t",
    "ILRNLayer::getWindowSize": "int32_t",
    "IDimensionExpr::getConstantValue": "int32_t",
}
# Implemented by users: their slots are what the library calls.
LEAVE = ("IOutputAllocator", "IDebugListener", "IPluginV2", "IPluginV2Ext", "IPluginV2IOExt", "IPluginV2DynamicExt",
         "IPluginChecker", "IPluginV3QuickRuntime")

_DIMS32 = """
/// The same with extents of 32 bits: what the functions of this release take and give.
class Dims32 {
 public:
  static constexpr int32_t MAX_DIMS{8};
  int32_t nbDims;
  int32_t d[MAX_DIMS];
};
using Dims = Dims32;

namespace skin {
inline Dims64 toCore(Dims const& dims) noexcept {
  Dims64 result{};
  result.nbDims = dims.nbDims;
  for (int32_t i = 0; i < dims.nbDims && i < Dims::MAX_DIMS; ++i) result.d[i] = dims.d[i];
  return result;
}
/// nbDims is -1 when an extent needs more than 32 bits.
inline Dims fromDims64(Dims64 const& dims) noexcept {
  Dims result{};
  result.nbDims = dims.nbDims;
  for (int32_t i = 0; i < dims.nbDims && i < Dims::MAX_DIMS; ++i) {
    result.d[i] = static_cast<int32_t>(dims.d[i]);
    if (result.d[i] != dims.d[i]) result.nbDims = -1;
  }
  return result;
}
}  // namespace skin
"""

_ALLOCATOR = """  /// Takes back memory from allocate; nullptr is accepted.
  virtual void free(void* memory) noexcept = 0;
"""

_EXECUTE = """  // Implicit batch is not there: these say what replaces them and fail.
  bool execute(int32_t /*batchSize*/, void* const* /*bindings*/) noexcept {
    ::getLogger()->log(ILogger::Severity::kERROR,
                       "execute: networks have an explicit batch here; make the batch the first dimension of the "
                       "inputs, set it with setBindingDimensions or setInputShape and call executeV2");
    return false;
  }
  bool enqueue(int32_t /*batchSize*/, void* const* /*bindings*/, cudaStream_t /*stream*/,
               cudaEvent_t* /*inputConsumed*/) noexcept {
    ::getLogger()->log(ILogger::Severity::kERROR,
                       "enqueue: networks have an explicit batch here; make the batch the first dimension of the "
                       "inputs, set it with setBindingDimensions or setInputShape and call enqueueV2 or enqueueV3");
    return false;
  }
"""

_SHAPE_BINDING = """  /// Copies the values of a shape tensor. \\return False when they are not known yet.
  bool getShapeBinding(int32_t bindingIndex, int32_t* data) const noexcept {
    char const* name = getEngine().getBindingName(bindingIndex);
    void const* values = name == nullptr ? nullptr : getTensorAddress(name);
    Dims const dims = name == nullptr ? Dims{-1, {}} : getTensorShape(name);
    if (values == nullptr || data == nullptr || dims.nbDims < 0 || !getEngine().isShapeInferenceIO(name)) return false;
    int64_t count = 1;
    for (int32_t i = 0; i < dims.nbDims; ++i) count *= dims.d[i];
    bool const wide = getEngine().getTensorDataType(name) == DataType::kINT64;
    for (int64_t i = 0; i < count; ++i)
      data[i] = wide ? static_cast<int32_t>(static_cast<int64_t const*>(values)[i])
                     : static_cast<int32_t const*>(values)[i];
    return true;
  }
"""

_IO_FORMAT = """  /// Follows from the packing.
  TensorFormat getTensorFormat() const noexcept {
    if (getVectorizedDim() < 0) return TensorFormat::kLINEAR;
    switch (getComponentsPerElement()) {
      case 2:
        return TensorFormat::kCHW2;
      case 4:
        return TensorFormat::kCHW4;
      case 8:
        return TensorFormat::kHWC8;
      case 16:
        return TensorFormat::kCHW16;
      default:
        return TensorFormat::kCHW32;
    }
  }
"""

_NETWORK = """    if ((flags & 1U) == 0) {
      ILogger* logger = getLogger();
      (logger != nullptr ? logger : ::getLogger())
          ->log(ILogger::Severity::kWARNING,
                "createNetworkV2: without kEXPLICIT_BATCH the dimensions of inputs lack the batch; networks have an "
                "explicit batch here, so add it as the first dimension");
    }
    return skin_createNetworkV2("""

EDITS = trt10.EDITS + [
    ("version.h", "#define DOVETAIL_API_VERSION 101600", "#define DOVETAIL_API_VERSION 8601"),
    ("types.h", "using Dims = Dims64;\n", _DIMS32),
    ("types.h", "Dims2(int64_t d0, int64_t d1)", "Dims2(int32_t d0, int32_t d1)"),
    ("types.h", "DimsHW(int64_t height, int64_t width)", "DimsHW(int32_t height, int32_t width)"),
    ("types.h", "int64_t& h()", "int32_t& h()"),
    ("types.h", "int64_t h()", "int32_t h()"),
    ("types.h", "int64_t& w()", "int32_t& w()"),
    ("types.h", "int64_t w()", "int32_t w()"),
    ("types.h", "Dims3(int64_t d0, int64_t d1, int64_t d2)", "Dims3(int32_t d0, int32_t d1, int32_t d2)"),
    ("types.h", "Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3)",
     "Dims4(int32_t d0, int32_t d1, int32_t d2, int32_t d3)"),
    ("allocator.h", "  virtual bool deallocate(void* memory) noexcept = 0;\n",
     "  virtual bool deallocate(void* memory) noexcept {\n    this->free(memory);\n    return true;\n  }\n"),
    ("allocator.h", "  virtual bool deallocateAsync(void* memory, cudaStream_t /*stream*/) noexcept "
     "{ return deallocate(memory); }\n",
     "  virtual bool deallocateAsync(void* memory, cudaStream_t /*stream*/) noexcept { return deallocate(memory); }\n"
     + _ALLOCATOR),
    ("allocator.h", "  bool deallocate(void* const memory) noexcept override { return deallocateAsync(memory, nullptr); }\n",
     "  bool deallocate(void* const memory) noexcept override { return deallocateAsync(memory, nullptr); }\n"
     "  void free(void* memory) noexcept override { deallocate(memory); }\n"),
    # The library calls the slot; users implement the function of 32 bits behind it.
    ("output_allocator.h", "  virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;\n",
     "  virtual void skin_notifyShape(char const* tensorName, Dims64 const& dims) noexcept {\n"
     "    notifyShape(tensorName, skin::fromDims64(dims));\n  }\n"
     "  virtual int32_t getInterfaceVersion() const noexcept { return 1; }\n"
     "  virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;\n"),
    ("debug_listener.h", "DataType type, Dims const& shape,", "DataType type, Dims64 const& shape,"),
    ("parser.h", "DOVETAIL_NAMESPACE::Dims const* shapes", "DOVETAIL_NAMESPACE::Dims64 const* shapes"),
    ("parser.h", "DOVETAIL_NAMESPACE::Dims const& shape,", "DOVETAIL_NAMESPACE::Dims64 const& shape,"),
    ("context.h", "#include <dovetail/output_allocator.h>\n",
     "#include <dovetail/logger.h>\n#include <dovetail/output_allocator.h>\n"),
    ("context.h", "  bool setBindingDimensions(", _EXECUTE + _SHAPE_BINDING + "  bool setBindingDimensions("),
    ("algorithm_selector.h", "  virtual DataType getDataType() const noexcept = 0;\n",
     "  virtual DataType getDataType() const noexcept = 0;\n" + _IO_FORMAT),
]
EDITS_AFTER = [
    ("builder.h", "    return skin_createNetworkV2(", _NETWORK),
    # Flags without a meaning here.
    ("builder_config.h", "    skin_setFlag(skin::toCore(builderFlag));",
     "    if (skin::toCore(builderFlag) >= 0) skin_setFlag(skin::toCore(builderFlag));"),
    ("builder_config.h", "    skin_clearFlag(skin::toCore(builderFlag));",
     "    if (skin::toCore(builderFlag) >= 0) skin_clearFlag(skin::toCore(builderFlag));"),
    ("builder_config.h", "    return skin_getFlag(skin::toCore(builderFlag));",
     "    return skin::toCore(builderFlag) >= 0 && skin_getFlag(skin::toCore(builderFlag));"),
    ("builder_config.h", "    skin_setPreviewFeature(skin::toCore(feature), enable);",
     "    if (skin::toCore(feature) >= 0) skin_setPreviewFeature(skin::toCore(feature), enable);"),
    ("builder_config.h", "    return skin_getPreviewFeature(skin::toCore(feature));",
     "    return skin::toCore(feature) >= 0 && skin_getPreviewFeature(skin::toCore(feature));"),
    # Shapes are tensors of 32-bit integers in this release.
    ("network.h", "  virtual IShapeLayer* addShape(ITensor& input) noexcept = 0;",
     "  IShapeLayer* addShape(ITensor& input) noexcept {\n"
     "    IShapeLayer* layer = skin_addShape(input);\n"
     "    if (layer != nullptr) layer->setOutputType(0, DataType::kINT32);\n    return layer;\n  }\n"
     "  virtual IShapeLayer* skin_addShape(ITensor& input) noexcept = 0;"),
]
