// INetworkDefinition.add_…: the layers of <dovetail/layers_neural.h>. Arrays given as weights live as long as the
// network.

#include "network.h"
#include "weights.h"

namespace dovetail::python {
namespace {

using Network = INetworkDefinition;

IScaleLayer* add_scale_nd(Network& n, ITensor& input, ScaleMode mode, const Weights* shift, const Weights* scale,
                          const Weights* power, int32_t channel_axis) {
  return n.addScaleNd(input, mode, or_none(shift), or_none(scale), or_none(power), channel_axis);
}

void bind_convolutions(NetworkClass& c) {
  const auto convolution = [](Network& n, ITensor& input, int64_t maps, const Dims& kernel_shape, const Weights& kernel,
                              const Weights* bias) {
    return n.addConvolutionNd(input, maps, kernel_shape, kernel, or_none(bias));
  };
  const auto deconvolution = [](Network& n, ITensor& input, int64_t maps, const Dims& kernel_shape,
                                const Weights& kernel, const Weights* bias) {
    return n.addDeconvolutionNd(input, maps, kernel_shape, kernel, or_none(bias));
  };
  const auto none = static_cast<const Weights*>(nullptr);
  for (const char* name : {"add_convolution_nd", "add_convolution"})
    c.def(name, convolution, py::arg("input"), py::arg("num_output_maps"), py::arg("kernel_shape"), py::arg("kernel"),
          py::arg("bias") = none, kInternal, py::keep_alive<1, 5>(), py::keep_alive<1, 6>());
  for (const char* name : {"add_deconvolution_nd", "add_deconvolution"})
    c.def(name, deconvolution, py::arg("input"), py::arg("num_output_maps"), py::arg("kernel_shape"), py::arg("kernel"),
          py::arg("bias") = none, kInternal, py::keep_alive<1, 5>(), py::keep_alive<1, 6>());
  for (const char* name : {"add_pooling_nd", "add_pooling"})
    c.def(name, &Network::addPoolingNd, kInternal, py::arg("input"), py::arg("type"), py::arg("window_size"));
}

}  // namespace

void bind_add_neural(NetworkClass& c) {
  bind_convolutions(c);
  const auto none = static_cast<const Weights*>(nullptr);
  c.def(
       "add_scale",
       [](Network& n, ITensor& input, ScaleMode mode, const Weights* shift, const Weights* scale,
          const Weights* power) { return add_scale_nd(n, input, mode, shift, scale, power, 1); },
       py::arg("input"), py::arg("mode"), py::arg("shift") = none, py::arg("scale") = none, py::arg("power") = none,
       kInternal, py::keep_alive<1, 4>(), py::keep_alive<1, 5>(), py::keep_alive<1, 6>())
      .def("add_scale_nd", &add_scale_nd, py::arg("input"), py::arg("mode"), py::arg("shift") = none,
           py::arg("scale") = none, py::arg("power") = none, py::arg("channel_axis") = 1, kInternal,
           py::keep_alive<1, 4>(), py::keep_alive<1, 5>(), py::keep_alive<1, 6>())
      .def("add_lrn", &Network::addLRN, kInternal, py::arg("input"), py::arg("window"), py::arg("alpha"),
           py::arg("beta"), py::arg("k"))
      .def("add_softmax", &Network::addSoftMax, kInternal, py::arg("input"))
      .def("add_ragged_softmax", &Network::addRaggedSoftMax, kInternal, py::arg("input"), py::arg("bounds"))
      .def("add_normalization", &Network::addNormalization, kInternal, py::arg("input"), py::arg("scale"),
           py::arg("bias"), py::arg("axesMask"))
      .def("add_normalization_v2", &Network::addNormalizationV2, kInternal, py::arg("input"), py::arg("scale"),
           py::arg("bias"), py::arg("axesMask"))
      .def("add_matrix_multiply", &Network::addMatrixMultiply, kInternal, py::arg("input0"), py::arg("op0"),
           py::arg("input1"), py::arg("op1"))
      .def(
          "add_einsum",
          [](Network& n, const py::sequence& inputs, const char* equation) {
            const std::vector<ITensor*> tensors = to_tensors(inputs);
            return n.addEinsum(tensors.data(), static_cast<int32_t>(tensors.size()), equation);
          },
          kInternal, py::arg("inputs"), py::arg("equation"));
}

}  // namespace dovetail::python
