#include "runtime/context.h"

namespace dvt::runtime {
namespace {

std::shared_ptr<const Error> copy_or_nothing(const Error& error) noexcept {
  try {
    return std::make_shared<const Error>(error);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

Status Status::out_of_memory() noexcept {
  // Made before it can be needed, at the first call at the latest; without even that there is nothing to report with.
  static const std::shared_ptr<const Error> error =
      std::make_shared<const Error>(ErrorCode::kOutOfMemory, "out of host memory");
  Status s;
  s.error_ = error;
  return s;
}

Status::Status(const Error& error) noexcept : error_(copy_or_nothing(error)) {
  if (!error_) *this = out_of_memory();
}

}  // namespace dvt::runtime
