#pragma once
#include <exception>
#include <new>
#include <utility>

#include "api/reporter.h"

namespace dvt::api {

/// Runs the body of a public method. What it throws is reported and `failure` is returned: nothing passes the wall.
template <class R, class Body>
R guarded(const Reporter& reporter, R failure, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& e) {
    reporter.error(e);
  } catch (const std::bad_alloc&) {
    reporter.error(ErrorCode::kOutOfMemory, "out of host memory");
  } catch (const std::exception& e) {
    reporter.error(ErrorCode::kInternal, e.what());
  }
  return failure;
}

/// The same for methods without a result; returns whether the body ran to its end.
template <class Body>
bool guarded(const Reporter& reporter, Body&& body) noexcept {
  return guarded(reporter, false, [&] {
    body();
    return true;
  });
}

/// The text of a name given by a user. Throws Error(kInvalidArgument) on nullptr.
inline const char* required(const char* text, std::string_view what) {
  if (text == nullptr) throw Error(ErrorCode::kInvalidArgument, what, " is nullptr");
  return text;
}

}  // namespace dvt::api
