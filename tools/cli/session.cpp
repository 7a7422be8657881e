#include "cli/session.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "base/mapped_file.h"
#include "cli/exit_codes.h"
#include "cli/parse_model.h"
#include "cli/progress.h"

namespace dovetail::cli {
namespace {

using dvt::concat;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool has_dynamic_dim(const ITensor& t) {
  const Dims d = t.getDimensions();
  for (int i = 0; i < d.nbDims; ++i)
    if (d.d[i] < 0) return true;
  return false;
}

// Every dynamic input needs a range; sizes that the user does not give are 1.
void add_profile(IBuilder& builder, const INetworkDefinition& network, IBuilderConfig& config,
                 const std::vector<std::string>& shapes) {
  std::map<std::string, ShapeSpec> specs;
  for (const std::string& text : shapes) {
    ShapeSpec s = parse_shape_spec(text);
    specs[s.input] = s;
  }
  IOptimizationProfile* profile = builder.createOptimizationProfile();
  bool any = false;
  for (int i = 0; i < network.getNbInputs(); ++i) {
    const ITensor& t = *network.getInput(i);
    auto spec = specs.find(t.getName());
    if (spec == specs.end()) {
      if (!has_dynamic_dim(t)) continue;
      std::vector<int64_t> dims = to_vector(t.getDimensions());
      for (int64_t& d : dims) d = d < 0 ? 1 : d;
      std::fprintf(stderr, "[W] input '%s' has dynamic dims and no --shapes: taking %s\n", t.getName(),
                   dims_text(dims).c_str());
      spec = specs.emplace(t.getName(), ShapeSpec{t.getName(), dims, dims, dims}).first;
    }
    const ShapeSpec& s = spec->second;
    if (static_cast<int>(s.min.size()) != t.getDimensions().nbDims)
      throw Failure(kUsage, concat("--shapes gives input '", s.input, "' ", s.min.size(), " dims, the model has ",
                                   t.getDimensions().nbDims));
    any |= has_dynamic_dim(t);
    profile->setDimensions(t.getName(), OptProfileSelector::kMIN, to_dims(s.min));
    profile->setDimensions(t.getName(), OptProfileSelector::kOPT, to_dims(s.opt));
    profile->setDimensions(t.getName(), OptProfileSelector::kMAX, to_dims(s.max));
  }
  for (const auto& [name, spec] : specs) {
    bool known = false;
    for (int i = 0; i < network.getNbInputs(); ++i) known |= name == network.getInput(i)->getName();
    if (!known) throw Failure(kUsage, concat("--shapes names input '", name, "', which the model does not have"));
  }
  if (any && config.addOptimizationProfile(profile) < 0) throw Failure(kFailed, "the shapes were refused");
}

void load_timing_cache(IBuilderConfig& config, const std::string& path, std::unique_ptr<ITimingCache>& cache) {
  if (path.empty()) return;
  std::string text;
  if (::access(path.c_str(), F_OK) == 0) text = dvt::read_text_file(path);
  cache.reset(config.createTimingCache(text.data(), text.size()));
  if (cache) config.setTimingCache(*cache, true);
}

void save_timing_cache(const IBuilderConfig& config, const std::string& path) {
  if (path.empty() || !config.getTimingCache()) return;
  std::unique_ptr<IHostMemory> bytes(config.getTimingCache()->serialize());
  if (bytes) dvt::write_file(path, std::string_view(static_cast<const char*>(bytes->data()), bytes->size()));
}

}  // namespace

void Logger::log(Severity severity, char const* msg) noexcept {
  saw_error_ |= severity <= Severity::kERROR;
  if (severity > least_) return;
  static constexpr const char* kLetters[] = {"F", "E", "W", "I", "V"};
  std::fprintf(stderr, "[%s] %s\n", kLetters[static_cast<int>(severity)], msg);
}

std::vector<int64_t> to_vector(const Dims& d) { return std::vector<int64_t>(d.d, d.d + std::max(d.nbDims, 0)); }

Dims to_dims(const std::vector<int64_t>& v) {
  if (v.size() > Dims::MAX_DIMS) throw Failure(kUsage, concat("at most ", Dims::MAX_DIMS, " dims, got ", v.size()));
  Dims d{};
  d.nbDims = static_cast<int32_t>(v.size());
  std::copy(v.begin(), v.end(), d.d);
  return d;
}

bool is_plan_file(const std::string& path) {
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) throw Failure(kFailed, concat("'", path, "': ", std::strerror(errno)));
  char magic[4] = {};
  const size_t n = std::fread(magic, 1, sizeof magic, f);
  std::fclose(f);
  return n == 4 && std::memcmp(magic, "ftrt", 4) == 0;
}

BuiltPlan build_plan(const std::string& model, const BuildFlags& flags, const CommonOptions& common, Logger& logger,
                     const std::string& file) {
  if (!flags.dump_graph.empty()) ::setenv("DOVETAIL_DUMP_GRAPH", flags.dump_graph.c_str(), 1);
  if (flags.verify) ::setenv("DOVETAIL_VERIFY_TACTICS", "1", 1);
  BuiltPlan out;
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  double begin = now();
  parse_model(model, *network, flags, logger);
  out.parse_seconds = now() - begin;
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  add_profile(*builder, *network, *config, flags.shapes);
  config->setBuilderOptimizationLevel(flags.level);
  if (flags.budget_s >= 0) dovetailConfigSetBuildBudget(config.get(), flags.budget_s);
  dovetailConfigSetTactics(config.get(), flags.tactics.c_str());
  if (flags.workspace_mib > 0)
    config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, static_cast<size_t>(flags.workspace_mib * (1 << 20)));
  if (flags.detailed) config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
  if (common.threads > 0) config->setMaxThreads(common.threads);
  std::unique_ptr<ITimingCache> cache;
  load_timing_cache(*config, flags.timing_cache, cache);
  ProgressBar bar;
  if (!common.quiet && ::isatty(STDERR_FILENO)) config->setProgressMonitor(&bar);
  begin = now();
  bool built = false;
  if (file.empty()) {
    out.bytes.reset(builder->buildSerializedNetwork(*network, *config));
    built = out.bytes != nullptr;
    out.size = built ? out.bytes->size() : 0;
  } else {
    out.size = dovetailBuildToFile(builder.get(), network.get(), config.get(), file.c_str());
    built = out.size > 0;
  }
  out.build_seconds = now() - begin;
  if (!built) throw Failure(kFailed, concat("'", model, "' could not be built"));
  save_timing_cache(*config, flags.timing_cache);
  return out;
}

Session::Session(const std::string& path, const BuildFlags& flags, const CommonOptions& common) : logger(common) {
  const bool plan = is_plan_file(path);
  if (plan) path_ = path;
  if (!plan) built = build_plan(path, flags, common, logger);
  runtime.reset(createInferRuntime(logger));
  if (common.threads > 0) runtime->setMaxThreads(common.threads);
  const double begin = now();
  engine.reset(plan ? runtime->deserializeCudaEngineFromFile(path.c_str())
                    : runtime->deserializeCudaEngine(built.bytes->data(), built.bytes->size()));
  if (!engine) throw Failure(kFailed, concat("'", path, "' could not be loaded"));
  context.reset(engine->createExecutionContext());
  if (!context) throw Failure(kFailed, "no execution context could be made");
  load_seconds = now() - begin;
}

namespace {

std::map<std::string, Array> read_inputs(const DataFlags& data) {
  std::map<std::string, Array> arrays;
  for (const std::string& text : data.inputs) {
    if (text.ends_with(".npz") && text.find('=') == std::string::npos) {
      for (auto& [name, array] : read_npz(text)) arrays[name] = std::move(array);
      continue;
    }
    const size_t at = text.rfind('=');
    if (at == std::string::npos || at == 0)
      throw Failure(kUsage, concat("--input '", text, "': expected NAME=FILE.npy or FILE.npz"));
    arrays[text.substr(0, at)] = read_npy(text.substr(at + 1));
  }
  return arrays;
}

// Floating inputs from N(0, 1), integers 0 or 1 so that they are valid indices and masks.
Array draw(DataType type, const std::vector<int64_t>& dims, std::mt19937_64& rng) {
  Array a{type, dims, {}};
  a.bytes.resize(byte_size(type, a.volume()));
  const int64_t count = a.volume();
  if (type == DataType::kTEXT) {  // as numbers are drawn, of which it may have to be one
    for (int64_t i = 0; i < count; ++i) reinterpret_cast<TextView*>(a.bytes.data())[i] = {rng() & 1 ? "1" : "0", 1};
  } else if (type == DataType::kFLOAT) {
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < count; ++i) reinterpret_cast<float*>(a.bytes.data())[i] = normal(rng);
  } else if (type == DataType::kFLOAT64) {
    std::normal_distribution<double> normal;
    for (int64_t i = 0; i < count; ++i) reinterpret_cast<double*>(a.bytes.data())[i] = normal(rng);
  } else if (type == DataType::kHALF || type == DataType::kBF16) {
    // 0.5 to 1 in either format: sign, a fixed exponent, random mantissa.
    const int mantissa = type == DataType::kHALF ? 10 : 7, exponent = type == DataType::kHALF ? 14 : 126;
    for (int64_t i = 0; i < count; ++i)
      reinterpret_cast<uint16_t*>(a.bytes.data())[i] = static_cast<uint16_t>(
          ((rng() & 1) << 15) | (static_cast<unsigned>(exponent) << mantissa) | (rng() & ((1u << mantissa) - 1)));
  } else {
    // The low bit of the first byte of each element, or of each byte that several share.
    const size_t width = std::max<size_t>(byte_size(type, 1), 1);
    for (size_t i = 0; i < a.bytes.size(); i += width) a.bytes[i] = static_cast<std::byte>(rng() & 1);
  }
  return a;
}

}  // namespace

namespace {

/// Takes an output whose shape is known only in the run.
class GrowingOutput final : public IOutputAllocator {
 public:
  explicit GrowingOutput(Array& out) : out_(out) {}
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    try {
      out_.bytes.resize(size);
      return out_.bytes.data();
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  void notifyShape(char const*, Dims const& dims) noexcept override { out_.dims = to_vector(dims); }

 private:
  Array& out_;
};

}  // namespace

void Session::prepare(const DataFlags& data, const std::vector<std::string>& shapes) {
  std::map<std::string, Array> given = read_inputs(data);
  std::map<std::string, ShapeSpec> specs;
  for (const std::string& text : shapes) {
    ShapeSpec s = parse_shape_spec(text);
    specs[s.input] = s;
  }
  std::mt19937_64 rng(data.seed);
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    if (engine->getTensorIOMode(name) != TensorIOMode::kINPUT) continue;
    const DataType type = engine->getTensorDataType(name);
    const auto array = given.find(name);
    if (array != given.end()) {
      try {
        inputs[name] = reinterpreted(std::move(array->second), type);
      } catch (const Failure& f) {
        throw Failure(f.code, concat("input '", name, "': ", f.what()));
      }
      given.erase(array);
    } else {
      std::vector<int64_t> dims = to_vector(engine->getTensorShape(name));
      const auto spec = specs.find(name);
      if (spec != specs.end())
        dims = spec->second.opt;
      else if (std::count(dims.begin(), dims.end(), -1) > 0)
        dims = to_vector(engine->getProfileShape(name, 0, OptProfileSelector::kOPT));
      inputs[name] = draw(type, dims, rng);
    }
    if (!context->setInputShape(name, to_dims(inputs[name].dims)) ||
        !context->setTensorAddress(name, inputs[name].bytes.data()))
      throw Failure(kFailed, concat("input '", name, "' with shape ", dims_text(inputs[name].dims), " was refused"));
  }
  if (!given.empty())
    throw Failure(kUsage, concat("--input names '", given.begin()->first, "', which is not an input"));
  for (int i = 0; i < engine->getNbIOTensors(); ++i) {
    const char* name = engine->getIOTensorName(i);
    if (engine->getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
    Array& out = outputs[name];
    out.type = engine->getTensorDataType(name);
    out.dims = to_vector(context->getTensorShape(name));
    if (std::count(out.dims.begin(), out.dims.end(), -1) > 0) {
      allocators.push_back(std::make_unique<GrowingOutput>(out));
      if (!context->setOutputAllocator(name, allocators.back().get()))
        throw Failure(kFailed, concat("output '", name, "' was refused"));
      continue;
    }
    out.bytes.resize(std::max<size_t>(byte_size(out.type, out.volume()), 1));
    if (!context->setTensorAddress(name, out.bytes.data()))
      throw Failure(kFailed, concat("output '", name, "' was refused"));
  }
}

void Session::run() {
  if (!context->enqueueV3(nullptr)) throw Failure(kFailed, "the run failed");
}

namespace {

nlohmann::json engine_facts(const ICudaEngine& engine) {
  const std::unique_ptr<IEngineInspector> inspector(engine.createEngineInspector());
  const char* text = inspector->getEngineInformation(LayerInformationFormat::kJSON);
  if (text == nullptr) throw Failure(kFailed, "the engine could not be inspected");
  return nlohmann::json::parse(text);
}

}  // namespace

MemoryFacts Session::memory() const {
  const nlohmann::json memory = engine_facts(*engine).at("Memory");
  return {memory.at("ContextBytes"), memory.at("LowerBoundBytes"), memory.at("WeightBytes")};
}

std::string MemoryFacts::text() const {
  constexpr double kMiB = 1 << 20;
  char line[200];
  std::snprintf(line, sizeof line, "%.1f MiB a context, of which lifetimes need %.1f (%.2fx);  %.1f MiB of weights",
                static_cast<double>(arena) / kMiB, static_cast<double>(arena_bound) / kMiB,
                arena_bound > 0 ? static_cast<double>(arena) / static_cast<double>(arena_bound) : 1.0,
                static_cast<double>(weights) / kMiB);
  return line;
}

int Session::threads() const { return engine_facts(*engine).at("Threads"); }

dvt::Blob Session::plan_bytes() const {
  if (!path_.empty()) return dvt::map_file(path_);
  return {{static_cast<const std::byte*>(built.bytes->data()), built.bytes->size()}, nullptr};
}

}  // namespace dovetail::cli
