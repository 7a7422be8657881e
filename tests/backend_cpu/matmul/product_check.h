#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "backend/tactic.h"

namespace dvt::cpu {

/// Runs a tactic on a problem at the min, opt and max of its dims and compares with the operator's reference followed
/// by the epilogue's. Adds a test failure that carries the problem's text. `depth` is the number of products in one
/// sum: an f32 result may be off by depth * 2^-24 * (sum of |a| |b|), pushed through the epilogue.
///
/// Inputs, outputs and scratch end at a page that cannot be touched, so that reading past them ends the program.
void check_product(const backend::Tactic& tactic, const backend::Problem& problem, backend::Target target, int threads,
                   int64_t depth);

/// The tactic of that name; fails the test when there is none.
const backend::Tactic& tactic_named(std::string_view name);
/// This machine limited to AVX2, or as it is when `isa` is empty.
backend::Target host_target_with(std::string_view isa);
/// Lines of tests/problems/<name>.txt without comments and blank lines.
std::vector<std::string> corpus(std::string_view name);

}  // namespace dvt::cpu
