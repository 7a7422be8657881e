// dovetail bench MODEL --roofline: where each layer stands below what the machine can do.
#include "cli/roofline.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/layer_times.h"
#include "cli/machine.h"
#include "plan/reader.h"

namespace dovetail::cli {
namespace {

/// A row of the table; the sum is one too.
struct Row {
  std::string name, tactic;
  double ms = 0, flops = 0, bytes = 0, roof_ms = 0;
};

const char* bound_of(const Row& r, const Machine& m) {
  if (r.roof_ms <= 0) return "-";
  return m.bound_by_memory(r.flops, r.bytes) ? "memory" : "arithmetic";
}

void print(const Row& r, double total_ms, const char* bound) {
  const double seconds = std::max(r.ms, 1e-9) / 1e3;
  std::printf("%10.4f %6.2f %10.4f %9.3f %9.1f %7.1f %7.1f  %-10s  %s\n", r.ms, 100 * r.ms / total_ms, r.flops / 1e9,
              r.bytes / 1e6, r.flops / seconds / 1e9, r.bytes / seconds / 1e9, 100 * r.roof_ms / std::max(r.ms, 1e-9),
              bound, r.name.c_str());
}

nlohmann::json to_json(const Row& r) {
  return {{"name", r.name},   {"tactic", r.tactic}, {"ms", r.ms},
          {"flops", r.flops}, {"bytes", r.bytes},   {"roof_ms", r.roof_ms}};
}

}  // namespace

nlohmann::json print_roofline(Session& session, int runs) {
  const Machine machine = measure_machine(session.threads());
  const dvt::plan::Document plan = dvt::plan::read_plan(session.plan_bytes());
  std::map<std::string, const dvt::plan::Step*> steps;
  for (const dvt::plan::Step& s : plan.steps) steps[s.name] = &s;
  Row sum{"total", "", 0, 0, 0, 0};
  std::vector<Row> rows;
  for (const auto& [name, ms] : layer_times(session, runs)) {
    const auto step = steps.find(name);
    Row r{name, "", ms, 0, 0, 0};
    if (step != steps.end()) {
      r.tactic = step->second->tactic;
      r.flops = step->second->flops;
      r.bytes = step->second->bytes;
    }
    r.roof_ms = machine.roof_ms(r.flops, r.bytes);
    sum.ms += r.ms;
    sum.flops += r.flops;
    sum.bytes += r.bytes;
    sum.roof_ms += r.roof_ms;
    rows.push_back(std::move(r));
  }
  std::printf("\n%s\n%10s %6s %10s %9s %9s %7s %7s  %-10s  layer\n", machine.text().c_str(), "ms", "%", "GFLOP", "MB",
              "GFLOP/s", "GB/s", "% roof", "bound");
  nlohmann::json list = nlohmann::json::array();
  for (const Row& r : rows) {
    print(r, sum.ms, bound_of(r, machine));
    list.push_back(to_json(r));
  }
  print(sum, sum.ms, "");
  return {{"threads", machine.threads},
          {"peak_flops", machine.flops},
          {"peak_bandwidth", machine.bandwidth},
          {"layers", std::move(list)},
          {"total", to_json(sum)}};
}

}  // namespace dovetail::cli
