#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/blob.h"
#include "plan/plan.h"

namespace dvt::plan {

/// The bytes of a plan. Deterministic: equal documents give equal bytes. Equal sections are stored once. Sections that
/// are yet to be made are made in their place, on the document's threads.
Blob write_plan_memory(const Document& document);
/// The same in a container that can be changed.
std::vector<std::byte> write_plan(const Document& document);

/// Hands the same bytes to `sink`, in order. The header, which comes first, has a hash of what follows, so that the
/// whole plan is in memory before.
void write_plan(const Document& document, const std::function<void(std::span<const std::byte>)>& sink);

/// Writes the same bytes to a file and returns how many. Of sections that are yet to be made only the largest needs
/// memory. The file appears under `path` complete or not at all. Throws Error(kIo).
uint64_t write_plan_file(const Document& document, const std::string& path);

}  // namespace dvt::plan
