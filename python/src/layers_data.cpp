// <dovetail/layers_data.h>

#include "weights.h"

#include <dovetail/layers_data.h>

namespace dovetail::python {
namespace {

// LINSPACE of integers keeps its numbers as integers.
template <bool kIsAlpha>
py::object fill_number(const IFillLayer& l) {
  if (l.isAlphaBetaInt64()) return py::int_(kIsAlpha ? l.getAlphaInt64() : l.getBetaInt64());
  return py::float_(kIsAlpha ? l.getAlpha() : l.getBeta());
}

template <bool kIsAlpha>
void set_fill_number(IFillLayer& l, const py::object& value) {
  if (py::isinstance<py::int_>(value)) {
    kIsAlpha ? l.setAlphaInt64(value.cast<int64_t>()) : l.setBetaInt64(value.cast<int64_t>());
  } else {
    kIsAlpha ? l.setAlpha(value.cast<double>()) : l.setBeta(value.cast<double>());
  }
}

void bind_data_enums(py::module_& m) {
  // clang-format off
  using S = SampleMode;
  bind_enum<S>(m, "SampleMode")
      VALUE(S, STRICT_BOUNDS) VALUE(S, DEFAULT) VALUE(S, WRAP) VALUE(S, CLAMP) VALUE(S, FILL) VALUE(S, REFLECT);
  m.attr("SliceMode") = m.attr("SampleMode");
  bind_enum<GatherMode>(m, "GatherMode") VALUE(GatherMode, DEFAULT) VALUE(GatherMode, ELEMENT) VALUE(GatherMode, ND);
  bind_enum<ScatterMode>(m, "ScatterMode") VALUE(ScatterMode, ELEMENT) VALUE(ScatterMode, ND);
  bind_enum<FillOperation>(m, "FillOperation")
      VALUE(FillOperation, LINSPACE) VALUE(FillOperation, RANDOM_UNIFORM) VALUE(FillOperation, RANDOM_NORMAL);
  // clang-format on
}

void bind_shape_changes(py::module_& m) {
  Borrowed<IConcatenationLayer, ILayer>(m, "IConcatenationLayer")
      .def_property("axis", &IConcatenationLayer::getAxis, &IConcatenationLayer::setAxis);
  using P = IPaddingLayer;
  Borrowed<P, ILayer>(m, "IPaddingLayer")
      .def_property("pre_padding_nd", &P::getPrePaddingNd, &P::setPrePaddingNd)
      .def_property("post_padding_nd", &P::getPostPaddingNd, &P::setPostPaddingNd)
      .def_property("pre_padding", &P::getPrePaddingNd, &P::setPrePaddingNd)
      .def_property("post_padding", &P::getPostPaddingNd, &P::setPostPaddingNd);
  using Shuffle = IShuffleLayer;
  Borrowed<Shuffle, ILayer>(m, "IShuffleLayer")
      .def_property("first_transpose", &Shuffle::getFirstTranspose, &Shuffle::setFirstTranspose)
      .def_property("reshape_dims", &Shuffle::getReshapeDimensions, &Shuffle::setReshapeDimensions)
      .def_property("second_transpose", &Shuffle::getSecondTranspose, &Shuffle::setSecondTranspose)
      .def_property("zero_is_placeholder", &Shuffle::getZeroIsPlaceholder, &Shuffle::setZeroIsPlaceholder);
  using Slice = ISliceLayer;
  Borrowed<Slice, ILayer>(m, "ISliceLayer")
      .def_property("start", &Slice::getStart, &Slice::setStart)
      .def_property("shape", &Slice::getSize, &Slice::setSize)
      .def_property("stride", &Slice::getStride, &Slice::setStride)
      .def_property("mode", &Slice::getMode, &Slice::setMode)
      .def_property("axes", &Slice::getAxes, &Slice::setAxes);
  Borrowed<IShapeLayer, ILayer>(m, "IShapeLayer");
  Borrowed<ISqueezeLayer, ILayer>(m, "ISqueezeLayer");
  Borrowed<IUnsqueezeLayer, ILayer>(m, "IUnsqueezeLayer");
}

}  // namespace

void bind_layers_data(py::module_& m) {
  bind_data_enums(m);
  bind_shape_changes(m);
  Borrowed<IGatherLayer, ILayer>(m, "IGatherLayer")
      .def_property("axis", &IGatherLayer::getGatherAxis, &IGatherLayer::setGatherAxis)
      .def_property("num_elementwise_dims", &IGatherLayer::getNbElementWiseDims, &IGatherLayer::setNbElementWiseDims)
      .def_property("mode", &IGatherLayer::getMode, &IGatherLayer::setMode);
  Borrowed<IScatterLayer, ILayer>(m, "IScatterLayer")
      .def_property("axis", &IScatterLayer::getAxis, &IScatterLayer::setAxis)
      .def_property("mode", &IScatterLayer::getMode, &IScatterLayer::setMode);
  Borrowed<IOneHotLayer, ILayer>(m, "IOneHotLayer")
      .def_property("axis", &IOneHotLayer::getAxis, &IOneHotLayer::setAxis);
  Borrowed<INonZeroLayer, ILayer>(m, "INonZeroLayer")
      .def_property("indices_type", &INonZeroLayer::getIndicesType, &INonZeroLayer::setIndicesType);
  Borrowed<IConstantLayer, ILayer>(m, "IConstantLayer")
      .def_property(
          "weights",
          [](const py::object& self) {
            return weights_to_array(self.cast<const IConstantLayer&>().getWeights(), self);
          },
          py::cpp_function([](IConstantLayer& l, const Weights& w) { l.setWeights(w); }, py::keep_alive<1, 2>()))
      .def_property("shape", &IConstantLayer::getDimensions, &IConstantLayer::setDimensions);
  Borrowed<IFillLayer, ILayer>(m, "IFillLayer")
      .def_property("shape", &IFillLayer::getDimensions, &IFillLayer::setDimensions)
      .def_property("operation", &IFillLayer::getOperation, &IFillLayer::setOperation)
      .def_property("alpha", &fill_number<true>, &set_fill_number<true>)
      .def_property("beta", &fill_number<false>, &set_fill_number<false>)
      .def_property("to_type", &IFillLayer::getToType, &IFillLayer::setToType)
      .def("is_alpha_beta_int64", &IFillLayer::isAlphaBetaInt64);
  using Reverse = IReverseSequenceLayer;
  Borrowed<Reverse, ILayer>(m, "IReverseSequenceLayer")
      .def_property("batch_axis", &Reverse::getBatchAxis, &Reverse::setBatchAxis)
      .def_property("sequence_axis", &Reverse::getSequenceAxis, &Reverse::setSequenceAxis);
  Borrowed<IAssertionLayer, ILayer>(m, "IAssertionLayer")
      .def_property("message", &IAssertionLayer::getMessage, &IAssertionLayer::setMessage);
}

}  // namespace dovetail::python
