// Inside pointwise programs, products that spell an activation become its one instruction:
//   x * sigmoid(x)                                              -> silu(x)
//   x * 0.5 * (1 + erf(x / sqrt(2)))                            -> gelu_erf(x)
//   x * 0.5 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3)))     -> gelu_tanh(x)
//   x * min(max(x + 3, 0), 6) / 6                               -> hard_swish(x)
//   1 / sqrt(x)                                                 -> rsqrt(x)
// in any order of the factors. Runs after merge_pointwise, which brings each spelling into one program.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/program.h"
#include "passes/match.h"

namespace dvt::passes {
namespace {

using expr::Expr;
using expr::ExprOp;
using expr::Instr;

/// Exporters write constants in f32; this is a few f32 roundings wide.
bool close(double a, double b) { return std::abs(a - b) <= 1e-5 * std::abs(b); }

/// A product as its non-constant factors (instruction indices) and the product of the constant ones.
struct Product {
  std::vector<int> factors;
  double constant = 1;
};

/// Read access to a program for matching.
class Program {
 public:
  explicit Program(const Expr& e) : code_(e.code()) {}
  const Instr& at(int i) const { return code_[static_cast<size_t>(i)]; }
  bool is(int i, ExprOp op) const { return at(i).op == op; }
  std::optional<double> constant(int i) const {
    return is(i, ExprOp::constant) && is_floating(at(i).type) ? std::optional(at(i).imm.f) : std::nullopt;
  }
  void collect(int i, Product& p, int depth = 0) const {
    if (const auto c = constant(i)) {
      p.constant *= *c;
    } else if (is(i, ExprOp::mul) && depth < kMaxDepth) {
      collect(at(i).a, p, depth + 1);
      collect(at(i).b, p, depth + 1);
    } else if (const auto d = is(i, ExprOp::div) ? constant(at(i).b) : std::nullopt; d && depth < kMaxDepth) {
      p.constant /= *d;
      collect(at(i).a, p, depth + 1);
    } else {
      p.factors.push_back(i);
    }
  }
  Product product(int i) const {
    Product p;
    collect(i, p);
    return p;
  }
  /// i = x + c or c + x: the other operand.
  std::optional<int> plus(int i, double c) const {
    if (!is(i, ExprOp::add)) return std::nullopt;
    if (const auto v = constant(at(i).b); v && close(*v, c)) return at(i).a;
    if (const auto v = constant(at(i).a); v && close(*v, c)) return at(i).b;
    return std::nullopt;
  }

 private:
  static constexpr int kMaxDepth = 8;
  std::span<const Instr> code_;
};

bool is_scaled(const Program& p, int i, int x, double scale) {
  const Product q = p.product(i);
  return q.factors == std::vector<int>{x} && close(q.constant, scale);
}

bool is_cube_term(const Program& p, int i, int x) {
  const Product q = p.product(i);
  if (!close(q.constant, 0.044715)) return false;
  if (q.factors == std::vector<int>{x, x, x}) return true;
  if (q.factors.size() != 1 || !p.is(q.factors[0], ExprOp::pow)) return false;
  const auto power = p.constant(p.at(q.factors[0]).b);
  return p.at(q.factors[0]).a == x && power && *power == 3;
}

// sqrt(2/pi) * (x + 0.044715 x^3)
bool is_gelu_tanh_argument(const Program& p, int i, int x) {
  const Product q = p.product(i);
  if (q.factors.size() != 1 || !close(q.constant, std::sqrt(2 / std::numbers::pi))) return false;
  const Instr& sum = p.at(q.factors[0]);
  if (sum.op != ExprOp::add) return false;
  return (sum.a == x && is_cube_term(p, sum.b, x)) || (sum.b == x && is_cube_term(p, sum.a, x));
}

bool is_clip_0_6_of_x_plus_3(const Program& p, int i, int x) {
  const auto strip = [&](int k, ExprOp op, double limit) -> int {
    if (!p.is(k, op)) return -1;
    const auto b = p.constant(p.at(k).b);
    return b && *b == limit ? p.at(k).a : -1;
  };
  const auto strip_zero = [&](int k) { return p.is(k, ExprOp::relu) ? p.at(k).a : strip(k, ExprOp::max, 0); };
  int inner = strip(i, ExprOp::min, 6);
  inner = inner >= 0 ? strip_zero(inner) : (inner = strip_zero(i), inner >= 0 ? strip(inner, ExprOp::min, 6) : -1);
  if (inner < 0) return false;
  const auto base = p.plus(inner, 3);
  return base && *base == x;
}

/// The activation of x that the two non-constant factors x and g with a constant spell.
std::optional<ExprOp> activation_of(const Program& p, int x, int g, double constant) {
  if (close(constant, 1) && p.is(g, ExprOp::sigmoid) && p.at(g).a == x) return ExprOp::silu;
  if (close(constant, 1.0 / 6) && is_clip_0_6_of_x_plus_3(p, g, x)) return ExprOp::hard_swish;
  if (!close(constant, 0.5)) return std::nullopt;
  const auto inner = p.plus(g, 1);
  if (!inner) return std::nullopt;
  if (p.is(*inner, ExprOp::erf) && is_scaled(p, p.at(*inner).a, x, std::numbers::sqrt2 / 2)) return ExprOp::gelu_erf;
  if (p.is(*inner, ExprOp::tanh) && is_gelu_tanh_argument(p, p.at(*inner).a, x)) return ExprOp::gelu_tanh;
  return std::nullopt;
}

struct Match {
  ExprOp op;
  int x;
};

std::optional<Match> match_instruction(const Program& p, int i) {
  const Instr& in = p.at(i);
  if (!is_floating(in.type)) return std::nullopt;
  const bool inverse = in.op == ExprOp::recip || (in.op == ExprOp::div && p.constant(in.a) == 1.0);
  const int denominator = in.op == ExprOp::recip ? in.a : in.b;
  if (inverse && p.is(denominator, ExprOp::sqrt)) return Match{ExprOp::rsqrt, p.at(denominator).a};
  if (in.op != ExprOp::mul && in.op != ExprOp::div) return std::nullopt;
  const Product q = p.product(i);
  if (q.factors.size() != 2) return std::nullopt;
  for (int k : {0, 1}) {
    const int x = q.factors[static_cast<size_t>(k)], g = q.factors[static_cast<size_t>(1 - k)];
    if (const auto op = activation_of(p, x, g, q.constant)) return Match{*op, x};
  }
  return std::nullopt;
}

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  const Program program(n.epilogue());
  return replace_instructions(n, [&](int i, const std::function<int(int)>& at, Expr& out) {
    const auto m = match_instruction(program, i);
    return m ? out.apply(m->op, at(m->x)) : -1;
  });
}

}  // namespace

Pass simplify_programs() {
  return rewrite_pass<ops::Pointwise>("simplify-programs",
                                      "spelled-out GELU, SiLU, hard-swish, rsqrt -> one instruction", &rewrite);
}

}  // namespace dvt::passes
