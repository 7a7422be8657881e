#pragma once
/// \file
/// The ONNX parser.

#include <string>
#include <utility>
#include <vector>

#include "NvInfer.h"

#include <dovetail/parser.h>
#include <dovetail/parser_refitter.h>

#define NV_ONNX_PARSER_MAJOR 0
#define NV_ONNX_PARSER_MINOR 1
#define NV_ONNX_PARSER_PATCH 0
#define NV_ONNX_PARSER_VERSION ((NV_ONNX_PARSER_MAJOR * 10000) + (NV_ONNX_PARSER_MINOR * 100) + NV_ONNX_PARSER_PATCH)

/// Parts of a model: the indices of nodes, and whether they are supported.
typedef std::pair<std::vector<size_t>, bool> SubGraph_t;
typedef std::vector<SubGraph_t> SubGraphCollection_t;

namespace nvonnxparser {

template <typename T>
constexpr inline int32_t EnumMax();
template <>
constexpr inline int32_t EnumMax<ErrorCode>() {
  return 15;
}
template <>
constexpr inline int32_t EnumMax<OnnxParserFlag>() {
  return 5;
}

}  // namespace nvonnxparser
