#pragma once

#include <dovetail/builder_config.h>

/// Limits the time that builds with this configuration spend on choosing tactics. It counts from the begin of a build,
/// and is spent on the costliest problems first; when it is over, what is not known yet gets the first tactic of its
/// list, as at optimization level 0, and the build goes on. Optimizing the graph and packing weights come on top. A
/// timing that has begun is finished.
///
/// \param config   From IBuilder::createBuilderConfig.
/// \param seconds  0 or more; 0 times nothing. Infinity, the default, sets no limit.
/// \return false for nullptr, or for a number below 0 or NaN, which is reported.
/// \threadsafety As of the configuration's methods.
extern "C" DOVETAIL_API bool dovetailConfigSetBuildBudget(DOVETAIL_NAMESPACE::IBuilderConfig* config,
                                                          double seconds) noexcept;
/// Seconds, infinity where there is no limit; 0 for nullptr.
extern "C" DOVETAIL_API double dovetailConfigGetBuildBudget(DOVETAIL_NAMESPACE::IBuilderConfig const* config) noexcept;
