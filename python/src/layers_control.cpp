// <dovetail/layers_control.h>

#include "bind.h"

#include <dovetail/layers_control.h>

namespace dovetail::python {
namespace {

void bind_loop_layers(py::module_& m) {
  // clang-format off
  bind_enum<LoopOutput>(m, "LoopOutput")
      VALUE(LoopOutput, LAST_VALUE) VALUE(LoopOutput, CONCATENATE) VALUE(LoopOutput, REVERSE);
  bind_enum<TripLimit>(m, "TripLimit") VALUE(TripLimit, COUNT) VALUE(TripLimit, WHILE);
  // clang-format on
  Borrowed<ILoopBoundaryLayer, ILayer> boundary(m, "ILoopBoundaryLayer");
  Borrowed<IRecurrenceLayer, ILoopBoundaryLayer>(m, "IRecurrenceLayer");
  Borrowed<ILoopOutputLayer, ILoopBoundaryLayer>(m, "ILoopOutputLayer")
      .def_property("axis", &ILoopOutputLayer::getAxis, &ILoopOutputLayer::setAxis)
      .def_property_readonly("kind", &ILoopOutputLayer::getLoopOutput);
  Borrowed<ITripLimitLayer, ILoopBoundaryLayer>(m, "ITripLimitLayer")
      .def_property_readonly("kind", &ITripLimitLayer::getTripLimit);
  Borrowed<IIteratorLayer, ILoopBoundaryLayer>(m, "IIteratorLayer")
      .def_property("axis", &IIteratorLayer::getAxis, &IIteratorLayer::setAxis)
      .def_property("reverse", &IIteratorLayer::getReverse, &IIteratorLayer::setReverse);
  Borrowed<ILoop>(m, "ILoop")
      .def_property("name", &ILoop::getName, &ILoop::setName)
      .def("add_recurrence", &ILoop::addRecurrence, kInternal, py::arg("initial_value"))
      .def("add_trip_limit", &ILoop::addTripLimit, kInternal, py::arg("tensor"), py::arg("kind"))
      .def("add_iterator", &ILoop::addIterator, kInternal, py::arg("tensor"), py::arg("axis") = 0,
           py::arg("reverse") = false)
      .def("add_loop_output", &ILoop::addLoopOutput, kInternal, py::arg("tensor"), py::arg("kind"),
           py::arg("axis") = 0);
  boundary.def_property_readonly("loop", &ILoopBoundaryLayer::getLoop);
}

void bind_conditional_layers(py::module_& m) {
  Borrowed<IIfConditionalBoundaryLayer, ILayer> boundary(m, "IIfConditionalBoundaryLayer");
  Borrowed<IConditionLayer, IIfConditionalBoundaryLayer>(m, "IConditionLayer");
  Borrowed<IIfConditionalOutputLayer, IIfConditionalBoundaryLayer>(m, "IIfConditionalOutputLayer");
  Borrowed<IIfConditionalInputLayer, IIfConditionalBoundaryLayer>(m, "IIfConditionalInputLayer");
  Borrowed<IIfConditional>(m, "IIfConditional")
      .def_property("name", &IIfConditional::getName, &IIfConditional::setName)
      .def("set_condition", &IIfConditional::setCondition, kInternal, py::arg("condition"))
      .def("add_output", &IIfConditional::addOutput, kInternal, py::arg("true_subgraph_output"),
           py::arg("false_subgraph_output"))
      .def("add_input", &IIfConditional::addInput, kInternal, py::arg("input"));
  boundary.def_property_readonly("conditional", &IIfConditionalBoundaryLayer::getConditional);
}

}  // namespace

void bind_layers_control(py::module_& m) {
  bind_loop_layers(m);
  bind_conditional_layers(m);
  Borrowed<IOperatorLayer, ILayer>(m, "IOperatorLayer")
      .def_property_readonly("domain", &IOperatorLayer::getDomain)
      .def_property_readonly("operator", &IOperatorLayer::getOperator)
      .def_property_readonly("attributes", &IOperatorLayer::getAttributes);
}

}  // namespace dovetail::python
