#include "trtexec/configure.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/concat.h"
#include "base/file.h"
#include "trtexec/names.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

void set_flags(const Options& o, IBuilderConfig& config) {
  const auto set = [&](std::string_view name, BuilderFlag flag) {
    if (o.has(name)) config.setFlag(flag);
  };
  set("fp16", BuilderFlag::kFP16);
  set("bf16", BuilderFlag::kBF16);
  set("int8", BuilderFlag::kINT8);
  set("fp8", BuilderFlag::kFP8);
  set("int4", BuilderFlag::kINT4);
  for (const BuilderFlag flag : {BuilderFlag::kFP16, BuilderFlag::kBF16, BuilderFlag::kINT8}) {
    if (o.has("best")) config.setFlag(flag);
  }
  if (o.has("noTF32")) config.clearFlag(BuilderFlag::kTF32);
  set("refit", BuilderFlag::kREFIT);
  for (std::string_view name : {"stripWeights", "weightless", "stripAllWeights"}) set(name, BuilderFlag::kSTRIP_PLAN);
  set("allowWeightStreaming", BuilderFlag::kWEIGHT_STREAMING);
  for (std::string_view name : {"versionCompatible", "vc"}) set(name, BuilderFlag::kVERSION_COMPATIBLE);
  set("excludeLeanRuntime", BuilderFlag::kEXCLUDE_LEAN_RUNTIME);
  set("noBuilderCache", BuilderFlag::kDISABLE_TIMING_CACHE);
  set("errorOnTimingCacheMiss", BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
  set("directIO", BuilderFlag::kDIRECT_IO);
  set("monitorMemory", BuilderFlag::kMONITOR_MEMORY);
  if (o.text("sparsity", "disable") != "disable") config.setFlag(BuilderFlag::kSPARSE_WEIGHTS);
  const std::string constraints = o.text("precisionConstraints", "none");
  if (constraints == "obey") config.setFlag(BuilderFlag::kOBEY_PRECISION_CONSTRAINTS);
  if (constraints == "prefer") config.setFlag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
}

void set_limits(const Options& o, IBuilderConfig& config) {
  for (const auto& [name, bytes] : o.memory_pools)
    config.setMemoryPoolLimit(choose("memPoolSize", name, kMemoryPools), bytes);
  if (o.has("avgTiming")) config.setAvgTimingIterations(static_cast<int32_t>(o.integer("avgTiming", 8, 1, 1 << 20)));
  if (o.has("maxTactics")) config.setMaxNbTactics(static_cast<int32_t>(o.integer("maxTactics", -1, -1, 1 << 20)));
  if (o.has("builderOptimizationLevel"))
    config.setBuilderOptimizationLevel(static_cast<int32_t>(o.integer("builderOptimizationLevel", 3, 0, 5)));
  if (o.has("maxAuxStreams")) config.setMaxAuxStreams(static_cast<int32_t>(o.integer("maxAuxStreams", 0, 0, 1024)));
  if (o.has("tilingOptimizationLevel"))
    config.setTilingOptimizationLevel(
        static_cast<TilingOptimizationLevel>(o.integer("tilingOptimizationLevel", 0, 0, 3)));
  if (o.has("l2LimitForTiling")) config.setL2LimitForTiling(o.integer("l2LimitForTiling", 0, 0, INT64_MAX));
  config.setProfilingVerbosity(
      choose("profilingVerbosity", o.text("profilingVerbosity", "layer_names_only"), kVerbosities));
  config.setHardwareCompatibilityLevel(
      choose("hardwareCompatibilityLevel", o.text("hardwareCompatibilityLevel", "none"), kCompatibilityLevels));
}

/// "+CUDNN,-CUBLAS": changes of the default; "CUDNN,CUBLAS": these alone.
void set_tactic_sources(const Options& o, IBuilderConfig& config) {
  if (!o.has("tacticSources")) return;
  TacticSources sources = config.getTacticSources();
  bool first = true;
  for (std::string name : split_list(o.text("tacticSources"))) {
    const char sign = name.front() == '+' || name.front() == '-' ? name.front() : '=';
    if (sign != '=') name.erase(0, 1);
    if (sign == '=' && std::exchange(first, false)) sources = 0;
    const uint32_t bit = 1u << static_cast<int>(choose("tacticSources", name, kTacticSources));
    sources = sign == '-' ? sources & ~bit : sources | bit;
  }
  config.setTacticSources(sources);
}

void set_previews(const Options& o, IBuilderConfig& config) {
  for (std::string name : split_list(o.text("preview"))) {
    const bool on = name.front() != '-';
    if (name.front() == '+' || name.front() == '-') name.erase(0, 1);
    config.setPreviewFeature(choose("preview", name, kPreviewFeatures), on);
  }
}

std::optional<std::vector<int64_t>> find(const ShapeList& list, const char* name) {
  for (const auto& [n, dims] : list)
    if (n == name) return dims;
  return std::nullopt;
}

Dims to_dims(const char* name, const std::vector<int64_t>& list, int32_t rank) {
  if (static_cast<int32_t>(list.size()) != rank)
    throw Failure(concat("input '", name, "' has ", rank, " dimensions, but a shape for it has ", list.size()));
  Dims d{};
  d.nbDims = rank;
  std::copy(list.begin(), list.end(), d.d);
  return d;
}

struct Range {
  std::vector<int64_t> min, opt, max;
};

/// What one profile says of one input; where it says nothing, unknown sizes are --batch in front and 1 elsewhere.
Range range_of(const Options& o, const ProfileShapes& shapes, const ITensor& input, Log& log) {
  const char* name = input.getName();
  const auto opt = find(shapes.opt, name);
  if (opt) return {find(shapes.min, name).value_or(*opt), *opt, find(shapes.max, name).value_or(*opt)};
  const Dims d = input.getDimensions();
  std::vector<int64_t> dims(d.d, d.d + std::max(d.nbDims, 0));
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0) dims[i] = i == 0 && o.batch > 0 ? o.batch : 1;
  log.warning(concat("Dynamic dimensions required for input: ", name,
                     ", but no shapes were provided. Automatically overriding shape to: ", dims_text(dims)));
  return {dims, dims, dims};
}

bool is_dynamic(const ITensor& t) {
  const Dims d = t.getDimensions();
  return std::any_of(d.d, d.d + std::max(d.nbDims, 0), [](int64_t n) { return n < 0; });
}

void check_names(const Options& o, const INetworkDefinition& network) {
  for (const ProfileShapes& p : o.profiles) {
    for (const auto& [name, dims] : p.opt) {
      bool known = false;
      for (int32_t i = 0; i < network.getNbInputs(); ++i) known |= name == network.getInput(i)->getName();
      if (!known) throw Failure(concat("a shape was given for '", name, "', which is not an input of the model"));
    }
  }
}

/// Adds input `t` to a profile: its values when it is a shape tensor, else its dims.
void add_to_profile(const ITensor& t, const Range& r, IOptimizationProfile& profile) {
  const char* name = t.getName();
  const std::pair<OptProfileSelector, const std::vector<int64_t>*> sides[] = {
      {OptProfileSelector::kMIN, &r.min}, {OptProfileSelector::kOPT, &r.opt}, {OptProfileSelector::kMAX, &r.max}};
  for (const auto& [select, list] : sides) {
    const bool taken = t.isShapeTensor()
                           ? profile.setShapeValuesV2(name, select, list->data(), static_cast<int32_t>(list->size()))
                           : profile.setDimensions(name, select, to_dims(name, *list, t.getDimensions().nbDims));
    if (!taken) throw Failure(concat("the shape ", dims_text(*list), " of input '", name, "' was refused"));
  }
}

void add_profiles(const Options& o, IBuilder& builder, INetworkDefinition& network, IBuilderConfig& config, Log& log) {
  check_names(o, network);
  for (const ProfileShapes& shapes : o.profiles) {
    IOptimizationProfile* profile = builder.createOptimizationProfile();
    bool any = false;
    for (int32_t i = 0; i < network.getNbInputs(); ++i) {
      const ITensor& t = *network.getInput(i);
      if (!is_dynamic(t) && !t.isShapeTensor()) continue;
      add_to_profile(t, range_of(o, shapes, t, log), *profile);
      any = true;
    }
    if (any && config.addOptimizationProfile(profile) < 0) throw Failure("an optimization profile was refused");
  }
}

/// One entry serves all tensors; else there must be one for each.
void set_formats(std::string_view flag, const std::vector<IoFormat>& formats, int32_t count,
                 const std::function<ITensor*(int32_t)>& tensor) {
  if (formats.empty()) return;
  if (formats.size() != 1 && formats.size() != static_cast<size_t>(count))
    throw Failure(concat("--", flag, " has ", formats.size(), " entries; the model has ", count, " tensors there"));
  for (int32_t i = 0; i < count; ++i) {
    const IoFormat& f = formats[formats.size() == 1 ? 0 : static_cast<size_t>(i)];
    ITensor* t = tensor(i);
    t->setType(choose(flag, f.type, kTypes));
    TensorFormats bits = 0;
    for (const std::string& name : f.formats) bits |= 1u << static_cast<int>(choose(flag, name, kFormats));
    if (bits != 0) t->setAllowedFormats(bits);
  }
}

std::unique_ptr<ITimingCache> load_timing_cache(const Options& o, IBuilderConfig& config, Log& log) {
  const std::string path = o.text("timingCacheFile");
  if (path.empty()) return nullptr;
  std::string bytes;
  if (::access(path.c_str(), F_OK) == 0) {
    bytes = dvt::read_text_file(path);
    log.info(concat("Loaded ", bytes.size(), " bytes of timing cache from ", path));
  }
  std::unique_ptr<ITimingCache> cache(config.createTimingCache(bytes.data(), bytes.size()));
  if (!cache || !config.setTimingCache(*cache, false))
    throw Failure(concat("'", path, "' is not a timing cache of this machine"));
  return cache;
}

/// "name" alone, "prefix*", or "*".
bool fits(const std::string& pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  return pattern == name;
}

void set_layers(const Options& o, INetworkDefinition& network) {
  for (int32_t i = 0; i < network.getNbLayers(); ++i) {
    ILayer& layer = *network.getLayer(i);
    for (const auto& [pattern, type] : o.layer_precisions)
      if (fits(pattern, layer.getName())) layer.setPrecision(choose("layerPrecisions", type, kTypes));
    for (const auto& [pattern, types] : o.layer_output_types) {
      if (!fits(pattern, layer.getName())) continue;
      const std::vector<std::string> list = split_list(types, '+');
      for (int32_t k = 0; k < layer.getNbOutputs(); ++k)
        layer.setOutputType(
            k, choose("layerOutputTypes", list[std::min(list.size() - 1, static_cast<size_t>(k))], kTypes));
    }
  }
}

void mark_debug(const Options& o, INetworkDefinition& network) {
  for (const std::string& name : split_list(o.text("markDebug"))) {
    bool marked = false;
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
      ILayer& layer = *network.getLayer(i);
      for (int32_t k = 0; k < layer.getNbOutputs(); ++k)
        if (name == layer.getOutput(k)->getName()) marked |= network.markDebug(*layer.getOutput(k));
    }
    if (!marked) throw Failure(concat("--markDebug: tensor '", name, "' cannot be watched"));
  }
}

}  // namespace

std::unique_ptr<ITimingCache> configure(const Options& o, IBuilder& builder, INetworkDefinition& network,
                                        IBuilderConfig& config, Log& log) {
  if (o.has("calib"))
    throw UsageError(
        "--calib: calibration is not available; quantize the model (QuantizeLinear, DequantizeLinear) instead");
  if (o.has("safe")) throw UsageError("--safe: there is no safety runtime");
  set_flags(o, config);
  set_limits(o, config);
  set_tactic_sources(o, config);
  set_previews(o, config);
  set_formats("inputIOFormats", o.input_formats, network.getNbInputs(), [&](int32_t i) { return network.getInput(i); });
  set_formats("outputIOFormats", o.output_formats, network.getNbOutputs(),
              [&](int32_t i) { return network.getOutput(i); });
  set_layers(o, network);
  mark_debug(o, network);
  add_profiles(o, builder, network, config, log);
  return load_timing_cache(o, config, log);
}

void save_timing_cache(const Options& o, const IBuilderConfig& config, Log& log) {
  const std::string path = o.text("timingCacheFile");
  if (path.empty() || config.getTimingCache() == nullptr) return;
  const std::unique_ptr<IHostMemory> bytes(config.getTimingCache()->serialize());
  if (!bytes) throw Failure("the timing cache could not be serialized");
  dvt::write_file(path, std::string_view(static_cast<const char*>(bytes->data()), bytes->size()));
  log.info(concat("Saved ", bytes->size(), " bytes of timing cache to ", path));
}

}  // namespace dovetail::trtexec
