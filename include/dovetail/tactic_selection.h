#pragma once

#include <dovetail/builder_config.h>

/// Limits the tactics that builds with this configuration may choose, by their names (docs/reference/tactics.md lists
/// them). TensorRT's tactic sources name libraries that are not part of this one; these are single tactics.
///
/// \param config    From IBuilder::createBuilderConfig.
/// \param patterns  Names with * and ?, commas in between; a pattern behind a ! excludes. An empty text, the default,
///                  allows all: "!*.strassen*,!*.winograd*" forbids sums in another order than the operator's own.
///                  Where no allowed tactic takes a problem, the reference does.
/// \return false for nullptr.
/// \threadsafety As of the configuration's methods.
extern "C" DOVETAIL_API bool dovetailConfigSetTactics(DOVETAIL_NAMESPACE::IBuilderConfig* config,
                                                      char const* patterns) noexcept;
/// What was set; nullptr for nullptr. Valid until the next call that sets it and as long as the configuration lives.
extern "C" DOVETAIL_API char const* dovetailConfigGetTactics(DOVETAIL_NAMESPACE::IBuilderConfig const* config) noexcept;
