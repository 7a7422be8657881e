#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "api/public.h"
#include "base/dtype.h"
#include "base/shape.h"

namespace dvt::api {

/// Throws Error(kInvalidArgument) for numbers that are no type.
DType to_dtype(DataType type);
DataType to_public(DType type);

/// Whether a number that a program hands over is one of the enumerators.
template <class Enum>
bool is_enumerator(Enum value) {
  return static_cast<int32_t>(value) >= 0 && static_cast<int32_t>(value) < EnumMax<Enum>();
}

/// nbDims -1: what functions return on failure.
Dims invalid_dims();
/// Throws Error(kUnsupported) beyond Dims::MAX_DIMS.
Dims to_public(std::span<const int64_t> dims);
/// -1 for dims that are not constant.
Dims to_public(const Shape& shape);
/// The extents as they are, -1 included. Throws Error(kInvalidArgument) on a rank outside [0, MAX_DIMS].
std::vector<int64_t> to_vector(const Dims& dims, std::string_view what);
/// The same for the shape of tensor `name`, in place: for calls between two runs.
std::span<const int64_t> to_span(const Dims& dims, const char* name);

}  // namespace dvt::api
