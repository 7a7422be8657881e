#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "plan/plan.h"

namespace dvt::plan {

/// A row of the section table as it is stored; offsets count from the first boundary after the structure.
struct SectionRange {
  uint64_t offset = 0, size = 0, hash = 0;
};
struct Structure {
  Document document;  ///< Without section bytes.
  std::vector<SectionRange> sections;
};

/// Decodes the structure. It is verified to lie inside its bytes, and no byte of it may be used twice, so that a small
/// plan cannot ask for much memory. Numbers are not judged here, except that enums exist. Throws Error(kInvalidPlan).
Structure decode_structure(std::span<const std::byte> bytes);

}  // namespace dvt::plan
