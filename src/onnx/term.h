#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "onnx/extent.h"

namespace dvt::onnx {

/// A tensor of the network in a formula: `(x - mean(x, {1})) * 0.5` adds the layers that compute it. Ranks are aligned
/// and broadcast as NumPy does it; a number takes the type of the tensor beside it. equal() and cast() take text as
/// well. Layers are named after the node and what they compute. A copy is a reference to the same tensor.
class Term {
 public:
  Term(ImporterContext& c, ITensor& tensor) : c_(&c), tensor_(&tensor) {}
  /// Input i of the node.
  Term(ImporterContext& c, int input) : Term(c, c.tensor(input)) {}

  ITensor& tensor() const { return *tensor_; }
  operator ITensor&() const { return *tensor_; }  // NOLINT: a term is its tensor
  ImporterContext& context() const { return *c_; }
  DataType type() const { return tensor_->getType(); }
  int rank() const { return rank_of(*tensor_); }
  Extent extent(int axis) const { return extent_of(*c_, *tensor_, axis < 0 ? axis + rank() : axis); }
  Extents extents() const { return extents_of(*c_, *tensor_); }
  /// A scalar of this tensor's type.
  Term number(double value) const;

 private:
  ImporterContext* c_;
  ITensor* tensor_;
};

inline std::optional<Term> optional_input(ImporterContext& c, int i) {
  return c.has_input(i) ? std::optional(Term(c, i)) : std::nullopt;
}

// Arithmetic.

Term operator+(Term a, Term b);
Term operator-(Term a, Term b);
Term operator*(Term a, Term b);
Term operator/(Term a, Term b);
inline Term operator+(Term a, double b) { return a + a.number(b); }
inline Term operator-(Term a, double b) { return a - a.number(b); }
inline Term operator*(Term a, double b) { return b == 1 ? a : a * a.number(b); }
inline Term operator/(Term a, double b) { return a / a.number(b); }
inline Term operator+(double a, Term b) { return b.number(a) + b; }
inline Term operator-(double a, Term b) { return b.number(a) - b; }
inline Term operator*(double a, Term b) { return b * a; }
inline Term operator/(double a, Term b) { return b.number(a) / b; }
Term operator-(Term a);
Term power(Term a, double exponent);
Term maximum(Term a, Term b);
Term minimum(Term a, Term b);
Term remainder(Term a, Term b);  ///< Sign of b.

// Comparison and choice.

Term operator<(Term a, Term b);
Term operator>(Term a, Term b);
Term operator<=(Term a, Term b);
Term operator>=(Term a, Term b);
Term equal(Term a, Term b);
inline Term operator<(Term a, double b) { return a < a.number(b); }
inline Term operator>(Term a, double b) { return a > a.number(b); }
inline Term operator<=(Term a, double b) { return a <= a.number(b); }
inline Term operator>=(Term a, double b) { return a >= a.number(b); }
inline Term equal(Term a, double b) { return equal(a, a.number(b)); }
Term operator&&(Term a, Term b);
Term operator||(Term a, Term b);
Term operator!(Term a);
Term select(Term condition, Term if_true, Term if_false);

// Functions.

Term unary(Term x, UnaryOperation op);
inline Term exp(Term x) { return unary(x, UnaryOperation::kEXP); }
inline Term log(Term x) { return unary(x, UnaryOperation::kLOG); }
inline Term sqrt(Term x) { return unary(x, UnaryOperation::kSQRT); }
inline Term abs(Term x) { return unary(x, UnaryOperation::kABS); }
inline Term sign(Term x) { return unary(x, UnaryOperation::kSIGN); }
inline Term reciprocal(Term x) { return unary(x, UnaryOperation::kRECIP); }
Term activation(Term x, ActivationType type, float alpha = 0, float beta = 0);
inline Term sigmoid(Term x) { return activation(x, ActivationType::kSIGMOID); }
inline Term tanh(Term x) { return activation(x, ActivationType::kTANH); }
inline Term relu(Term x) { return activation(x, ActivationType::kRELU); }
/// x sigmoid(x).
Term silu(Term x);
/// Over the axes from `axis` on. kind: "layer" or "rms".
Term normalized(Term x, const char* kind, int64_t axis, double epsilon, const std::optional<Term>& scale = std::nullopt,
                const std::optional<Term>& bias = std::nullopt);
Term softmax(Term x, int axis);
Term log_softmax(Term x, int axis);
Term cast(Term x, DataType type);

// Reductions and products.

Term reduce(Term x, ReduceOperation op, const std::vector<int64_t>& axes, bool keep = true);
inline Term sum(Term x, const std::vector<int64_t>& axes, bool keep = true) {
  return reduce(x, ReduceOperation::kSUM, axes, keep);
}
inline Term mean(Term x, const std::vector<int64_t>& axes, bool keep = true) {
  return reduce(x, ReduceOperation::kAVG, axes, keep);
}
inline Term largest(Term x, const std::vector<int64_t>& axes, bool keep = true) {
  return reduce(x, ReduceOperation::kMAX, axes, keep);
}
Term arg_largest(Term x, int axis, bool keep);
Term cumulative_sum(Term x, int axis);
/// Batches broadcast; the operands have rank 2 or more.
Term matmul(Term a, Term b, bool transpose_a = false, bool transpose_b = false);

// Shapes.

Term reshape(Term x, const Extents& extents);
Term unsqueeze(Term x, const std::vector<int64_t>& axes);
Term squeeze(Term x, const std::vector<int64_t>& axes);
Term transpose(Term x, const std::vector<int64_t>& permutation);
/// Elements [start, start + size) of an axis, every step-th.
Term slice(Term x, int axis, const Extent& start, const Extent& size, int64_t step = 1);
Term join(const std::vector<Term>& parts, int axis);
Term expand(Term x, const Extents& extents);
Term gather(Term x, Term indices, int axis);
Term gather_elements(Term x, Term indices, int axis);
/// Adds elements in front of and behind an axis.
Term pad(Term x, int axis, const Extent& before, const Extent& after, double value = 0);

// Made of numbers.

/// 0, 1, … as int64.
Term iota(ImporterContext& c, const Extent& count);
/// A tensor of one number.
Term filled(ImporterContext& c, const Extents& extents, double value, DataType type);
Term floats(ImporterContext& c, const std::vector<int64_t>& dims, const std::vector<float>& values,
            std::string_view role);
Term ints(ImporterContext& c, const std::vector<int64_t>& dims, const std::vector<int64_t>& values,
          std::string_view role);
/// An extent as a scalar of int64.
Term scalar_of(ImporterContext& c, const Extent& extent);

}  // namespace dvt::onnx
