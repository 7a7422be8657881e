// The consistency checker: loads a plan as the runtime does, without keeping it.

#include <dovetail/consistency.h>

#include "api/runtime/last_logger.h"
#include "api/wall.h"
#include "backend/cpu/cpu.h"
#include "runtime/engine.h"

namespace dvt::api {
namespace {

class Checker final : public consistency::IConsistencyChecker {
 public:
  Checker(ILogger* logger, Blob plan) : reporter_(logger), plan_(std::move(plan)) {}
  bool validate() const noexcept override {
    return guarded(reporter_, [&] { runtime::Engine::load(plan_, cpu::device(), {}); });
  }

 private:
  Reporter reporter_;
  Blob plan_;
};

}  // namespace
}  // namespace dvt::api

void* createConsistencyChecker_INTERNAL(void* logger, void const* blob, std::size_t size, int32_t version) {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  return dvt::api::guarded(reporter, static_cast<void*>(nullptr), [&]() -> void* {
    if (blob == nullptr) throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the plan is nullptr");
    return static_cast<DOVETAIL_NAMESPACE::consistency::IConsistencyChecker*>(
        new dvt::api::Checker(reporter.logger(), dvt::Blob::copy({static_cast<const std::byte*>(blob), size})));
  });
}
