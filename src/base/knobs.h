#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dvt {

// The types that knobs.inc names.
using knob_int = int64_t;
using knob_bool = bool;
using knob_string = std::string;

/// Every knob's value, under the name of its environment variable.
struct Knobs {
#define KNOB(name, type, default_value, doc) knob_##type name = default_value;
#include "base/knobs.inc"
#undef KNOB
  /// What was wrong with the environment ("DOVETAIL_THREADS: 'many' is not a number; using 0"). The API logs it once.
  std::vector<std::string> complaints;
};

/// The environment's knobs, read at the first call. \threadsafety Any thread.
const Knobs& knobs();

/// Knobs from a function that gives a variable's text, or nothing when it is not set.
Knobs read_knobs(const std::function<std::optional<std::string>(const char*)>& variable);

/// A row of the reference page.
struct KnobInfo {
  std::string_view name, type, default_text, doc;
};
std::span<const KnobInfo> knob_table();

}  // namespace dvt
