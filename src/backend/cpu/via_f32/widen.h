#pragma once
#include "backend/problem.h"

namespace dvt::cpu {

/// Floating types shorter than f32.
bool is_short_float(DType t);
/// The problem with f32 in place of every short floating type: operands, program, a cast's target.
backend::Problem widened(const backend::Problem& p);

}  // namespace dvt::cpu
