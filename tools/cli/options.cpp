#include "cli/options.h"

#include <charconv>

#include "base/concat.h"
#include "cli/exit_codes.h"

namespace dovetail::cli {
namespace {

using dvt::concat;

[[noreturn]] void bad(const std::string& text, std::string_view why) {
  throw Failure(kUsage, concat("--shapes '", text, "': ", why, "; write NAME:1x3x224x224 or NAME:1..8@4x3x224x224"));
}

int64_t take_number(std::string_view& text, const std::string& whole) {
  int64_t v = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (ec != std::errc() || v < 0) bad(whole, "expected a size");
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return v;
}

bool accept(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

ShapeSpec parse_shape_spec(const std::string& text) {
  ShapeSpec spec;
  // An input's name may itself hold colons ("images:0"): the shape follows the last separator.
  size_t at = text.rfind("=[");
  const bool brackets = at != std::string::npos;
  if (!brackets) at = text.rfind(':');
  if (at == std::string::npos || at == 0) bad(text, "expected NAME:DIMS");
  spec.input = text.substr(0, at);
  std::string_view rest = std::string_view(text).substr(at + (brackets ? 2 : 1));
  if (brackets && rest.ends_with(']')) rest.remove_suffix(1);
  if (rest == "scalar") rest = "";
  while (!rest.empty()) {
    const int64_t min = take_number(rest, text);
    const int64_t max = accept(rest, "..") ? take_number(rest, text) : min;
    const int64_t opt = accept(rest, "@") ? take_number(rest, text) : max;
    if (min > opt || opt > max) bad(text, concat("min ", min, ", opt ", opt, ", max ", max, " are not in order"));
    spec.min.push_back(min);
    spec.opt.push_back(opt);
    spec.max.push_back(max);
    if (!rest.empty() && !accept(rest, brackets ? "," : "x")) bad(text, "expected 'x' between sizes");
  }
  return spec;
}

void add_common(CLI::App& app, CommonOptions& o) {
  app.add_flag("-v,--verbose", o.verbose, "Log everything to standard error");
  app.add_flag("-q,--quiet", o.quiet, "Log errors only");
  app.add_option("--threads", o.threads, "Threads of a run (0: all that the process may use)")
      ->check(CLI::Range(0, 1024));
}

void add_build(CLI::App& app, BuildFlags& o) {
  app.add_option("--shapes", o.shapes,
                 "Sizes of dynamic inputs: NAME:1x3x224x224, ranges NAME:1..8@4x3x224x224 (min..max@opt)");
  app.add_option("--value", o.values,
                 "Makes an input a constant that the plan is for: NAME=5, NAME=[1,2,3], NAME=FILE.npy");
  app.add_option("--timing-cache", o.timing_cache, "File of measured times: read, extended, written back");
  app.add_option("--opt-level", o.level, "0: nothing is timed; 3: default; 5: everything")->check(CLI::Range(0, 5));
  app.add_option("--build-budget", o.budget_s, "Seconds after which no more is timed: the plan is the best so far")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--tactics", o.tactics,
                 "Names that may be chosen, e.g. '!*.strassen*,!*.winograd*' (*, ?, and ! for not)");
  app.add_option("--workspace", o.workspace_mib, "Most scratch memory of a kernel, in MiB (0: no limit)");
  app.add_flag("--detailed", o.detailed, "Keep layer details and the optimized graph in the plan, for inspect");
  app.add_flag("--verify", o.verify, "Check each chosen kernel against the reference before it enters the plan");
  app.add_option("--dump-graph", o.dump_graph,
                 "Folder that receives the graph as text after each step of the optimizer");
}

void add_data(CLI::App& app, DataFlags& o) {
  app.add_option("-i,--input", o.inputs,
                 "NAME=FILE.npy, or FILE.npz with one array an input; others are drawn at random");
  app.add_option("--seed", o.seed, "Seed of random inputs");
}

}  // namespace dovetail::cli
