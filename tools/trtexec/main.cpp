// trtexec: builds or loads an engine and measures it, with the flags, sections, files and exit codes of TensorRT's.
#include <cstdio>
#include <cstdlib>

#include "base/concat.h"
#include "trtexec/engine.h"
#include "trtexec/inference.h"
#include "trtexec/layer_times.h"
#include "trtexec/report.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

/// The lines by which programs tell the outcome.
void frame(const char* word, const std::string& command_line) {
  std::printf("&&&& %s TensorRT.trtexec [TensorRT v%d] # %s\n", word, DOVETAIL_API_VERSION, command_line.c_str());
  std::fflush(stdout);
}

/// Flags that ask for something that is not there.
void refuse(const Options& o) {
  for (const char* name : {"plugins", "staticPlugins", "dynamicPlugins", "safetyPlugins", "setPluginsToSerialize"})
    if (o.has(name)) throw UsageError(concat("--", name, ": plugin libraries cannot be loaded yet"));
  for (const char* name : {"refitFromOnnx", "timeRefit"})
    if (o.has(name)) throw UsageError(concat("--", name, ": plans cannot be refitted yet"));
  for (const char* name : {"saveDebugTensors", "saveAllDebugTensors", "weightStreamingBudget"})
    if (o.has(name)) throw UsageError(concat("--", name, ": the plan has no debug tensors and streams no weights"));
  if (!o.has("onnx") && !o.has("loadEngine"))
    throw UsageError("Model missing or format not recognized: give --onnx or --loadEngine");
}

/// A run with a profiler in it is slower, so times of runs and of layers may come from different ones.
void profile_layers(const Options& o, Lane& lane, LayerTimes& times) {
  lane.context->setProfiler(&times);
  for (int i = 0; i < o.iterations; ++i) {
    if (!lane.context->enqueueV3(lane.stream)) throw Failure("Inference failed");
    dovetailStreamSynchronize(lane.stream);
  }
  lane.context->setProfiler(nullptr);
}

bool wants_profile(const Options& o) { return o.has("dumpProfile") || o.has("exportProfile"); }

void infer(const Options& o, ICudaEngine& engine, Log& log) {
  std::vector<std::unique_ptr<Lane>> lanes = make_lanes(o, engine, log);
  LayerTimes layers;
  const bool together = wants_profile(o) && !o.has("separateProfileRun");
  if (together) lanes.front()->context->setProfiler(&layers);
  log.info("Starting inference");
  const Measurement m = measure(o, lanes, log);
  lanes.front()->context->setProfiler(nullptr);
  print_trace(o, m, log);
  print_summary(o, m, log);
  if (wants_profile(o) && !together) profile_layers(o, *lanes.front(), layers);

  if (o.has("dumpOutput")) print_outputs(*lanes.front()->bindings, log);
  if (o.has("dumpRawBindingsToFile")) write_raw(*lanes.front()->bindings, log);
  if (o.has("exportOutput")) write_outputs(o.text("exportOutput"), *lanes.front()->bindings);
  if (o.has("exportTimes")) write_times(o.text("exportTimes"), m);
  if (o.has("dumpProfile")) layers.print(log);
  if (o.has("exportProfile")) layers.write_json(o.text("exportProfile"));
}

void run(const Options& o, Log& log) {
  refuse(o);
  print_options(o, log);
  print_device(log);
  log.info(concat("TensorRT version: ", getInferLibMajorVersion(), ".", getInferLibMinorVersion(), ".",
                  getInferLibPatchVersion()));
  for (const auto& [name, why] : o.idle) log.info(concat("--", name, " has no effect here: ", why));
  if (o.has("getPlanVersionOnly")) return print_plan_version(o, log);
  if (o.has("timeDeserialize")) return time_deserialize(o, log);

  const LoadedEngine loaded = make_engine(o, log);
  if (o.has("dumpRefit")) log.info("Refittable layers: none");
  if (o.has("dumpLayerInfo")) print_layers(*loaded.engine, nullptr, log);
  if (o.has("exportLayerInfo")) write_layers(o.text("exportLayerInfo"), *loaded.engine, nullptr);
  if (o.has("dumpOptimizationProfile")) print_profiles(*loaded.engine, log);
  if (o.skip_inference()) return log.info("Skipped inference phase since --skipInference is added.");
  infer(o, *loaded.engine, log);
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string command_line;
  for (int i = 0; i < argc; ++i) command_line += concat(i ? " " : "", argv[i]);
  Log log;
  frame("RUNNING", command_line);
  try {
    const Options o = parse_options(arguments);
    if (arguments.empty() || o.has("help")) {
      std::fputs(help_text().c_str(), stdout);
      frame("PASSED", command_line);
      return EXIT_SUCCESS;
    }
    log.set_verbose(o.has("verbose"));
    run(o, log);
  } catch (const std::exception& e) {
    log.error(e.what());
    frame("FAILED", command_line);
    return EXIT_FAILURE;
  }
  frame("PASSED", command_line);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace dovetail::trtexec

int main(int argc, char** argv) { return dovetail::trtexec::main(argc, argv); }
