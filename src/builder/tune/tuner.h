#pragma once
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "builder/build.h"
#include "builder/problems.h"
#include "builder/tune/effort.h"
#include "builder/tune/timing_cache.h"

namespace dvt::builder {

/// What was decided for one problem.
struct Choice {
  const backend::Tactic* tactic = nullptr;
  double milliseconds = 0;  ///< Measured at opt, or estimated from the op's cost when nothing was timed.
  bool timed = false;
  /// Every tactic takes longer than the limit that was given; `milliseconds` is then the least that this one takes.
  bool beyond_limit = false;
  std::string note;  ///< The other tactics: times, or why not.
};

class TrialInputs;

/// Finds the fastest tactic for a problem: timing cache, else timer. Equal problems are decided once.
class Tuner {
 public:
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();

  Tuner(const BuildOptions& options, const backend::Device& device);
  /// `constants[i]` are the bytes of constant input i (may be empty: then made up). What takes longer than `limit_ms`
  /// is of no interest, and its time need not be known well.
  /// Throws Error(kUnsupported) when no tactic, not even the reference, takes the problem.
  const Choice& choose(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants,
                       double limit_ms = kNoLimit);
  const backend::Device& device() const { return device_; }
  int timed() const { return timed_; }
  int from_cache() const { return from_cache_; }
  int pruned() const { return pruned_; }
  int untimed() const { return untimed_; }  ///< Candidates for which the budget left no time.

 private:
  struct Candidate {
    const backend::Tactic* tactic;
    double milliseconds = 0;
    enum class Kind { kUntimed, kAtLeast, kTimed } kind = Kind::kUntimed;
  };
  struct Decision {
    Choice choice;
    double limit_ms;
  };
  Choice decide(const backend::Problem& problem, const std::string& text,
                std::span<const std::span<const std::byte>> constants, double limit_ms);
  std::vector<Candidate> candidates(const backend::Problem& problem, const std::string& text, std::string& note) const;
  void measure(const backend::Problem& problem, const std::string& text, TrialInputs& inputs, double limit_ms,
               Candidate& candidate);
  double least_ms(const backend::Problem& problem, const backend::Tactic& tactic) const;
  void verify(const backend::Problem& problem, std::vector<Candidate>& candidates, TrialInputs& inputs,
              std::string& note);
  bool agrees(const backend::Problem& problem, const backend::Tactic& tactic, TrialInputs& inputs, std::string& note);
  bool out_of_time() const;

  const BuildOptions& options_;
  const backend::Device& device_;
  const Effort effort_;
  std::shared_ptr<ThreadPool> pool_;
  std::string target_key_;
  TimingCache own_cache_;  ///< Where the caller has none.
  TimingCache& cache_;
  double begin_s_ = 0;
  std::map<std::string, Decision> chosen_;
  int timed_ = 0, from_cache_ = 0, pruned_ = 0, untimed_ = 0;
};

/// Shell-style match with * and ?.
bool glob_match(std::string_view pattern, std::string_view text);
/// Whether a list of patterns, with commas in between, lets a name through: one without `!` matches, or there is none
/// of these, and no pattern behind a `!` does.
bool passes_filter(std::string_view patterns, std::string_view name);

}  // namespace dvt::builder
