#pragma once
// What every file of the bindings uses. One file per public header; bindings.inc gives the order.

#include <pybind11/pybind11.h>

#include <dovetail/types.h>

#include <memory>
#include <vector>

namespace dovetail::python {

namespace py = pybind11;

/// A class whose objects belong to another object: Python never deletes them.
template <class T, class... Bases>
using Borrowed = py::class_<T, Bases..., std::unique_ptr<T, py::nodelete>>;

/// For calls that may run long or wait for other threads: those may need the GIL for callbacks.
using Unlocked = py::call_guard<py::gil_scoped_release>;

/// What a method gives back belongs to the object that the method was called on, which stays alive with it.
constexpr py::return_value_policy kInternal = py::return_value_policy::reference_internal;

/// Keeps `value` alive as long as `owner`, in a slot: the next value of the same slot lets the last one go.
/// \pre owner's class has py::dynamic_attr().
inline void hold(const py::handle& owner, const char* slot, const py::handle& value) {
  py::setattr(owner, slot, value);
}

/// On a method that makes an object: what it gives back keeps the object alive that the method was called on.
struct KeepsSelf {};

template <class Enum>
py::enum_<Enum> bind_enum(const py::handle& scope, const char* name) {
  return py::enum_<Enum>(scope, name, py::arithmetic());
}

}  // namespace dovetail::python

namespace pybind11::detail {

// py::keep_alive<0, 1> does the same, but takes the mark of an overload that does not fit for an object.
template <>
struct process_attribute<dovetail::python::KeepsSelf> : process_attribute_default<dovetail::python::KeepsSelf> {
  static void postcall(function_call& call, handle result) {
    if (result && result.ptr() != PYBIND11_TRY_NEXT_OVERLOAD) keep_alive_impl(0, 1, call, result);
  }
};

}  // namespace pybind11::detail

/// One enumerator: .value("FLOAT", DataType::kFLOAT). The k of C++ is dropped.
#define VALUE(Enum, name) .value(#name, Enum::k##name)
