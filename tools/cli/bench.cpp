// dovetail bench: latency percentiles and throughput of a model or plan, per-layer times on request.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/layer_times.h"
#include "cli/roofline.h"
#include "cli/serve.h"
#include "cli/session.h"

namespace dovetail::cli {
namespace {

struct Args {
  std::string file, json;
  double warm_up_ms = 200, duration_s = 3;
  int iterations = 0;
  bool layers = false, roofline = false, serves = false;
  CommonOptions common;
  BuildFlags build;
  DataFlags data;
};

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<double> measure(Session& session, const Args& a) {
  for (const double end = now_ms() + a.warm_up_ms; now_ms() < end;) session.run();
  std::vector<double> times;
  const double end = now_ms() + a.duration_s * 1000;
  while (a.iterations > 0 ? static_cast<int>(times.size()) < a.iterations : times.empty() || now_ms() < end) {
    const double begin = now_ms();
    session.run();
    times.push_back(now_ms() - begin);
  }
  return times;
}

nlohmann::json statistics(std::vector<double> times, const Session& session) {
  double total = 0;
  for (double t : times) total += t;
  std::sort(times.begin(), times.end());
  const auto quantile = [&](double q) {
    return times[std::min(times.size() - 1, static_cast<size_t>(q * static_cast<double>(times.size())))];
  };
  return {{"schema", "dovetail.bench.1"},
          {"runs", times.size()},
          {"latency_ms",
           {{"min", times.front()},
            {"mean", total / static_cast<double>(times.size())},
            {"median", quantile(0.5)},
            {"p90", quantile(0.9)},
            {"p95", quantile(0.95)},
            {"p99", quantile(0.99)},
            {"max", times.back()}}},
          {"throughput_per_s", 1000.0 * static_cast<double>(times.size()) / total},
          {"load_s", session.load_seconds},
          {"build_s", session.built.build_seconds},
          {"memory_bytes", session.memory().arena},
          {"memory_bound_bytes", session.memory().arena_bound},
          {"weight_bytes", session.memory().weights}};
}

nlohmann::json print_layers(Session& session, int runs) {
  const auto rows = layer_times(session, runs);
  double total = 0;
  for (const auto& row : rows) total += row.second;
  nlohmann::json list = nlohmann::json::array();
  std::printf("\n%10s %7s  layer\n", "ms", "%");
  for (const auto& [name, ms] : rows) {
    std::printf("%10.4f %7.2f  %s\n", ms, 100 * ms / total, name.c_str());
    list.push_back({{"name", name}, {"ms", ms}});
  }
  std::printf("%10.4f %7.2f  total\n", total, 100.0);
  return list;
}

void bench(const Args& a) {
  Session session(a.file, a.build, a.common);
  session.prepare(a.data, a.build.shapes);
  if (a.serves) return serve(session);
  const double begin = now_ms();
  session.run();
  const double first_ms = now_ms() - begin;
  nlohmann::json report = statistics(measure(session, a), session);
  report["first_run_ms"] = first_ms;
  const auto& l = report["latency_ms"];
  std::printf("latency ms: min %.4f  median %.4f  mean %.4f  p90 %.4f  p95 %.4f  p99 %.4f  max %.4f\n",
              l["min"].get<double>(), l["median"].get<double>(), l["mean"].get<double>(), l["p90"].get<double>(),
              l["p95"].get<double>(), l["p99"].get<double>(), l["max"].get<double>());
  std::printf("throughput: %.2f runs/s over %zu runs;  load %.3f s;  first run %.4f ms\n",
              report["throughput_per_s"].get<double>(), report["runs"].get<size_t>(), session.load_seconds, first_ms);
  std::printf("memory: %s\n", session.memory().text().c_str());
  const int runs = std::clamp(static_cast<int>(1000 / l["median"].get<double>()), 1, 100);
  if (a.layers) report["layers"] = print_layers(session, runs);
  if (a.roofline) report["roofline"] = print_roofline(session, runs);
  if (!a.json.empty()) dvt::write_file(a.json, std::string_view(report.dump(2) + "\n"));
}

}  // namespace

void add_bench_command(CLI::App& app) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = app.add_subcommand("bench", "Time a model or plan; `bench op` times one problem");
  sub->add_option("file", a->file, "ONNX model or plan");
  sub->add_option("--duration", a->duration_s, "Seconds to measure");
  sub->add_option("--iterations", a->iterations, "Runs to measure instead");
  sub->add_option("--warm-up", a->warm_up_ms, "Milliseconds before measuring");
  sub->add_option("--json", a->json, "File for the report");
  sub->add_flag("--layers", a->layers, "Also time each layer");
  sub->add_flag("--roofline", a->roofline,
                "Also time each layer beside its arithmetic and traffic, and what the machine needs for them at least");
  sub->add_flag("--serve", a->serves,
                "Measure on request: `round SECONDS MAXRUNS` lines on standard input, JSON lines out");
  add_data(*sub, a->data);
  add_build(*sub, a->build);
  add_common(*sub, a->common);
  add_bench_op_command(*sub);
  sub->callback([a, sub] {
    if (!sub->get_subcommands().empty()) return;
    if (a->file.empty()) throw Failure(kUsage, "bench needs a model or plan file, or `op`");
    bench(*a);
  });
}

}  // namespace dovetail::cli
