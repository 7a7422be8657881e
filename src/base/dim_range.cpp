#include <algorithm>
#include <limits>

#include "base/dim_node.h"
#include "base/error.h"

// Intervals. Each step is exact or wider, saturates instead of overflowing, and x / 0 counts as 0, as DimProgram has
// it.

namespace dvt {
namespace {
using namespace dim_detail;
constexpr DimRange kUnknown{0, 1, kMaxLate}, kUnknownSigned{-kMaxLate, 1, kMaxLate};
constexpr int64_t kLowest = std::numeric_limits<int64_t>::min(), kHighest = std::numeric_limits<int64_t>::max();
constexpr int kMaxRelaxationDepth = 3;
constexpr size_t kMaxMonotonicFactors = 64;

struct Context {
  const SymbolRanges& ranges;
  int budget = 200;  ///< Relaxations left: an expression made to be hard costs no more than this.
};

DimRange interval(const Dim& d, Context& context, int depth);

DimRange multiply_intervals(const DimRange& a, const DimRange& b) {
  const auto [low, high] = std::minmax({multiply_saturated(a.min, b.min), multiply_saturated(a.min, b.max),
                                        multiply_saturated(a.max, b.min), multiply_saturated(a.max, b.max)});
  return {low, multiply_saturated(a.opt, b.opt), high};
}

DimRange add_intervals(const DimRange& a, const DimRange& b) {
  return {add_saturated(a.min, b.min), add_saturated(a.opt, b.opt), add_saturated(a.max, b.max)};
}

// Quotients are monotonic in each argument while the divisor keeps its sign.
DimRange divide_intervals(const DimRange& a, const DimRange& b, int64_t (*divide)(int64_t, int64_t) noexcept) {
  int64_t low = kHighest, high = kLowest;
  for (int64_t y : {b.min, b.max, int64_t{-1}, int64_t{0}, int64_t{1}}) {
    if (y < b.min || y > b.max) continue;
    for (int64_t x : {a.min, a.max}) {
      low = std::min(low, divide(x, y));
      high = std::max(high, divide(x, y));
    }
  }
  return {low, divide(a.opt, b.opt), high};
}

DimRange modulo_intervals(const DimRange& a, const DimRange& b) {
  const int64_t opt = b.opt == 0 ? 0 : floor_modulo(a.opt, b.opt);
  if (a.min >= 0 && a.max < b.min) return {a.min, opt, a.max};
  // The result lies between 0 and the divisor, without the divisor.
  const int64_t low = b.min < 0 ? b.min + 1 : 0;
  int64_t high = b.max > 0 ? b.max - 1 : 0;
  if (a.min >= 0 && b.min >= 0) high = std::min(high, a.max);
  return {low, opt, high};
}

DimRange compare_intervals(DimOp op, const DimRange& a, const DimRange& b) {
  bool always, never;
  if (op == DimOp::equal) {
    always = a.is_constant() && b.is_constant() && a.min == b.min;
    never = a.max < b.min || b.max < a.min;
  } else {
    always = a.max < b.min;
    never = a.min >= b.max;
  }
  const int64_t opt = op == DimOp::equal ? a.opt == b.opt : a.opt < b.opt;
  return {always ? 1 : 0, opt, never ? 0 : 1};
}

// Of sizes that can meet: one that is at least 2 is the result; 0 is, where there may be one; else it is the largest.
DimRange meet_intervals(const std::vector<DimRange>& sizes) {
  DimRange r = sizes[0];
  int64_t most = kHighest;
  bool decided = false, may_be_zero = false;
  for (const DimRange& x : sizes) {
    r = {std::max(r.min, x.min), meet(r.opt, x.opt), std::max(r.max, x.max)};
    if (x.min > 1) most = std::min(most, x.max), decided = true;
    may_be_zero |= x.min <= 0 && x.max >= 0;
  }
  if (may_be_zero && !decided) r.min = std::min<int64_t>(r.min, 0);
  r.max = std::max(std::min(r.max, most), r.min);
  return r;
}

// Elements of shape tensors are what the user says; -1 has a meaning in many of them.
bool may_be_negative(const std::string& symbol) { return symbol.starts_with(kSignedLate) || symbol.ends_with(']'); }

// Of a function, from the intervals of its arguments.
DimRange function_interval(DimOp op, const std::vector<DimRange>& args) {
  DimRange r = args[0];
  switch (op) {
    case DimOp::symbol:
      break;
    case DimOp::floordiv:
      return divide_intervals(args[0], args[1], &floor_divide_saturated);
    case DimOp::ceildiv:
      return divide_intervals(args[0], args[1], &ceil_divide_saturated);
    case DimOp::mod:
      return modulo_intervals(args[0], args[1]);
    case DimOp::min:
      for (const DimRange& x : args) r = {std::min(r.min, x.min), std::min(r.opt, x.opt), std::min(r.max, x.max)};
      break;
    case DimOp::max:
      for (const DimRange& x : args) r = {std::max(r.min, x.min), std::max(r.opt, x.opt), std::max(r.max, x.max)};
      break;
    case DimOp::equal:
    case DimOp::less:
      return compare_intervals(op, args[0], args[1]);
    case DimOp::select: {
      const bool may = args[0].min != 0 || args[0].max != 0, must = args[0].min > 0 || args[0].max < 0;
      if (!may) return args[2];
      if (must) return args[1];
      return {std::min(args[1].min, args[2].min), args[0].opt != 0 ? args[1].opt : args[2].opt,
              std::max(args[1].max, args[2].max)};
    }
    case DimOp::broadcast:
      return meet_intervals(args);
  }
  return r;
}

DimRange atom_interval(const DimAtom& atom, Context& context, int depth) {
  if (atom.op == DimOp::symbol) {
    const auto it = context.ranges.find(atom.name);
    if (it != context.ranges.end()) return it->second;
    return may_be_negative(atom.name) ? kUnknownSigned : kUnknown;
  }
  std::vector<DimRange> args;
  for (const Dim& d : atom.args) args.push_back(interval(d, context, depth));
  return function_interval(atom.op, args);
}

struct Factor {
  const DimAtom* atom;
  DimRange range;
};
using Factors = std::vector<Factor>;

const Factor* find(const Factors& factors, const DimAtom& atom) {
  for (const Factor& f : factors)
    if (f.atom == &atom || (f.atom->hash == atom.hash && compare(*f.atom, atom) == 0)) return &f;
  return nullptr;
}

// The interval of a polynomial whose atoms have the intervals in `factors`.
DimRange polynomial_interval(const std::vector<Monomial>& terms, const Factors& factors) {
  DimRange sum{0, 0, 0};
  for (const Monomial& m : terms) {
    DimRange product{m.coefficient, m.coefficient, m.coefficient};
    for (size_t i = 0; i < m.atoms.size(); ++i) {
      // A power counts as one factor: x * x is not negative.
      size_t power = 1;
      while (i + 1 < m.atoms.size() && compare(*m.atoms[i + 1], *m.atoms[i]) == 0) ++i, ++power;
      const DimRange base = find(factors, *m.atoms[i])->range;
      DimRange raised = base;
      for (size_t k = 1; k < power; ++k) raised = multiply_intervals(raised, base);
      if (power % 2 == 0 && raised.min < 0) raised.min = 0;
      product = multiply_intervals(product, raised);
    }
    sum = add_intervals(sum, product);
  }
  return sum;
}

// d(terms) / d(atom), as terms; order does not matter here.
std::vector<Monomial> derivative(const std::vector<Monomial>& terms, const DimAtom& atom) {
  std::vector<Monomial> out;
  for (const Monomial& m : terms) {
    int64_t power = 0;
    Monomial d = m;
    for (const AtomRef& a : m.atoms) power += compare(*a, atom) == 0;
    if (power == 0) continue;
    d.atoms.erase(
        std::find_if(d.atoms.begin(), d.atoms.end(), [&](const AtomRef& a) { return compare(*a, atom) == 0; }));
    d.coefficient = multiply_saturated(m.coefficient, power);
    out.push_back(std::move(d));
  }
  return out;
}

// Plain interval arithmetic forgets that equal atoms move together (n*n - n). Where the polynomial is monotonic in an
// atom, each bound is attained at one end of that atom's range.
DimRange monotonic_interval(const std::vector<Monomial>& terms, const Factors& factors) {
  DimRange result = polynomial_interval(terms, factors);
  Factors low = factors, high = factors;
  for (size_t i = 0; i < factors.size(); ++i) {
    const DimRange slope = polynomial_interval(derivative(terms, *factors[i].atom), factors);
    if (slope.min < 0 && slope.max > 0) continue;
    const DimRange& r = factors[i].range;
    const DimRange at_min{r.min, r.min, r.min}, at_max{r.max, r.max, r.max};
    low[i].range = slope.min >= 0 ? at_min : at_max;
    high[i].range = slope.min >= 0 ? at_max : at_min;
  }
  result.min = std::max(result.min, polynomial_interval(terms, low).min);
  result.max = std::min(result.max, polynomial_interval(terms, high).max);
  return result;
}

// n - floordiv(n, 2): with floordiv(p, k) = (p - m) / k for some m in [0, k-1], k times the sum is a polynomial in
// which the parts of p cancel.
void relax_floordiv(const Dim& d, Context& context, int depth, DimRange& result) {
  for (const Monomial& m : d.node()->terms) {
    if (m.atoms.size() != 1 || m.atoms[0]->op != DimOp::floordiv) continue;
    const auto& args = m.atoms[0]->args;
    if (!args[1].is_constant() || args[1].constant() <= 0) continue;
    const int64_t k = args[1].constant();
    if (--context.budget < 0) return;
    try {
      const Dim scaled = (d - DimNode::make({m})) * Dim(k) + args[0] * Dim(m.coefficient);
      const DimRange whole = interval(scaled, context, depth + 1);
      const DimRange cut = multiply_intervals({0, 0, k - 1}, {m.coefficient, m.coefficient, m.coefficient});
      result.min = std::max(result.min, ceil_divide_saturated(add_saturated(whole.min, -cut.max), k));
      result.max = std::min(result.max, floor_divide_saturated(add_saturated(whole.max, -cut.min), k));
    } catch (const Error&) {
      // Too large to relax: the plain interval stands.
    }
  }
}

// Of a polynomial, from the intervals that `of` gives its atoms.
template <class IntervalOf>
DimRange terms_interval(const std::vector<Monomial>& terms, IntervalOf&& of) {
  Factors factors;
  size_t uses = 0;
  for (const Monomial& m : terms)
    for (const AtomRef& a : m.atoms) {
      ++uses;
      if (!find(factors, *a)) factors.push_back({a.get(), of(*a)});
    }
  const bool repeats = uses > factors.size() && factors.size() <= kMaxMonotonicFactors;
  return repeats ? monotonic_interval(terms, factors) : polynomial_interval(terms, factors);
}

DimRange interval(const Dim& d, Context& context, int depth) {
  if (d.is_constant()) return {d.constant(), d.constant(), d.constant()};
  const auto& terms = d.node()->terms;
  DimRange result = terms_interval(terms, [&](const DimAtom& a) { return atom_interval(a, context, depth); });
  if (depth < kMaxRelaxationDepth && terms.size() > 1) relax_floordiv(d, context, depth, result);
  result.opt = std::clamp(result.opt, std::min(result.min, result.max), std::max(result.min, result.max));
  return result;
}

}  // namespace

DimRange dim_detail::bounds(const Dim& d) {
  return d.is_constant() ? DimRange{d.constant(), d.constant(), d.constant()} : d.node()->bounds;
}

DimRange dim_detail::find_bounds(const DimAtom& atom) {
  if (atom.op == DimOp::symbol) return {may_be_negative(atom.name) ? kLowest : 0, 1, kHighest};
  std::vector<DimRange> args;
  for (const Dim& d : atom.args) args.push_back(bounds(d));
  return function_interval(atom.op, args);
}

DimRange dim_detail::find_bounds(const std::vector<Monomial>& terms) {
  if (terms.size() == 1 && terms[0].coefficient == 1 && terms[0].atoms.size() == 1) return terms[0].atoms[0]->bounds;
  return terms_interval(terms, [](const DimAtom& a) { return a.bounds; });
}

DimRange Dim::range(const SymbolRanges& ranges) const {
  Context context{ranges};
  return interval(*this, context, 0);
}

std::string to_string(const DimRange& r) {
  return r.is_constant() ? concat(r.min) : concat(r.min, "..", r.max, "@", r.opt);
}

}  // namespace dvt
