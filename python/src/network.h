#pragma once
#include "bind.h"

#include <dovetail/network.h>

namespace dovetail::python {

using NetworkClass = py::class_<INetworkDefinition>;

// The add_… methods, one function per header of layers.
void bind_add_neural(NetworkClass& c);
void bind_add_pointwise(NetworkClass& c);
void bind_add_data(NetworkClass& c);
void bind_add_reduce(NetworkClass& c);
void bind_add_control(NetworkClass& c);
void bind_add_attention(NetworkClass& c);

/// The tensors of a Python sequence; None stands for an optional input that is left out.
std::vector<ITensor*> to_tensors(const py::sequence& tensors);

}  // namespace dovetail::python
