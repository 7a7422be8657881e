#pragma once
#include <functional>
#include <string>
#include <vector>

#include "backend/tactic.h"

// Runs a tactic and the reference on the same random operands and compares the outputs.
namespace dvt::test {

/// Which dims of the problem's ranges a check uses.
enum class At { min, opt, max };

/// Lines of tests/problems/<name>.txt without comments.
std::vector<std::string> corpus(const std::string& name);
/// Names of all files there, without the ending.
std::vector<std::string> corpus_names();

/// This machine's target capped to "baseline", "avx2" or "avx512"; the cap may exceed the machine.
backend::Target capped_target(const std::string& isa, int threads);
/// Whether this machine has every ability of the target.
bool host_can_run(const backend::Target& t);

/// Empty when the tactic's outputs agree with the reference within the tolerance of the problem's types and depth, and
/// nothing outside the outputs and the workspace was written; else what is wrong.
std::string check(const backend::Tactic& tactic, const backend::Problem& problem, const backend::Target& target, At at,
                  uint32_t seed);

/// Runs a tactic once on random operands at opt; `around` is told when the kernel begins and when it has ended.
void run_once(const backend::Tactic& tactic, const backend::Problem& problem, const backend::Target& target,
              const std::function<void(bool running)>& around);

/// The command that repeats a check.
std::string repro(const backend::Problem& problem, std::string_view tactic);

}  // namespace dvt::test
