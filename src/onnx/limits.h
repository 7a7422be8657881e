#pragma once
#include <cstddef>
#include <cstdint>

namespace dvt::onnx {

/// What a model file may ask of the reader. Files are untrusted: two bytes on the wire can ask for an object of
/// hundreds of bytes, so objects are counted, and recursion is bounded before the stack is.
struct Limits {
  int depth = 48;                     ///< Messages within messages: subgraphs, types, functions.
  int64_t objects = 16'000'000;       ///< Nodes, attributes, names, tensors, types… of the whole model.
  size_t name_length = 64 * 1024;     ///< Bytes of a name of a node, value, operator, attribute or dimension.
  size_t tensor_rank = 64;            ///< Dimensions of a tensor in the file; the network's own limit is stricter.
  int64_t sequence_length = 65'536;   ///< Items of a sequence that is an input.
  int64_t unrolled = 4096;            ///< Iterations of all loops that are written out.
  int region_depth = 16;              ///< Branches and loop bodies that run in each other.
  int function_depth = 32;            ///< Functions that call functions.
  int64_t inlined_nodes = 4'000'000;  ///< Nodes after functions are replaced by their bodies.
};

}  // namespace dvt::onnx
