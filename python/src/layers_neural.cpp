// <dovetail/layers_neural.h>

#include "weights.h"

#include <dovetail/layers_neural.h>

namespace dovetail::python {
namespace {

// The array that a weights property was set from stays alive with the layer, and with it the network.
template <class Layer, auto get>
py::object weights_of(const py::object& self) {
  return weights_to_array((self.cast<const Layer&>().*get)(), self);
}

DimsHW to_hw(const Dims& d) {
  if (d.nbDims != 2) throw py::value_error("this property is of two dimensions; use its _nd form");
  return DimsHW(d.d[0], d.d[1]);
}

template <class Layer>
void bind_convolution(py::module_& m, const char* name) {
  using Base = IConvolutionBase;
  Borrowed<Layer, ILayer>(m, name)
      .def_property("num_output_maps", &Layer::getNbOutputMaps, &Layer::setNbOutputMaps)
      .def_property("num_groups", &Layer::getNbGroups, &Layer::setNbGroups)
      .def_property("pre_padding", &Layer::getPrePadding, &Layer::setPrePadding)
      .def_property("post_padding", &Layer::getPostPadding, &Layer::setPostPadding)
      .def_property("padding_mode", &Layer::getPaddingMode, &Layer::setPaddingMode)
      .def_property("kernel_size_nd", &Layer::getKernelSizeNd, &Layer::setKernelSizeNd)
      .def_property("stride_nd", &Layer::getStrideNd, &Layer::setStrideNd)
      .def_property("padding_nd", &Layer::getPaddingNd, &Layer::setPaddingNd)
      .def_property("dilation_nd", &Layer::getDilationNd, &Layer::setDilationNd)
      .def_property(
          "kernel_size", [](const Layer& l) { return to_hw(l.getKernelSizeNd()); },
          [](Layer& l, const DimsHW& d) { l.setKernelSizeNd(d); })
      .def_property(
          "stride", [](const Layer& l) { return to_hw(l.getStrideNd()); },
          [](Layer& l, const DimsHW& d) { l.setStrideNd(d); })
      .def_property(
          "padding", [](const Layer& l) { return to_hw(l.getPaddingNd()); },
          [](Layer& l, const DimsHW& d) { l.setPaddingNd(d); })
      .def_property(
          "dilation", [](const Layer& l) { return to_hw(l.getDilationNd()); },
          [](Layer& l, const DimsHW& d) { l.setDilationNd(d); })
      .def_property("kernel", &weights_of<Layer, &Base::getKernelWeights>,
                    py::cpp_function([](Layer& l, const Weights& w) { l.setKernelWeights(w); }, py::keep_alive<1, 2>()))
      .def_property(
          "bias", &weights_of<Layer, &Base::getBiasWeights>,
          py::cpp_function([](Layer& l, const Weights* w) { l.setBiasWeights(or_none(w)); }, py::keep_alive<1, 2>()));
}

void bind_scale_layer(py::module_& m) {
  bind_enum<ScaleMode>(m, "ScaleMode") VALUE(ScaleMode, UNIFORM) VALUE(ScaleMode, CHANNEL)
      VALUE(ScaleMode, ELEMENTWISE);
  Borrowed<IScaleLayer, ILayer>(m, "IScaleLayer")
      .def_property("mode", &IScaleLayer::getMode, &IScaleLayer::setMode)
      .def_property("channel_axis", &IScaleLayer::getChannelAxis, &IScaleLayer::setChannelAxis)
      .def_property(
          "shift", &weights_of<IScaleLayer, &IScaleLayer::getShift>,
          py::cpp_function([](IScaleLayer& l, const Weights* w) { l.setShift(or_none(w)); }, py::keep_alive<1, 2>()))
      .def_property(
          "scale", &weights_of<IScaleLayer, &IScaleLayer::getScale>,
          py::cpp_function([](IScaleLayer& l, const Weights* w) { l.setScale(or_none(w)); }, py::keep_alive<1, 2>()))
      .def_property(
          "power", &weights_of<IScaleLayer, &IScaleLayer::getPower>,
          py::cpp_function([](IScaleLayer& l, const Weights* w) { l.setPower(or_none(w)); }, py::keep_alive<1, 2>()));
}

void bind_pooling(py::module_& m) {
  bind_enum<PoolingType>(m, "PoolingType") VALUE(PoolingType, MAX) VALUE(PoolingType, AVERAGE)
      VALUE(PoolingType, MAX_AVERAGE_BLEND);
  using L = IPoolingLayer;
  Borrowed<L, ILayer>(m, "IPoolingLayer")
      .def_property("type", &L::getPoolingType, &L::setPoolingType)
      .def_property("blend_factor", &L::getBlendFactor, &L::setBlendFactor)
      .def_property("average_count_excludes_padding", &L::getAverageCountExcludesPadding,
                    &L::setAverageCountExcludesPadding)
      .def_property("pre_padding", &L::getPrePadding, &L::setPrePadding)
      .def_property("post_padding", &L::getPostPadding, &L::setPostPadding)
      .def_property("padding_mode", &L::getPaddingMode, &L::setPaddingMode)
      .def_property("window_size_nd", &L::getWindowSizeNd, &L::setWindowSizeNd)
      .def_property("stride_nd", &L::getStrideNd, &L::setStrideNd)
      .def_property("padding_nd", &L::getPaddingNd, &L::setPaddingNd)
      .def_property(
          "window_size", [](const L& l) { return to_hw(l.getWindowSizeNd()); },
          [](L& l, const DimsHW& d) { l.setWindowSizeNd(d); })
      .def_property(
          "stride", [](const L& l) { return to_hw(l.getStrideNd()); }, [](L& l, const DimsHW& d) { l.setStrideNd(d); })
      .def_property(
          "padding", [](const L& l) { return to_hw(l.getPaddingNd()); },
          [](L& l, const DimsHW& d) { l.setPaddingNd(d); });
}

}  // namespace

void bind_layers_neural(py::module_& m) {
  bind_enum<PaddingMode>(m, "PaddingMode")
      // clang-format off
      VALUE(PaddingMode, EXPLICIT_ROUND_DOWN) VALUE(PaddingMode, EXPLICIT_ROUND_UP) VALUE(PaddingMode, SAME_UPPER)
      VALUE(PaddingMode, SAME_LOWER) VALUE(PaddingMode, CAFFE_ROUND_DOWN) VALUE(PaddingMode, CAFFE_ROUND_UP);
  // clang-format on
  bind_convolution<IConvolutionLayer>(m, "IConvolutionLayer");
  bind_convolution<IDeconvolutionLayer>(m, "IDeconvolutionLayer");
  bind_pooling(m);
  bind_scale_layer(m);
  Borrowed<ILRNLayer, ILayer>(m, "ILRNLayer")
      .def_property("window_size", &ILRNLayer::getWindowSize, &ILRNLayer::setWindowSize)
      .def_property("alpha", &ILRNLayer::getAlpha, &ILRNLayer::setAlpha)
      .def_property("beta", &ILRNLayer::getBeta, &ILRNLayer::setBeta)
      .def_property("k", &ILRNLayer::getK, &ILRNLayer::setK);
  Borrowed<ISoftMaxLayer, ILayer>(m, "ISoftMaxLayer")
      .def_property("axes", &ISoftMaxLayer::getAxes, &ISoftMaxLayer::setAxes);
  Borrowed<IRaggedSoftMaxLayer, ILayer>(m, "IRaggedSoftMaxLayer");
  using Norm = INormalizationLayer;
  Borrowed<Norm, ILayer>(m, "INormalizationLayer")
      .def_property("epsilon", &Norm::getEpsilon, &Norm::setEpsilon)
      .def_property("axes", &Norm::getAxes, &Norm::setAxes)
      .def_property("num_groups", &Norm::getNbGroups, &Norm::setNbGroups)
      .def_property("compute_precision", &Norm::getComputePrecision, &Norm::setComputePrecision)
      .def_property_readonly("is_v2", &Norm::isV2);
  bind_enum<MatrixOperation>(m, "MatrixOperation") VALUE(MatrixOperation, NONE) VALUE(MatrixOperation, TRANSPOSE)
      VALUE(MatrixOperation, VECTOR);
  using MatMul = IMatrixMultiplyLayer;
  Borrowed<MatMul, ILayer>(m, "IMatrixMultiplyLayer")
      .def_property(
          "op0", [](const MatMul& l) { return l.getOperation(0); },
          [](MatMul& l, MatrixOperation op) { l.setOperation(0, op); })
      .def_property(
          "op1", [](const MatMul& l) { return l.getOperation(1); },
          [](MatMul& l, MatrixOperation op) { l.setOperation(1, op); });
  Borrowed<IEinsumLayer, ILayer>(m, "IEinsumLayer")
      .def_property("equation", &IEinsumLayer::getEquation, [](IEinsumLayer& l, const char* equation) {
        if (!l.setEquation(equation)) throw py::value_error("the equation does not fit the inputs; the log says why");
      });
}

}  // namespace dovetail::python
