#include <algorithm>

#include "base/dim_broadcast.h"
#include "base/dim_node.h"
#include "base/error.h"

// min, max, comparisons and select; evaluation with checks, and substitution.

namespace dvt {
namespace {

// The operands of a min or max, with those of operands of the same kind taken in.
void flatten(DimOp op, const Dim& d, std::vector<Dim>& out) {
  if (!d.is_constant() && d.node()->terms.size() == 1) {
    const Monomial& m = d.node()->terms[0];
    if (m.coefficient == 1 && m.atoms.size() == 1 && m.atoms[0]->op == op) {
      out.insert(out.end(), m.atoms[0]->args.begin(), m.atoms[0]->args.end());
      return;
    }
  }
  out.push_back(d);
}

Dim extremum(DimOp op, const Dim& a, const Dim& b) {
  std::vector<Dim> candidates, kept;
  flatten(op, a, kept);  // none of one's operands loses to another
  flatten(op, b, candidates);
  for (const Dim& d : candidates) {
    bool loses = false;
    std::erase_if(kept, [&](const Dim& other) {
      if (loses) return false;
      const auto difference = dim_detail::try_difference(d, other);
      if (!difference) return false;
      const auto [low, opt, high] = dim_detail::bounds(*difference);  // one sign: ordered for all symbol values
      loses = op == DimOp::min ? low >= 0 : high <= 0;
      return !loses && (op == DimOp::min ? high <= 0 : low >= 0);
    });
    if (!loses) kept.push_back(d);
  }
  if (kept.size() == 1) return kept[0];
  std::sort(kept.begin(), kept.end(), [](const Dim& x, const Dim& y) { return dim_detail::compare(x, y) < 0; });
  return DimNode::function(op, std::move(kept));
}

// Moves everything but the constant to the left: a ? b is p ? -c for p + c = a - b.
Dim comparison(DimOp op, const Dim& a, const Dim& b) {
  const auto difference = dim_detail::try_difference(a, b);
  if (!difference) return DimNode::function(op, {a, b});
  const auto [low, opt, high] = dim_detail::bounds(*difference);
  if (op == DimOp::equal && (low > 0 || high < 0)) return Dim(0);
  if (op == DimOp::less && (low >= 0 || high < 0)) return Dim(high < 0);
  const int64_t c = dim_detail::constant_term(*difference);
  if (difference->is_constant()) return Dim(1);  // equal to 0
  if (c == INT64_MIN) return DimNode::function(op, {a, b});
  Dim left = *difference - Dim(c);
  Dim right = Dim(-c);
  if (op == DimOp::equal && left.node()->terms[0].coefficient < 0) {
    if (auto negated = dim_detail::try_difference(Dim(0), left)) {
      left = *negated;
      right = Dim(c);
    }
  }
  return DimNode::function(op, {left, right});
}

int64_t eval_atom(const DimAtom& a, const SymbolValues& values) {
  if (a.op == DimOp::symbol) {
    const auto it = values.find(a.name);
    if (it == values.end()) throw Error(ErrorCode::kInvalidState, "dimension '", a.name, "' has no value yet");
    return it->second;
  }
  const int64_t x = a.args[0].eval(values);
  if (a.op == DimOp::select) return a.args[x != 0 ? 1 : 2].eval(values);
  int64_t result = x;
  for (size_t i = 1; i < a.args.size(); ++i) {
    const int64_t y = a.args[i].eval(values);
    const bool divides = a.op == DimOp::floordiv || a.op == DimOp::ceildiv || a.op == DimOp::mod;
    if (divides && y == 0)
      throw Error(ErrorCode::kInvalidModel, "division by zero in dimension ",
                  to_string(DimNode::function(a.op, a.args)));
    switch (a.op) {
      case DimOp::floordiv:
        result = dim_detail::floor_divide(x, y);
        break;
      case DimOp::ceildiv:
        result = dim_detail::floor_divide(x, y);  // throws for the one quotient that overflows
        result += y != -1 && x % y != 0;
        break;
      case DimOp::mod:
        result = dim_detail::floor_modulo(x, y);
        break;
      case DimOp::min:
        result = std::min(result, y);
        break;
      case DimOp::max:
        result = std::max(result, y);
        break;
      case DimOp::equal:
        result = x == y;
        break;
      case DimOp::less:
        result = x < y;
        break;
      case DimOp::broadcast: {
        const int64_t sizes[] = {result, y};
        if (!can_broadcast(sizes))
          throw Error(ErrorCode::kInvalidModel, "sizes ", result, " and ", y, " do not broadcast in dimension ",
                      to_string(DimNode::function(a.op, a.args)));
        result = dim_detail::meet(result, y);
        break;
      }
      case DimOp::symbol:
      case DimOp::select:
        break;
    }
  }
  return result;
}

using Replacements = std::map<std::string, Dim, std::less<>>;

Dim substitute_atom(const AtomRef& atom, const Replacements& replacements) {
  if (atom->op == DimOp::symbol) {
    const auto it = replacements.find(atom->name);
    return it == replacements.end() ? DimNode::make({{1, {atom}}}) : it->second;
  }
  std::vector<Dim> args;
  for (const Dim& d : atom->args) args.push_back(d.substitute(replacements));
  return dim_detail::apply(atom->op, args);
}

}  // namespace

Dim min(const Dim& a, const Dim& b) { return extremum(DimOp::min, a, b); }
Dim max(const Dim& a, const Dim& b) { return extremum(DimOp::max, a, b); }
Dim equal(const Dim& a, const Dim& b) { return comparison(DimOp::equal, a, b); }
Dim less(const Dim& a, const Dim& b) { return comparison(DimOp::less, a, b); }

Dim select(const Dim& condition, const Dim& if_true, const Dim& if_false) {
  const auto [low, opt, high] = dim_detail::bounds(condition);
  if (low > 0 || high < 0) return if_true;
  if (low == 0 && high == 0) return if_false;
  if (if_true == if_false) return if_true;
  return DimNode::function(DimOp::select, {condition, if_true, if_false});
}

Dim dim_detail::apply(DimOp op, std::span<const Dim> args) {
  Dim result = args[0];
  switch (op) {
    case DimOp::symbol:
      break;
    case DimOp::floordiv:
      return floordiv(args[0], args[1]);
    case DimOp::ceildiv:
      return ceildiv(args[0], args[1]);
    case DimOp::mod:
      return mod(args[0], args[1]);
    case DimOp::min:
      for (const Dim& d : args.subspan(1)) result = min(result, d);
      break;
    case DimOp::max:
      for (const Dim& d : args.subspan(1)) result = max(result, d);
      break;
    case DimOp::equal:
      return equal(args[0], args[1]);
    case DimOp::less:
      return less(args[0], args[1]);
    case DimOp::select:
      return select(args[0], args[1], args[2]);
    case DimOp::broadcast:
      for (const Dim& d : args.subspan(1)) result = broadcast(result, d);
      break;
  }
  return result;
}

int64_t Dim::eval(const SymbolValues& values) const {
  if (!node_) return value_;
  int64_t sum = 0;
  for (const Monomial& m : node_->terms) {
    int64_t product = m.coefficient;
    for (const AtomRef& a : m.atoms) product = dim_detail::multiply(product, eval_atom(*a, values));
    sum = dim_detail::add(sum, product);
  }
  return sum;
}

Dim Dim::substitute(const Replacements& replacements) const {
  if (!node_) return *this;
  Dim sum;
  for (const Monomial& m : node_->terms) {
    Dim product(m.coefficient);
    for (const AtomRef& a : m.atoms) product = product * substitute_atom(a, replacements);
    sum = sum + product;
  }
  return sum;
}

}  // namespace dvt
