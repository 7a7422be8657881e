// The extension module dovetail._core: TensorRT's Python names over the public C++ API.

#include "bind.h"

#include <dovetail/version.h>

namespace dovetail::python {

#define BINDINGS(name) void bind_##name(py::module_& m);
#include "bindings.inc"
#undef BINDINGS

}  // namespace dovetail::python

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled half of dovetail; import dovetail instead.";
#define BINDINGS(name) dovetail::python::bind_##name(m);
#include "bindings.inc"
#undef BINDINGS
  m.def("get_dovetail_version", [] { return getDovetailVersion(); });
}
