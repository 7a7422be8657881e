#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "base/concat.h"

namespace dvt {

/// Why something was refused. The API wall maps these to the public ErrorCode and to the CLI's exit codes.
enum class ErrorCode {
  kInvalidModel,     ///< The model or network makes no sense (shapes, types, attributes).
  kInvalidArgument,  ///< A call was made with a bad argument.
  kInvalidPlan,      ///< The plan's bytes are damaged, foreign or of another version.
  kUnsupported,      ///< Sensible, but not supported; the message says what to try.
  kInvalidState,     ///< A call came at the wrong time (shape not set, address missing).
  kOutOfMemory,      ///< An allocation failed.
  kIo,               ///< A file could not be read or written.
  kInternal,         ///< Our bug.
};

std::string_view to_string(ErrorCode code);

/// The one exception type. Thrown for user and model errors, caught once at the API wall.
/// `throw Error(ErrorCode::kInvalidModel, "softmax: axis ", axis, " is outside rank ", rank);`
class Error : public std::exception {
 public:
  template <class... Parts>
  explicit Error(ErrorCode code, const Parts&... parts) : code_(code), text_(concat(parts...)) {}

  ErrorCode code() const { return code_; }
  const char* what() const noexcept override { return text_.c_str(); }

  /// Adds a line of context ("at node 'attn/softmax_12' …") below the message.
  Error&& at(std::string_view where) && {
    text_ += "\n    at ";
    text_ += where;
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string text_;
};

}  // namespace dvt
