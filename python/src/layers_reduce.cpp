// <dovetail/layers_reduce.h>

#include "bind.h"

#include <dovetail/layers_data.h>
#include <dovetail/layers_reduce.h>

namespace dovetail::python {
namespace {

py::list scales(const IResizeLayer& l) {
  float values[Dims::MAX_DIMS];
  py::list result;
  const int32_t count = l.getScales(Dims::MAX_DIMS, values);
  for (int32_t i = 0; i < count; ++i) result.append(values[i]);
  return result;
}

void set_scales(IResizeLayer& l, const py::sequence& values) {
  std::vector<float> array;
  for (const py::handle& v : values) array.push_back(v.cast<float>());
  l.setScales(array.data(), static_cast<int32_t>(array.size()));
}

void bind_resize(py::module_& m) {
  // clang-format off
  bind_enum<InterpolationMode>(m, "InterpolationMode")
      VALUE(InterpolationMode, NEAREST) VALUE(InterpolationMode, LINEAR) VALUE(InterpolationMode, CUBIC);
  m.attr("ResizeMode") = m.attr("InterpolationMode");
  using T = ResizeCoordinateTransformation;
  bind_enum<T>(m, "ResizeCoordinateTransformation") VALUE(T, ALIGN_CORNERS) VALUE(T, ASYMMETRIC) VALUE(T, HALF_PIXEL);
  bind_enum<ResizeSelector>(m, "ResizeSelector") VALUE(ResizeSelector, FORMULA) VALUE(ResizeSelector, UPPER);
  using R = ResizeRoundMode;
  bind_enum<R>(m, "ResizeRoundMode") VALUE(R, HALF_UP) VALUE(R, HALF_DOWN) VALUE(R, FLOOR) VALUE(R, CEIL);
  // clang-format on
  using L = IResizeLayer;
  Borrowed<L, ILayer>(m, "IResizeLayer")
      .def_property("shape", &L::getOutputDimensions, &L::setOutputDimensions)
      .def_property("scales", &scales, &set_scales)
      .def_property("resize_mode", &L::getResizeMode, &L::setResizeMode)
      .def_property("coordinate_transformation", &L::getCoordinateTransformation, &L::setCoordinateTransformation)
      .def_property("selector_for_single_pixel", &L::getSelectorForSinglePixel, &L::setSelectorForSinglePixel)
      .def_property("nearest_rounding", &L::getNearestRounding, &L::setNearestRounding)
      .def_property("cubic_coeff", &L::getCubicCoeff, &L::setCubicCoeff)
      .def_property("exclude_outside", &L::getExcludeOutside, &L::setExcludeOutside);
}

}  // namespace

void bind_layers_reduce(py::module_& m) {
  // clang-format off
  using R = ReduceOperation;
  bind_enum<R>(m, "ReduceOperation")
      VALUE(R, SUM) VALUE(R, PROD) VALUE(R, MAX) VALUE(R, MIN) VALUE(R, AVG) VALUE(R, NONE);
  bind_enum<TopKOperation>(m, "TopKOperation") VALUE(TopKOperation, MAX) VALUE(TopKOperation, MIN);
  bind_enum<CumulativeOperation>(m, "CumulativeOperation") VALUE(CumulativeOperation, SUM);
  bind_enum<BoundingBoxFormat>(m, "BoundingBoxFormat")
      VALUE(BoundingBoxFormat, CORNER_PAIRS) VALUE(BoundingBoxFormat, CENTER_SIZES);
  // clang-format on
  Borrowed<IReduceLayer, ILayer>(m, "IReduceLayer")
      .def_property("op", &IReduceLayer::getOperation, &IReduceLayer::setOperation)
      .def_property("axes", &IReduceLayer::getReduceAxes, &IReduceLayer::setReduceAxes)
      .def_property("keep_dims", &IReduceLayer::getKeepDimensions, &IReduceLayer::setKeepDimensions);
  Borrowed<ITopKLayer, ILayer>(m, "ITopKLayer")
      .def_property("op", &ITopKLayer::getOperation, &ITopKLayer::setOperation)
      .def_property("k", &ITopKLayer::getK, &ITopKLayer::setK)
      .def_property("axes", &ITopKLayer::getReduceAxes, &ITopKLayer::setReduceAxes)
      .def_property("indices_type", &ITopKLayer::getIndicesType, &ITopKLayer::setIndicesType);
  Borrowed<ICumulativeLayer, ILayer>(m, "ICumulativeLayer")
      .def_property("op", &ICumulativeLayer::getOperation, &ICumulativeLayer::setOperation)
      .def_property("exclusive", &ICumulativeLayer::getExclusive, &ICumulativeLayer::setExclusive)
      .def_property("reverse", &ICumulativeLayer::getReverse, &ICumulativeLayer::setReverse);
  bind_resize(m);
  Borrowed<IGridSampleLayer, ILayer>(m, "IGridSampleLayer")
      .def_property("interpolation_mode", &IGridSampleLayer::getInterpolationMode,
                    &IGridSampleLayer::setInterpolationMode)
      .def_property("align_corners", &IGridSampleLayer::getAlignCorners, &IGridSampleLayer::setAlignCorners)
      .def_property("sample_mode", &IGridSampleLayer::getSampleMode, &IGridSampleLayer::setSampleMode);
  Borrowed<INMSLayer, ILayer>(m, "INMSLayer")
      .def_property("bounding_box_format", &INMSLayer::getBoundingBoxFormat, &INMSLayer::setBoundingBoxFormat)
      .def_property("topk_box_limit", &INMSLayer::getTopKBoxLimit, &INMSLayer::setTopKBoxLimit)
      .def_property("indices_type", &INMSLayer::getIndicesType, &INMSLayer::setIndicesType);
}

}  // namespace dovetail::python
