// Weights and numpy arrays: no copy either way, and the array lives as long as what points into it.

#include "weights.h"

#include <pybind11/numpy.h>

#include <string>
#include <string_view>

namespace dovetail::python {
namespace {

struct NumpyType {
  DataType type;
  int bits;
  const char* name;  // as numpy or ml_dtypes call it; nullptr when neither has it
  bool from_ml_dtypes;
};
// Types of fewer than 8 bits take a byte an element in ml_dtypes and a fraction of it here: they are not shared.
constexpr NumpyType kNumpyTypes[] = {
    {DataType::kFLOAT, 32, "float32", false},
    {DataType::kHALF, 16, "float16", false},
    {DataType::kINT8, 8, "int8", false},
    {DataType::kINT32, 32, "int32", false},
    {DataType::kBOOL, 8, "bool", false},
    {DataType::kUINT8, 8, "uint8", false},
    {DataType::kINT64, 64, "int64", false},
    {DataType::kFLOAT64, 64, "float64", false},
    {DataType::kINT16, 16, "int16", false},
    {DataType::kUINT16, 16, "uint16", false},
    {DataType::kUINT32, 32, "uint32", false},
    {DataType::kUINT64, 64, "uint64", false},
    {DataType::kBF16, 16, "bfloat16", true},
    {DataType::kFP8, 8, "float8_e4m3fn", true},
    {DataType::kFP8E5M2, 8, "float8_e5m2", true},
    {DataType::kE8M0, 8, "float8_e8m0fnu", true},
    {DataType::kINT4, 4, nullptr, false},
    {DataType::kFP4, 4, nullptr, false},
    {DataType::kUINT4, 4, nullptr, false},
    {DataType::kINT2, 2, nullptr, false},
    {DataType::kUINT2, 2, nullptr, false},
    {DataType::kFP8E4M3FNUZ, 8, "float8_e4m3fnuz", true},
    {DataType::kFP8E5M2FNUZ, 8, "float8_e5m2fnuz", true},
    {DataType::kTEXT, 128, nullptr, false},
};

const NumpyType& entry(DataType type) {
  for (const NumpyType& t : kNumpyTypes) {
    if (t.type == type) return t;
  }
  throw py::value_error("unknown DataType " + std::to_string(static_cast<int>(type)));
}

Weights from_array(const py::array& array) {
  if ((array.flags() & py::array::c_style) == 0) {
    throw py::value_error(
        "Could not convert non-contiguous NumPy array to Weights. Please use numpy.ascontiguousarray() to fix this.");
  }
  return Weights{type_of(array.dtype()), array.data(), static_cast<int64_t>(array.size())};
}

int64_t byte_size(const Weights& w) { return (w.count * bits_of(w.type) + 7) / 8; }

}  // namespace

int64_t bits_of(DataType type) { return entry(type).bits; }

py::object numpy_type(DataType type) {
  const NumpyType& t = entry(type);
  if (type == DataType::kTEXT) {  // as TextView lies in memory
    py::list fields;
    fields.append(py::make_tuple("data", "uintp"));
    fields.append(py::make_tuple("size", "int64"));
    return py::dtype::from_args(fields);
  }
  if (t.name == nullptr) return py::none();
  try {
    if (!t.from_ml_dtypes) return py::dtype(t.name);
    return py::dtype::from_args(py::module_::import("ml_dtypes").attr(t.name));
  } catch (py::error_already_set& e) {
    if (e.matches(PyExc_ImportError) || e.matches(PyExc_AttributeError)) return py::none();
    throw;
  }
}

DataType type_of(const py::handle& numpy_dtype) {
  const std::string name = py::str(numpy_dtype.attr("name"));
  for (const NumpyType& t : kNumpyTypes) {
    if (t.name != nullptr && t.name == name) return t.type;
  }
  throw py::value_error("Could not implicitly convert NumPy data type: " + name + " to DataType.");
}

py::object weights_to_array(const Weights& weights, const py::handle& owner) {
  const py::object type = numpy_type(weights.type);
  if (type.is_none()) return py::cast(weights);
  // Zero elements have no address, and numpy would take nullptr as a wish for memory of its own.
  static const char nothing = 0;
  return py::array(py::reinterpret_borrow<py::dtype>(type), {weights.count},
                   weights.values == nullptr ? &nothing : weights.values, owner);
}

void bind_weights(py::module_& m) {
  py::class_<Weights>(m, "Weights")
      .def(py::init([](DataType type) {
             return Weights{type, nullptr, 0};
           }),
           py::arg("type") = DataType::kFLOAT)
      .def(py::init([](DataType type, size_t ptr, int64_t count) {
             return Weights{type, reinterpret_cast<const void*>(ptr), count};
           }),
           py::arg("type"), py::arg("ptr"), py::arg("count"))
      .def(py::init(&from_array), py::arg("a"), py::keep_alive<1, 2>())
      .def_property_readonly("dtype", [](const Weights& w) { return w.type; })
      .def_property_readonly("size", [](const Weights& w) { return w.count; })
      .def_property_readonly("nbytes", &byte_size)
      .def("__len__", [](const Weights& w) { return w.count; })
      .def("numpy", [](const py::object& self) { return weights_to_array(self.cast<Weights&>(), self); });
  py::implicitly_convertible<py::array, Weights>();
  m.def("_numpy_type", &numpy_type, "The numpy dtype of a DataType, or None.");
  m.def("_bits_of", &bits_of, "Bits of an element of a DataType.");
  m.def("_type_of", &type_of, "The DataType of a numpy dtype.");
}

}  // namespace dovetail::python
