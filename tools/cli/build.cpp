// dovetail build: model -> plan file.
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/session.h"

namespace dovetail::cli {
namespace {

struct Args {
  std::string model, output;
  CommonOptions common;
  BuildFlags build;
};

void build(const Args& a) {
  Logger logger(a.common);
  if (is_plan_file(a.model)) throw Failure(kUsage, "'" + a.model + "' is a plan already");
  const BuiltPlan plan = build_plan(a.model, a.build, a.common, logger, a.output);
  std::printf("%s: %.1f MiB, parsed in %.2f s, built in %.2f s\n", a.output.c_str(),
              static_cast<double>(plan.size) / (1 << 20), plan.parse_seconds, plan.build_seconds);
}

}  // namespace

void add_build_command(CLI::App& app) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = app.add_subcommand("build", "Compile an ONNX model into a plan");
  sub->add_option("model", a->model, "ONNX file")->required();
  sub->add_option("-o,--output", a->output, "Plan file to write")->required();
  add_build(*sub, a->build);
  add_common(*sub, a->common);
  sub->callback([a] { build(*a); });
}

}  // namespace dovetail::cli
