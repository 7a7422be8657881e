#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/blob.h"
#include "plan/plan.h"

namespace dvt {
class DimTexts;
}

namespace dvt::plan {

/// What the first bytes of a plan say; see format.h for where it stands.
struct Header {
  uint32_t format = 0;                             ///< Version of the plan format.
  int major = 0, minor = 0, patch = 0, build = 0;  ///< Library that wrote it.
  uint64_t total_bytes = 0;                        ///< Size that the whole plan must have.
};

/// Reads and checks the header alone (64 bytes suffice): is this a plan, of this byte order, of a version known here?
/// Throws Error(kInvalidPlan) that says which is not so.
Header peek_header(std::span<const std::byte> bytes);

/// Decodes a plan. Every hash, index, number, size, range, dims text, name and symbol is checked, so that a document
/// that comes back is consistent in itself, whoever wrote the bytes. What the steps' problems say is for the runtime to
/// check. Sections point into `plan` and share its ownership; bytes that are not 64-byte aligned are copied first.
/// Throws Error(kInvalidPlan) that says what is wrong and where.
Document read_plan(const Blob& plan);
/// The same, where the expressions of the plan's dims are of further use.
Document read_plan(const Blob& plan, DimTexts& texts);

}  // namespace dvt::plan
