// INetworkDefinition.add_…: the layers of <dovetail/layers_pointwise.h> and <dovetail/layers_quantize.h>

#include "network.h"

namespace dovetail::python {

using Network = INetworkDefinition;

void bind_add_pointwise(NetworkClass& c) {
  const auto input = py::arg("input");
  c.def("add_activation", &Network::addActivation, kInternal, input, py::arg("type"))
      .def("add_elementwise", &Network::addElementWise, kInternal, py::arg("input1"), py::arg("input2"), py::arg("op"))
      .def("add_unary", &Network::addUnary, kInternal, input, py::arg("op"))
      .def("add_parametric_relu", &Network::addParametricReLU, kInternal, input, py::arg("slopes"))
      .def("add_select", &Network::addSelect, kInternal, py::arg("condition"), py::arg("then_input"),
           py::arg("else_input"))
      .def("add_identity", &Network::addIdentity, kInternal, input)
      .def("add_cast", &Network::addCast, kInternal, input, py::arg("to_type"))
      .def(
          "add_quantize",
          [](Network& n, ITensor& x, ITensor& scale, DataType type) { return n.addQuantize(x, scale, type); },
          kInternal, input, py::arg("scale"), py::arg("output_type") = DataType::kINT8)
      .def(
          "add_dequantize",
          [](Network& n, ITensor& x, ITensor& scale, DataType type) { return n.addDequantize(x, scale, type); },
          kInternal, input, py::arg("scale"), py::arg("output_type") = DataType::kFLOAT)
      .def("add_dynamic_quantize", &Network::addDynamicQuantize, kInternal, input, py::arg("axis"),
           py::arg("block_size"), py::arg("output_type"), py::arg("scale_type"))
      .def("add_dynamic_quantize_v2", &Network::addDynamicQuantizeV2, kInternal, input, py::arg("block_shape"),
           py::arg("output_type"), py::arg("scale_type"));
}

}  // namespace dovetail::python
