#pragma once
#include <random>

#include "backend/problem.h"

namespace dvt::test {

/// A small problem of a random operator, shape, layout and program; the same for the same state of `random`.
backend::Problem random_problem(std::mt19937& random);

}  // namespace dvt::test
