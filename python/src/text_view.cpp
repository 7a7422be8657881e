// Arrays of str as tensors of text, and back.

#include "text_view.h"
#include "tensor_view.h"

#include <pybind11/numpy.h>

#include <memory>
#include <utility>
#include <vector>

namespace dovetail::python {
namespace {

/// What a view of texts keeps alive: the views, and the objects that hold their bytes.
struct Texts {
  std::vector<TextView> views;
  py::list owners;
};

TextView view_of_object(const TensorSpec& spec, PyObject* object, Texts& texts) {
  TextView view{};
  if (PyBytes_Check(object)) {
    texts.owners.append(py::handle(object));
    view.data = PyBytes_AS_STRING(object);
    view.size = PyBytes_GET_SIZE(object);
    return view;
  }
  if (!PyUnicode_Check(object))
    throw py::type_error(std::string("'") + spec.name + "' takes text: str or bytes, got " +
                         std::string(py::str(py::type::of(py::handle(object)))));
  py::ssize_t size = 0;
  if (const char* data = PyUnicode_AsUTF8AndSize(object, &size)) {
    texts.owners.append(py::handle(object));
    return {data, size};
  }
  PyErr_Clear();  // lone surrogates stand for bytes that are no UTF-8
  const auto bytes = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(object, "utf-8", "surrogateescape"));
  if (!bytes) throw py::error_already_set();
  return view_of_object(spec, bytes.ptr(), texts);
}

}  // namespace

TensorView view_of_text(const TensorSpec& spec, const py::handle& argument) {
  const py::module_ numpy = py::module_::import("numpy");
  py::object given = numpy.attr("asarray")(argument);
  const std::string kind = py::str(given.attr("dtype").attr("kind"));
  if (kind != "O" && kind != "U" && kind != "S" && kind != "T")
    throw py::type_error(std::string("'") + spec.name + "' takes text: an array of str or bytes, got " +
                         std::string(py::str(given.attr("dtype"))));
  given = numpy.attr("ascontiguousarray")(given.attr("astype")("object")).attr("reshape")(given.attr("shape"));
  const auto array = py::reinterpret_borrow<py::array>(given);
  if (array.ndim() > Dims::MAX_DIMS)
    throw py::value_error(std::string("'") + spec.name + "' has " + std::to_string(array.ndim()) +
                          " dimensions; at most 8 are possible");
  auto texts = std::make_unique<Texts>();
  texts->views.reserve(static_cast<size_t>(array.size()) + 1);  // an address, even of nothing
  auto* const* objects = static_cast<PyObject* const*>(array.data());
  for (py::ssize_t i = 0; i < array.size(); ++i)
    texts->views.push_back(view_of_object(spec, objects[i] ? objects[i] : Py_None, *texts));
  TensorView view;
  view.data = texts->views.data();
  view.shape.nbDims = static_cast<int32_t>(array.ndim());
  for (int32_t i = 0; i < view.shape.nbDims; ++i) view.shape.d[i] = array.shape(i);
  view.owner = py::capsule(texts.release(), [](void* p) { delete static_cast<Texts*>(p); });
  return view;
}

py::object array_of_text(const Dims& shape, const TextView* texts) {
  py::tuple extents(shape.nbDims);
  for (int32_t i = 0; i < shape.nbDims; ++i) extents[static_cast<size_t>(i)] = py::int_(shape.d[i]);
  py::object made = py::module_::import("numpy").attr("empty")(extents, "object");
  auto array = py::reinterpret_borrow<py::array>(made);
  auto** objects = static_cast<PyObject**>(array.mutable_data());
  for (py::ssize_t i = 0; i < array.size(); ++i) {
    const TextView& t = texts[i];
    PyObject* text = PyUnicode_DecodeUTF8(t.size > 0 ? t.data : "", t.size > 0 ? t.size : 0, "surrogateescape");
    if (text == nullptr) throw py::error_already_set();
    Py_XDECREF(std::exchange(objects[i], text));
  }
  return made;
}

}  // namespace dovetail::python
