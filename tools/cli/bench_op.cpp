// dovetail bench op '<problem>': times the tactics of one problem and checks them against the reference.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "backend/cpu/cpu.h"
#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "builder/problems.h"
#include "builder/tune/timer.h"
#include "builder/tune/tuner.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/machine.h"
#include "cli/options.h"

namespace dovetail::cli {
namespace {

using dvt::backend::Tactic;
using dvt::builder::Trial;
using dvt::builder::TrialInputs;

/// Work above this takes the reference minutes: it is checked on request only.
constexpr double kMostFlopsCheckedUnasked = 2e9;

struct Args {
  std::string problem, tactic = "*", mode = "all", json;
  bool rejected = false;
  CommonOptions common;
};

/// One tactic's line.
struct Row {
  std::string tactic;
  double ms = 0;
  std::optional<std::string> disagreement;
};

class OpBench {
 public:
  explicit OpBench(const Args& a)
      : args_(a),
        problem_(dvt::backend::parse_problem(a.problem)),
        target_(device().host_target(a.common.threads)),
        pool_(dvt::shared_pool(target_.threads)),
        inputs_(problem_, {}),
        cost_(dvt::builder::cost_at_opt(problem_)),
        times_(a.mode != "check"),
        checks_(a.mode == "check" || (a.mode == "all" && cost_.flops <= kMostFlopsCheckedUnasked)) {
    for (const dvt::backend::Operand& o : problem_.extra_inputs()) {
      double bytes = dvt::bits(o.dtype) / 8.0;
      for (const dvt::DimRange& d : o.dims) bytes *= static_cast<double>(d.opt);
      cost_.bytes += bytes;
    }
  }

  void run() {
    std::printf("%s\n", to_string(problem_).c_str());
    if (times_) print_header();
    bool any = false;
    for (const Tactic& t : device().tactics()) {
      if (!dvt::builder::glob_match(args_.tactic, t.name) || !supports(t)) continue;
      if (&t == &reference() && any && args_.tactic == "*" && args_.mode != "check") continue;  // slow, and not chosen
      any = true;
      rows_.push_back(measure(t));
      print(rows_.back());
    }
    if (!any) throw Failure(kUnsupported, "no tactic that matches takes this problem; --rejected shows why");
    if (times_ && !checks_ && args_.mode == "all")
      std::printf("  not checked: the reference takes long for %.1f GFLOP; --mode check does it\n", cost_.flops / 1e9);
    if (!args_.json.empty()) dvt::write_file(args_.json, std::string_view(report().dump(2) + "\n"));
    if (std::any_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.disagreement.has_value(); }))
      throw Failure(kMismatch, "a tactic disagrees with the reference");
  }

 private:
  static const dvt::backend::Device& device() { return dvt::cpu::device(); }
  static const Tactic& reference() { return device().tactics().back(); }

  bool supports(const Tactic& t) const {
    const auto support = t.supports(problem_, target_);
    if (!support && args_.rejected && !support.reason().starts_with("operator is "))
      std::printf("  %-36s no: %s\n", t.name.data(), support.reason().c_str());
    return static_cast<bool>(support);
  }

  void print_header() {
    machine_ = measure_machine(target_.threads);
    std::printf("  %.4g GFLOP, %.4g MB; %s\n", cost_.flops / 1e9, cost_.bytes / 1e6, machine_.text().c_str());
    std::printf("  %-36s %10s %9s %7s %7s %7s%s\n", "tactic", "ms", "GFLOP/s", "GB/s", "% FMA", "% read",
                checks_ ? "  result" : "");
  }

  Row measure(const Tactic& t) {
    Row r{std::string(t.name), 0, std::nullopt};
    Trial trial(problem_, t, target_, *pool_, inputs_, Trial::Weights::kPacked);
    if (times_) r.ms = trial.time({}).milliseconds;
    if (!checks_) return r;
    if (!expected_) {
      expected_ = std::make_unique<Trial>(problem_, reference(), target_, *pool_, inputs_, Trial::Weights::kPacked);
      expected_->run();
    }
    trial.run();
    r.disagreement = dvt::builder::disagreement(problem_, trial, *expected_);
    return r;
  }

  double share(double rate, double peak) const { return peak > 0 ? 100 * rate / peak : 0; }

  void print(const Row& r) const {
    std::printf("  %-36s", r.tactic.c_str());
    if (times_) {
      const double flops = cost_.flops / r.ms * 1e3, bytes = cost_.bytes / r.ms * 1e3;
      std::printf(" %10.4f %9.1f %7.2f %7.1f %7.1f", r.ms, flops / 1e9, bytes / 1e9, share(flops, machine_.flops),
                  share(bytes, machine_.bandwidth));
    }
    if (checks_) std::printf("  %s", r.disagreement ? r.disagreement->c_str() : "agrees");
    std::printf("\n");
  }

  nlohmann::json report() const {
    nlohmann::json list = nlohmann::json::array();
    for (const Row& r : rows_) {
      nlohmann::json row = {{"tactic", r.tactic}};
      if (times_) row["ms"] = r.ms;
      if (checks_) row["agrees"] = !r.disagreement.has_value();
      list.push_back(std::move(row));
    }
    return {{"schema", "dovetail.bench_op.1"},
            {"problem", to_string(problem_)},
            {"threads", target_.threads},
            {"flops", cost_.flops},
            {"bytes", cost_.bytes},
            {"peak_flops", machine_.flops},
            {"peak_bandwidth", machine_.bandwidth},
            {"tactics", std::move(list)}};
  }

  const Args& args_;
  dvt::backend::Problem problem_;
  dvt::backend::Target target_;
  std::shared_ptr<dvt::ThreadPool> pool_;
  TrialInputs inputs_;
  dvt::ops::Cost cost_;  ///< With the traffic of the epilogue's operands.
  bool times_, checks_;
  Machine machine_;
  std::unique_ptr<Trial> expected_;
  std::vector<Row> rows_;
};

}  // namespace

void add_bench_op_command(CLI::App& bench) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = bench.add_subcommand("op", "Time the tactics of one problem and check them");
  sub->add_option("problem", a->problem, "Problem string, as logs, plans and timing caches show it")->required();
  sub->add_option("--tactic", a->tactic, "Only tactics whose name matches (* and ?)");
  sub->add_option("--mode", a->mode, "time, check (against the reference), or all: both, but no check that takes long")
      ->check(CLI::IsMember({"time", "check", "all"}));
  sub->add_option("--json", a->json, "File for the report");
  sub->add_flag("--rejected", a->rejected, "Also say why other tactics of the op do not take it");
  add_common(*sub, a->common);
  sub->callback([a] { OpBench(*a).run(); });
}

}  // namespace dovetail::cli
