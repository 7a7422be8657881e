// Refitting: the factory checks what it is given; engines that can be refitted do not exist yet.

#include <dovetail/refitter.h>

#include "api/runtime/last_logger.h"
#include "api/wall.h"

void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept {
  const dvt::api::Reporter reporter(static_cast<DOVETAIL_NAMESPACE::ILogger*>(logger));
  if (!dvt::api::serves(reporter, version)) return nullptr;
  const auto* given = static_cast<DOVETAIL_NAMESPACE::ICudaEngine*>(engine);
  const dvt::api::Reporter both(reporter.logger(), given == nullptr ? nullptr : given->getErrorRecorder());
  dvt::api::guarded(both, [&] {
    if (given == nullptr) throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the refitter's engine is nullptr");
    throw dvt::Error(
        dvt::ErrorCode::kUnsupported, "engine '", given->getName(),
        "' cannot be refitted: it was built without BuilderFlag::kREFIT, which is not supported yet; build "
        "it again with the new weights");
  });
  return nullptr;
}
