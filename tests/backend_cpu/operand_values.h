#pragma once
#include <cstddef>
#include <random>
#include <vector>

#include "backend/problem.h"

namespace dvt::test {

/// Floating values lie between -kLargestValue and kLargestValue.
inline constexpr double kLargestValue = 2;

/// Fills the plain elements of operand `index` with values that the operator can take: indices lie inside what they
/// index, shape inputs say what the outputs are, divisors and variances are not near 0. `dims` holds every input's
/// dims.
void fill_operand(const backend::Problem& p, int index, const std::vector<std::vector<int64_t>>& dims, std::byte* data,
                  std::mt19937& random);

}  // namespace dvt::test
