#include "builder/tune/tuner.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "builder/tune/timer.h"
#include "builder/tune/timing_cache.h"

namespace dvt::builder {
namespace {

/// Tactics beyond this many (in the list's order of priority) are not timed at the lower levels.
int max_candidates(int level) { return level <= 0 ? 1 : level == 1 ? 2 : level == 2 ? 3 : 1000; }

/// Work above this is not run through the reference to verify a kernel: it would take minutes.
constexpr double kMaxVerifiedFlops = 5e8;

constexpr size_t kMaxScratchWithoutBound = size_t{1} << 28;
constexpr int64_t kNoBound = int64_t{1} << 20;  ///< Dims of a tensor without a bound are at least this (problems.cpp).

bool has_no_bound(const backend::Problem& p) {
  const auto any = [](const std::vector<backend::Operand>& operands) {
    return std::any_of(operands.begin(), operands.end(), [](const backend::Operand& o) {
      return std::any_of(o.dims.begin(), o.dims.end(), [](const DimRange& d) { return d.max - d.opt >= kNoBound; });
    });
  };
  return any(p.inputs) || any(p.outputs);
}

backend::Operand at_opt(backend::Operand o) {
  for (DimRange& r : o.dims) r = {r.opt, r.opt, r.opt};
  return o;
}

ops::Cost cost_at_opt(const backend::Problem& p) {
  const auto types = [](std::span<const backend::Operand> operands) {
    std::vector<TensorType> out;
    for (const backend::Operand& o : operands) {
      Shape s;
      for (const DimRange& r : at_opt(o).dims) s.push_back(r.opt);
      out.push_back({o.dtype, s});
    }
    return out;
  };
  return ops::cost(p.op, types(p.op_inputs()), types(p.outputs), {});
}

// When nothing is timed: the priority of the list decides, this only makes times comparable between layouts.
double estimate_ms(const backend::Problem& p, bool reference) {
  const ops::Cost c = cost_at_opt(p);
  return (c.flops / 5e10 + c.bytes / 1e10) * 1e3 * (reference ? 1000 : 1);
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return glob_match(pattern.substr(1), text) || (!text.empty() && glob_match(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && glob_match(pattern.substr(1), text.substr(1));
}

Tuner::Tuner(const BuildOptions& options, const backend::Device& device)
    : options_(options),
      device_(device),
      pool_(shared_pool(options.target.threads)),
      target_key_(backend::timing_key(options.target)) {}

const Choice& Tuner::choose(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants) {
  std::string text = to_string(problem);
  const auto it = chosen_.find(text);
  if (it != chosen_.end()) return it->second;
  Choice choice = decide(problem, text, constants);
  return chosen_.emplace(std::move(text), std::move(choice)).first->second;
}

Choice Tuner::decide(const backend::Problem& problem, const std::string& text,
                     std::span<const std::span<const std::byte>> constants) {
  const auto tactics = device_.tactics();
  const backend::Tactic& reference = tactics.back();
  Choice choice;
  std::vector<Candidate> candidates;
  // Where dims have no bound, neither has scratch memory that grows with them.
  const size_t largest_scratch = has_no_bound(problem) ? kMaxScratchWithoutBound : SIZE_MAX;
  for (const backend::Tactic& t : tactics) {
    const bool is_reference = &t == &reference;
    if (is_reference && !candidates.empty()) break;
    if (!is_reference && !options_.tactic_glob.empty() && !glob_match(options_.tactic_glob, t.name)) continue;
    if (const backend::Support s = t.supports(problem, options_.target); !s) {
      if (s.reason().empty() || s.reason().starts_with("operator is ")) continue;  // another op's tactic
      choice.note += concat(t.name, ": ", s.reason(), "\n");
      continue;
    }
    if (t.workspace && t.workspace(problem, options_.target) > std::min(options_.workspace_limit, largest_scratch)) {
      choice.note += concat(t.name, ": needs more workspace than the limit\n");
      continue;
    }
    if (static_cast<int>(candidates.size()) >= max_candidates(options_.optimization_level)) break;
    candidates.push_back({&t, 0});
  }
  if (candidates.empty()) throw Error(ErrorCode::kUnsupported, "no tactic takes the problem ", text, "\n", choice.note);
  // A lone candidate is timed too: its time is compared with that of the other layout. The reference would take too
  // long.
  choice.timed = options_.optimization_level > 0 && candidates[0].tactic != &reference;
  for (Candidate& c : candidates)
    c.milliseconds =
        choice.timed ? measure(problem, text, *c.tactic, constants) : estimate_ms(problem, c.tactic == &reference);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.milliseconds < b.milliseconds; });
  if (options_.verify_tactics) {
    while (candidates.size() > 1 && !agrees(problem, *candidates[0].tactic, constants, choice.note))
      candidates.erase(candidates.begin());
    if (candidates[0].tactic != &reference && !agrees(problem, *candidates[0].tactic, constants, choice.note))
      candidates[0] = {&reference, estimate_ms(problem, true)};
  }
  choice.tactic = candidates[0].tactic;
  choice.milliseconds = candidates[0].milliseconds;
  for (size_t i = 1; i < candidates.size(); ++i)
    choice.note += concat(candidates[i].tactic->name, ": ", candidates[i].milliseconds, " ms\n");
  return choice;
}

double Tuner::measure(const backend::Problem& problem, const std::string& text, const backend::Tactic& tactic,
                      std::span<const std::span<const std::byte>> constants) {
  const TimingCache::Key key{target_key_, text};
  if (options_.timing_cache)
    if (const auto ms = options_.timing_cache->find(key, tactic.name, tactic.version)) {
      ++from_cache_;
      return *ms;
    }
  if (options_.fail_on_cache_miss)
    throw Error(ErrorCode::kInvalidState, "the timing cache has no time of ", tactic.name, " for the problem ", text,
                "; build once without the flag that refuses cache misses");
  Trial trial(problem, tactic, options_.target, *pool_, constants);
  const double ms = trial.time(options_.timing_iterations);
  ++timed_;
  log(Severity::kVerbose, "tune", concat(tactic.name, ": ", ms, " ms for ", text));
  if (options_.timing_cache) options_.timing_cache->insert(key, {std::string(tactic.name), tactic.version, ms});
  return ms;
}

bool Tuner::agrees(const backend::Problem& problem, const backend::Tactic& tactic,
                   std::span<const std::span<const std::byte>> constants, std::string& note) {
  const backend::Tactic& reference = device_.tactics().back();
  if (&tactic == &reference || cost_at_opt(problem).flops > kMaxVerifiedFlops) return true;
  Trial tried(problem, tactic, options_.target, *pool_, constants);
  Trial expected(problem, reference, options_.target, *pool_, constants);
  tried.run();
  expected.run();
  const auto why = disagreement(problem, tried, expected);
  if (!why) return true;
  note += concat(tactic.name, ": refused by verification: ", *why, "\n");
  log(Severity::kWarning, "tune",
      concat(tactic.name, " disagrees with the reference and is not used: ", *why,
             "\n    problem: ", to_string(problem)));
  return false;
}

}  // namespace dvt::builder
