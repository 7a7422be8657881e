#include <algorithm>
#include <limits>
#include <numeric>

#include "base/dim_node.h"
#include "base/error.h"

// floordiv, ceildiv and mod: what divides exactly is taken out; what is left becomes an atom in lowest terms.

namespace dvt {
namespace {

// Term a / b when b's atoms are among a's and the coefficients divide.
std::optional<Monomial> term_quotient(const Monomial& a, const Monomial& b) {
  if (b.coefficient == 0 || (b.coefficient == -1 && a.coefficient == std::numeric_limits<int64_t>::min()))
    return std::nullopt;
  if (a.coefficient % b.coefficient != 0) return std::nullopt;
  Monomial out{a.coefficient / b.coefficient, {}};
  size_t j = 0;
  for (const AtomRef& atom : a.atoms) {
    if (j < b.atoms.size() && dim_detail::compare(*atom, *b.atoms[j]) == 0)
      ++j;
    else
      out.atoms.push_back(atom);
  }
  if (j != b.atoms.size()) return std::nullopt;
  return out;
}

Dim of_term(Monomial m) { return DimNode::make({std::move(m)}); }

// Greatest common factor of all terms of both: a positive coefficient and the atoms that every term has.
Monomial common_factor(const std::vector<Monomial>& a, const std::vector<Monomial>& b) {
  Monomial common{0, {}};
  bool first = true;
  for (const auto* terms : {&a, &b})
    for (const Monomial& m : *terms) {
      if (m.coefficient == std::numeric_limits<int64_t>::min()) return {1, {}};
      common.coefficient = std::gcd(common.coefficient, m.coefficient);
      if (first) common.atoms = m.atoms;
      first = false;
      std::vector<AtomRef> both;
      std::set_intersection(common.atoms.begin(), common.atoms.end(), m.atoms.begin(), m.atoms.end(),
                            std::back_inserter(both),
                            [](const AtomRef& x, const AtomRef& y) { return dim_detail::compare(*x, *y) < 0; });
      common.atoms = std::move(both);
    }
  return common;
}

Dim divide_terms(const std::vector<Monomial>& terms, const Monomial& by) {
  std::vector<Monomial> out;
  for (const Monomial& m : terms) out.push_back(*term_quotient(m, by));
  return DimNode::make(std::move(out));  // dividing by a common factor keeps the order
}

// floordiv(g*p + c, g*k) = floordiv(p + floordiv(c, g), k) for integers g, k > 0.
void reduce_by_constant(Dim& a, int64_t& k) {
  const auto& terms = a.node()->terms;
  int64_t g = k;
  for (const Monomial& m : terms) {
    if (m.coefficient == std::numeric_limits<int64_t>::min()) return;  // has no absolute value
    if (!m.atoms.empty()) g = std::gcd(g, m.coefficient);
  }
  if (g <= 1) return;
  std::vector<Monomial> out;
  for (const Monomial& m : terms)
    out.push_back({dim_detail::floor_divide(m.coefficient, g), m.atoms});  // exact but for the constant
  a = DimNode::make(std::move(out));
  k /= g;
}

// floordiv(floordiv(x, j) + c, k) = floordiv(x + j*c, j*k) for integers j, k > 0; nothing when `a` has another form.
std::optional<Dim> collapse_nested(const Dim& a, int64_t k) {
  const auto& terms = a.node()->terms;
  const Monomial& m = terms[0];
  if (terms.size() > 2 || (terms.size() == 2 && !terms[1].atoms.empty())) return std::nullopt;
  if (m.coefficient != 1 || m.atoms.size() != 1 || m.atoms[0]->op != DimOp::floordiv) return std::nullopt;
  const auto& inner = m.atoms[0]->args;
  if (!inner[1].is_constant() || inner[1].constant() <= 0) return std::nullopt;
  int64_t scaled, both;
  if (__builtin_mul_overflow(inner[1].constant(), dim_detail::constant_term(a), &scaled) ||
      __builtin_mul_overflow(inner[1].constant(), k, &both))
    return std::nullopt;
  return floordiv(inner[0] + Dim(scaled), Dim(both));
}

// Precondition: k > 1, a is not constant.
Dim floordiv_by_constant(const Dim& a, int64_t k) {
  auto [whole, rest] = dim_detail::divide(a, Dim(k));
  // The constant leaves its multiple of k outside: floordiv(r + c, k) = floordiv(r + c mod k, k) + c // k.
  const int64_t c = dim_detail::constant_term(rest);
  whole = whole + Dim(dim_detail::floor_divide(c, k));
  rest = rest - Dim(c) + Dim(dim_detail::floor_modulo(c, k));
  if (rest.is_constant()) return whole;
  const DimRange r = dim_detail::bounds(rest);
  if (const int64_t q = dim_detail::floor_divide(r.min, k); q == dim_detail::floor_divide(r.max, k))
    return whole + Dim(q);
  reduce_by_constant(rest, k);
  if (k == 1) return whole + rest;
  if (auto nested = collapse_nested(rest, k)) return whole + *nested;
  return whole + DimNode::function(DimOp::floordiv, {rest, Dim(k)});
}

bool negatable(const Dim& d) {
  for (const Monomial& m : dim_detail::terms_of(d))
    if (m.coefficient == std::numeric_limits<int64_t>::min()) return false;
  return true;
}

// Divides both by what all their terms share; also makes the divisor's first coefficient positive.
void reduce_fraction(Dim& a, Dim& b) {
  if (dim_detail::terms_of(b)[0].coefficient < 0 && negatable(a) && negatable(b)) {
    a = Dim(0) - a;
    b = Dim(0) - b;
  }
  const auto x = dim_detail::terms_of(a), y = dim_detail::terms_of(b);
  const Monomial common = common_factor(x, y);
  if (common.coefficient <= 1 && common.atoms.empty()) return;
  a = divide_terms(x, common);
  b = divide_terms(y, common);
}

}  // namespace

dim_detail::Division dim_detail::divide(const Dim& a, const Dim& b) {
  const auto divisor = terms_of(b);
  Division result{Dim(0), Dim(0)};
  if (divisor.empty()) return {Dim(0), a};
  if (divisor.size() == 1) {
    std::vector<Monomial> rest;
    for (const Monomial& m : terms_of(a)) {
      if (auto q = term_quotient(m, divisor[0]))
        result.quotient = result.quotient + of_term(std::move(*q));
      else
        rest.push_back(m);
    }
    result.remainder = DimNode::make(std::move(rest));
    return result;
  }
  // A divisor of several terms: long division, taken only when it comes out even.
  Dim rest = a;
  for (int step = 0; step < DimNode::kMaxTerms && !(rest == Dim(0)); ++step) {
    auto q = term_quotient(terms_of(rest)[0], divisor[0]);
    if (!q) return {Dim(0), a};
    const Dim term = of_term(std::move(*q));
    result.quotient = result.quotient + term;
    rest = rest - term * b;
  }
  if (!(rest == Dim(0))) return {Dim(0), a};
  return result;
}

Dim floordiv(const Dim& a, const Dim& b) {
  if (b.is_constant()) {
    const int64_t k = b.constant();
    if (k == 0) return DimNode::function(DimOp::floordiv, {a, b});
    if (a.is_constant()) return Dim(dim_detail::floor_divide(a.constant(), k));
    if (k == 1) return a;
    if (k < 0 && k != std::numeric_limits<int64_t>::min()) return floordiv(Dim(0) - a, Dim(-k));
    if (k > 0) return floordiv_by_constant(a, k);
  }
  auto [whole, rest] = dim_detail::divide(a, b);
  if (rest == Dim(0)) return whole;
  Dim divisor = b;
  reduce_fraction(rest, divisor);
  if (divisor.is_constant() && divisor.constant() > 0) return whole + floordiv(rest, divisor);
  return whole + DimNode::function(DimOp::floordiv, {rest, divisor});
}

Dim ceildiv(const Dim& a, const Dim& b) {
  if (b.is_constant()) {
    const int64_t k = b.constant();
    if (a.is_constant() && k != 0 && k != -1)
      return Dim(dim_detail::floor_divide(a.constant(), k) + (a.constant() % k != 0));
    if (k > 0) return floordiv(a + Dim(k - 1), b);
    if (k < 0 && k != std::numeric_limits<int64_t>::min()) return ceildiv(Dim(0) - a, Dim(-k));
    return DimNode::function(DimOp::ceildiv, {a, b});
  }
  auto [whole, rest] = dim_detail::divide(a, b);
  if (rest == Dim(0)) return whole;
  Dim divisor = b;
  reduce_fraction(rest, divisor);
  if (divisor.is_constant() && divisor.constant() > 0) return whole + ceildiv(rest, divisor);
  return whole + DimNode::function(DimOp::ceildiv, {rest, divisor});
}

Dim mod(const Dim& a, const Dim& b) {
  if (b.is_constant() && b.constant() != 0) {
    const int64_t k = b.constant();
    if (k == 1 || k == -1) return Dim(0);
    // Coefficients count modulo k.
    std::vector<Monomial> terms = dim_detail::terms_of(a);
    for (Monomial& m : terms) m.coefficient = dim_detail::floor_modulo(m.coefficient, k);
    const Dim rest = DimNode::make(std::move(terms));
    const DimRange r = dim_detail::bounds(rest);
    if (rest.is_constant() || (r.min >= 0 && r.max < k)) return rest;
    return DimNode::function(DimOp::mod, {rest, b});
  }
  const Dim rest = dim_detail::divide(a, b).remainder;
  if (rest == Dim(0) && !(b == Dim(0))) return Dim(0);
  return DimNode::function(DimOp::mod, {rest, b});
}

}  // namespace dvt
