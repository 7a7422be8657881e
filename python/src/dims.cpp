// Dims and Permutation behave as sequences, and tuples and lists of integers are taken in their place.

#include "bind.h"

#include <string>

namespace dovetail::python {
namespace {

/// Fills array from a sequence of at most `capacity` integers. \return How many there were.
template <class Int>
int32_t fill(Int* array, int64_t capacity, const py::sequence& values) {
  const auto count = static_cast<int64_t>(values.size());
  if (count > capacity) {
    throw py::value_error("Input length " + std::to_string(count) + ". Max expected length is " +
                          std::to_string(capacity));
  }
  for (int64_t i = 0; i < count; ++i) array[i] = py::cast<Int>(values[static_cast<size_t>(i)]);
  return static_cast<int32_t>(count);
}

template <class D>
D make_dims(const py::sequence& values) {
  D dims;
  const int32_t count = fill(dims.d, Dims::MAX_DIMS, values);
  if (!std::is_same_v<D, Dims> && count != D().nbDims) {
    throw py::value_error("Input length " + std::to_string(count) + ". Expected length is " +
                          std::to_string(D().nbDims));
  }
  dims.nbDims = count;
  return dims;
}

int64_t length(const Dims& dims) { return dims.nbDims < 0 ? 0 : dims.nbDims; }

py::tuple to_tuple(const Dims& dims) {
  py::tuple result(length(dims));
  for (int64_t i = 0; i < length(dims); ++i) result[i] = dims.d[i];
  return result;
}

int64_t checked(int64_t index, int64_t size) {
  const int64_t at = index < 0 ? index + size : index;
  if (at < 0 || at >= size) throw py::index_error("Out of bounds");
  return at;
}

bool equals(const Dims& dims, const py::sequence& other) {
  const auto size = static_cast<int64_t>(py::len(other));
  if (size != length(dims)) return false;
  for (int64_t i = 0; i < size; ++i) {
    if (!py::int_(dims.d[i]).equal(other[static_cast<size_t>(i)])) return false;
  }
  return true;
}

std::string text(const Dims& dims) { return py::str(to_tuple(dims)); }

// `!=` follows from `==` in Python; anything but a sequence of numbers is different.
py::object compare(const Dims& dims, const py::object& other) {
  if (py::isinstance<Dims>(other)) return py::bool_(equals(dims, to_tuple(other.cast<Dims>())));
  if (py::isinstance<py::list>(other) || py::isinstance<py::tuple>(other)) {
    return py::bool_(equals(dims, py::reinterpret_borrow<py::sequence>(other)));
  }
  return py::reinterpret_borrow<py::object>(Py_NotImplemented);
}

void set_slice(Dims& dims, const py::slice& slice, const py::sequence& values) {
  py::list all(to_tuple(dims));
  if (PyObject_SetItem(all.ptr(), slice.ptr(), values.ptr()) != 0) throw py::error_already_set();
  dims = make_dims<Dims>(all);
}

void bind_permutation(py::module_& m) {
  constexpr int64_t kSize = Dims::MAX_DIMS;
  const auto tuple_of = [](const Permutation& p) {
    py::tuple result(kSize);
    for (int64_t i = 0; i < kSize; ++i) result[i] = p.order[i];
    return result;
  };
  py::class_<Permutation>(m, "Permutation")
      .def(py::init([] { return Permutation{}; }))
      .def(py::init([](const py::sequence& order) {
        Permutation p{};
        fill(p.order, kSize, order);
        return p;
      }))
      .def("__len__", [](const Permutation&) { return kSize; })
      .def("__getitem__", [](const Permutation& p, int64_t i) { return p.order[checked(i, kSize)]; })
      .def("__setitem__", [](Permutation& p, int64_t i, int32_t value) { p.order[checked(i, kSize)] = value; })
      .def("__eq__",
           [tuple_of](const Permutation& p, const py::object& other) {
             return py::isinstance<py::sequence>(other)
                        ? tuple_of(p).equal(py::tuple(other))
                        : py::isinstance<Permutation>(other) && tuple_of(p).equal(tuple_of(other.cast<Permutation>()));
           })
      .def("__str__", [tuple_of](const Permutation& p) { return py::str(tuple_of(p)); })
      .def("__repr__", [tuple_of](const Permutation& p) { return py::str(tuple_of(p)); });
  py::implicitly_convertible<py::tuple, Permutation>();
  py::implicitly_convertible<py::list, Permutation>();
}

}  // namespace

void bind_dims(py::module_& m) {
  py::class_<Dims>(m, "Dims")
      .def(py::init([] { return Dims{}; }))
      .def(py::init(&make_dims<Dims>), py::arg("shape"))
      .def_property_readonly_static("MAX_DIMS", [](const py::object&) { return Dims::MAX_DIMS; })
      .def("__len__", &length)
      .def("__getitem__", [](const Dims& d, int64_t i) { return d.d[checked(i, length(d))]; })
      .def("__getitem__", [](const Dims& d, const py::slice& s) { return py::tuple(to_tuple(d)[s]); })
      .def("__setitem__", [](Dims& d, int64_t i, int64_t value) { d.d[checked(i, length(d))] = value; })
      .def("__setitem__", &set_slice)
      .def("__eq__", &compare)
      .def("__str__", &text)
      .def("__repr__", &text)
      .def("__reduce__",
           [](const py::object& self) { return py::make_tuple(py::type::of(self), py::make_tuple(py::tuple(self))); });
  py::class_<Dims2, Dims>(m, "Dims2")
      .def(py::init<>())
      .def(py::init<int64_t, int64_t>(), py::arg("dim0"), py::arg("dim1"))
      .def(py::init(&make_dims<Dims2>), py::arg("shape"));
  py::class_<DimsHW, Dims2>(m, "DimsHW")
      .def(py::init<>())
      .def(py::init<int64_t, int64_t>(), py::arg("h"), py::arg("w"))
      .def(py::init(&make_dims<DimsHW>), py::arg("shape"))
      .def_property(
          "h", [](const DimsHW& d) { return d.h(); }, [](DimsHW& d, int64_t h) { d.h() = h; })
      .def_property(
          "w", [](const DimsHW& d) { return d.w(); }, [](DimsHW& d, int64_t w) { d.w() = w; });
  py::class_<Dims3, Dims>(m, "Dims3")
      .def(py::init<>())
      .def(py::init<int64_t, int64_t, int64_t>(), py::arg("dim0"), py::arg("dim1"), py::arg("dim2"))
      .def(py::init(&make_dims<Dims3>), py::arg("shape"));
  py::class_<Dims4, Dims>(m, "Dims4")
      .def(py::init<>())
      .def(py::init<int64_t, int64_t, int64_t, int64_t>(), py::arg("dim0"), py::arg("dim1"), py::arg("dim2"),
           py::arg("dim3"))
      .def(py::init(&make_dims<Dims4>), py::arg("shape"));
  py::implicitly_convertible<py::tuple, Dims>();
  py::implicitly_convertible<py::list, Dims>();
  py::implicitly_convertible<py::sequence, Dims>();
  py::implicitly_convertible<py::tuple, DimsHW>();
  py::implicitly_convertible<py::list, DimsHW>();
  bind_permutation(m);
}

}  // namespace dovetail::python
