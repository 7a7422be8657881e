#pragma once
#include <memory>
#include <string>
#include <vector>

#include <dovetail/dovetail.h>

#include "trtexec/log.h"
#include "trtexec/options.h"

namespace dovetail::trtexec {

/// An engine and what it came from. Members are destroyed in the right order: the runtime last.
struct LoadedEngine {
  std::unique_ptr<IRuntime> runtime;
  std::unique_ptr<ICudaEngine> engine;
};

/// Builds the plan of --onnx, or reads the one of --loadEngine; writes --saveEngine; loads it. Throws Failure.
LoadedEngine make_engine(const Options& options, Log& log);

/// --getPlanVersionOnly: prints the version in a plan's header. Throws Failure.
void print_plan_version(const Options& options, Log& log);

/// --timeDeserialize: loads the plan a few times and prints how long it takes. Throws Failure.
void time_deserialize(const Options& options, Log& log);

}  // namespace dovetail::trtexec
