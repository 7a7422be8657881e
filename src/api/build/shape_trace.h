#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace dvt::api {

/// Finds what the elements of a shape tensor are made of: shape arithmetic over symbols of the graph and over leaves,
/// which are elements of small integer tensors that only the run can tell.
class ShapeTrace {
 public:
  struct Leaf {
    ir::Value* value = nullptr;
    size_t element = 0;
  };
  /// Nothing when the elements of `v` cannot be numbers of shapes (its type, or more of them than a shape has).
  std::optional<std::vector<Dim>> elements(ir::Value* v);
  /// The leaf that a symbol in those elements stands for.
  const std::map<std::string, Leaf, std::less<>>& leaves() const { return leaves_; }

 private:
  std::optional<std::vector<Dim>> fold(const ir::Node& n);
  std::optional<std::vector<Dim>> leaf(ir::Value* v);
  std::map<const ir::Value*, std::optional<std::vector<Dim>>> memo_;
  std::map<std::string, Leaf, std::less<>> leaves_;
  int depth_ = 0;
};

/// Whether the elements cannot be negative, for what their producer is: positions, shapes, counts.
bool is_never_negative(const ir::Value& v);

}  // namespace dvt::api
