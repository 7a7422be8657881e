#include "trtexec/names.h"

#include "base/concat.h"
#include "trtexec/options.h"

namespace dovetail::trtexec {

const Names<DataType> kTypes = {{"fp32", DataType::kFLOAT},  {"fp16", DataType::kHALF},   {"bf16", DataType::kBF16},
                                {"int32", DataType::kINT32}, {"int64", DataType::kINT64}, {"int8", DataType::kINT8},
                                {"uint8", DataType::kUINT8}, {"bool", DataType::kBOOL},   {"fp8", DataType::kFP8},
                                {"int4", DataType::kINT4},   {"fp4", DataType::kFP4}};

const Names<TensorFormat> kFormats = {{"chw", TensorFormat::kLINEAR},
                                      {"chw2", TensorFormat::kCHW2},
                                      {"chw4", TensorFormat::kCHW4},
                                      {"hwc8", TensorFormat::kHWC8},
                                      {"chw16", TensorFormat::kCHW16},
                                      {"chw32", TensorFormat::kCHW32},
                                      {"dhwc8", TensorFormat::kDHWC8},
                                      {"cdhw32", TensorFormat::kCDHW32},
                                      {"hwc", TensorFormat::kHWC},
                                      {"dhwc", TensorFormat::kDHWC},
                                      {"dla_linear", TensorFormat::kDLA_LINEAR},
                                      {"dla_hwc4", TensorFormat::kDLA_HWC4},
                                      {"hwc16", TensorFormat::kHWC16}};

const Names<MemoryPoolType> kMemoryPools = {
    {"workspace", MemoryPoolType::kWORKSPACE},         {"dlaSRAM", MemoryPoolType::kDLA_MANAGED_SRAM},
    {"dlaLocalDRAM", MemoryPoolType::kDLA_LOCAL_DRAM}, {"dlaGlobalDRAM", MemoryPoolType::kDLA_GLOBAL_DRAM},
    {"tacticDRAM", MemoryPoolType::kTACTIC_DRAM},      {"tacticSharedMem", MemoryPoolType::kTACTIC_SHARED_MEMORY}};

const Names<ProfilingVerbosity> kVerbosities = {{"layer_names_only", ProfilingVerbosity::kLAYER_NAMES_ONLY},
                                                {"detailed", ProfilingVerbosity::kDETAILED},
                                                {"none", ProfilingVerbosity::kNONE},
                                                {"default", ProfilingVerbosity::kLAYER_NAMES_ONLY},
                                                {"verbose", ProfilingVerbosity::kDETAILED}};

const Names<HardwareCompatibilityLevel> kCompatibilityLevels = {
    {"none", HardwareCompatibilityLevel::kNONE},
    {"ampere+", HardwareCompatibilityLevel::kAMPERE_PLUS},
    {"sameComputeCapability", HardwareCompatibilityLevel::kSAME_COMPUTE_CAPABILITY}};

const Names<TacticSource> kTacticSources = {{"CUBLAS", TacticSource::kCUBLAS},
                                            {"CUBLAS_LT", TacticSource::kCUBLAS_LT},
                                            {"CUDNN", TacticSource::kCUDNN},
                                            {"EDGE_MASK_CONVOLUTIONS", TacticSource::kEDGE_MASK_CONVOLUTIONS},
                                            {"JIT_CONVOLUTIONS", TacticSource::kJIT_CONVOLUTIONS}};

const Names<PreviewFeature> kPreviewFeatures = {
    {"profileSharing0806", PreviewFeature::kPROFILE_SHARING_0806},
    {"aliasedPluginIO1003", PreviewFeature::kALIASED_PLUGIN_IO_10_03},
    {"runtimeActivationResize", PreviewFeature::kRUNTIME_ACTIVATION_RESIZE_10_10},
    {"multiDeviceRuntime", PreviewFeature::kMULTIDEVICE_RUNTIME_10_16}};

const Names<ExecutionContextAllocationStrategy> kAllocationStrategies = {
    {"static", ExecutionContextAllocationStrategy::kSTATIC},
    {"profile", ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE},
    {"runtime", ExecutionContextAllocationStrategy::kUSER_MANAGED}};

void refuse_name(std::string_view flag, std::string_view name, const std::vector<std::string_view>& known) {
  std::string list;
  for (std::string_view k : known) list += (list.empty() ? "" : ", ") + std::string(k);
  throw UsageError(dvt::concat("--", flag, ": '", name, "' is none of ", list));
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace dovetail::trtexec
