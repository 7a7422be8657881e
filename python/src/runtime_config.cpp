// <dovetail/runtime_config.h>

#include "bind.h"

#include <dovetail/engine.h>

namespace dovetail::python {

void bind_runtime_config(py::module_& m) {
  // clang-format off
  bind_enum<SerializationFlag>(m, "SerializationFlag")
      VALUE(SerializationFlag, EXCLUDE_WEIGHTS) VALUE(SerializationFlag, EXCLUDE_LEAN_RUNTIME)
      VALUE(SerializationFlag, INCLUDE_REFIT);
  // clang-format on
  py::class_<ISerializationConfig>(m, "ISerializationConfig")
      .def_property("flags", &ISerializationConfig::getFlags, &ISerializationConfig::setFlags)
      .def("set_flag", &ISerializationConfig::setFlag, py::arg("flag"))
      .def("clear_flag", &ISerializationConfig::clearFlag, py::arg("flag"))
      .def("get_flag", &ISerializationConfig::getFlag, py::arg("flag"));
  py::class_<IRuntimeConfig>(m, "IRuntimeConfig")
      .def("set_execution_context_allocation_strategy", &IRuntimeConfig::setExecutionContextAllocationStrategy,
           py::arg("strategy") = ExecutionContextAllocationStrategy::kSTATIC)
      .def("get_execution_context_allocation_strategy", &IRuntimeConfig::getExecutionContextAllocationStrategy);
}

}  // namespace dovetail::python
