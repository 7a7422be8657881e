#pragma once
#include "plan/plan.h"

namespace dvt {
class DimTexts;
}

namespace dvt::plan {

/// Checks that a document is consistent in itself: indices, names, dims and their symbols, aliases, what each step
/// reads and writes, profiles, sizes of plain weights. Throws Error(kInvalidPlan) that names the value, step or
/// profile. The expressions are left in `texts`.
void validate(const Document& document, DimTexts& texts);
void validate(const Document& document);

/// Index of the value that holds the bytes of `value`: itself, or the end of its chain of aliases.
int32_t root_of(const Document& document, int32_t value);

/// Limits that a plan may not pass; far above anything that runs.
inline constexpr int64_t kMaxDim = int64_t{1} << 40;
inline constexpr int kMaxShapeElements = 64;
inline constexpr uint32_t kMaxThreads = 4096;
inline constexpr size_t kMaxLateName = 512;

/// Number of elements of a shape tensor (rank 0 or 1, constant dims).
int64_t shape_elements(const Value& value);
/// Name of the symbol that stands for element `i` of an input shape tensor: "name[i]".
std::string element_symbol(const Value& value, int64_t i);

}  // namespace dvt::plan
