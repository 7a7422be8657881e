#pragma once
/// \file
/// Rearranges weights in memory, for programs that convert them by hand.

#include <cstring>
#include <vector>

#include "NvInfer.h"

namespace nvinfer1 {
namespace utils {
namespace detail {
/// Bytes of an element that fills whole bytes, or 0.
inline std::size_t elementSize(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kINT32:
      return 4;
    case DataType::kHALF:
      return 2;
    case DataType::kINT8:
    case DataType::kBOOL:
    case DataType::kUINT8:
    case DataType::kFP8:
      return 1;
    default:
      return 0;
  }
}
}  // namespace detail

/// Copies input, read as an array of shape, to output with its dimensions in another order.
inline bool reshapeWeights(Weights const& input, int32_t const* shape, int32_t const* shapeOrder, void* data,
                           int32_t nbDims) noexcept {
  std::size_t const size = detail::elementSize(input.type);
  if (size == 0 || nbDims <= 0 || nbDims > Dims::MAX_DIMS || data == nullptr || input.values == nullptr) return false;
  int64_t strides[Dims::MAX_DIMS], count = 1;
  for (int32_t i = nbDims; i-- > 0;) {
    strides[i] = count;
    count *= shape[i];
  }
  if (count != input.count) return false;
  int32_t index[Dims::MAX_DIMS] = {};
  for (int64_t n = 0; n < count; ++n) {
    int64_t from = 0;
    for (int32_t i = 0; i < nbDims; ++i) from += index[i] * strides[shapeOrder[i]];
    std::memcpy(static_cast<char*>(data) + n * static_cast<int64_t>(size),
                static_cast<char const*>(input.values) + from * static_cast<int64_t>(size), size);
    for (int32_t i = nbDims; i-- > 0;) {
      if (++index[i] < shape[shapeOrder[i]]) break;
      index[i] = 0;
    }
  }
  return true;
}

/// Reorders num blocks of size bytes in place: block i is what was block order[i].
inline bool reorderSubBuffers(void* input, int32_t const* order, int32_t num, int32_t size) noexcept {
  if (input == nullptr || order == nullptr || num < 0 || size < 0) return false;
  std::size_t const bytes = static_cast<std::size_t>(size);
  std::vector<char> copy(static_cast<char*>(input), static_cast<char*>(input) + bytes * static_cast<std::size_t>(num));
  for (int32_t i = 0; i < num; ++i) {
    if (order[i] < 0 || order[i] >= num) return false;
    std::memcpy(static_cast<char*>(input) + bytes * static_cast<std::size_t>(i),
                copy.data() + bytes * static_cast<std::size_t>(order[i]), bytes);
  }
  return true;
}

/// Transposes num matrices of height x width in place.
inline bool transposeSubBuffers(void* input, DataType type, int32_t num, int32_t height, int32_t width) noexcept {
  if (num < 0 || height <= 0 || width <= 0) return false;
  int64_t const count = static_cast<int64_t>(height) * width;
  std::size_t const bytes = detail::elementSize(type) * static_cast<std::size_t>(count);
  std::vector<char> matrix(bytes);
  int32_t const shape[2] = {height, width}, order[2] = {1, 0};
  for (int32_t i = 0; i < num; ++i) {
    char* at = static_cast<char*>(input) + bytes * static_cast<std::size_t>(i);
    std::memcpy(matrix.data(), at, bytes);
    if (!reshapeWeights(Weights{type, matrix.data(), count}, shape, order, at, 2)) return false;
  }
  return true;
}

}  // namespace utils
}  // namespace nvinfer1
