#include "trtexec/report.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/concat.h"
#include "base/file.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

struct Statistics {
  double min = 0, max = 0, mean = 0, median = 0, variation = 0;
  std::vector<double> percentiles;
};

Statistics statistics(const Measurement& m, const std::vector<double>& percentiles,
                      const std::function<double(const Trace&)>& of) {
  std::vector<double> v;
  for (const Trace& t : m.traces) v.push_back(of(t));
  Statistics s;
  if (v.empty()) return s;
  std::sort(v.begin(), v.end());
  const size_t n = v.size();
  double sum = 0, squares = 0;
  for (double x : v) sum += x;
  s.mean = sum / static_cast<double>(n);
  for (double x : v) squares += (x - s.mean) * (x - s.mean);
  s.variation = s.mean > 0 ? std::sqrt(squares / static_cast<double>(n)) / s.mean : 0;
  s.min = v.front();
  s.max = v.back();
  s.median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
  for (double p : percentiles) {
    // The smallest time that p percent of the runs do not exceed.
    const auto rank = static_cast<size_t>(std::ceil(p / 100 * static_cast<double>(n)));
    s.percentiles.push_back(v[std::min(n - 1, rank == 0 ? 0 : rank - 1)]);
  }
  return s;
}

std::string line(std::string_view name, const Statistics& s, const std::vector<double>& percentiles) {
  std::string text = concat(name, ": min = ", number(s.min), " ms, max = ", number(s.max),
                            " ms, mean = ", number(s.mean), " ms, median = ", number(s.median), " ms");
  for (size_t i = 0; i < s.percentiles.size(); ++i)
    text += concat(", percentile(", number(percentiles[i]), "%) = ", number(s.percentiles[i]), " ms");
  return text;
}

void print_limits(const Options& o, const Statistics& enqueue, const Statistics& compute, Log& log) {
  if (enqueue.median > 0.8 * compute.median)
    log.warning("* Throughput may be bound by Enqueue Time rather than GPU Compute: the network is very small.");
  if (compute.variation > 0.025)
    log.warning(concat("* GPU compute time is unstable, with coefficient of variance = ",
                       number(100 * compute.variation), "%. Other processes may be using the cores."));
  if (o.streams > 1)
    log.warning("* Multiple inference streams are used: GPU Compute Time includes waiting for shared cores.");
}

void explain(Log& log) {
  log.detail("=== Explanations of the performance metrics ===");
  for (const char* text :
       {"Throughput: runs a second, over the whole measurement.",
        "Latency: from the input being there to the output being there: H2D Latency + GPU Compute Time + D2H Latency.",
        "Enqueue Time: how long enqueueV3() keeps its caller.", "H2D Latency: 0; the device is the host.",
        "GPU Compute Time: the kernels of one run on the device, which is the CPU.",
        "D2H Latency: 0; the device is the host.",
        "Total Host Walltime: from the end of the warm-up to the end of the last run.",
        "Total GPU Compute Time: the sum of GPU Compute Time over all runs."})
    log.detail(text);
}

}  // namespace

void print_trace(const Options& o, const Measurement& m, Log& log) {
  log.info("");
  log.info("=== Trace details ===");
  log.info(concat("Trace averages of ", o.average_runs, " runs:"));
  const auto n = static_cast<size_t>(o.average_runs);
  for (size_t begin = 0; begin + n <= m.traces.size(); begin += n) {
    double compute = 0, enqueue = 0;
    for (size_t i = begin; i < begin + n; ++i) {
      compute += m.traces[i].compute();
      enqueue += m.traces[i].enqueue();
    }
    const double runs = static_cast<double>(n);
    log.info(concat("Average on ", n, " runs - GPU latency: ", number(compute / runs),
                    " ms - Host latency: ", number(compute / runs), " ms (enqueue ", number(enqueue / runs), " ms)"));
  }
}

void print_summary(const Options& o, const Measurement& m, Log& log) {
  const auto compute_of = [](const Trace& t) { return t.compute(); };
  const Statistics compute = statistics(m, o.percentiles, compute_of);
  const Statistics enqueue = statistics(m, o.percentiles, [](const Trace& t) { return t.enqueue(); });
  const Statistics nothing = statistics(m, o.percentiles, [](const Trace&) { return 0.0; });
  double total = 0;
  for (const Trace& t : m.traces) total += t.compute();
  log.info("");
  log.info("=== Performance summary ===");
  log.info(concat("Throughput: ", number(m.wall_ms > 0 ? 1000 * static_cast<double>(m.traces.size()) / m.wall_ms : 0),
                  " qps"));
  log.info(line("Latency", compute, o.percentiles));
  log.info(line("Enqueue Time", enqueue, o.percentiles));
  log.info(line("H2D Latency", nothing, o.percentiles));
  log.info(line("GPU Compute Time", compute, o.percentiles));
  log.info(line("D2H Latency", nothing, o.percentiles));
  log.info(concat("Total Host Walltime: ", number(m.wall_ms / 1000), " s"));
  log.info(concat("Total GPU Compute Time: ", number(total / 1000), " s"));
  print_limits(o, enqueue, compute, log);
  log.info("Explanations of the performance metrics are printed in the verbose logs.");
  explain(log);
  log.info("");
}

void write_times(const std::string& path, const Measurement& m) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Trace& t : m.traces)
    rows.push_back({{"startEnqMs", t.enqueue_start},
                    {"endEnqMs", t.enqueue_end},
                    {"startH2dMs", t.compute_start},
                    {"endH2dMs", t.compute_start},
                    {"startComputeMs", t.compute_start},
                    {"endComputeMs", t.compute_end},
                    {"startD2hMs", t.compute_end},
                    {"endD2hMs", t.compute_end},
                    {"h2dMs", 0.0},
                    {"computeMs", t.compute()},
                    {"d2hMs", 0.0},
                    {"latencyMs", t.compute()}});
  dvt::write_file(path, rows.dump(1) + "\n");
}

void print_outputs(const Bindings& bindings, Log& log) {
  log.info("Output Tensors:");
  for (const auto& t : bindings.tensors()) {
    if (t->input) continue;
    log.info(concat(t->name, ": (", dims_text(t->dims), ")"));
    const size_t count = t->bytes() * 8 / static_cast<size_t>(element_bits(t->type));
    std::ostringstream values;
    for (size_t i = 0; i < count; ++i) values << (i ? " " : "") << number(element_value(*t, i));
    log.info(values.str());
  }
}

void write_outputs(const std::string& path, const Bindings& bindings) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& t : bindings.tensors()) {
    if (t->input) continue;
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    const size_t count = t->bytes() * 8 / static_cast<size_t>(element_bits(t->type));
    for (size_t i = 0; i < count; ++i) {
      if (is_whole(t->type))
        values.push_back(whole_value(*t, i));
      else
        values.push_back(element_value(*t, i));
    }
    rows.push_back({{"name", t->name}, {"dimensions", dims_text(t->dims)}, {"values", std::move(values)}});
  }
  dvt::write_file(path, rows.dump(1) + "\n");
}

void write_raw(const Bindings& bindings, Log& log) {
  for (const auto& t : bindings.tensors()) {
    std::string name = t->name;
    for (char& c : name)
      if (c == '/' || c == ':' || c == ' ') c = '_';
    const std::string path =
        concat(name, ".", t->input ? "input." : "output.", dims_text(t->dims), t->dims.empty() ? "scalar" : "", ".bin");
    dvt::write_file(path, std::string_view(reinterpret_cast<const char*>(t->memory.data()), t->bytes()));
    log.info(concat("Wrote ", t->name, " to ", path));
  }
}

namespace {

std::string layer_information(ICudaEngine& engine, IExecutionContext* context, LayerInformationFormat format) {
  std::unique_ptr<IEngineInspector> inspector(engine.createEngineInspector());
  if (!inspector) throw Failure("no engine inspector could be made");
  if (context != nullptr) inspector->setExecutionContext(context);
  const char* text = inspector->getEngineInformation(format);
  if (text == nullptr) throw Failure("the plan tells nothing of its layers");
  return text;
}

}  // namespace

void print_layers(ICudaEngine& engine, IExecutionContext* context, Log& log) {
  log.info("Layer Information:");
  std::istringstream lines(layer_information(engine, context, LayerInformationFormat::kONELINE));
  for (std::string text; std::getline(lines, text);) log.info(text);
}

void write_layers(const std::string& path, ICudaEngine& engine, IExecutionContext* context) {
  dvt::write_file(path, layer_information(engine, context, LayerInformationFormat::kJSON) + "\n");
}

void print_profiles(const ICudaEngine& engine, Log& log) {
  const auto text = [](const Dims& d) { return dims_text({d.d, d.d + std::max(d.nbDims, 0)}); };
  log.info("Optimization Profile Information:");
  for (int32_t p = 0; p < engine.getNbOptimizationProfiles(); ++p) {
    log.info(concat("Optimization Profile ", p, ":"));
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
      const char* name = engine.getIOTensorName(i);
      if (engine.getTensorIOMode(name) != TensorIOMode::kINPUT) continue;
      log.info(concat("  ", name, ": min = ", text(engine.getProfileShape(name, p, OptProfileSelector::kMIN)),
                      ", opt = ", text(engine.getProfileShape(name, p, OptProfileSelector::kOPT)),
                      ", max = ", text(engine.getProfileShape(name, p, OptProfileSelector::kMAX))));
    }
  }
}

}  // namespace dovetail::trtexec
