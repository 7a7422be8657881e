#pragma once

// The whole public API. Programs that only run plans include <dovetail/runtime.h>.
#include <dovetail/build_budget.h>
#include <dovetail/build_to_file.h>
#include <dovetail/builder.h>
#include <dovetail/consistency.h>
#include <dovetail/parser.h>
#include <dovetail/parser_refitter.h>
#include <dovetail/plugin_quick.h>
#include <dovetail/refitter.h>
#include <dovetail/runtime.h>
#include <dovetail/tactic_selection.h>
