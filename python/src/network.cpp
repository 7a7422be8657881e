// <dovetail/network.h>: inputs, outputs and the network as a whole.

#include "network.h"

#include "callbacks.h"

#include <dovetail/builder.h>

#include <string>

namespace dovetail::python {
namespace {

using Network = INetworkDefinition;

ILayer* layer_at(const Network& network, int32_t index) {
  const int32_t count = network.getNbLayers();
  const int32_t at = index < 0 ? index + count : index;
  if (at < 0 || at >= count) throw py::index_error("the network has " + std::to_string(count) + " layers");
  return network.getLayer(at);
}

void bind_network_tensors(NetworkClass& c) {
  const auto tensor = py::arg("tensor");
  c.def("add_input", &Network::addInput, kInternal, py::arg("name"), py::arg("dtype"), py::arg("shape"))
      .def("mark_output", &Network::markOutput, tensor)
      .def("unmark_output", &Network::unmarkOutput, tensor)
      .def("mark_output_for_shapes", &Network::markOutputForShapes, tensor)
      .def("unmark_output_for_shapes", &Network::unmarkOutputForShapes, tensor)
      .def("mark_debug", &Network::markDebug, tensor)
      .def("unmark_debug", &Network::unmarkDebug, tensor)
      .def("is_debug_tensor", &Network::isDebugTensor, tensor)
      .def("mark_unfused_tensors_as_debug_tensors", &Network::markUnfusedTensorsAsDebugTensors)
      .def("unmark_unfused_tensors_as_debug_tensors", &Network::unmarkUnfusedTensorsAsDebugTensors)
      .def("remove_tensor", &Network::removeTensor, tensor)
      .def_property_readonly("num_inputs", &Network::getNbInputs)
      .def("get_input", &Network::getInput, kInternal, py::arg("index"))
      .def_property_readonly("num_outputs", &Network::getNbOutputs)
      .def("get_output", &Network::getOutput, kInternal, py::arg("index"))
      .def_property_readonly("num_layers", &Network::getNbLayers)
      .def("get_layer", &Network::getLayer, kInternal, py::arg("index"))
      .def("__len__", &Network::getNbLayers)
      .def("__getitem__", &layer_at, kInternal);
}

}  // namespace

std::vector<ITensor*> to_tensors(const py::sequence& tensors) {
  std::vector<ITensor*> result;
  for (const py::handle& t : tensors) result.push_back(t.cast<ITensor*>());
  return result;
}

void bind_network(py::module_& m) {
  // clang-format off
  using F = NetworkDefinitionCreationFlag;
  bind_enum<F>(m, "NetworkDefinitionCreationFlag")
      VALUE(F, EXPLICIT_BATCH) .value("EXPLICIT_PRECISION", F::kEXPLICIT_BATCH) VALUE(F, STRONGLY_TYPED) VALUE(F, PREFER_AOT_PYTHON_PLUGINS)
      VALUE(F, PREFER_JIT_PYTHON_PLUGINS);
  // clang-format on
  NetworkClass c(m, "INetworkDefinition", py::dynamic_attr());
  c.def_property("name", &Network::getName, &Network::setName)
      .def_property_readonly("flags", &Network::getFlags)
      .def("get_flag", &Network::getFlag, py::arg("flag"))
      .def_property_readonly("has_implicit_batch_dimension", &Network::hasImplicitBatchDimension)
      .def_property_readonly("has_explicit_precision", [](const Network&) { return false; })
      .def(
          "set_weights_name",
          [](Network& n, const Weights& weights, const char* name) { return n.setWeightsName(weights, name); },
          py::arg("weights"), py::arg("name"))
      .def("mark_weights_refittable", &Network::markWeightsRefittable, py::arg("name"))
      .def("unmark_weights_refittable", &Network::unmarkWeightsRefittable, py::arg("name"))
      .def("are_weights_marked_refittable", &Network::areWeightsMarkedRefittable, py::arg("name"))
      .def_property("error_recorder", &Network::getErrorRecorder,
                    [](const py::object& self, const py::object& recorder) {
                      self.cast<Network&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
                      hold(self, "_error_recorder", recorder);
                    })
      .def("to_text", &Network::toText);
  bind_network_tensors(c);
}

void bind_network_layers(py::module_& m) {
  NetworkClass c = py::reinterpret_borrow<NetworkClass>(m.attr("INetworkDefinition"));
  bind_add_neural(c);
  bind_add_pointwise(c);
  bind_add_data(c);
  bind_add_reduce(c);
  bind_add_control(c);
  bind_add_attention(c);
}

}  // namespace dovetail::python
