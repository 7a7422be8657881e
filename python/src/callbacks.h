#pragma once
// Calls from the library into Python: under the GIL, and no exception is lost.

#include "bind.h"

#include <cstring>

namespace dovetail::python {

/// Reports the exception that is being handled as one that cannot be passed on (sys.unraisablehook). An interrupt
/// (KeyboardInterrupt, SystemExit) is kept instead, for raise_interrupt().
/// \pre Called in a catch block, with the GIL.
void report_exception(const char* callback) noexcept;

/// Raises the interrupt that a callback has kept, if any. Called when the library has returned.
void raise_interrupt();

/// The method of that name in a Python subclass. \throws NotImplementedError when the subclass lacks it.
template <class T>
py::function override_of(const T* self, const char* name) {
  py::function method = py::get_override(self, name);
  if (!method) {
    PyErr_Format(PyExc_NotImplementedError, "a callback needs a method '%s', which the subclass does not define", name);
    throw py::error_already_set();
  }
  return method;
}

/// Runs body in Python. \return What it gives, or `failed` when it threw (which is reported).
template <class R, class F>
R in_python(const char* callback, R failed, F&& body) noexcept {
  if (Py_IsInitialized() == 0) return failed;
  py::gil_scoped_acquire gil;
  try {
    return body();
  } catch (...) {
    report_exception(callback);
    return failed;
  }
}

template <class F>
void in_python(const char* callback, F&& body) noexcept {
  in_python(callback, false, [&] {
    body();
    return true;
  });
}

/// A pointer as Python has it: an integer; None and 0 are nullptr.
inline void* to_pointer(const py::object& value) {
  return value.is_none() ? nullptr : reinterpret_cast<void*>(py::cast<size_t>(py::int_(value)));
}

inline size_t to_integer(const void* pointer) { return reinterpret_cast<size_t>(pointer); }

/// Text that may be nullptr.
inline py::object to_text(const char* text) {
  if (text == nullptr) return py::none();
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text, static_cast<py::ssize_t>(strlen(text)), "replace"));
}

}  // namespace dovetail::python
