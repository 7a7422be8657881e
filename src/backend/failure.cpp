#include "backend/failure.h"

#include <new>
#include <utility>

namespace dvt::backend {
namespace {

thread_local std::optional<Error> reason;

}  // namespace

void leave_reason(const Error& error) noexcept {
  try {
    reason = error;
  } catch (const std::bad_alloc&) {
    reason.reset();
  }
}

std::optional<Error> take_reason() noexcept { return std::exchange(reason, std::nullopt); }

}  // namespace dvt::backend
