// <dovetail/layers_recurrent.h>: layers of TensorRT 8.6.

#include "weights.h"

#include <dovetail/layers_recurrent.h>

namespace dovetail::python {
namespace {

void bind_fully_connected(py::module_& m) {
  using F = IFullyConnectedLayer;
  Borrowed<F, ILayer>(m, "IFullyConnectedLayer")
      .def_property("num_output_channels", &F::getNbOutputChannels, &F::setNbOutputChannels)
      .def_property(
          "kernel",
          [](const py::object& self) { return weights_to_array(self.cast<const F&>().getKernelWeights(), self); },
          py::cpp_function([](F& l, const Weights& w) { l.setKernelWeights(w); }, py::keep_alive<1, 2>()))
      .def_property(
          "bias", [](const py::object& self) { return weights_to_array(self.cast<const F&>().getBiasWeights(), self); },
          py::cpp_function([](F& l, const Weights* w) { l.setBiasWeights(or_none(w)); }, py::keep_alive<1, 2>()));
}

void bind_recurrent_enums(py::module_& m) {
  // clang-format off
  using O = RNNOperation;
  bind_enum<O>(m, "RNNOperation") VALUE(O, RELU) VALUE(O, TANH) VALUE(O, LSTM) VALUE(O, GRU);
  bind_enum<RNNDirection>(m, "RNNDirection") VALUE(RNNDirection, UNIDIRECTION) VALUE(RNNDirection, BIDIRECTION);
  bind_enum<RNNInputMode>(m, "RNNInputMode") VALUE(RNNInputMode, LINEAR) VALUE(RNNInputMode, SKIP);
  using G = RNNGateType;
  bind_enum<G>(m, "RNNGateType")
      VALUE(G, INPUT) VALUE(G, OUTPUT) VALUE(G, FORGET) VALUE(G, UPDATE) VALUE(G, RESET) VALUE(G, CELL)
      VALUE(G, HIDDEN);
  // clang-format on
}

}  // namespace

void bind_layers_recurrent(py::module_& m) {
  bind_fully_connected(m);
  bind_recurrent_enums(m);
  using R = IRNNv2Layer;
  const auto weights = [](const py::object& self, int32_t layer, RNNGateType gate, bool is_w) {
    return weights_to_array(self.cast<const R&>().getWeightsForGate(layer, gate, is_w), self);
  };
  const auto bias = [](const py::object& self, int32_t layer, RNNGateType gate, bool is_w) {
    return weights_to_array(self.cast<const R&>().getBiasForGate(layer, gate, is_w), self);
  };
  Borrowed<R, ILayer>(m, "IRNNv2Layer")
      .def_property_readonly("num_layers", &R::getLayerCount)
      .def_property_readonly("hidden_size", &R::getHiddenSize)
      .def_property_readonly("max_seq_length", &R::getMaxSeqLength)
      .def_property_readonly("data_length", &R::getDataLength)
      .def_property("seq_lengths", &R::getSequenceLengths, &R::setSequenceLengths)
      .def_property("op", &R::getOperation, &R::setOperation)
      .def_property("input_mode", &R::getInputMode, &R::setInputMode)
      .def_property("direction", &R::getDirection, &R::setDirection)
      .def_property("hidden_state", &R::getHiddenState, &R::setHiddenState)
      .def_property("cell_state", &R::getCellState, &R::setCellState)
      .def("set_weights_for_gate", &R::setWeightsForGate, py::arg("layer_index"), py::arg("gate"), py::arg("is_w"),
           py::arg("weights"), py::keep_alive<1, 5>())
      .def("get_weights_for_gate", weights, py::arg("layer_index"), py::arg("gate"), py::arg("is_w"))
      .def("set_bias_for_gate", &R::setBiasForGate, py::arg("layer_index"), py::arg("gate"), py::arg("is_w"),
           py::arg("bias"), py::keep_alive<1, 5>())
      .def("get_bias_for_gate", bias, py::arg("layer_index"), py::arg("gate"), py::arg("is_w"));
}

}  // namespace dovetail::python
