#pragma once
#include "tensor_view.h"

namespace dovetail::python {

/// Reads an argument for a text input: strs are not copied, numpy's own types of text are.
TensorView view_of_text(const TensorSpec& spec, const py::handle& argument);

}  // namespace dovetail::python
