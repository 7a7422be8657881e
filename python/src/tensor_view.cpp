// Arguments and results as numpy arrays.

#include "tensor_view.h"

#include "dlpack.h"
#include "text_view.h"
#include "weights.h"

#include <pybind11/numpy.h>

#include <cstdlib>

namespace dovetail::python {
namespace {

[[noreturn]] void refuse_type(const TensorSpec& spec, const py::handle& got) {
  throw py::type_error(std::string("'") + spec.name + "' takes " + std::string(py::str(spec.numpy_type)) + ", got " +
                       std::string(py::str(got)) + "; convert it with .astype()");
}

bool same_type(const py::array& array, const TensorSpec& spec) {
  const py::object dtype = array.dtype();
  if (dtype.is(spec.numpy_type)) return true;  // the types of numpy itself are single objects
  return !spec.numpy_type.is_none() && dtype.equal(spec.numpy_type);
}

void read_shape(const py::array& array, const TensorSpec& spec, Dims& shape) {
  if (array.ndim() > Dims::MAX_DIMS)
    throw py::value_error(std::string("'") + spec.name + "' has " + std::to_string(array.ndim()) +
                          " dimensions; at most 8 are possible");
  shape.nbDims = static_cast<int32_t>(array.ndim());
  for (int32_t i = 0; i < shape.nbDims; ++i) shape.d[i] = array.shape(i);
}

TensorView view_of_array(const TensorSpec& spec, py::array array) {
  if (!same_type(array, spec) && !spec.numpy_type.is_none()) refuse_type(spec, array.dtype());
  if ((array.flags() & py::array::c_style) == 0) {
    array = py::array::ensure(array, py::array::c_style);
    if (!array) throw py::error_already_set();
  }
  TensorView view;
  view.data = array.data();
  read_shape(array, spec, view.shape);
  view.owner = std::move(array);
  return view;
}

std::vector<py::ssize_t> extents(const TensorSpec& spec, const Dims& shape) {
  if (!spec.numpy_type.is_none()) return {shape.d, shape.d + shape.nbDims};
  int64_t count = 1;
  for (int32_t i = 0; i < shape.nbDims; ++i) count *= shape.d[i];
  return {(count * bits_of(spec.type) + 7) / 8};
}

py::dtype dtype_of(const TensorSpec& spec) {
  return spec.numpy_type.is_none() ? py::dtype("uint8") : py::reinterpret_borrow<py::dtype>(spec.numpy_type);
}

}  // namespace

std::string to_string(const Dims& shape) { return py::str(py::cast(Dims(shape))); }

TensorView view_of(const TensorSpec& spec, const py::handle& argument) {
  if (spec.type == DataType::kTEXT) return view_of_text(spec, argument);
  if (py::isinstance<py::array>(argument)) return view_of_array(spec, py::reinterpret_borrow<py::array>(argument));
  if (has_dlpack(argument)) return view_of_dlpack(spec, argument);
  const py::object made = py::module_::import("numpy").attr("asarray")(argument, dtype_of(spec));
  return view_of_array(spec, py::reinterpret_borrow<py::array>(made));
}

py::object empty_array(const TensorSpec& spec, const Dims& shape, void*& data) {
  py::array array(dtype_of(spec), extents(spec, shape));
  data = array.mutable_data();
  return array;
}

void* writable(const TensorSpec& spec, const Dims& shape, const py::handle& object) {
  if (!py::isinstance<py::array>(object))
    throw py::type_error(std::string("'") + spec.name + "' is written to a numpy array");
  auto array = py::reinterpret_borrow<py::array>(object);
  if (!same_type(array, spec)) refuse_type(spec, array.dtype());
  Dims got{};
  read_shape(array, spec, got);
  bool same = got.nbDims == shape.nbDims;
  for (int32_t i = 0; same && i < got.nbDims; ++i) same = got.d[i] == shape.d[i];
  if (!same)
    throw py::value_error(std::string("output '") + spec.name + "' has shape " + to_string(shape) + ", the array " +
                          to_string(got));
  if (!array.writeable() || (array.flags() & py::array::c_style) == 0)
    throw py::value_error(std::string("output '") + spec.name + "' needs an array that is writable and contiguous");
  return array.mutable_data();
}

py::object adopt_array(const TensorSpec& spec, const Dims& shape, void* memory) {
  const py::capsule owner(memory, [](void* p) { std::free(p); });
  return py::array(dtype_of(spec), extents(spec, shape), memory, owner);
}

}  // namespace dovetail::python
