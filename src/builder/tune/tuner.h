#pragma once
#include <map>
#include <string>
#include <vector>

#include "builder/build.h"
#include "builder/problems.h"

namespace dvt::builder {

/// What was decided for one problem.
struct Choice {
  const backend::Tactic* tactic = nullptr;
  double milliseconds = 0;  ///< Measured at opt, or estimated from the op's cost when nothing was timed.
  bool timed = false;
  std::string note;  ///< The other tactics: times, or why not.
};

/// Finds the fastest tactic for a problem: timing cache, else timer. Equal problems are decided once.
class Tuner {
 public:
  Tuner(const BuildOptions& options, const backend::Device& device);
  /// `constants[i]` are the bytes of constant input i (may be empty: then made up).
  /// Throws Error(kUnsupported) when no tactic, not even the reference, takes the problem.
  const Choice& choose(const backend::Problem& problem, std::span<const std::span<const std::byte>> constants);
  const backend::Device& device() const { return device_; }
  int timed() const { return timed_; }
  int from_cache() const { return from_cache_; }

 private:
  struct Candidate {
    const backend::Tactic* tactic;
    double milliseconds;
  };
  Choice decide(const backend::Problem& problem, const std::string& text,
                std::span<const std::span<const std::byte>> constants);
  double measure(const backend::Problem& problem, const std::string& text, const backend::Tactic& tactic,
                 std::span<const std::span<const std::byte>> constants);
  bool agrees(const backend::Problem& problem, const backend::Tactic& tactic,
              std::span<const std::span<const std::byte>> constants, std::string& note);
  const BuildOptions& options_;
  const backend::Device& device_;
  std::shared_ptr<ThreadPool> pool_;
  std::string target_key_;
  std::map<std::string, Choice> chosen_;
  int timed_ = 0, from_cache_ = 0;
};

/// Shell-style match with * and ?.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace dvt::builder
