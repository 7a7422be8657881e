#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/public.h"
#include "base/shape.h"

namespace dvt::api {

/// How a format orders the trailing dimensions of a tensor: channels, then the spatial ones.
struct FormatInfo {
  TensorFormat format;
  const char* name;
  int trailing;        ///< Channels and spatial dimensions: 3 or 4.
  int64_t vector;      ///< Channels that lie together, a multiple of which is stored; 1: no padding.
  bool channels_last;  ///< All channels of a position together; otherwise only `vector` of them.
};
/// nullptr for kLINEAR, for formats of other devices and for numbers that are no format.
const FormatInfo* format_info(TensorFormat format);

/// The first format of a set that tensors of this rank and number of channels can have; kLINEAR when it is allowed.
/// nullopt when there is none.
std::optional<TensorFormat> choose_format(TensorFormats allowed, int rank);

inline int64_t ceildiv(int64_t a, int64_t b) { return a < 0 ? -1 : (a + b - 1) / b; }

/// Row-major dims of the memory of a tensor with these logical dims.
template <class T>
std::vector<T> memory_dims(const FormatInfo& f, std::vector<T> dims) {
  const auto axis = dims.end() - f.trailing;
  const T groups = ceildiv(*axis, T(f.vector));
  if (f.channels_last) {
    dims.erase(axis);
    dims.push_back(groups * T(f.vector));
  } else {
    *axis = groups;
    dims.push_back(T(f.vector));
  }
  return dims;
}

/// The other way; the number of channels must be known, as the last group may hold padding.
std::vector<int64_t> logical_dims(const FormatInfo& f, std::vector<int64_t> memory, int64_t channels);
/// Of a tensor with these logical dims, in vectors where the format has them. -1 where a dim is not known.
std::vector<int64_t> format_strides(const FormatInfo* f, const std::vector<int64_t>& dims);
/// A sentence for people.
std::string describe_format(const FormatInfo* f, DType type);

}  // namespace dvt::api
