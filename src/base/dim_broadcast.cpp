#include "base/dim_broadcast.h"

#include <algorithm>

#include "base/dim_node.h"
#include "base/error.h"

namespace dvt {
namespace {

// The function that `d` is, if it is one.
const DimAtom* as_function(const Dim& d, DimOp op) {
  if (d.is_constant() || d.node()->terms.size() != 1) return nullptr;
  const Monomial& m = d.node()->terms[0];
  return m.coefficient == 1 && m.atoms.size() == 1 && m.atoms[0]->op == op ? m.atoms[0].get() : nullptr;
}

bool contains(const std::vector<Dim>& list, const Dim& d) {
  return std::find(list.begin(), list.end(), d) != list.end();
}

// The sizes that meet in `d`, each once; 1 gives way to any other.
void add_sizes(const Dim& d, std::vector<Dim>& sizes) {
  if (const DimAtom* meeting = as_function(d, DimOp::broadcast))
    for (const Dim& size : meeting->args) add_sizes(size, sizes);
  else if (!(d == Dim(1)) && !contains(sizes, d))
    sizes.push_back(d);
}

bool is_many(const Dim& d) { return dim_detail::bounds(d).min > 1; }

// Whether a and b meet in a, whatever they are when they can meet.
bool gives_way(const Dim& b, const Dim& a) {
  if (b == a || b == Dim(1)) return true;
  // The first elements of a longer tensor, min(a, 512): where they are not a, they are too many to be 1.
  if (const DimAtom* least = as_function(b, DimOp::min))
    return contains(least->args, a) &&
           std::all_of(least->args.begin(), least->args.end(), [&](const Dim& d) { return d == a || is_many(d); });
  if (const DimAtom* most = as_function(b, DimOp::max))
    return most->args.size() == 2 && contains(most->args, a) && contains(most->args, Dim(1));
  if (const DimAtom* choice = as_function(b, DimOp::select))
    return gives_way(choice->args[1], a) && gives_way(choice->args[2], a);
  return false;
}

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
  for (size_t i = 0; i < sizes.size() && sizes.size() > 1; ++i) {
    const auto takes = [&](const Dim& size) { return !(size == sizes[i]) && gives_way(sizes[i], size); };
    if (std::any_of(sizes.begin(), sizes.end(), takes)) sizes.erase(sizes.begin() + static_cast<long>(i--));
  }
  if (sizes.size() == 1) return sizes[0];
  if (sizes.size() > kMostBroadcastSizes)
    throw Error(ErrorCode::kUnsupported, "dimension expression is too large: more than ", kMostBroadcastSizes,
                " sizes are broadcast together; give some of its symbols constant values");
  // Sizes that are never 1 are equal, and the result, whatever else they meet.
  std::sort(sizes.begin(), sizes.end(), &is_simpler);
  const auto decided =
      std::find_if(sizes.begin(), sizes.end(), [](const Dim& d) { return d.is_constant() || is_many(d); });
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
