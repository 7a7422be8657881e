// <dovetail/tensor.h>

#include "callbacks.h"

#include <dovetail/tensor.h>

namespace dovetail::python {
namespace {

py::object dynamic_range(const ITensor& t) {
  if (!t.dynamicRangeIsSet()) return py::none();
  return py::make_tuple(t.getDynamicRangeMin(), t.getDynamicRangeMax());
}

void set_dynamic_range(ITensor& t, const py::sequence& range) {
  if (range.size() != 2) throw py::value_error("dynamic_range takes two numbers, the least and the greatest");
  if (!t.setDynamicRange(range[0].cast<float>(), range[1].cast<float>()))
    throw py::value_error("dynamic_range: the least value is above the greatest");
}

}  // namespace

void bind_tensor(py::module_& m) {
  Borrowed<ITensor>(m, "ITensor")
      .def_property("name", &ITensor::getName, &ITensor::setName)
      .def_property("shape", &ITensor::getDimensions, &ITensor::setDimensions)
      .def_property("dtype", &ITensor::getType, &ITensor::setType)
      .def_property("broadcast_across_batch", &ITensor::getBroadcastAcrossBatch, &ITensor::setBroadcastAcrossBatch)
      .def_property("location", &ITensor::getLocation, &ITensor::setLocation)
      .def_property("allowed_formats", &ITensor::getAllowedFormats, &ITensor::setAllowedFormats)
      .def_property_readonly("is_network_input", &ITensor::isNetworkInput)
      .def_property_readonly("is_network_output", &ITensor::isNetworkOutput)
      .def_property_readonly("is_shape_tensor", &ITensor::isShapeTensor)
      .def_property_readonly("is_execution_tensor", &ITensor::isExecutionTensor)
      .def_property("dynamic_range", &dynamic_range, &set_dynamic_range)
      .def("set_dynamic_range", &ITensor::setDynamicRange, py::arg("min"), py::arg("max"))
      .def("reset_dynamic_range", &ITensor::resetDynamicRange)
      .def("set_dimension_name", &ITensor::setDimensionName, py::arg("index"), py::arg("name"))
      .def(
          "get_dimension_name", [](const ITensor& t, int32_t index) { return to_text(t.getDimensionName(index)); },
          py::arg("index"));
}

}  // namespace dovetail::python
