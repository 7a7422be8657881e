#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "base/dim.h"
#include "base/dtype.h"

namespace dvt {

/// Dimensions of a tensor, outermost first. Rank 0 is a scalar.
class Shape {
 public:
  static constexpr int kMaxRank = 16;
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  const Dim& operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  Dim& operator[](int i) { return dims_[static_cast<size_t>(i)]; }
  void push_back(Dim d) { dims_.push_back(std::move(d)); }
  const std::vector<Dim>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  bool is_constant() const;
  /// Number of elements; 1 for a scalar.
  Dim volume() const;
  /// Constant dims as integers. Precondition: is_constant().
  std::vector<int64_t> constants() const;
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<Dim> dims_;
};

std::string to_string(const Shape& s);  ///< "[batch,3,224,224]"

/// Axis in [-rank, rank) made non-negative; nothing when it is outside.
std::optional<int> normalize_axis(int64_t axis, int rank);
/// NumPy broadcasting of two shapes; throws Error(kInvalidModel) naming the axis and both dims when they cannot be.
/// Symbolic dims that may differ give the expression broadcast(a,b), exact for all sizes that can meet.
Shape broadcast(const Shape& a, const Shape& b);

/// A value's type: what the graph knows of it before it runs.
struct TensorType {
  DType dtype = DType::f32;
  Shape shape;
  int rank() const { return shape.rank(); }
  friend bool operator==(const TensorType&, const TensorType&) = default;
};
std::string to_string(const TensorType& t);  ///< "f32[batch,3,224,224]"
/// Reads the form of to_string. Throws Error(kInvalidArgument).
TensorType parse_tensor_type(std::string_view text);

}  // namespace dvt
