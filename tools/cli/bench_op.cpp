// dovetail bench op '<problem>': times tactics of one problem, or checks them against the reference.
#include <cstdio>
#include <memory>

#include "backend/cpu/cpu.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "builder/tune/timer.h"
#include "builder/tune/tuner.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/options.h"

namespace dovetail::cli {
namespace {

struct Args {
  std::string problem, tactic = "*", mode = "time";
  bool rejected = false;
  CommonOptions common;
};

void run(const Args& a) {
  const dvt::backend::Problem problem = dvt::backend::parse_problem(a.problem);
  const dvt::backend::Device& device = dvt::cpu::device();
  const dvt::backend::Target target = device.host_target(a.common.threads);
  const auto pool = dvt::shared_pool(target.threads);
  const auto tactics = device.tactics();
  const dvt::backend::Tactic& reference = tactics.back();
  std::unique_ptr<dvt::builder::Trial> expected;
  bool mismatch = false, any = false;
  std::printf("%s\n", to_string(problem).c_str());
  for (const dvt::backend::Tactic& t : tactics) {
    if (!dvt::builder::glob_match(a.tactic, t.name)) continue;
    if (const auto support = t.supports(problem, target); !support) {
      if (a.rejected && !support.reason().starts_with("operator is "))
        std::printf("  %-36s no: %s\n", t.name.data(), support.reason().c_str());
      continue;
    }
    if (&t == &reference && any && a.mode == "time" && a.tactic == "*") continue;  // slow, and nobody chose it
    any = true;
    dvt::builder::Trial trial(problem, t, target, *pool, {});
    if (a.mode == "time") {
      std::printf("  %-36s %10.4f ms\n", t.name.data(), trial.time(1));
      continue;
    }
    if (!expected) {
      expected = std::make_unique<dvt::builder::Trial>(problem, reference, target, *pool,
                                                       std::span<const std::span<const std::byte>>());
      expected->run();
    }
    trial.run();
    const auto why = disagreement(problem, trial, *expected);
    mismatch |= why.has_value();
    std::printf("  %-36s %s\n", t.name.data(), why ? why->c_str() : "agrees");
  }
  if (!any) throw Failure(kUnsupported, "no tactic that matches takes this problem; --rejected shows why");
  if (mismatch) throw Failure(kMismatch, "a tactic disagrees with the reference");
}

}  // namespace

void add_bench_op_command(CLI::App& bench) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = bench.add_subcommand("op", "Time or check the tactics of one problem");
  sub->add_option("problem", a->problem, "Problem string, as logs, plans and timing caches show it")->required();
  sub->add_option("--tactic", a->tactic, "Only tactics whose name matches (* and ?)");
  sub->add_option("--mode", a->mode, "time or check")->check(CLI::IsMember({"time", "check"}));
  sub->add_flag("--rejected", a->rejected, "Also say why other tactics of the op do not take it");
  add_common(*sub, a->common);
  sub->callback([a] { run(*a); });
}

}  // namespace dovetail::cli
