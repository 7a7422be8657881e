#pragma once
#include <string>

#include "api/formats.h"
#include "ir/graph.h"

namespace dvt::api {

/// A tensor of logical shape, from one whose dims are those of a format's memory.
ir::Value* from_format(ir::Graph& graph, ir::Value* memory, const FormatInfo& f, const Shape& shape);
/// The other way; added channels are 0.
ir::Value* to_format(ir::Graph& graph, ir::Value* value, const FormatInfo& f, const std::string& name);

}  // namespace dvt::api
