#pragma once
#include "backend/problem.h"

namespace dvt::cpu {

/// Whether the problem is op pointwise, elementwise, activation or cast.
bool is_pointwise(const backend::Problem& p);
/// The whole program from the problem's inputs to output 0, its epilogue included. Precondition: is_pointwise(p).
expr::Expr pointwise_program(const backend::Problem& p);

}  // namespace dvt::cpu
