#pragma once

// The whole public API. Programs that only run plans include <dovetail/runtime.h>.
#include <dovetail/builder.h>
#include <dovetail/parser.h>
#include <dovetail/runtime.h>
