#pragma once
#include <vector>

#include "api/build/lowering.h"

namespace dvt::api {

/// Random numbers f32 of a shape, as pointwise arithmetic: element i is a hash of i and the seed and of nothing else,
/// so that every run, machine and number of threads gives the same. The hash is the 32-bit mixer of xor-shifts and two
/// products ("lowbias32"); the 24 upper bits make a number in [0, 1), and two of those a normal one by the method of
/// Box and Muller.
ir::Value* uniform_numbers(Lowering& graph, const std::vector<Dim>& shape, uint32_t seed);  ///< In [0, 1).
ir::Value* normal_numbers(Lowering& graph, const std::vector<Dim>& shape, uint32_t seed);   ///< Mean 0, deviation 1.

}  // namespace dvt::api
