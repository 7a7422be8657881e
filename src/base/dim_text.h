#pragma once
#include <string>
#include <string_view>

#include "base/dim.h"

namespace dvt {

/// Reads Dims out of a longer text ("[batch,3,h+1]"). Stops behind the expression. Every failure is an
/// Error(kInvalidArgument) that says where.
class DimReader {
 public:
  DimReader(std::string_view text, size_t position);
  Dim read();
  size_t position() const { return at_; }
  /// Skips spaces, then takes `c` if it comes next.
  bool take(char c);
  bool at_end() {
    skip_spaces();
    return at_ == text_.size();
  }
  [[noreturn]] void fail(std::string_view what) const;

 private:
  void skip_spaces();
  Dim expression();
  Dim term(bool negative);
  Dim primary();
  Dim number();
  Dim call(std::string_view name);
  std::string quoted_name();

  std::string_view text_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace dvt
