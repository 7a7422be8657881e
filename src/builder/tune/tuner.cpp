#include "builder/tune/tuner.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "builder/tune/timer.h"

namespace dvt::builder {
namespace {

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

/// Tactics that keep larger forms of the weights (Winograd's, Strassen's) must be faster by this share to be worth it.
constexpr double kLargerWeightsGain = 0.03;

/// Bytes of the constants in the form that the tactic wants.
double weight_bytes(const backend::Problem& p, const backend::Tactic& t, const backend::Target& target) {
  double bytes = 0;
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    const backend::Operand& o = p.inputs[i];
    if (!o.constant) continue;
    const size_t packed = t.packed_bytes ? t.packed_bytes(p, target, static_cast<int>(i)) : 0;
    double plain = bits(o.dtype) / 8.0;
    for (int64_t d : o.at_opt()) plain *= static_cast<double>(d);
    bytes += packed > 0 ? static_cast<double>(packed) : plain;
  }
  return bytes;
}

/// "cpu.conv." of "cpu.conv.jit_avx512".
std::string_view family_of(std::string_view tactic) {
  return tactic.substr(0, tactic.find('.', tactic.find('.') + 1) + 1);
}

/// Where nothing is timed the order of the list is all that is known of a tactic: it makes times comparable between
/// layouts, where each has tactics of its own.
double estimate_ms(const backend::Problem& p, const backend::Tactic& tactic, std::span<const backend::Tactic> list) {
  constexpr double kPlaceMatters = 0.04, kReferenceFactor = 1000;
  double factor = 1;
  if (&tactic == &list.back())
    factor = kReferenceFactor;
  else
    for (const backend::Tactic* t = list.data(); t != &tactic; ++t)
      if (family_of(t->name) == family_of(tactic.name)) factor += kPlaceMatters;
  const ops::Cost c = cost_at_opt(p);
  return (c.flops / 5e10 + c.bytes / 1e10) * 1e3 * factor;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return glob_match(pattern.substr(1), text) || (!text.empty() && glob_match(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && glob_match(pattern.substr(1), text.substr(1));
}

bool passes_filter(std::string_view patterns, std::string_view name) {
  bool asked = false, matched = false;
  while (!patterns.empty()) {
    const size_t comma = patterns.find(',');
    const std::string_view pattern = patterns.substr(0, comma);
    patterns = comma == std::string_view::npos ? "" : patterns.substr(comma + 1);
    if (pattern.starts_with('!')) {
      if (glob_match(pattern.substr(1), name)) return false;
    } else if (!pattern.empty()) {
      asked = true;
      matched |= glob_match(pattern, name);
    }
  }
  return matched || !asked;
}

Tuner::Tuner(const BuildOptions& options, const backend::Device& device)
    : options_(options),
      device_(device),
      effort_(effort_of(options.optimization_level)),
      pool_(shared_pool(options.target.threads)),
      target_key_(backend::timing_key(options.target)),
      cache_(options.timing_cache ? *options.timing_cache : own_cache_),
      begin_s_(options.clock()) {}

bool Tuner::out_of_time() const { return options_.clock() - begin_s_ >= options_.budget_seconds; }

const Choice& Tuner::choose(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants,
                            double limit_ms) {
  std::string text = to_string(problem);
  const auto it = chosen_.find(text);
  if (it != chosen_.end() && (!it->second.choice.beyond_limit || limit_ms <= it->second.limit_ms))
    return it->second.choice;
  Choice choice = decide(problem, text, constants, limit_ms);
  Decision& decision = chosen_[std::move(text)];
  decision = {std::move(choice), limit_ms};
  return decision.choice;
}

/// The tactics that take the problem within the options' limits, in the list's order; the reference when no other does.
std::vector<Tuner::Candidate> Tuner::candidates(const backend::Problem& problem, const std::string& text,
                                                std::string& note) const {
  const auto tactics = device_.tactics();
  const backend::Tactic& reference = tactics.back();
  std::vector<Candidate> list;
  // Where dims have no bound, neither has scratch memory that grows with them.
  const size_t largest_scratch = has_no_bound(problem) ? kMaxScratchWithoutBound : SIZE_MAX;
  for (const backend::Tactic& t : tactics) {
    const bool is_reference = &t == &reference;
    if (is_reference && !list.empty()) break;
    if (!is_reference && !passes_filter(options_.tactics, t.name)) continue;
    if (const backend::Support s = t.supports(problem, options_.target); !s) {
      if (s.reason().empty() || s.reason().starts_with("operator is ")) continue;  // another op's tactic
      note += concat(t.name, ": ", s.reason(), "\n");
      continue;
    }
    if (t.workspace && !is_reference &&
        t.workspace(problem, options_.target) > std::min(options_.workspace_limit, largest_scratch)) {
      note += concat(t.name, ": needs more workspace than the limit\n");
      continue;
    }
    if (static_cast<int>(list.size()) >= effort_.candidates) break;
    list.push_back({&t});
  }
  if (list.empty()) throw Error(ErrorCode::kUnsupported, "no tactic takes the problem ", text, "\n", note);
  return list;
}

Choice Tuner::decide(const backend::Problem& problem, const std::string& text,
                     std::span<const std::span<const std::byte>> constants, double limit_ms) {
  using Kind = Candidate::Kind;
  Choice choice;
  std::vector<Candidate> list = candidates(problem, text, choice.note);
  const bool is_reference = list[0].tactic == &device_.tactics().back();
  TrialInputs inputs(problem, constants);
  // A lone candidate is timed too: its time is compared with that of the other layout. The reference would take too
  // long.
  // Nor are texts: made-up ones are empty, and time goes with their length.
  if (effort_.timed && !is_reference && !backend::find_text(problem)) {
    // What does least arithmetic first: it is often the best, and the others have to beat it.
    std::stable_sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
      return (a.tactic->work > 0 ? a.tactic->work : 1) < (b.tactic->work > 0 ? b.tactic->work : 1);
    });
    double best = limit_ms;
    for (Candidate& c : list) {
      measure(problem, text, inputs, best, c);
      if (c.kind == Kind::kTimed) best = std::min(best, c.milliseconds);
    }
  }
  double least_bytes = kNoLimit;
  for (const Candidate& c : list)
    least_bytes = std::min(least_bytes, weight_bytes(problem, *c.tactic, options_.target));
  const auto with_weights = [&](const Candidate& c) {
    const bool larger = weight_bytes(problem, *c.tactic, options_.target) > 1.1 * least_bytes;
    return c.milliseconds * (larger ? 1 + kLargerWeightsGain : 1);
  };
  const auto rank = [](const Candidate& c) { return c.kind == Kind::kTimed ? 0 : c.kind == Kind::kAtLeast ? 1 : 2; };
  std::stable_sort(list.begin(), list.end(), [&](const Candidate& a, const Candidate& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : with_weights(a) < with_weights(b);
  });
  if (options_.verify_tactics) verify(problem, list, inputs, choice.note);
  const Candidate& first = list[0];
  choice.tactic = first.tactic;
  choice.timed = first.kind != Kind::kUntimed;
  choice.beyond_limit = first.kind == Kind::kAtLeast;
  choice.milliseconds = choice.timed ? first.milliseconds : estimate_ms(problem, *first.tactic, device_.tactics());
  for (size_t i = 1; i < list.size(); ++i) {
    const Candidate& c = list[i];
    choice.note += c.kind == Kind::kUntimed ? concat(c.tactic->name, ": not timed\n")
                                            : concat(c.tactic->name, c.kind == Kind::kAtLeast ? ": at least " : ": ",
                                                     c.milliseconds, " ms\n");
  }
  return choice;
}

/// The time that no implementation of this tactic beats: its arithmetic at the machine's peak, less what a window on
/// the padding may save. 0: not known.
double Tuner::least_ms(const backend::Problem& problem, const backend::Tactic& tactic) const {
  constexpr double kLeastShare = 0.8;
  if (tactic.work <= 0 || !device_.peak_flops) return 0;
  backend::Target target = options_.target;
  target.isa &= tactic.isa;
  const double peak = device_.peak_flops(target);
  return peak > 0 ? 1e3 * kLeastShare * tactic.work * cost_at_opt(problem).flops / peak : 0;
}

// What is known of a candidate is known for good: an answer that was enough for one limit is taken for each lower one.
void Tuner::measure(const backend::Problem& problem, const std::string& text, TrialInputs& inputs, double limit_ms,
                    Candidate& c) {
  using Kind = Candidate::Kind;
  const TimingCache::Key key{target_key_, text};
  const auto found = cache_.find(key, c.tactic->name, c.tactic->version);
  if (found && (!found->at_least || found->milliseconds > limit_ms)) {
    ++from_cache_;
    c.milliseconds = found->milliseconds;
    c.kind = found->at_least ? Kind::kAtLeast : Kind::kTimed;
    return;
  }
  if (options_.fail_on_cache_miss)
    throw Error(ErrorCode::kInvalidState, "the timing cache has no time of ", c.tactic->name, " for the problem ", text,
                "; build once without the flag that refuses cache misses");
  if (out_of_time()) {
    ++untimed_;
    return;
  }
  const double least = effort_.prunes && limit_ms < kNoLimit ? least_ms(problem, *c.tactic) : 0;
  if (least > limit_ms) {
    ++pruned_;
    c.milliseconds = least;
    c.kind = Kind::kAtLeast;
  } else {
    Trial trial(problem, *c.tactic, options_.target, *pool_, inputs, Trial::Weights::kMadeUp);
    const Timing timing = trial.time({.iterations = options_.timing_iterations,
                                      .min_samples = effort_.min_samples,
                                      .max_samples = effort_.max_samples,
                                      .budget_ms = effort_.sample_ms,
                                      .give_up = effort_.give_up,
                                      .limit_ms = limit_ms});
    ++timed_;
    c.milliseconds = timing.milliseconds;
    c.kind = timing.given_up ? Kind::kAtLeast : Kind::kTimed;
  }
  const bool at_least = c.kind == Kind::kAtLeast;
  log(Severity::kVerbose, "tune",
      concat(c.tactic->name, ": ", at_least ? "at least " : "", c.milliseconds, " ms for ", text));
  cache_.insert(key, {std::string(c.tactic->name), c.tactic->version, c.milliseconds, at_least});
}

/// Drops candidates from the front until one agrees with the reference, which is the last resort.
void Tuner::verify(const backend::Problem& problem, std::vector<Candidate>& list, TrialInputs& inputs,
                   std::string& note) {
  while (list.size() > 1 && !agrees(problem, *list[0].tactic, inputs, note)) list.erase(list.begin());
  const backend::Tactic& reference = device_.tactics().back();
  if (list[0].tactic != &reference && !agrees(problem, *list[0].tactic, inputs, note)) list[0] = {&reference};
}

bool Tuner::agrees(const backend::Problem& problem, const backend::Tactic& tactic, TrialInputs& inputs,
                   std::string& note) {
  const backend::Tactic& reference = device_.tactics().back();
  if (&tactic == &reference || cost_at_opt(problem).flops > kMaxVerifiedFlops) return true;
  Trial tried(problem, tactic, options_.target, *pool_, inputs, Trial::Weights::kPacked);
  Trial expected(problem, reference, options_.target, *pool_, inputs, Trial::Weights::kPacked);
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
