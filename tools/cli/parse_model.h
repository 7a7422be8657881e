#pragma once
#include <string>

#include "cli/options.h"
#include "cli/session.h"

namespace dovetail::cli {

/// Adds a model's file to the network, with what --shapes and --value say of its inputs. Throws Failure.
void parse_model(const std::string& model, INetworkDefinition& network, const BuildFlags& flags, Logger& logger);

}  // namespace dovetail::cli
