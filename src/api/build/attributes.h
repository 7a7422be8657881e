#pragma once
#include "api/public.h"
#include "ops/op.h"

#include <dovetail/plugin_field.h>

namespace dvt::api {

/// An operator with its attributes set from named fields; fields that are not given keep their default.
/// Throws Error(kInvalidArgument) on a field that the operator does not have, or of a type that does not fit.
ops::Op make_op(const ops::OpInfo& info, const PluginFieldCollection& fields);

}  // namespace dvt::api
