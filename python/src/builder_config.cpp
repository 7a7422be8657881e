// <dovetail/builder_config.h>

#include "callbacks.h"

#include <dovetail/build_budget.h>
#include <dovetail/builder_config.h>
#include <dovetail/host_memory.h>

#include <string>

namespace dovetail::python {
namespace {

using Config = IBuilderConfig;

// Names of 8.6 that ask for nothing here: heuristics always narrow what is timed, shapes are always computed as that
// feature did, and no library is linked. They have numbers of their own, which are taken without effect.
constexpr auto kEnableTacticHeuristic = static_cast<BuilderFlag>(1000);
constexpr auto kFasterDynamicShapes = static_cast<PreviewFeature>(1000);
constexpr auto kDisableExternalTacticSources = static_cast<PreviewFeature>(1001);

void set_flag(Config& config, BuilderFlag flag) {
  if (flag != kEnableTacticHeuristic) config.setFlag(flag);
}

void clear_flag(Config& config, BuilderFlag flag) {
  if (flag != kEnableTacticHeuristic) config.clearFlag(flag);
}

bool get_flag(const Config& config, BuilderFlag flag) { return flag == kEnableTacticHeuristic || config.getFlag(flag); }

void set_preview_feature(Config& config, PreviewFeature feature, bool enable) {
  if (feature < kFasterDynamicShapes) config.setPreviewFeature(feature, enable);
}

bool get_preview_feature(const Config& config, PreviewFeature feature) {
  return feature >= kFasterDynamicShapes || config.getPreviewFeature(feature);
}

void bind_builder_enums(py::module_& m) {
  // clang-format off
  using F = BuilderFlag;
  bind_enum<F>(m, "BuilderFlag")
      VALUE(F, FP16) VALUE(F, BF16) VALUE(F, INT8) VALUE(F, DEBUG) VALUE(F, GPU_FALLBACK) VALUE(F, REFIT)
      VALUE(F, DISABLE_TIMING_CACHE) VALUE(F, EDITABLE_TIMING_CACHE) VALUE(F, TF32) VALUE(F, SPARSE_WEIGHTS)
      VALUE(F, SAFETY_SCOPE) VALUE(F, OBEY_PRECISION_CONSTRAINTS) VALUE(F, PREFER_PRECISION_CONSTRAINTS)
      VALUE(F, DIRECT_IO) VALUE(F, REJECT_EMPTY_ALGORITHMS) VALUE(F, VERSION_COMPATIBLE)
      VALUE(F, EXCLUDE_LEAN_RUNTIME) VALUE(F, FP8) VALUE(F, ERROR_ON_TIMING_CACHE_MISS)
      VALUE(F, DISABLE_COMPILATION_CACHE) VALUE(F, STRIP_PLAN) VALUE(F, WEIGHTLESS) VALUE(F, REFIT_IDENTICAL)
      VALUE(F, WEIGHT_STREAMING) VALUE(F, INT4) VALUE(F, REFIT_INDIVIDUAL) VALUE(F, STRICT_NANS)
      VALUE(F, MONITOR_MEMORY) VALUE(F, FP4) VALUE(F, DISTRIBUTIVE_INDEPENDENCE)
      // Of 8.6: what it asked for is what these flags ask for.
      .value("STRICT_TYPES", F::kOBEY_PRECISION_CONSTRAINTS)
      .value("ENABLE_TACTIC_HEURISTIC", kEnableTacticHeuristic);
  using P = MemoryPoolType;
  bind_enum<P>(m, "MemoryPoolType")
      VALUE(P, WORKSPACE) VALUE(P, DLA_MANAGED_SRAM) VALUE(P, DLA_LOCAL_DRAM) VALUE(P, DLA_GLOBAL_DRAM)
      VALUE(P, TACTIC_DRAM) VALUE(P, TACTIC_SHARED_MEMORY);
  using V = PreviewFeature;
  bind_enum<V>(m, "PreviewFeature")
      VALUE(V, PROFILE_SHARING_0806) VALUE(V, ALIASED_PLUGIN_IO_10_03) VALUE(V, RUNTIME_ACTIVATION_RESIZE_10_10)
      VALUE(V, MULTIDEVICE_RUNTIME_10_16) .value("FASTER_DYNAMIC_SHAPES_0805", kFasterDynamicShapes)
      .value("DISABLE_EXTERNAL_TACTIC_SOURCES_FOR_CORE_0805", kDisableExternalTacticSources);
  bind_enum<RuntimePlatform>(m, "RuntimePlatform")
      VALUE(RuntimePlatform, SAME_AS_BUILD) VALUE(RuntimePlatform, WINDOWS_AMD64);
  using T = TilingOptimizationLevel;
  bind_enum<T>(m, "TilingOptimizationLevel") VALUE(T, NONE) VALUE(T, FAST) VALUE(T, MODERATE) VALUE(T, FULL);
  // clang-format on
}

ITimingCache* create_timing_cache(const Config& config, const py::buffer& bytes) {
  const py::buffer_info info = bytes.request();
  return config.createTimingCache(info.ptr, static_cast<size_t>(info.size * info.itemsize));
}

void set_build_budget(Config& config, double seconds) {
  if (!dovetailConfigSetBuildBudget(&config, seconds))
    throw py::value_error("build_budget is a number of seconds, 0 or more; math.inf for no limit");
}

/// The setter of a property that reports through a boolean.
template <class Value, bool (Config::*set)(Value) noexcept>
void set_or_throw(Config& config, Value value) {
  if (!(config.*set)(value)) throw py::value_error("the value cannot be used; the log says why");
}

template <class Class>
void bind_devices(Class& c) {
  c.def("set_device_type", &Config::setDeviceType, py::arg("layer"), py::arg("device_type"))
      .def("get_device_type", &Config::getDeviceType, py::arg("layer"))
      .def("is_device_type_set", &Config::isDeviceTypeSet, py::arg("layer"))
      .def("reset_device_type", &Config::resetDeviceType, py::arg("layer"))
      .def("can_run_on_DLA", &Config::canRunOnDLA, py::arg("layer"))
      .def_property("default_device_type", &Config::getDefaultDeviceType, &Config::setDefaultDeviceType)
      .def_property("DLA_core", &Config::getDLACore, &Config::setDLACore);
}

template <class Class>
void bind_quantization(Class& c) {
  c.def_property("int8_calibrator", &Config::getInt8Calibrator,
                 [](const py::object& self, const py::object& calibrator) {
                   self.cast<Config&>().setInt8Calibrator(calibrator.cast<IInt8Calibrator*>());
                   hold(self, "_int8_calibrator", calibrator);
                 })
      .def("set_calibration_profile", &Config::setCalibrationProfile, py::arg("profile"), py::keep_alive<1, 2>())
      .def("get_calibration_profile", &Config::getCalibrationProfile, py::return_value_policy::reference)
      .def_property("quantization_flags", &Config::getQuantizationFlags, &Config::setQuantizationFlags)
      .def("set_quantization_flag", &Config::setQuantizationFlag, py::arg("flag"))
      .def("clear_quantization_flag", &Config::clearQuantizationFlag, py::arg("flag"))
      .def("get_quantization_flag", &Config::getQuantizationFlag, py::arg("flag"));
}

py::list plugins_to_serialize(const Config& config) {
  py::list paths;
  for (int32_t i = 0; i < config.getNbPluginsToSerialize(); ++i) paths.append(to_text(config.getPluginToSerialize(i)));
  return paths;
}

void set_plugins_to_serialize(Config& config, const py::sequence& paths) {
  std::vector<std::string> texts;
  for (const py::handle& p : paths) texts.push_back(p.cast<std::string>());
  std::vector<const char*> pointers;
  for (const std::string& t : texts) pointers.push_back(t.c_str());
  config.setPluginsToSerialize(pointers.data(), static_cast<int32_t>(pointers.size()));
}

template <class Class>
void bind_tuning(Class& c) {
  c.def("create_timing_cache", &create_timing_cache, py::arg("serialized_timing_cache"))
      .def(
          "set_timing_cache",
          [](const py::object& self, const py::object& cache, bool ignore_mismatch) {
            const bool taken = self.cast<Config&>().setTimingCache(cache.cast<ITimingCache&>(), ignore_mismatch);
            if (taken) hold(self, "_timing_cache", cache);
            return taken;
          },
          py::arg("cache"), py::arg("ignore_mismatch"))
      .def("get_timing_cache", &Config::getTimingCache, py::return_value_policy::reference)
      .def_property("avg_timing_iterations", &Config::getAvgTimingIterations, &Config::setAvgTimingIterations)
      .def_property("max_num_tactics", &Config::getMaxNbTactics, &Config::setMaxNbTactics)
      .def("set_tactic_sources", &Config::setTacticSources, py::arg("tactic_sources"))
      .def("get_tactic_sources", &Config::getTacticSources)
      .def_property("tiling_optimization_level", &Config::getTilingOptimizationLevel,
                    &set_or_throw<TilingOptimizationLevel, &Config::setTilingOptimizationLevel>)
      .def_property("l2_limit_for_tiling", &Config::getL2LimitForTiling,
                    &set_or_throw<int64_t, &Config::setL2LimitForTiling>)
      .def_property("min_timing_iterations", &Config::getMinTimingIterations, &Config::setMinTimingIterations)
      .def_property("algorithm_selector", &Config::getAlgorithmSelector,
                    [](const py::object& self, const py::object& selector) {
                      self.cast<Config&>().setAlgorithmSelector(selector.cast<IAlgorithmSelector*>());
                      hold(self, "_algorithm_selector", selector);
                    })
      .def_property("plugins_to_serialize", &plugins_to_serialize, &set_plugins_to_serialize)
      .def_property("remote_auto_tuning_config", &Config::getRemoteAutoTuningConfig,
                    &set_or_throw<char const*, &Config::setRemoteAutoTuningConfig>)
      .def_property("build_route", &Config::getBuildRoute, &set_or_throw<char const*, &Config::setBuildRoute>)
      .def_property_readonly("all_build_routes", &Config::getAllBuildRoutes)
      .def_property("max_threads", &Config::getMaxThreads, &set_or_throw<int32_t, &Config::setMaxThreads>);
}

}  // namespace

void bind_builder_config(py::module_& m) {
  bind_builder_enums(m);
  py::class_<Config> c(m, "IBuilderConfig", py::dynamic_attr());
  bind_quantization(c);
  c.def_property("flags", &Config::getFlags, &Config::setFlags)
      .def("set_flag", &set_flag, py::arg("flag"))
      .def("clear_flag", &clear_flag, py::arg("flag"))
      .def("get_flag", &get_flag, py::arg("flag"))
      .def("set_memory_pool_limit", &Config::setMemoryPoolLimit, py::arg("pool"), py::arg("pool_size"))
      .def("get_memory_pool_limit", &Config::getMemoryPoolLimit, py::arg("pool"))
      .def_property("max_workspace_size", &Config::getMaxWorkspaceSize, &Config::setMaxWorkspaceSize)
      .def("add_optimization_profile", &Config::addOptimizationProfile, py::arg("profile"), py::keep_alive<1, 2>())
      .def_property_readonly("num_optimization_profiles", &Config::getNbOptimizationProfiles)
      .def_property("builder_optimization_level", &Config::getBuilderOptimizationLevel,
                    &Config::setBuilderOptimizationLevel)
      .def_property("build_budget", &dovetailConfigGetBuildBudget, &set_build_budget)
      .def_property("profiling_verbosity", &Config::getProfilingVerbosity, &Config::setProfilingVerbosity)
      .def_property("engine_capability", &Config::getEngineCapability, &Config::setEngineCapability)
      .def_property("hardware_compatibility_level", &Config::getHardwareCompatibilityLevel,
                    &Config::setHardwareCompatibilityLevel)
      .def_property("runtime_platform", &Config::getRuntimePlatform,
                    &set_or_throw<RuntimePlatform, &Config::setRuntimePlatform>)
      .def("set_preview_feature", &set_preview_feature, py::arg("feature"), py::arg("enable"))
      .def("get_preview_feature", &get_preview_feature, py::arg("feature"))
      .def_property("max_aux_streams", &Config::getMaxAuxStreams, &Config::setMaxAuxStreams)
      .def_property(
          "profile_stream", [](const Config& config) { return to_integer(config.getProfileStream()); },
          [](Config& config, size_t stream) { config.setProfileStream(reinterpret_cast<cudaStream_t>(stream)); })
      .def_property("progress_monitor", &Config::getProgressMonitor,
                    [](const py::object& self, const py::object& monitor) {
                      self.cast<Config&>().setProgressMonitor(monitor.cast<IProgressMonitor*>());
                      hold(self, "_progress_monitor", monitor);
                    })
      .def("reset", &Config::reset);
  bind_devices(c);
  bind_tuning(c);
}

}  // namespace dovetail::python
