#pragma once
#include "backend/target.h"

namespace dvt::cpu {

/// FLOP/s of f32 multiply-adds in registers, in the widest vectors of the target, on all of its threads at once.
/// Measured once a process, by each thread's own CPU time, so that what else runs on the machine hardly matters; takes
/// some milliseconds. 0 where code cannot be generated.
double peak_flops(const backend::Target& t);

/// Bytes per second that the target's threads read from memory together. Takes some tenths of a second.
double peak_bandwidth(const backend::Target& t);

}  // namespace dvt::cpu
