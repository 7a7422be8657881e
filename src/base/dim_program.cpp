#include <algorithm>

#include "base/dim_node.h"
#include "base/error.h"

// Postfix code. Numbers: 0 constant, 1 slot, 2 add, 3 multiply, then 10 + DimOp for the functions of two (min and max
// of several are folded pairwise) or three operands.

namespace dvt {
namespace {
constexpr int32_t kConstant = 0, kSlot = 1, kAdd = 2, kMultiply = 3, kFunction = 10;
// Deepest stack of any Dim: each function level holds a running sum, a running product and its own earlier operands.
constexpr int kStack = DimNode::kMaxDepth * 4 + 8;

int64_t binary(DimOp op, int64_t x, int64_t y) noexcept {
  switch (op) {
    case DimOp::floordiv:
      return dim_detail::floor_divide_saturated(x, y);
    case DimOp::ceildiv:
      return dim_detail::ceil_divide_saturated(x, y);
    case DimOp::mod:
      return y == 0 ? 0 : dim_detail::floor_modulo(x, y);
    case DimOp::min:
      return std::min(x, y);
    case DimOp::max:
      return std::max(x, y);
    case DimOp::equal:
      return x == y;
    case DimOp::less:
      return x < y;
    case DimOp::broadcast:
      return dim_detail::meet(x, y);
    case DimOp::symbol:
    case DimOp::select:
      break;
  }
  return 0;
}

struct Emitter {
  const std::function<int(std::string_view)>& slot_of;
  std::function<void(int32_t, int64_t)> emit;

  void atom(const DimAtom& a) {
    if (a.op == DimOp::symbol) return emit(kSlot, slot_of(a.name));
    const int32_t op = kFunction + static_cast<int32_t>(a.op);
    for (size_t i = 0; i < a.args.size(); ++i) {
      dim(a.args[i]);
      if (i > 0 && a.op != DimOp::select) emit(op, 0);
    }
    if (a.op == DimOp::select) emit(op, 0);
  }

  void dim(const Dim& d) {
    if (d.is_constant()) return emit(kConstant, d.constant());
    bool first = true;
    for (const Monomial& m : d.node()->terms) {
      bool have = false;
      if (m.coefficient != 1 || m.atoms.empty()) {
        emit(kConstant, m.coefficient);
        have = true;
      }
      for (const AtomRef& a : m.atoms) {
        atom(*a);
        if (have) emit(kMultiply, 0);
        have = true;
      }
      if (!first) emit(kAdd, 0);
      first = false;
    }
  }
};

}  // namespace

DimProgram::DimProgram(const Dim& d, const std::function<int(std::string_view)>& slot_of) {
  int depth = 0, deepest = 0;
  Emitter emitter{slot_of, [&](int32_t op, int64_t value) {
                    code_.push_back({op, value});
                    depth += op <= kSlot ? 1 : op == kFunction + static_cast<int32_t>(DimOp::select) ? -2 : -1;
                    deepest = std::max(deepest, depth);
                  }};
  emitter.dim(d);
  if (deepest > kStack)
    throw Error(ErrorCode::kUnsupported, "dimension expression is too deep to evaluate: ", deepest, " values, at most ",
                kStack);
}

int64_t DimProgram::eval(std::span<const int64_t> slots) const noexcept {
  if (code_.empty()) return 0;
  int64_t stack[kStack];
  int top = 0;
  for (const Instruction& in : code_) {
    if (in.op == kConstant) {
      stack[top++] = in.value;
    } else if (in.op == kSlot) {
      const auto slot = static_cast<size_t>(in.value);
      stack[top++] = slot < slots.size() ? slots[slot] : 0;
    } else if (in.op == kFunction + static_cast<int32_t>(DimOp::select)) {
      top -= 2;
      stack[top - 1] = stack[top - 1] != 0 ? stack[top] : stack[top + 1];
    } else {
      --top;
      int64_t& x = stack[top - 1];
      const int64_t y = stack[top];
      x = in.op == kAdd        ? dim_detail::add_saturated(x, y)
          : in.op == kMultiply ? dim_detail::multiply_saturated(x, y)
                               : binary(static_cast<DimOp>(in.op - kFunction), x, y);
    }
  }
  return stack[0];
}

}  // namespace dvt
