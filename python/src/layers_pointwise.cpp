// <dovetail/layers_pointwise.h>

#include "bind.h"

#include <dovetail/layers_pointwise.h>

namespace dovetail::python {
namespace {

void bind_pointwise_enums(py::module_& m) {
  // clang-format off
  bind_enum<ActivationType>(m, "ActivationType")
      VALUE(ActivationType, RELU) VALUE(ActivationType, SIGMOID) VALUE(ActivationType, TANH)
      VALUE(ActivationType, LEAKY_RELU) VALUE(ActivationType, ELU) VALUE(ActivationType, SELU)
      VALUE(ActivationType, SOFTSIGN) VALUE(ActivationType, SOFTPLUS) VALUE(ActivationType, CLIP)
      VALUE(ActivationType, HARD_SIGMOID) VALUE(ActivationType, SCALED_TANH) VALUE(ActivationType, THRESHOLDED_RELU)
      VALUE(ActivationType, GELU_ERF) VALUE(ActivationType, GELU_TANH);
  using E = ElementWiseOperation;
  bind_enum<E>(m, "ElementWiseOperation")
      VALUE(E, SUM) VALUE(E, PROD) VALUE(E, MAX) VALUE(E, MIN) VALUE(E, SUB) VALUE(E, DIV) VALUE(E, POW)
      VALUE(E, FLOOR_DIV) VALUE(E, AND) VALUE(E, OR) VALUE(E, XOR) VALUE(E, EQUAL) VALUE(E, GREATER) VALUE(E, LESS);
  using U = UnaryOperation;
  bind_enum<U>(m, "UnaryOperation")
      VALUE(U, EXP) VALUE(U, LOG) VALUE(U, SQRT) VALUE(U, RECIP) VALUE(U, ABS) VALUE(U, NEG) VALUE(U, SIN) VALUE(U, COS)
      VALUE(U, TAN) VALUE(U, SINH) VALUE(U, COSH) VALUE(U, ASIN) VALUE(U, ACOS) VALUE(U, ATAN) VALUE(U, ASINH)
      VALUE(U, ACOSH) VALUE(U, ATANH) VALUE(U, CEIL) VALUE(U, FLOOR) VALUE(U, ERF) VALUE(U, NOT) VALUE(U, SIGN)
      VALUE(U, ROUND) VALUE(U, ISINF) VALUE(U, ISNAN);
  // clang-format on
}

}  // namespace

void bind_layers_pointwise(py::module_& m) {
  bind_pointwise_enums(m);
  Borrowed<IActivationLayer, ILayer>(m, "IActivationLayer")
      .def_property("type", &IActivationLayer::getActivationType, &IActivationLayer::setActivationType)
      .def_property("alpha", &IActivationLayer::getAlpha, &IActivationLayer::setAlpha)
      .def_property("beta", &IActivationLayer::getBeta, &IActivationLayer::setBeta);
  Borrowed<IElementWiseLayer, ILayer>(m, "IElementWiseLayer")
      .def_property("op", &IElementWiseLayer::getOperation, &IElementWiseLayer::setOperation);
  Borrowed<IUnaryLayer, ILayer>(m, "IUnaryLayer")
      .def_property("op", &IUnaryLayer::getOperation, &IUnaryLayer::setOperation);
  Borrowed<IParametricReLULayer, ILayer>(m, "IParametricReLULayer");
  Borrowed<ISelectLayer, ILayer>(m, "ISelectLayer");
  Borrowed<IIdentityLayer, ILayer>(m, "IIdentityLayer");
  Borrowed<ICastLayer, ILayer>(m, "ICastLayer").def_property("to_type", &ICastLayer::getToType, &ICastLayer::setToType);
}

}  // namespace dovetail::python
