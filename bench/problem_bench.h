#pragma once
#include <string>
#include <string_view>

namespace dvt::bench {

/// Registers one benchmark for each tactic that supports the problem on this machine and whose name begins with
/// `family`, at the opt of its dims, with one thread and with all. Reports GFLOP/s and the operands' GB/s.
void register_problem(const std::string& label, const std::string& problem, std::string_view family);

/// Runs what was registered; Google Benchmark's options apply.
int run(int argc, char** argv);

}  // namespace dvt::bench
