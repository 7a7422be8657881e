#pragma once
#include "onnx/registry.h"

namespace dvt::onnx {

// Every function that importers.inc names; a function may stand for several operators.
#define IMPORT(domain, op_type, since, function) void function(ImporterContext& c);
#include "onnx/importers.inc"
#undef IMPORT

}  // namespace dvt::onnx
