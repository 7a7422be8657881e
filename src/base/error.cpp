#include "base/error.h"

#include <charconv>

namespace dvt {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidModel:
      return "invalid model";
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kInvalidPlan:
      return "invalid plan";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kInvalidState:
      return "invalid state";
    case ErrorCode::kOutOfMemory:
      return "out of memory";
    case ErrorCode::kIo:
      return "input/output";
    case ErrorCode::kInternal:
      return "internal error";
  }
  return "unknown error";
}

void concat_detail::put_double(std::string& out, double v) {
  char buffer[40];
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, v);
  out.append(buffer, end);
}

}  // namespace dvt
