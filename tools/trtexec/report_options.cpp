// The sections that say what was asked for, and on which machine: programs read "key: value" lines from them.
#include <sys/sysinfo.h>

#include <fstream>
#include <thread>

#include "base/concat.h"
#include "trtexec/names.h"
#include "trtexec/report.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

std::string on(bool yes) { return yes ? "Enabled" : "Disabled"; }

std::string shapes_text(const ShapeList& min, const ShapeList& opt, const ShapeList& max, size_t i) {
  const auto dims = [&](const ShapeList& list) {
    return i < list.size() ? dims_text(list[i].second) : std::string("?");
  };
  return concat(opt[i].first, "=", dims(min), "+", dims(opt), "+", dims(max));
}

void print_model(const Options& o, Log& log) {
  log.info("=== Model Options ===");
  log.info(concat("Format: ", o.has("onnx") ? "ONNX" : "*"));
  log.info(concat("Model: ", o.text("onnx")));
  log.info("Output:");
}

std::string precision_text(const Options& o) {
  if (o.has("stronglyTyped")) return "Strongly Typed";
  std::string text = "FP32";
  for (const auto& [flag, name] : {std::pair("fp16", "FP16"), std::pair("bf16", "BF16"), std::pair("int8", "INT8"),
                                   std::pair("fp8", "FP8"), std::pair("int4", "INT4")})
    if (o.has(flag) || (o.has("best") && std::string_view(flag) != "int4" && std::string_view(flag) != "fp8"))
      text += concat("+", name);
  return text + (o.has("noTF32") ? " (obey precision constraints)" : "");
}

std::string pools_text(const Options& o) {
  std::string text;
  for (const auto& [name, pool] : kMemoryPools) {
    const auto it = o.memory_pools.find(std::string(name));
    text += concat(text.empty() ? "" : ", ", name, ": ",
                   it == o.memory_pools.end() ? std::string("default")
                                              : concat(number(static_cast<double>(it->second) / (1 << 20)), " MiB"));
  }
  return text;
}

void print_formats(const char* title, const std::vector<IoFormat>& formats, Log& log) {
  if (formats.empty()) return log.info(concat(title, "s format: fp32:CHW"));
  for (const IoFormat& f : formats) {
    std::string text;
    for (const std::string& name : f.formats) text += (text.empty() ? "" : "+") + name;
    log.info(concat(title, ": ", f.type, ":", text.empty() ? "CHW" : text));
  }
}

void print_build(const Options& o, Log& log) {
  log.info("=== Build Options ===");
  log.info(concat("Memory Pools: ", pools_text(o)));
  log.info(concat("avgTiming: ", o.text("avgTiming", "8")));
  log.info(concat("Precision: ", precision_text(o)));
  log.info(concat("LayerPrecisions: ", o.text("layerPrecisions")));
  log.info("Layer Device Types: ");
  log.info(concat("Calibration: ", o.text("calib")));
  for (const auto& [title, flag] :
       {std::pair("Refit", "refit"), std::pair("Strip weights", "stripWeights"),
        std::pair("Version Compatible", "versionCompatible"), std::pair("Exclude Lean Runtime", "excludeLeanRuntime")})
    log.info(concat(title, ": ", on(o.has(flag))));
  log.info(concat("Sparsity: ", o.text("sparsity", "Disabled")));
  log.info(concat("Safe mode: ", on(o.has("safe"))));
  log.info("Build DLA standalone loadable: Disabled");
  log.info("Allow GPU fallback for DLA: Disabled");
  log.info(concat("DirectIO mode: ", on(o.has("directIO"))));
  log.info("Restricted mode: Disabled");
  log.info(concat("Skip inference: ", on(o.skip_inference())));
  log.info(concat("Save engine: ", o.text("saveEngine")));
  log.info(concat("Load engine: ", o.text("loadEngine")));
  const auto verbosity = choose("profilingVerbosity", o.text("profilingVerbosity", "layer_names_only"), kVerbosities);
  log.info(concat("Profiling verbosity: ", static_cast<int>(verbosity)));
  log.info(concat("Tactic sources: ", o.text("tacticSources", "Using default tactic sources")));
  log.info(concat("timingCacheMode: ", o.has("noBuilderCache")    ? "disable"
                                       : o.has("timingCacheFile") ? "global"
                                                                  : "local"));
  log.info(concat("timingCacheFile: ", o.text("timingCacheFile")));
  log.info(concat("Preview Features: ", o.text("preview", "Use default preview flags.")));
  log.info(concat("MaxAuxStreams: ", o.text("maxAuxStreams", "-1")));
  log.info(concat("BuilderOptimizationLevel: ", o.text("builderOptimizationLevel", "-1")));
  print_formats("Input(s)", o.input_formats, log);
  print_formats("Output(s)", o.output_formats, log);
  bool any = false;
  for (size_t p = 0; p < o.profiles.size(); ++p) {
    const ProfileShapes& s = o.profiles[p];
    for (size_t i = 0; i < s.opt.size(); ++i, any = true)
      log.info(concat("Input build shape (profile ", p, "): ", shapes_text(s.min, s.opt, s.max, i)));
  }
  if (!any) log.info("Input build shapes: model");
  log.info("Input calibration shapes: model");
}

void print_inference(const Options& o, Log& log) {
  log.info("=== Inference Options ===");
  log.info("Batch: Explicit");
  for (const auto& [name, dims] : o.shapes) log.info(concat("Input inference shape : ", name, "=", dims_text(dims)));
  if (o.shapes.empty()) log.info("Input inference shapes: model");
  log.info(concat("Iterations: ", o.iterations));
  log.info(concat("Duration: ", number(o.duration_s), "s (+ ", number(o.warm_up_ms), "ms warm up)"));
  log.info(concat("Sleep time: ", number(o.sleep_ms), "ms"));
  log.info(concat("Idle time: ", number(o.idle_ms), "ms"));
  log.info(concat("Inference Streams: ", o.streams));
  log.info(concat("ExposeDMA: ", on(o.has("exposeDMA"))));
  log.info(concat("Data transfers: ", on(!o.has("noDataTransfers"))));
  log.info(concat("Spin-wait: ", on(o.has("useSpinWait"))));
  log.info(concat("Multithreading: ", on(o.has("threads"))));
  log.info(concat("CUDA Graph: ", on(o.has("useCudaGraph"))));
  log.info(concat("Separate profiling: ", on(o.has("separateProfileRun"))));
  log.info(concat("Time Deserialize: ", on(o.has("timeDeserialize"))));
  log.info(concat("Time Refit: ", on(o.has("timeRefit"))));
  log.info("NVTX verbosity: 0");
  log.info(concat("Persistent Cache Ratio: ", o.text("persistentCacheRatio", "0")));
  log.info("Inputs:");
  for (const auto& [name, file] : o.load_inputs) log.info(concat(name, "<-", file));
}

void print_reporting(const Options& o, Log& log) {
  log.info("=== Reporting Options ===");
  log.info(concat("Verbose: ", on(o.has("verbose"))));
  log.info(concat("Averages: ", o.average_runs, " inferences"));
  std::string percentiles;
  for (double p : o.percentiles) percentiles += concat(percentiles.empty() ? "" : ",", number(p));
  log.info(concat("Percentiles: ", percentiles));
  log.info(concat("Dump refittable layers:", on(o.has("dumpRefit"))));
  log.info(concat("Dump output: ", on(o.has("dumpOutput"))));
  log.info(concat("Profile: ", on(o.has("dumpProfile"))));
  log.info(concat("Export timing to JSON file: ", o.text("exportTimes")));
  log.info(concat("Export output to JSON file: ", o.text("exportOutput")));
  log.info(concat("Export profile to JSON file: ", o.text("exportProfile")));
  log.info("");
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string text; std::getline(info, text);)
    if (text.starts_with("model name")) return text.substr(text.find(':') + 2);
  return "CPU";
}

double clock_ghz() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string text; std::getline(info, text);)
    if (text.starts_with("cpu MHz")) return std::atof(text.c_str() + text.find(':') + 1) / 1000;
  return 0;
}

}  // namespace

void print_options(const Options& o, Log& log) {
  print_model(o, log);
  print_build(o, log);
  log.info("=== System Options ===");
  log.info(concat("Device: ", o.text("device", "0")));
  log.info(concat("DLACore: ", o.text("useDLACore")));
  log.info("Plugins:");
  log.info("setPluginsToSerialize:");
  log.info("dynamicPlugins:");
  log.info("ignoreParsedPluginLibs: 0");
  log.info("");
  print_inference(o, log);
  print_reporting(o, log);
}

// Figures that a CPU does not have are 0: programs read them as numbers.
void print_device(Log& log) {
  struct sysinfo memory = {};
  ::sysinfo(&memory);
  const double mib = static_cast<double>(memory.totalram) * memory.mem_unit / (1 << 20);
  log.info("=== Device Information ===");
  log.info(concat("Available Devices: "));
  log.info(concat("  Device 0: \"", cpu_name(), "\""));
  log.info(concat("Selected Device: ", cpu_name()));
  log.info("Selected Device ID: 0");
  log.info("Compute Capability: 0.0");
  log.info(concat("SMs: ", std::thread::hardware_concurrency()));
  log.info(concat("Device Global Memory: ", static_cast<int64_t>(mib), " MiB"));
  log.info("Shared Memory per SM: 0 KiB");
  log.info("Memory Bus Width: 0 bits (ECC disabled)");
  log.info(concat("Application Compute Clock Rate: ", number(clock_ghz()), " GHz"));
  log.info("Application Memory Clock Rate: 0 GHz");
  log.info("");
}

}  // namespace dovetail::trtexec
