// quantize and dequantize with one constant scale for the whole tensor become op `pointwise`, so that they ride on what
// stands before them:
//   quantize(x, s, z)   -> T(min(max(round(x / s) + z, low), high))
//   dequantize(x, s, z) -> (f32(x) - z) * s
// Runs before to_pointwise.
#include <cmath>

#include "ops/data/dequantize.h"
#include "ops/data/quantize.h"
#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::Expr;
using expr::ExprOp;

struct Scale {
  double scale = 1, zero = 0;
};

/// Scale and zero point when both are single constants.
std::optional<Scale> constant_scale(const ir::Node& n, bool has_zero_point) {
  const auto single = [](const ir::Value& v) { return v.is_constant() && v.shape().volume() == Dim(1); };
  if (n.has_epilogue() || !single(*n.input(1)) || n.input(1)->dtype() != DType::f32) return std::nullopt;
  Scale s{n.input(1)->view().get(0), 0};
  if (!has_zero_point) return s;
  if (!single(*n.input(2))) return std::nullopt;
  s.zero = n.input(2)->view().get(0);
  return s;
}

std::optional<ir::Patch> replace(const ir::Node& n, Expr program) {
  ir::Patch patch;
  patch.replace(n.output(), patch.add(ops::Pointwise{}, {n.input(0)}, std::move(program)));
  return patch;
}

std::optional<ir::Patch> rewrite_quantize(const ir::Node& n, const ops::Quantize& op) {
  if (is_floating(op.to) || bits(op.to) > 8 || n.input(0)->dtype() != DType::f32) return std::nullopt;
  const auto s = constant_scale(n, op.has_zero_point);
  if (!s) return std::nullopt;
  const double span = std::ldexp(1.0, bits(op.to)), low = dtype_class(op.to) == DTypeClass::kSigned ? -span / 2 : 0;
  Expr e;
  const auto number = [&](double v) { return e.constant(DType::f32, v); };
  int y = e.apply(ExprOp::round, e.apply(ExprOp::div, e.add_input(DType::f32), number(s->scale)));
  if (s->zero != 0) y = e.apply(ExprOp::add, y, number(s->zero));
  y = e.apply(ExprOp::min, e.apply(ExprOp::max, y, number(low)), number(low + span - 1));
  e.set_result(e.cast(y, op.to));
  return replace(n, std::move(e));
}

std::optional<ir::Patch> rewrite_dequantize(const ir::Node& n, const ops::Dequantize& op) {
  const DType from = n.input(0)->dtype();
  // A 32-bit integer does not fit an f32: the operator's own kernel subtracts before it rounds.
  if (op.to != DType::f32 || is_floating(from) || bits(from) > 8) return std::nullopt;
  const auto s = constant_scale(n, op.has_zero_point);
  if (!s) return std::nullopt;
  Expr e;
  int y = e.cast(e.add_input(from), DType::f32);
  if (s->zero != 0) y = e.apply(ExprOp::sub, y, e.constant(DType::f32, s->zero));
  e.set_result(e.apply(ExprOp::mul, y, e.constant(DType::f32, s->scale)));
  return replace(n, std::move(e));
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (const auto* q = n.as<ops::Quantize>()) return rewrite_quantize(n, *q);
  if (const auto* d = n.as<ops::Dequantize>()) return rewrite_dequantize(n, *d);
  return std::nullopt;
}

}  // namespace

Pass quantization_to_pointwise() {
  return rewrite_pass("quantization-to-pointwise", "quantize, dequantize with one constant scale -> pointwise",
                      &rewrite);
}

}  // namespace dvt::passes
