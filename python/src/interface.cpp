// <dovetail/interface.h>, and what all callbacks share.

#include "callbacks.h"

#include <dovetail/interface.h>

#include <utility>

namespace dovetail::python {
namespace {

// The interrupt that waits to be raised; guarded by the GIL. A raw pointer: nothing to destroy after the interpreter.
PyObject* kept_interrupt = nullptr;

}  // namespace

void report_exception(const char* callback) noexcept {
  try {
    throw;
  } catch (py::error_already_set& e) {
    if (e.matches(PyExc_KeyboardInterrupt) || e.matches(PyExc_SystemExit)) {
      if (kept_interrupt == nullptr) kept_interrupt = py::object(e.value()).release().ptr();
      return;
    }
    e.discard_as_unraisable(callback);
  } catch (py::builtin_exception& e) {
    e.set_error();
    PyErr_WriteUnraisable(py::str(callback).ptr());
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
    PyErr_WriteUnraisable(py::str(callback).ptr());
  }
}

void raise_interrupt() {
  if (kept_interrupt == nullptr) return;
  const auto value = py::reinterpret_steal<py::object>(std::exchange(kept_interrupt, nullptr));
  PyErr_SetObject(py::type::of(value).ptr(), value.ptr());
  throw py::error_already_set();
}

void bind_interface(py::module_& m) {
  bind_enum<APILanguage>(m, "APILanguage") VALUE(APILanguage, CPP) VALUE(APILanguage, PYTHON);
  py::class_<InterfaceInfo>(m, "InterfaceInfo")
      .def_readonly("kind", &InterfaceInfo::kind)
      .def_readonly("major", &InterfaceInfo::major)
      .def_readonly("minor", &InterfaceInfo::minor);
  py::class_<IVersionedInterface>(m, "IVersionedInterface")
      .def_property_readonly("api_language", &IVersionedInterface::getAPILanguage)
      .def_property_readonly("interface_info", &IVersionedInterface::getInterfaceInfo);
}

}  // namespace dovetail::python
