#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace dvt::plan {

/// The bytes of a plan. Deterministic: equal documents give equal bytes. Equal sections are stored once.
std::vector<std::byte> write_plan(const Document& document);

/// Hands the same bytes to `sink` in order, section by section, so that no second copy of the weights is made.
void write_plan(const Document& document, const std::function<void(std::span<const std::byte>)>& sink);

/// Writes the same bytes to a file. The file appears under `path` complete or not at all. Throws Error(kIo).
void write_plan_file(const Document& document, const std::string& path);

}  // namespace dvt::plan
