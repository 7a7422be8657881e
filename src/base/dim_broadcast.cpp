#include "base/dim_broadcast.h"

#include <algorithm>

#include "base/dim_node.h"

namespace dvt {
namespace {

// The sizes that meet in `d`, each once; 1 gives way to any other.
void add_sizes(const Dim& d, std::vector<Dim>& sizes) {
  if (!d.is_constant() && d.node()->terms.size() == 1) {
    const Monomial& m = d.node()->terms[0];
    if (m.coefficient == 1 && m.atoms.size() == 1 && m.atoms[0]->op == DimOp::broadcast) {
      for (const Dim& size : m.atoms[0]->args) add_sizes(size, sizes);
      return;
    }
  }
  if (!(d == Dim(1)) && std::find(sizes.begin(), sizes.end(), d) == sizes.end()) sizes.push_back(d);
}

bool is_never_one(const Dim& d) { return d.is_constant() ? d.constant() != 1 : d.range({}).min > 1; }

// Constants come first, then what is small; the rest is for one order in every process.
bool is_simpler(const Dim& a, const Dim& b) {
  const int x = a.is_constant() ? 0 : a.node()->size, y = b.is_constant() ? 0 : b.node()->size;
  return x != y ? x < y : dim_detail::compare(a, b) < 0;
}

}  // namespace

Dim broadcast(const Dim& a, const Dim& b) {
  if (a == b || b == Dim(1)) return a;
  if (a == Dim(1)) return b;
  if (a.is_constant() && b.is_constant()) return Dim(dim_detail::meet(a.constant(), b.constant()));
  std::vector<Dim> sizes;
  add_sizes(a, sizes);
  add_sizes(b, sizes);
  if (sizes.size() == 1) return sizes[0];
  // Sizes that are never 1 are equal, and the result, whatever else they meet.
  std::sort(sizes.begin(), sizes.end(), &is_simpler);
  const auto decided = std::find_if(sizes.begin(), sizes.end(), &is_never_one);
  if (decided != sizes.end()) return *decided;
  return DimNode::function(DimOp::broadcast, std::move(sizes));
}

void collect_broadcasts(const Dim& d, std::vector<std::vector<Dim>>& meetings) {
  if (d.is_constant()) return;
  for (const Monomial& m : d.node()->terms)
    for (const AtomRef& a : m.atoms) {
      if (a->op == DimOp::broadcast && std::find(meetings.begin(), meetings.end(), a->args) == meetings.end())
        meetings.push_back(a->args);
      for (const Dim& arg : a->args) collect_broadcasts(arg, meetings);
    }
}

bool can_broadcast(std::span<const int64_t> sizes) noexcept {
  int64_t other = 1;
  for (int64_t size : sizes) {
    if (size == 1 || size == other) continue;
    if (other != 1) return false;
    other = size;
  }
  return true;
}

}  // namespace dvt
