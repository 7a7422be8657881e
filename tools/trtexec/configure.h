#pragma once
#include <memory>

#include <dovetail/dovetail.h>

#include "trtexec/log.h"
#include "trtexec/options.h"

namespace dovetail::trtexec {

/// Carries the build flags over to a configuration: precisions, profiles, limits, formats. Returns the timing cache
/// that the configuration uses, which must outlive it; nullptr when none was asked for. Throws UsageError, Failure.
std::unique_ptr<ITimingCache> configure(const Options& options, IBuilder& builder, INetworkDefinition& network,
                                        IBuilderConfig& config, Log& log);
/// Writes the timings of a build to --timingCacheFile. Throws Failure.
void save_timing_cache(const Options& options, const IBuilderConfig& config, Log& log);

}  // namespace dovetail::trtexec
