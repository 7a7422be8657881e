#pragma once
#include "bind.h"

namespace dovetail::python {

/// The weights as a flat array over their own memory, which `owner` keeps alive; the Weights themselves when numpy has
/// no such type.
py::object weights_to_array(const Weights& weights, const py::handle& owner);

/// Bits of an element as it lies in memory.
int64_t bits_of(DataType type);

/// The numpy type of a DataType: numpy's own, or that of ml_dtypes when it is installed. None when there is no such
/// type.
py::object numpy_type(DataType type);

/// What a numpy type is here. \throws ValueError for a type that the library lacks.
DataType type_of(const py::handle& numpy_dtype);

/// An optional argument: None stands for no weights.
inline Weights or_none(const Weights* weights) {
  return weights == nullptr ? Weights{DataType::kFLOAT, nullptr, 0} : *weights;
}

}  // namespace dovetail::python
