// INetworkDefinition.add_…: the layers of <dovetail/layers_data.h>

#include "network.h"

namespace dovetail::python {

using Network = INetworkDefinition;

void bind_add_data(NetworkClass& c) {
  const auto input = py::arg("input");
  c.def(
       "add_concatenation",
       [](Network& n, const py::sequence& inputs) {
         const std::vector<ITensor*> tensors = to_tensors(inputs);
         return n.addConcatenation(tensors.data(), static_cast<int32_t>(tensors.size()));
       },
       kInternal, py::arg("inputs"))
      .def("add_shuffle", &Network::addShuffle, kInternal, input)
      .def("add_slice", &Network::addSlice, kInternal, input, py::arg("start"), py::arg("shape"), py::arg("stride"))
      .def("add_shape", &Network::addShape, kInternal, input)
      .def("add_gather", &Network::addGather, kInternal, input, py::arg("indices"), py::arg("axis"))
      .def("add_gather_v2", &Network::addGatherV2, kInternal, input, py::arg("indices"), py::arg("mode"))
      .def("add_scatter", &Network::addScatter, kInternal, py::arg("data"), py::arg("indices"), py::arg("updates"),
           py::arg("mode"))
      .def("add_one_hot", &Network::addOneHot, kInternal, py::arg("indices"), py::arg("values"), py::arg("depth"),
           py::arg("axis"))
      .def(
          "add_non_zero", [](Network& n, ITensor& x, DataType type) { return n.addNonZero(x, type); }, kInternal, input,
          py::arg("indices_type") = DataType::kINT32)
      .def(
          "add_constant",
          [](Network& n, const Dims& shape, const Weights& weights) { return n.addConstant(shape, weights); },
          kInternal, py::arg("shape"), py::arg("weights"), py::keep_alive<1, 3>())
      .def(
          "add_fill",
          [](Network& n, const Dims& shape, FillOperation op, DataType type) { return n.addFill(shape, op, type); },
          kInternal, py::arg("shape"), py::arg("op"), py::arg("output_type") = DataType::kFLOAT)
      .def("add_squeeze", &Network::addSqueeze, kInternal, input, py::arg("axes"))
      .def("add_unsqueeze", &Network::addUnsqueeze, kInternal, input, py::arg("axes"))
      .def("add_reverse_sequence", &Network::addReverseSequence, kInternal, input, py::arg("sequence_lens"))
      .def("add_assertion", &Network::addAssertion, kInternal, py::arg("condition"), py::arg("message"));
  for (const char* name : {"add_padding_nd", "add_padding"})
    c.def(name, &Network::addPaddingNd, kInternal, input, py::arg("pre_padding"), py::arg("post_padding"));
}

}  // namespace dovetail::python
