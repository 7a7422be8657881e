#pragma once

namespace dvt {

/// std::source_location for compilers that have only the built-in functions below it (clang 14, which builds the
/// fuzzers).
struct SourceLocation {
  const char* file = "";
  int line = 0;
  const char* function = "";
  /// As a default argument: the place of the call.
  static SourceLocation current(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                const char* function = __builtin_FUNCTION()) {
    return {file, line, function};
  }
};

}  // namespace dvt
