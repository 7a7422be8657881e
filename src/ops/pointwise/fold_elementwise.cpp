// Arithmetic on dimensions: what an elementwise operator or a cast does to symbolic elements. Constants go through the
// operator's own program, so that they fold to exactly what the network would compute; symbols go through Dim, and
// only where Dim's meaning equals the operator's whatever the symbols are.
#include <cmath>

#include "ops/pointwise/cast.h"
#include "ops/pointwise/elementwise.h"
#include "ops/pointwise/lower.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

using expr::ExprOp;

std::optional<Dim> fold_constants(const expr::Expr& program, std::span<const Dim> x) {
  expr::Scalar operands[3];
  for (size_t i = 0; i < x.size(); ++i)
    if (is_floating(program.input_type(static_cast<int>(i))))
      operands[i].f = static_cast<double>(x[i].constant());
    else
      operands[i].i = x[i].constant();
  const expr::Scalar y = expr::evaluate(program, {operands, x.size()});
  if (!is_floating(program.result_type())) return Dim(y.i);
  // A fractional value is no dimension; beyond 2^53 a double no longer tells which integer it was.
  if (y.f != std::floor(y.f) || std::fabs(y.f) > 9007199254740992.0) return std::nullopt;
  return Dim(static_cast<int64_t>(y.f));
}

std::optional<bool> known_less(const Dim& a, const Dim& b) {
  if (a == b) return false;
  const DimRange difference = (b - a).range({});
  if (difference.min > 0) return true;
  if (difference.max <= 0) return false;
  return std::nullopt;
}

Dim less_than(const Dim& a, const Dim& b) {
  const auto known = known_less(a, b);
  return known ? Dim(*known) : less(a, b);
}

Dim equals(const Dim& a, const Dim& b) {
  if (a == b) return 1;
  const auto below = known_less(a, b), above = known_less(b, a);
  if ((below && *below) || (above && *above)) return 0;
  return equal(a, b);
}

Dim negated(const Dim& condition) { return Dim(1) - condition; }

bool is_positive(const Dim& d) { return is_non_negative(d - Dim(1)); }

/// C's truncating division by what is known to be positive rounds towards 0.
std::optional<Dim> divide(const Dim& a, const Dim& b, bool exact_only) {
  const Dim quotient = b == Dim(0) ? Dim(0) : floordiv(a, b);
  if (quotient * b == a && is_positive(b)) return quotient;
  if (exact_only || !is_positive(b)) return std::nullopt;
  return is_non_negative(a) ? quotient : select(less_than(a, 0), ceildiv(a, b), quotient);
}

/// Rounds down; x / 0 is 0.
std::optional<Dim> floor_divided(DType type, const Dim& a, const Dim& b) {
  if (is_positive(b)) return floordiv(a, b);
  if (dtype_class(type) != DTypeClass::kSigned || b == Dim(0)) return std::nullopt;
  return select(equals(b, 0), 0, floordiv(a, b));
}

/// What truncating division leaves: it has the sign of a.
std::optional<Dim> divided_remainder(const Dim& a, const Dim& b) {
  if (!is_positive(b)) return std::nullopt;
  return is_non_negative(a) ? mod(a, b) : select(less_than(a, 0), Dim(0) - mod(Dim(0) - a, b), mod(a, b));
}

std::optional<Dim> fold_binary(ExprOp op, DType type, const Dim& a, const Dim& b) {
  switch (op) {
    case ExprOp::add:
      return a + b;
    case ExprOp::sub:
      return a - b;
    case ExprOp::mul:
      return a * b;
    case ExprOp::div:
      return divide(a, b, is_floating(type));
    case ExprOp::floor_div:
      return floor_divided(type, a, b);
    case ExprOp::mod:
      return is_positive(b) ? std::optional(mod(a, b)) : std::nullopt;
    case ExprOp::fmod:
      return divided_remainder(a, b);
    case ExprOp::min:
      return min(a, b);
    case ExprOp::max:
      return max(a, b);
    case ExprOp::eq:
      return equals(a, b);
    case ExprOp::ne:
      return negated(equals(a, b));
    case ExprOp::lt:
      return less_than(a, b);
    case ExprOp::gt:
      return less_than(b, a);
    case ExprOp::le:
      return negated(less_than(b, a));
    case ExprOp::ge:
      return negated(less_than(a, b));
    case ExprOp::bit_and:
      return type == DType::b8 ? std::optional(a * b) : std::nullopt;
    case ExprOp::bit_or:
      return type == DType::b8 ? std::optional(max(a, b)) : std::nullopt;
    case ExprOp::bit_xor:
      return type == DType::b8 ? std::optional(negated(equals(a, b))) : std::nullopt;
    case ExprOp::pow:
      return b == Dim(2) ? std::optional(a * a) : b == Dim(1) ? std::optional(a) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Dim> fold_unary(ExprOp op, DType type, const Dim& a) {
  switch (op) {
    case ExprOp::neg:
      return Dim(0) - a;
    case ExprOp::abs:
      return is_non_negative(a) ? a : max(a, Dim(0) - a);
    case ExprOp::relu:
      return is_non_negative(a) ? a : max(a, 0);
    case ExprOp::floor:
    case ExprOp::ceil:
    case ExprOp::round:
    case ExprOp::trunc:
      return a;
    case ExprOp::is_nan:
    case ExprOp::is_inf:
      return Dim(0);
    case ExprOp::bit_not:
      return type == DType::b8 ? std::optional(negated(a)) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Dim> fold_element(const Elementwise& op, const expr::Expr& program, DType type, std::span<const Dim> x) {
  bool constant = true;
  for (const Dim& d : x) constant = constant && d.is_constant();
  if (constant) return fold_constants(program, x);
  if (x.size() == 1) return fold_unary(op.op, type, x[0]);
  if (x.size() == 2) return fold_binary(op.op, type, x[0], x[1]);
  if (x[0].is_constant()) return x[0].constant() ? x[1] : x[2];
  return x[1] == x[2] ? x[1] : select(x[0], x[1], x[2]);
}

}  // namespace

std::optional<std::vector<Dim>> fold_value(const Elementwise& op, std::span<const ValueInfo> in) {
  std::vector<DType> types;
  for (const ValueInfo& x : in) {
    if (!x.value || !x.type.shape.is_constant()) return std::nullopt;
    types.push_back(x.type.dtype);
  }
  const TensorType y = infer(op, in)[0];
  const std::vector<int64_t> dims = y.shape.constants();
  if (volume_of(dims) > kMaxValueElements) return std::nullopt;
  const auto program = lower_to_expr(op, types);
  std::vector<std::vector<int64_t>> strides;
  for (const ValueInfo& x : in) strides.push_back(broadcast_strides(x.type.shape.constants(), dims));

  std::vector<Dim> result;
  bool known = true;
  for_each_index(dims, [&](std::span<const int64_t> index, int64_t) {
    std::vector<Dim> x;
    for (size_t i = 0; i < in.size(); ++i)
      x.push_back((*in[i].value)[static_cast<size_t>(offset_of(index, strides[i]))]);
    const auto folded = known ? fold_element(op, *program, types.back(), x) : std::nullopt;
    if (folded) result.push_back(*folded);
    known = folded.has_value();
  });
  return known ? std::optional(result) : std::nullopt;
}

std::optional<std::vector<Dim>> fold_value(const Cast& op, std::span<const ValueInfo> in) {
  if (!in[0].value) return std::nullopt;
  const DType from = in[0].type.dtype;
  const expr::Expr program = *lower_to_expr(op, std::span(&from, 1));
  // Dimensions fit in 31 bits: 32 and 64 bit integers and f32's successors carry a symbolic one; narrower types might
  // not.
  const bool holds_dims = bits(op.to) >= 32;
  std::vector<Dim> result;
  for (const Dim& d : *in[0].value) {
    std::optional<Dim> y;
    if (d.is_constant())
      y = from == op.to ? d : fold_constants(program, std::span(&d, 1));
    else if (op.to == DType::b8)
      y = from == DType::b8 ? d : negated(equals(d, 0));
    else if (holds_dims)
      y = d;
    if (!y) return std::nullopt;
    result.push_back(*y);
  }
  return result;
}

}  // namespace dvt::ops
