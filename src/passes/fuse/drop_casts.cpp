// Inside pointwise programs a number that is whole and within a type's range stays where it is:
//   f32(i8(min(max(round(x) + c, -128), 127)))  ->  min(max(round(x) + c, -128), 127)
// which is what a quantize and the dequantize behind it leave when they meet. A NaN then stays one.
#include <cmath>

#include "ops/pointwise/pointwise.h"
#include "passes/fuse/fuse.h"
#include "passes/fuse/program.h"

namespace dvt::passes {
namespace {

using expr::Expr;
using expr::ExprOp;
using expr::Instr;

class Reader {
 public:
  explicit Reader(const Expr& e) : code_(e.code()) {}
  const Instr& at(int i) const { return code_[static_cast<size_t>(i)]; }

  /// The value that instruction i, a cast, brings back unchanged; -1 when there is none.
  int unchanged(int i) const {
    const Instr& back = at(i);
    if (back.op != ExprOp::cast || !is_floating(back.type)) return -1;
    const Instr& there = at(back.a);
    if (there.op != ExprOp::cast || !is_integer(there.type) || bits(there.type) > 16) return -1;
    const int value = there.a;
    return at(value).type == back.type && is_whole(value) && is_within(value, there.type) ? value : -1;
  }

 private:
  bool is_whole_constant(int i) const {
    return at(i).op == ExprOp::constant && at(i).imm.f == std::nearbyint(at(i).imm.f);
  }
  bool is_whole(int i) const {
    const Instr& in = at(i);
    if (in.op == ExprOp::round || in.op == ExprOp::floor || in.op == ExprOp::ceil || in.op == ExprOp::trunc)
      return true;
    if (in.op == ExprOp::constant) return is_whole_constant(i);
    const bool keeps = in.op == ExprOp::add || in.op == ExprOp::sub || in.op == ExprOp::min || in.op == ExprOp::max;
    return keeps && is_whole(in.a) && is_whole(in.b);
  }
  /// min(max(x, low), high) with bounds inside the type's range.
  bool is_within(int i, DType type) const {
    const double span = std::ldexp(1.0, bits(type)), low = dtype_class(type) == DTypeClass::kSigned ? -span / 2 : 0;
    const Instr& high = at(i);
    if (high.op != ExprOp::min || at(high.b).op != ExprOp::constant || at(high.b).imm.f > low + span - 1) return false;
    const Instr& inner = at(high.a);
    return inner.op == ExprOp::max && at(inner.b).op == ExprOp::constant && at(inner.b).imm.f >= low &&
           at(high.b).imm.f >= at(inner.b).imm.f;
  }

  std::span<const Instr> code_;
};

std::optional<ir::Patch> rewrite(const ir::Node& n) {
  const Reader reader(n.epilogue());
  return replace_instructions(n, [&](int i, const std::function<int(int)>& at, Expr&) {
    const int value = reader.unchanged(i);
    return value >= 0 ? at(value) : -1;
  });
}

}  // namespace

Pass drop_casts() {
  return rewrite_pass<ops::Pointwise>("drop-casts", "a cast to an integer and back that changes nothing goes",
                                      &rewrite);
}

}  // namespace dvt::passes
