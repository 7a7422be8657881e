"""TensorRT 11.1: some flags are gone, and those behind them have other numbers."""
import trt10

NARROW_DIMS = False

ENUMS = {
    "BuilderFlag": {
        "kDEBUG": 2, "kGPU_FALLBACK": 3, "kREFIT": 4, "kDISABLE_TIMING_CACHE": 5, "kTF32": 6, "kSPARSE_WEIGHTS": 7,
        "kSAFETY_SCOPE": 8, "kDIRECT_IO": 11, "kVERSION_COMPATIBLE": 12, "kEXCLUDE_LEAN_RUNTIME": 13,
        "kERROR_ON_TIMING_CACHE_MISS": 15, "kDISABLE_COMPILATION_CACHE": 17, "kSTRIP_PLAN": 18, "kREFIT_IDENTICAL": 19,
        "kWEIGHT_STREAMING": 20, "kREFIT_INDIVIDUAL": 22, "kSTRICT_NANS": 23, "kMONITOR_MEMORY": 24,
        "kEDITABLE_TIMING_CACHE": 26, "kDISTRIBUTIVE_INDEPENDENCE": 27,
    },
    "NetworkDefinitionCreationFlag": {
        "kSTRONGLY_TYPED": 0, "kPREFER_JIT_PYTHON_PLUGINS": 1, "kPREFER_AOT_PYTHON_PLUGINS": 2,
    },
    "TacticSource": {"kEDGE_MASK_CONVOLUTIONS": 0, "kJIT_CONVOLUTIONS": 1},
    "PreviewFeature": {"kALIASED_PLUGIN_IO_10_03": 0, "kRUNTIME_ACTIVATION_RESIZE_10_10": 1},
}
MASKS = {
    "BuilderFlags": "BuilderFlag",
    "NetworkDefinitionCreationFlags": "NetworkDefinitionCreationFlag",
    "TacticSources": "TacticSource",
}
RETURNS = {"IBuilderConfig::setMaxAuxStreams": "bool"}
LEAVE = ()


def _versioned(kind, destructor):
    """The functions of IVersionedInterface, which is a base of three more interfaces in 11: behind the library's slots."""
    return (f"{destructor}\n"
            "  virtual APILanguage getAPILanguage() const noexcept { return APILanguage::kCPP; }\n"
            f"  virtual InterfaceInfo getInterfaceInfo() const noexcept {{ return InterfaceInfo{{\"{kind}\", 1, 0}}; }}\n")


_LOGGER = "  virtual ~ILogger() = default;\n"
_PROFILER = "  virtual ~IProfiler() noexcept = default;\n"

EDITS = trt10.EDITS + [
    ("logger.h", _LOGGER, _versioned("ILogger", _LOGGER)),
    ("profiler.h", _PROFILER, _versioned("IProfiler", _PROFILER)),
    ("version.h", "#define DOVETAIL_API_VERSION 101600", "#define DOVETAIL_API_VERSION 110100"),
]
EDITS_AFTER = [
    # 11's networks are strongly typed whatever the flags say.
    ("builder.h", "skin_createNetworkV2(skin::toCoreNetworkDefinitionCreationFlags(flags))",
     "skin_createNetworkV2(skin::toCoreNetworkDefinitionCreationFlags(flags | 1U))"),
]
