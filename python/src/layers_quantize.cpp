// <dovetail/layers_quantize.h>

#include "bind.h"

#include <dovetail/layers_quantize.h>

namespace dovetail::python {
namespace {

template <class Layer>
void bind_quantization(py::module_& m, const char* name) {
  Borrowed<Layer, ILayer>(m, name)
      .def_property("axis", &Layer::getAxis, &Layer::setAxis)
      .def_property("block_shape", &Layer::getBlockShape, &Layer::setBlockShape)
      .def_property("to_type", &Layer::getToType, &Layer::setToType);
}

}  // namespace

void bind_layers_quantize(py::module_& m) {
  bind_quantization<IQuantizeLayer>(m, "IQuantizeLayer");
  bind_quantization<IDequantizeLayer>(m, "IDequantizeLayer");
  using L = IDynamicQuantizeLayer;
  Borrowed<L, ILayer>(m, "IDynamicQuantizeLayer")
      .def_property("to_type", &L::getToType, &L::setToType)
      .def_property("scale_type", &L::getScaleType, &L::setScaleType)
      .def_property("axis", &L::getAxis, &L::setAxis)
      .def_property("block_size", &L::getBlockSize, &L::setBlockSize)
      .def_property("block_shape", &L::getBlockShape, &L::setBlockShape);
}

}  // namespace dovetail::python
