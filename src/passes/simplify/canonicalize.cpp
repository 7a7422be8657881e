// Removes operations without effect and puts the constant of a commutative operation on the right, so that later
// patterns have one form to look for. Runs first.
#include <algorithm>

#include "ops/all_ops.h"
#include "passes/match.h"
#include "passes/simplify/simplify.h"

namespace dvt::passes {
namespace {

using expr::ExprOp;

bool is_commutative(ExprOp op) {
  switch (op) {
    case ExprOp::add:
    case ExprOp::mul:
    case ExprOp::min:
    case ExprOp::max:
    case ExprOp::eq:
    case ExprOp::ne:
    case ExprOp::bit_and:
    case ExprOp::bit_or:
    case ExprOp::bit_xor:
      return true;
    default:
      return false;
  }
}

bool is_identity_transpose(const ops::Transpose& t, int rank) {
  if (t.perm.empty()) return rank < 2;
  for (size_t i = 0; i < t.perm.size(); ++i)
    if (t.perm[i] != static_cast<int64_t>(i)) return false;
  return true;
}

bool is_whole_slice(const ir::Node& n, const ops::Slice& s) {
  if (n.num_inputs() != 1 || !same_shape(*n.input(0), *n.output())) return false;
  const auto zero = [](const Dim& d) { return d == Dim(0); };
  const auto one = [](int64_t step) { return step == 1; };
  return std::all_of(s.start.begin(), s.start.end(), zero) && std::all_of(s.step.begin(), s.step.end(), one);
}

bool is_zero_pad(const ops::Pad& p) {
  const auto zero = [](const Dim& d) { return d == Dim(0); };
  return !p.has_pads_input && std::all_of(p.pads_begin.begin(), p.pads_begin.end(), zero) &&
         std::all_of(p.pads_end.begin(), p.pads_end.end(), zero);
}

// x + 0, x - 0, x * 1, x / 1, x ^ 1 on equal shapes. (x + 0 turns -0 into +0: the result compares equal.)
bool is_neutral(const ir::Node& n, ExprOp op) {
  const auto c = with_constant(n);
  if (!c || !c->constant_on_right || !same_shape(*c->value, *n.output())) return false;
  if (op == ExprOp::add || op == ExprOp::sub) return c->constant == 0;
  return (op == ExprOp::mul || op == ExprOp::div || op == ExprOp::pow) && c->constant == 1;
}

bool has_no_effect(const ir::Node& n) {
  const ir::Value& x = *n.input(0);
  if (const auto* cast = n.as<ops::Cast>()) return cast->to == x.dtype();
  if (const auto* t = n.as<ops::Transpose>()) return is_identity_transpose(*t, x.rank());
  if (const auto* s = n.as<ops::Slice>()) return is_whole_slice(n, *s);
  if (const auto* p = n.as<ops::Pad>()) return is_zero_pad(*p);
  if (const auto* e = n.as<ops::Elementwise>()) return is_neutral(n, e->op);
  if (n.as<ops::Concat>()) return n.num_inputs() == 1;
  if (const auto* l = n.as<ops::Lift>()) return x.known() && l->role != ops::Lift::Role::shape;
  if (n.as<ops::Reshape>() || n.as<ops::Expand>() || n.as<ops::Tile>()) return same_shape(x, *n.output());
  return n.as<ops::Identity>() != nullptr;
}

std::optional<ir::Patch> rewrite(const ir::Node& n, const Options&) {
  if (n.num_inputs() == 0) return std::nullopt;
  ir::Patch patch;
  if (has_no_effect(n)) {
    patch.replace(n.output(), n.input(0));
    return patch;
  }
  const auto* e = n.as<ops::Elementwise>();
  if (!e || !is_commutative(e->op)) return std::nullopt;
  if (!n.input(0)->is_constant() || n.input(1)->is_constant()) return std::nullopt;
  patch.replace(n.output(), patch.add(n.op(), {n.input(1), n.input(0)}));
  return patch;
}

}  // namespace

Pass canonicalize() {
  return rewrite_pass("canonicalize",
                      "operations without effect go; constants of commutative operations stand on the right", &rewrite);
}

}  // namespace dvt::passes
