#pragma once
#include "tensor_view.h"

namespace dovetail::python {

/// Whether the object offers its memory through DLPack.
bool has_dlpack(const py::handle& object);

/// The memory of a DLPack tensor. \throws BufferError when it is not on the CPU, TypeError when its type is another.
TensorView view_of_dlpack(const TensorSpec& spec, const py::handle& object);

}  // namespace dovetail::python
