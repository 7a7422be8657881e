#pragma once
#include "bind.h"

#include <string>

namespace dovetail::python {

/// Where the elements of an argument lie. Row-major without gaps.
struct TensorView {
  const void* data = nullptr;
  Dims shape{};
  py::object owner;  ///< Keeps the memory alive.
};

/// What an input or output looks like, for reading arguments quickly.
struct TensorSpec {
  const char* name = nullptr;
  DataType type = DataType::kFLOAT;
  py::object numpy_type;  ///< None when numpy has no such type.
};

/// Reads an argument without a copy where its memory allows: a numpy array, anything with __dlpack__ (on the CPU), or
/// numbers that numpy makes an array of. Text comes as arrays of str or bytes: of objects or of numpy's own types.
/// \throws TypeError when its type is another; nothing is converted silently.
TensorView view_of(const TensorSpec& spec, const py::handle& argument);

/// An uninitialised array for an output, and where its elements go. Types that numpy lacks come as bytes.
py::object empty_array(const TensorSpec& spec, const Dims& shape, void*& data);

/// The array that an output is to be written to. \throws when its type or shape is another, or it is read-only.
void* writable(const TensorSpec& spec, const Dims& shape, const py::handle& array);

/// An array over memory that std::free takes back when the array is gone.
py::object adopt_array(const TensorSpec& spec, const Dims& shape, void* memory);

/// An array of str over a text output, whose bytes need to be there for this call only. Bytes that are no UTF-8 become
/// lone surrogates, as Python's "surrogateescape" makes them.
py::object array_of_text(const Dims& shape, const TextView* texts);

std::string to_string(const Dims& shape);

}  // namespace dovetail::python
