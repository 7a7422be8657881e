// <dovetail/host_memory.h>: plans and timing caches as buffers.

#include "bind.h"

#include <dovetail/host_memory.h>

namespace dovetail::python {

void bind_host_memory(py::module_& m) {
  py::class_<IHostMemory>(m, "IHostMemory", py::buffer_protocol())
      .def_property_readonly("dtype", [](const IHostMemory& memory) { return memory.type(); })
      .def_property_readonly("nbytes", [](const IHostMemory& memory) { return memory.size(); })
      .def("__len__", [](const IHostMemory& memory) { return memory.size(); })
      .def_buffer([](IHostMemory& memory) {
        return py::buffer_info(memory.data(), 1, py::format_descriptor<int8_t>::format(), 1,
                               {static_cast<py::ssize_t>(memory.size())}, {py::ssize_t{1}}, true);
      });
}

}  // namespace dovetail::python
