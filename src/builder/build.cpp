#include "builder/build.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/knobs.h"
#include "base/log.h"
#include "builder/emit_plan.h"
#include "builder/layout_choice.h"
#include "builder/lower.h"
#include "builder/place_slices.h"
#include "builder/profiles.h"
#include "ir/text.h"
#include "passes/pipeline.h"

namespace dvt::builder {
namespace {

void report(const BuildOptions& options, std::string_view phase) {
  if (options.progress && !options.progress(phase, 0, 1))
    throw Error(ErrorCode::kInvalidState, "the build was cancelled in phase '", phase, "'");
}

void dump_to_folder(const std::string& folder, int number, std::string_view step, const std::string& text) {
  std::filesystem::create_directories(folder);
  write_file(concat(folder, "/", number < 10 ? "0" : "", number, "-", step, ".txt"), std::string_view(text));
}

/// The caller's options with the debugging knobs on top.
BuildOptions with_knobs(BuildOptions options) {
  options.verify_tactics |= knobs().DOVETAIL_VERIFY_TACTICS;
  if (!knobs().DOVETAIL_TACTIC.empty()) options.tactics = knobs().DOVETAIL_TACTIC;
  if (const std::string& folder = knobs().DOVETAIL_DUMP_GRAPH; !folder.empty())
    options.dump = [folder, number = 0, next = options.dump](std::string_view step, const std::string& text) mutable {
      dump_to_folder(folder, number++, step, text);
      if (next) next(step, text);
    };
  return options;
}

/// Whether a node of this op can have a channels-last kernel that a pass should know the time of.
bool has_windows(const ops::Op& op) { return op.id() == ops::OpId::conv || op.id() == ops::OpId::conv_chain; }

passes::Options pass_options(const BuildOptions& options, const SymbolRanges& ranges, Tuner& tuner,
                             Decisions& decisions) {
  const backend::Device& device = tuner.device();
  passes::Options out = passes::options_from_knobs();
  if (options.dump)
    out.dump = [&](std::string_view step, const ir::Graph& g) { options.dump(step, print(g, {.types = true})); };
  out.has_kernel = [&](const ops::Op& op, std::span<ir::Value* const> inputs, int num_op_inputs,
                       const expr::Expr& epilogue) {
    const std::vector<TensorType> outputs = ir::infer_types(op, inputs, num_op_inputs, epilogue);
    for (const Layout mode : {Layout::plain, Layout::channels_last})
      if (has_fast_tactic(make_problem(op, inputs, num_op_inputs, epilogue, outputs, ranges, mode), options.target,
                          device))
        return true;
    return false;
  };
  out.milliseconds = [&](const ops::Op& op, std::span<ir::Value* const> inputs, int num_op_inputs,
                         const expr::Expr& epilogue) {
    const std::vector<TensorType> outputs = ir::infer_types(op, inputs, num_op_inputs, epilogue);
    double best = Tuner::kNoLimit;
    if (outputs[0].rank() >= 3 && outputs[0].rank() <= 5 && has_windows(op)) {
      const backend::Problem p =
          make_problem(op, inputs, num_op_inputs, epilogue, outputs, ranges, Layout::channels_last);
      if (has_fast_tactic(p, options.target, device)) best = tuner.choose(p, {}).milliseconds;
    }
    const backend::Problem p = make_problem(op, inputs, num_op_inputs, epilogue, outputs, ranges, Layout::plain);
    return std::min(best, tuner.choose(p, {}, best).milliseconds);
  };
  out.decided = [&](const ir::Value& result, std::string_view text) { decisions[result.name()] = concat(text, "\n"); };
  return out;
}

void place_everywhere(ir::Graph& graph, const SymbolRanges& ranges, const BuildOptions& options, Tuner& tuner,
                      NodePlans& plans, Places& places) {
  places.merge(place_slices(graph, ranges, options, tuner, plans));
  for (const auto& n : graph.nodes())
    for (const auto& region : n->regions()) place_everywhere(*region, ranges, options, tuner, plans, places);
}

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The story of a build, top to bottom.
plan::Document build(const ir::Graph& network, const BuildOptions& given, const backend::Device& device) {
  const BuildOptions options = with_knobs(given);
  if (network.outputs().empty())
    throw Error(ErrorCode::kInvalidModel, "the network has no output; mark one with markOutput()");
  std::unique_ptr<ir::Graph> graph = network.clone();
  graph->refresh();
  SymbolRanges ranges = with_late_ranges(*graph, symbol_ranges(*graph, options.profiles));

  report(options, "optimizing the graph");
  Tuner tuner(options, device);
  Decisions decisions;
  const passes::Options allowed = pass_options(options, ranges, tuner, decisions);
  passes::run(*graph, passes::pipeline(), allowed);
  lower_for_steps(*graph);
  ranges = with_late_ranges(*graph, std::move(ranges));  // passes make nodes anew

  NodePlans plans = choose_tactics(*graph, ranges, options, tuner);
  insert_reformats(*graph, ranges, tuner, plans);
  Places places;
  if (std::find(allowed.disabled.begin(), allowed.disabled.end(), "place-slices") == allowed.disabled.end())
    place_everywhere(*graph, ranges, options, tuner, plans, places);
  ir::verify(*graph);
  ir::check_spec(*graph, ir::Stage::kLowered);
  if (options.dump) options.dump("lowered", print(*graph, {.types = true}));

  report(options, "packing weights");
  plan::Document document = emit_plan(*graph, plans, places, ranges, options, decisions);
  if (options.detailed) document.graph_text = print(*graph, {.types = true, .origins = true});
  log(Severity::kInfo, "build", document.steps.size(), " steps from ", network.num_nodes(), " layers; ", tuner.timed(),
      " timings, ", tuner.from_cache(), " from the timing cache, ", tuner.pruned(), " spared by the machine's peak, ",
      tuner.untimed(), " by the budget");
  return document;
}

}  // namespace dvt::builder
