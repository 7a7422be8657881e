#include "api/convert.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::api {
namespace {

struct Pair {
  DataType type;
  DType dtype;
};
constexpr Pair kTypes[] = {
    {DataType::kFLOAT, DType::f32},
    {DataType::kHALF, DType::f16},
    {DataType::kINT8, DType::i8},
    {DataType::kINT32, DType::i32},
    {DataType::kBOOL, DType::b8},
    {DataType::kUINT8, DType::u8},
    {DataType::kFP8, DType::f8e4m3},
    {DataType::kBF16, DType::bf16},
    {DataType::kINT64, DType::i64},
    {DataType::kINT4, DType::i4},
    {DataType::kFP4, DType::f4e2m1},
    {DataType::kE8M0, DType::f8e8m0},
    {DataType::kFLOAT64, DType::f64},
    {DataType::kINT16, DType::i16},
    {DataType::kUINT16, DType::u16},
    {DataType::kUINT32, DType::u32},
    {DataType::kUINT64, DType::u64},
    {DataType::kUINT4, DType::u4},
    {DataType::kFP8E5M2, DType::f8e5m2},
    {DataType::kFP8E4M3FNUZ, DType::f8e4m3fnuz},
    {DataType::kFP8E5M2FNUZ, DType::f8e5m2fnuz},
    {DataType::kINT2, DType::i2},
    {DataType::kUINT2, DType::u2},
    {DataType::kTEXT, DType::text},
};

}  // namespace

DType to_dtype(DataType type) {
  for (const Pair& p : kTypes)
    if (p.type == type) return p.dtype;
  throw Error(ErrorCode::kInvalidArgument, "there is no data type with number ", static_cast<int>(type));
}

DataType to_public(DType type) {
  for (const Pair& p : kTypes)
    if (p.dtype == type) return p.type;
  throw Error(ErrorCode::kInternal, "the data type ", type, " has no public number");
}

Dims invalid_dims() {
  Dims d{};
  d.nbDims = -1;
  return d;
}

Dims to_public(std::span<const int64_t> dims) {
  if (dims.size() > static_cast<size_t>(Dims::MAX_DIMS))
    throw Error(ErrorCode::kUnsupported, "a tensor has rank ", dims.size(), "; Dims holds ", int{Dims::MAX_DIMS});
  Dims d{};
  d.nbDims = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), d.d);
  return d;
}

Dims to_public(const Shape& shape) {
  std::vector<int64_t> dims;
  for (const Dim& d : shape) dims.push_back(d.as_constant().value_or(-1));
  return to_public(std::span<const int64_t>(dims));
}

std::vector<int64_t> to_vector(const Dims& dims, std::string_view what) {
  if (dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS)
    throw Error(ErrorCode::kInvalidArgument, what, " has nbDims ", dims.nbDims, "; it must be 0 to ",
                int{Dims::MAX_DIMS});
  return {dims.d, dims.d + dims.nbDims};
}

std::span<const int64_t> to_span(const Dims& dims, const char* name) {
  if (dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS) to_vector(dims, concat("the shape of '", name, "'"));  // throws
  return {dims.d, static_cast<size_t>(dims.nbDims)};
}

}  // namespace dvt::api
