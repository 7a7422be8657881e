// The `dovetail` command: build, run, bench, inspect.
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"

int main(int argc, char** argv) {
  using namespace dovetail::cli;
  CLI::App app{
      "Dovetail: compiles ONNX models into plans and runs them.\n\n"
      "  dovetail build model.onnx -o model.plan --shapes x:1..8x3x224x224\n"
      "  dovetail run model.plan --input x=image.npy --out result.npz\n"
      "  dovetail bench model.plan --json times.json\n"
      "  dovetail inspect model.plan --layers"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "dovetail 0.1.0");
  app.footer(
      "Exit codes: 0 success, 1 failed, 2 wrong usage, 3 unsupported model, 4 accuracy mismatch.\n"
      "A model (.onnx) is accepted wherever a plan is. Results go to standard output, logs to standard error.");
  add_build_command(app);
  add_run_command(app);
  add_bench_command(app);
  add_inspect_command(app);
  add_check_command(app);
  try {
    app.parse(argc, argv);
    return kOk;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  } catch (const Failure& e) {
    std::fprintf(stderr, "dovetail: %s\n", e.what());
    return e.code;
  } catch (const dvt::Error& e) {
    std::fprintf(stderr, "dovetail: %s\n", e.what());
    return e.code() == dvt::ErrorCode::kUnsupported ? kUnsupported : kFailed;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dovetail: %s\n", e.what());
    return kFailed;
  }
}
