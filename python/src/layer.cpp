// <dovetail/layer.h>

#include "callbacks.h"

#include <dovetail/layer.h>

namespace dovetail::python {

void bind_layer(py::module_& m) {
  bind_enum<LayerType>(m, "LayerType")
      // clang-format off
      VALUE(LayerType, CONVOLUTION) VALUE(LayerType, GRID_SAMPLE) VALUE(LayerType, NMS) VALUE(LayerType, ACTIVATION)
      VALUE(LayerType, POOLING) VALUE(LayerType, LRN) VALUE(LayerType, SCALE) VALUE(LayerType, SOFTMAX)
      VALUE(LayerType, DECONVOLUTION) VALUE(LayerType, CONCATENATION) VALUE(LayerType, ELEMENTWISE)
      VALUE(LayerType, PLUGIN) VALUE(LayerType, UNARY) VALUE(LayerType, PADDING) VALUE(LayerType, SHUFFLE)
      VALUE(LayerType, REDUCE) VALUE(LayerType, TOPK) VALUE(LayerType, GATHER) VALUE(LayerType, MATRIX_MULTIPLY)
      VALUE(LayerType, RAGGED_SOFTMAX) VALUE(LayerType, CONSTANT) VALUE(LayerType, IDENTITY) VALUE(LayerType, CAST)
      VALUE(LayerType, PLUGIN_V2) VALUE(LayerType, SLICE) VALUE(LayerType, SHAPE) VALUE(LayerType, PARAMETRIC_RELU)
      VALUE(LayerType, RESIZE) VALUE(LayerType, TRIP_LIMIT) VALUE(LayerType, RECURRENCE) VALUE(LayerType, ITERATOR)
      VALUE(LayerType, LOOP_OUTPUT) VALUE(LayerType, SELECT) VALUE(LayerType, ASSERTION) VALUE(LayerType, FILL)
      VALUE(LayerType, QUANTIZE) VALUE(LayerType, DEQUANTIZE) VALUE(LayerType, CONDITION)
      VALUE(LayerType, CONDITIONAL_INPUT) VALUE(LayerType, CONDITIONAL_OUTPUT) VALUE(LayerType, SCATTER)
      VALUE(LayerType, EINSUM) VALUE(LayerType, ONE_HOT) VALUE(LayerType, NON_ZERO)
      VALUE(LayerType, REVERSE_SEQUENCE) VALUE(LayerType, NORMALIZATION) VALUE(LayerType, PLUGIN_V3)
      VALUE(LayerType, SQUEEZE) VALUE(LayerType, UNSQUEEZE) VALUE(LayerType, CUMULATIVE)
      VALUE(LayerType, DYNAMIC_QUANTIZE) VALUE(LayerType, ATTENTION_INPUT) VALUE(LayerType, ATTENTION_OUTPUT)
      VALUE(LayerType, ROTARY_EMBEDDING) .value("KV_CACHE_UPDATE", LayerType::kKVCACHE_UPDATE) VALUE(LayerType, MOE)
      VALUE(LayerType, DIST_COLLECTIVE) VALUE(LayerType, FULLY_CONNECTED) VALUE(LayerType, RNN_V2)
      VALUE(LayerType, OPERATOR);
  // clang-format on
  Borrowed<ILayer>(m, "ILayer")
      .def_property("name", &ILayer::getName, &ILayer::setName)
      .def_property("metadata", &ILayer::getMetadata, &ILayer::setMetadata)
      .def_property_readonly("type", &ILayer::getType)
      .def_property_readonly("num_inputs", &ILayer::getNbInputs)
      .def_property_readonly("num_outputs", &ILayer::getNbOutputs)
      .def_property("precision", &ILayer::getPrecision, &ILayer::setPrecision)
      .def_property_readonly("precision_is_set", &ILayer::precisionIsSet)
      .def("reset_precision", &ILayer::resetPrecision)
      .def_property("num_ranks", &ILayer::getNbRanks,
                    [](ILayer& l, int32_t ranks) {
                      if (!l.setNbRanks(ranks)) throw py::value_error("num_ranks is 1: a layer runs on one device");
                    })
      .def("get_input", &ILayer::getInput, kInternal, py::arg("index"))
      .def("set_input", &ILayer::setInput, py::arg("index"), py::arg("tensor"))
      .def("get_output", &ILayer::getOutput, kInternal, py::arg("index"))
      .def("set_output_type", &ILayer::setOutputType, py::arg("index"), py::arg("dtype"))
      .def("get_output_type", &ILayer::getOutputType, py::arg("index"))
      .def("output_type_is_set", &ILayer::outputTypeIsSet, py::arg("index"))
      .def("reset_output_type", &ILayer::resetOutputType, py::arg("index"));
}

}  // namespace dovetail::python
