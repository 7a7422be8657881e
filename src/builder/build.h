#pragma once
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "backend/tactic.h"
#include "ir/graph.h"
#include "plan/plan.h"

namespace dvt::builder {

class TimingCache;

/// Seconds of the steady clock.
double steady_seconds();

/// What a build may do and must respect. Plain data; the public IBuilderConfig fills it in.
struct BuildOptions {
  backend::Target target;               ///< For what tactics are chosen; also what they are timed on.
  std::vector<plan::Profile> profiles;  ///< Ranges of dynamic inputs; required when an input has a dynamic dim.
  int optimization_level = 3;           ///< 0 to 5: what is spent on each problem, tune/effort.h.
  /// Seconds after which nothing is timed any more: what is not known by then gets the first tactic of the list. The
  /// costliest problems come first.
  double budget_seconds = std::numeric_limits<double>::infinity();
  double (*clock)() = &steady_seconds;  ///< What the budget is measured by.
  int timing_iterations = 1;            ///< Averaging iterations per timing sample.
  size_t workspace_limit = SIZE_MAX;    ///< Tactics that need more scratch are refused.
  bool verify_tactics = false;          ///< Check each chosen kernel against the reference before it enters the plan.
  bool detailed = false;                ///< Keep layer names, problems and the fused graph's text in the plan.
  bool fail_on_cache_miss = false;      ///< Refuse to time: every problem must be in the timing cache.
  std::string tactics;                  ///< Names that may be chosen beside the reference: passes_filter(). Empty: all.
  TimingCache* timing_cache = nullptr;  ///< May be nullptr. Read and extended.
  /// Called with a phase and how far it is (done of total); returning false cancels the build.
  std::function<bool(std::string_view phase, int done, int total)> progress;
  std::function<void(std::string_view step, const std::string& graph_text)> dump;  ///< Each pass's graph, when set.
};

/// Compiles a network's graph for a device. The graph is not changed. The document shares the graph's constants, so it
/// must be written while they live (it keeps them alive). Throws Error: kInvalidModel, kInvalidArgument (profiles),
/// kUnsupported, kInvalidState when cancelled.
plan::Document build(const ir::Graph& network, const BuildOptions& options, const backend::Device& device);

}  // namespace dvt::builder
