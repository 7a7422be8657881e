// INetworkDefinition.add_…: the layers of <dovetail/layers_reduce.h>

#include "network.h"

namespace dovetail::python {

using Network = INetworkDefinition;

void bind_add_reduce(NetworkClass& c) {
  const auto input = py::arg("input");
  c.def("add_reduce", &Network::addReduce, kInternal, input, py::arg("op"), py::arg("axes"), py::arg("keep_dims"))
      .def(
          "add_topk",
          [](Network& n, ITensor& x, TopKOperation op, int32_t k, uint32_t axes, DataType type) {
            return n.addTopK(x, op, k, axes, type);
          },
          kInternal, input, py::arg("op"), py::arg("k"), py::arg("axes"), py::arg("indices_type") = DataType::kINT32)
      .def("add_cumulative", &Network::addCumulative, kInternal, input, py::arg("axis"), py::arg("op"),
           py::arg("exclusive"), py::arg("reverse"))
      .def("add_resize", &Network::addResize, kInternal, input)
      .def("add_grid_sample", &Network::addGridSample, kInternal, input, py::arg("grid"))
      .def(
          "add_nms",
          [](Network& n, ITensor& boxes, ITensor& scores, ITensor& limit, DataType type) {
            return n.addNMS(boxes, scores, limit, type);
          },
          kInternal, py::arg("boxes"), py::arg("scores"), py::arg("max_output_boxes_per_class"),
          py::arg("indices_type") = DataType::kINT32);
}

}  // namespace dovetail::python
