#include "base/dim.h"

#include <algorithm>

#include "base/dim_node.h"
#include "base/error.h"

// Sums, products, order and equality. Division is in dim_divide.cpp, the other functions in dim_functions.cpp.

namespace dvt {
namespace {

uint64_t mix(uint64_t h, uint64_t v) {
  h ^= v + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccdULL;
}

uint64_t hash_of(const Dim& d) {
  return d.is_constant() ? mix(1, static_cast<uint64_t>(d.constant())) : d.node()->hash;
}

[[noreturn]] void too_large(std::string_view what, int64_t limit) {
  throw Error(ErrorCode::kUnsupported, "dimension expression is too large: more than ", limit, " ", what,
              "; give some of its symbols constant values");
}

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

bool atom_before(const AtomRef& a, const AtomRef& b) { return dim_detail::compare(*a, *b) < 0; }

bool term_before(const Monomial& a, const Monomial& b) { return dim_detail::compare(a.atoms, b.atoms) < 0; }

// a + sign * b over sorted terms; nothing on overflow.
std::optional<std::vector<Monomial>> merge(const std::vector<Monomial>& a, const std::vector<Monomial>& b, int sign) {
  std::vector<Monomial> out;
  out.reserve(a.size() + b.size());
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const int order = i == a.size() ? 1 : j == b.size() ? -1 : dim_detail::compare(a[i].atoms, b[j].atoms);
    if (order < 0) {
      out.push_back(a[i++]);
      continue;
    }
    int64_t added;
    if (__builtin_mul_overflow(b[j].coefficient, sign, &added)) return std::nullopt;
    out.push_back({added, b[j].atoms});
    if (order == 0 && __builtin_add_overflow(a[i++].coefficient, added, &out.back().coefficient)) return std::nullopt;
    ++j;
  }
  return out;
}

Dim sum(const Dim& a, const Dim& b, int sign) {
  auto terms = merge(dim_detail::terms_of(a), dim_detail::terms_of(b), sign);
  if (!terms) throw Error(ErrorCode::kInvalidModel, "dimension overflows 64 bits");
  return DimNode::make(std::move(*terms));
}

Monomial product(const Monomial& a, const Monomial& b) {
  Monomial out{dim_detail::multiply(a.coefficient, b.coefficient), {}};
  if (a.atoms.size() + b.atoms.size() > DimNode::kMaxDegree) too_large("factors", DimNode::kMaxDegree);
  out.atoms.reserve(a.atoms.size() + b.atoms.size());
  std::merge(a.atoms.begin(), a.atoms.end(), b.atoms.begin(), b.atoms.end(), std::back_inserter(out.atoms),
             atom_before);
  return out;
}

AtomRef finish_atom(DimAtom atom) {
  uint64_t h = mix(2, static_cast<uint64_t>(atom.op));
  for (char c : atom.name) h = mix(h, static_cast<unsigned char>(c));
  for (const Dim& d : atom.args) {
    h = mix(h, hash_of(d));
    atom.depth = std::max(atom.depth, 1 + (d.is_constant() ? 0 : d.node()->depth));
    atom.size += d.is_constant() ? 1 : d.node()->size;
  }
  if (atom.depth > DimNode::kMaxDepth) too_large("nested functions", DimNode::kMaxDepth);
  if (atom.size > DimNode::kMaxSize) too_large("parts", DimNode::kMaxSize);
  atom.hash = h;
  atom.bounds = dim_detail::find_bounds(atom);
  return std::make_shared<const DimAtom>(std::move(atom));
}

}  // namespace

Dim DimNode::make(std::vector<Monomial> terms) {
  std::erase_if(terms, [](const Monomial& m) { return m.coefficient == 0; });
  if (terms.empty()) return Dim(0);
  if (terms.size() == 1 && terms[0].atoms.empty()) return Dim(terms[0].coefficient);
  if (terms.size() > kMaxTerms) too_large("terms", kMaxTerms);
  auto node = std::make_shared<DimNode>();
  node->terms = std::move(terms);
  uint64_t h = 3;
  for (const Monomial& m : node->terms) {
    h = mix(h, static_cast<uint64_t>(m.coefficient));
    node->size += 1;
    for (const AtomRef& a : m.atoms) {
      h = mix(h, a->hash);
      node->depth = std::max(node->depth, a->depth);
      node->size += a->size;
    }
    if (node->size > kMaxSize) too_large("parts", kMaxSize);
  }
  node->hash = h;
  node->bounds = dim_detail::find_bounds(node->terms);
  return Dim(std::shared_ptr<const DimNode>(std::move(node)));
}

Dim DimNode::function(DimOp op, std::vector<Dim> args) {
  DimAtom atom;
  atom.op = op;
  atom.args = std::move(args);
  return make({{1, {finish_atom(std::move(atom))}}});
}

Dim Dim::symbol(std::string_view name) {
  if (name.empty()) throw Error(ErrorCode::kInvalidArgument, "a dimension's name is empty");
  if (name.size() > DimNode::kMaxName)
    throw Error(ErrorCode::kInvalidArgument, "a dimension's name has ", name.size(), " characters; at most ",
                DimNode::kMaxName, " are allowed");
  DimAtom atom;
  atom.name = name;
  return DimNode::make({{1, {finish_atom(std::move(atom))}}});
}

std::optional<std::string> Dim::as_symbol() const {
  if (!node_ || node_->terms.size() != 1) return std::nullopt;
  const Monomial& m = node_->terms[0];
  if (m.coefficient != 1 || m.atoms.size() != 1 || m.atoms[0]->op != DimOp::symbol) return std::nullopt;
  return m.atoms[0]->name;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return Dim(dim_detail::add(a.value_, b.value_));
  if (a == Dim(0)) return b;
  if (b == Dim(0)) return a;
  return sum(a, b, 1);
}

Dim operator-(const Dim& a, const Dim& b) {
  if (b == Dim(0)) return a;
  if (a.is_constant() && b.is_constant()) {
    int64_t r;
    if (__builtin_sub_overflow(a.value_, b.value_, &r))
      throw Error(ErrorCode::kInvalidModel, "dimension overflows 64 bits");
    return Dim(r);
  }
  return sum(a, b, -1);
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_constant() && b.is_constant()) return Dim(dim_detail::multiply(a.value_, b.value_));
  if (a == Dim(1)) return b;
  if (b == Dim(1)) return a;
  const auto left = dim_detail::terms_of(a), right = dim_detail::terms_of(b);
  std::vector<Monomial> terms;
  terms.reserve(left.size() * right.size());
  for (const Monomial& x : left)
    for (const Monomial& y : right) terms.push_back(product(x, y));
  std::sort(terms.begin(), terms.end(), term_before);
  size_t used = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    if (used > 0 && dim_detail::compare(terms[used - 1].atoms, terms[i].atoms) == 0) {
      terms[used - 1].coefficient = dim_detail::add(terms[used - 1].coefficient, terms[i].coefficient);
    } else if (used++ != i) {
      terms[used - 1] = std::move(terms[i]);
    }
  }
  terms.resize(used);
  return DimNode::make(std::move(terms));
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.is_constant() || b.is_constant()) return a.is_constant() && b.is_constant() && a.value_ == b.value_;
  if (a.node_ == b.node_) return true;
  return a.node_->hash == b.node_->hash && dim_detail::compare(a, b) == 0;
}

void Dim::collect_symbols(std::vector<std::string>& names) const {
  if (!node_) return;
  for (const Monomial& m : node_->terms)
    for (const AtomRef& a : m.atoms) {
      if (a->op == DimOp::symbol && std::find(names.begin(), names.end(), a->name) == names.end())
        names.push_back(a->name);
      for (const Dim& d : a->args) d.collect_symbols(names);
    }
}

namespace dim_detail {

std::vector<Monomial> terms_of(const Dim& d) {
  if (!d.is_constant()) return d.node()->terms;
  if (d.constant() == 0) return {};
  return {{d.constant(), {}}};
}

int64_t constant_term(const Dim& d) {
  if (d.is_constant()) return d.constant();
  const Monomial& last = d.node()->terms.back();
  return last.atoms.empty() ? last.coefficient : 0;
}

std::optional<Dim> try_difference(const Dim& a, const Dim& b) {
  const auto size = [](const Dim& d) { return d.is_constant() ? 1 : d.node()->size; };
  if (size(a) + size(b) > DimNode::kMaxSize) return std::nullopt;
  auto terms = merge(terms_of(a), terms_of(b), -1);
  if (!terms || terms->size() > DimNode::kMaxTerms) return std::nullopt;
  return DimNode::make(std::move(*terms));
}

int compare(const DimAtom& a, const DimAtom& b) {
  if (&a == &b) return 0;
  if (a.op != b.op) return three_way(a.op, b.op);
  if (a.op == DimOp::symbol) return a.name.compare(b.name);
  if (a.args.size() != b.args.size()) return three_way(a.args.size(), b.args.size());
  for (size_t i = 0; i < a.args.size(); ++i)
    if (int order = compare(a.args[i], b.args[i])) return order;
  return 0;
}

int compare(const std::vector<AtomRef>& a, const std::vector<AtomRef>& b) {
  if (a.size() != b.size()) return a.size() > b.size() ? -1 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    if (int order = compare(*a[i], *b[i])) return order;
  return 0;
}

int compare(const Dim& a, const Dim& b) {
  if (a.is_constant() != b.is_constant()) return a.is_constant() ? 1 : -1;
  if (a.is_constant()) return three_way(a.constant(), b.constant());
  const auto &x = a.node()->terms, &y = b.node()->terms;
  if (&x == &y) return 0;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (int order = compare(x[i].atoms, y[i].atoms)) return order;
    if (x[i].coefficient != y[i].coefficient) return three_way(x[i].coefficient, y[i].coefficient);
  }
  return three_way(x.size(), y.size());
}

}  // namespace dim_detail
}  // namespace dvt
