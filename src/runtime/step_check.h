#pragma once
#include <cstdint>
#include <span>

#include "runtime/program.h"

namespace dvt::runtime {

/// Whether an attribute of the op is an expression over symbols.
bool has_symbols(const ops::Op& op);

/// Checks one step at given shapes: every operand lies in the range that its kernel was made for, and the op's own
/// shape rule gives the outputs these shapes. The plan's dims are untrusted, and inputs whose symbols differ may meet
/// in one op; so the memory safety of kernels rests on this. `dims` are all values' dims, `slots` the symbols' values.
/// Throws Error(kInvalidArgument) with the step's name.
void check_step(const Program& program, const StepProgram& step, std::span<const int64_t> dims,
                std::span<const int64_t> slots);

/// Checks that sizes which are known when `after` of Program::late have passed can meet where a dim takes them to.
/// Throws Error(kInvalidArgument) with the name of the step that broadcasts them, or, where no step does, of a value.
void check_meetings(const Program& program, int32_t after, std::span<const int64_t> dims,
                    std::span<const int64_t> slots);

/// Checks the steps of a region whose shapes are constant; the others are checked when it runs.
void check_static(const Program& program);

/// Checks every step at the opt shapes of each profile (a static network has only those), so that a plan which is wrong
/// in itself is refused when it is loaded. Throws Error(kInvalidPlan).
void check_at_opt(const Program& program);

}  // namespace dvt::runtime
