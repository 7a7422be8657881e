#pragma once
#include <span>

#include "runtime/program.h"

namespace dvt::runtime {

/// Gives each profile its ranges: of inputs, of symbols, and the largest size of each value. A network without dynamic
/// inputs gets the one profile that allows its shapes. Throws Error(kInvalidPlan).
void make_profiles(Program& program);

/// The same for a region: what its symbols can be follows from the program around it; sizes that only its own inputs
/// give have no bound.
void make_region_profiles(Program& region, const Program& around);

/// Gives each profile the places of values and workspace in the arena. Needs the steps.
void plan_profiles(Program& program);

/// Range of each dim of a value in a profile, never below 0. While loading.
std::span<const DimRange> dim_ranges(const Program& program, const ProfileProgram& profile, int32_t value);

}  // namespace dvt::runtime
