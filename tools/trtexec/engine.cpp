#include "trtexec/engine.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/concat.h"
#include "base/file.h"
#include "trtexec/configure.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Bytes of a plan.
std::string build(const Options& o, Log& log) {
  std::unique_ptr<IBuilder> builder(createInferBuilder(log));
  if (!builder) throw Failure("no builder could be made");
  const uint32_t flags =
      o.has("stronglyTyped") ? 1u << static_cast<int>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0u;
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(flags));
  if (!network) throw Failure("no network could be made");

  log.info("Start parsing network model.");
  double begin = now();
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(*network, log));
  if (!parser->parseFromFile(o.text("onnx").c_str(), static_cast<int>(ILogger::Severity::kWARNING))) {
    for (int i = 0; i < parser->getNbErrors(); ++i) log.error(parser->getError(i)->desc());
    throw Failure("Failed to parse onnx file");
  }
  log.info(concat("Finished parsing network model. Parse time: ", number(now() - begin)));

  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  const std::unique_ptr<ITimingCache> cache = configure(o, *builder, *network, *config, log);
  begin = now();
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) throw Failure("Engine could not be created from network");
  log.info(concat("Engine built in ", number(now() - begin), " sec."));
  log.info(concat("Created engine with size: ", number(static_cast<double>(plan->size()) / (1 << 20)), " MiB"));
  save_timing_cache(o, *config, log);
  return std::string(static_cast<const char*>(plan->data()), plan->size());
}

LoadedEngine loaded(IRuntime* runtime, ICudaEngine* engine, double begin, Log& log) {
  LoadedEngine e{std::unique_ptr<IRuntime>(runtime), std::unique_ptr<ICudaEngine>(engine)};
  if (!e.engine) throw Failure("Engine deserialization failed");
  log.info(concat("Engine deserialized in ", number(now() - begin), " sec."));
  return e;
}

IRuntime* make_runtime(Log& log) {
  IRuntime* runtime = createInferRuntime(log);
  if (runtime == nullptr) throw Failure("no runtime could be made");
  return runtime;
}

/// By its path, so that it is mapped rather than read.
LoadedEngine load_file(const std::string& path, Log& log) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  if (!ignored) log.info(concat("Loaded engine with size: ", number(static_cast<double>(size) / (1 << 20)), " MiB"));
  IRuntime* runtime = make_runtime(log);
  const double begin = now();
  return loaded(runtime, runtime->deserializeCudaEngineFromFile(path.c_str()), begin, log);
}

LoadedEngine load_bytes(const std::string& plan, Log& log) {
  IRuntime* runtime = make_runtime(log);
  const double begin = now();
  return loaded(runtime, runtime->deserializeCudaEngine(plan.data(), plan.size()), begin, log);
}

std::string read_plan(const Options& o) {
  try {
    return dvt::read_text_file(o.text("loadEngine"));
  } catch (const std::exception& e) {
    throw Failure(e.what());
  }
}

}  // namespace

LoadedEngine make_engine(const Options& o, Log& log) {
  if (o.has("loadEngine")) return load_file(o.text("loadEngine"), log);
  const std::string plan = build(o, log);
  if (o.has("saveEngine")) {
    try {
      dvt::write_file(o.text("saveEngine"), plan);
    } catch (const std::exception& e) {
      throw Failure(concat("Saving engine to file failed: ", e.what()));
    }
  }
  return load_bytes(plan, log);
}

void print_plan_version(const Options& o, Log& log) {
  if (!o.has("loadEngine")) throw UsageError("--getPlanVersionOnly needs the plan of --loadEngine=FILE");
  const std::string bytes = read_plan(o);
  // A plan's header: "ftrt", its version, the version of the library from byte 24 on.
  constexpr size_t kVersionAt = 24;
  if (bytes.size() < kVersionAt + 4 || std::memcmp(bytes.data(), "ftrt", 4) != 0)
    throw Failure(concat("'", o.text("loadEngine"), "' is not a plan"));
  const auto* v = reinterpret_cast<const unsigned char*>(bytes.data()) + kVersionAt;
  log.info(
      concat("TensorRT version used to build engine: ", int{v[0]}, ".", int{v[1]}, ".", int{v[2]}, ".", int{v[3]}));
}

void time_deserialize(const Options& o, Log& log) {
  const std::string plan = o.has("loadEngine") ? read_plan(o) : build(o, log);
  constexpr int kTimes = 20;
  std::vector<double> seconds;
  for (int i = 0; i < kTimes; ++i) {
    const std::unique_ptr<IRuntime> runtime(createInferRuntime(log));
    const double begin = now();
    const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan.data(), plan.size()));
    if (!engine) throw Failure("Engine deserialization failed");
    seconds.push_back(now() - begin);
  }
  double total = 0;
  for (double s : seconds) total += s;
  log.info(concat("First deserialization time = ", number(seconds.front() * 1000), " milliseconds"));
  log.info(concat("Total deserialization time = ", number(total * 1000), " milliseconds in ", kTimes,
                  " iterations, average time = ", number(total * 1000 / kTimes), " milliseconds"));
  log.info("Only the time of deserialization was asked for: there is no inference");
}

}  // namespace dovetail::trtexec
