#pragma once

#include <dovetail/builder.h>

/// Builds like IBuilder::buildSerializedNetwork and writes the plan to a file, weight by weight: no more memory is
/// needed than for the largest one. The file appears under its name when it is complete; until then another one stands
/// beside it. A path that is no regular file (a pipe, /dev/stdout) is written in order, when the whole plan is in
/// memory.
///
/// \param builder, network, config  As for IBuilder::buildSerializedNetwork.
/// \param path  Where to write; what stands there is replaced.
/// \return The plan's size in bytes; 0 when there is none, for a reason that has been reported, or for a nullptr.
/// \threadsafety As of the builder's methods.
extern "C" DOVETAIL_API uint64_t dovetailBuildToFile(DOVETAIL_NAMESPACE::IBuilder* builder,
                                                     DOVETAIL_NAMESPACE::INetworkDefinition* network,
                                                     DOVETAIL_NAMESPACE::IBuilderConfig* config,
                                                     DOVETAIL_NAMESPACE::AsciiChar const* path) noexcept;
