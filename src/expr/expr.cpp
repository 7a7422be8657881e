#include "expr/expr.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/error.h"

namespace dvt::expr {
namespace {

enum class Result : uint8_t { kSame, kSame1, kBool, kCast };

struct Row {
  std::string_view name;
  int arity;
  Result result;
};
constexpr Row kRows[] = {
#define EXPR_OP(name, arity, result) {#name, arity, Result::result},
#include "expr/expr_ops.inc"
#undef EXPR_OP
    {"input", 0, Result::kSame},
    {"constant", 0, Result::kSame},
};
const Row& row(ExprOp op) { return kRows[static_cast<size_t>(op)]; }

// What operand types an operator takes.
enum class Takes : uint8_t { kAny, kNumber, kFloat, kInteger, kIntegerOrBool };

Takes takes(ExprOp op) {
  switch (op) {
    case ExprOp::add:
    case ExprOp::sub:
    case ExprOp::mul:
    case ExprOp::div:
    case ExprOp::floor_div:
    case ExprOp::mod:
    case ExprOp::fmod:
    case ExprOp::pow:
    case ExprOp::neg:
    case ExprOp::abs:
    case ExprOp::sign:
    case ExprOp::relu:
    case ExprOp::floor:
    case ExprOp::ceil:
    case ExprOp::round:
    case ExprOp::trunc:
      return Takes::kNumber;
    case ExprOp::min:
    case ExprOp::max:
    case ExprOp::eq:
    case ExprOp::ne:
    case ExprOp::lt:
    case ExprOp::le:
    case ExprOp::gt:
    case ExprOp::ge:
    case ExprOp::is_nan:
    case ExprOp::is_inf:
    case ExprOp::select:
    case ExprOp::cast:
    case ExprOp::input:
    case ExprOp::constant:
      return Takes::kAny;
    case ExprOp::bit_and:
    case ExprOp::bit_or:
    case ExprOp::bit_xor:
    case ExprOp::bit_not:
      return Takes::kIntegerOrBool;
    case ExprOp::shift_left:
    case ExprOp::shift_right:
      return Takes::kInteger;
    default:
      return Takes::kFloat;
  }
}

void check_type(ExprOp op, DType t) {
  const Takes wanted = takes(op);
  const auto refuse = [&](std::string_view what) {
    throw Error(ErrorCode::kInvalidModel, op, ": operand must be ", what, ", got ", t, "; cast it first");
  };
  if (wanted == Takes::kFloat && !is_floating(t)) refuse("floating point");
  if (wanted == Takes::kNumber && dtype_class(t) == DTypeClass::kBool) refuse("a number");
  if (wanted == Takes::kInteger && !is_integer(t)) refuse("an integer");
  if (wanted == Takes::kIntegerOrBool && is_floating(t)) refuse("an integer or b8");
}

void require_number(DType t) {
  if (t == DType::text) throw Error(ErrorCode::kInvalidModel, "pointwise programs work on numbers, not on text");
}

void check_same(ExprOp op, DType a, DType b) {
  if (a != b) throw Error(ErrorCode::kInvalidModel, op, ": operands must have one type, got ", a, " and ", b);
}

// The instructions that `root` needs, in the order that a depth-first walk finishes them: the canonical order.
std::vector<Instr> reachable(const std::vector<Instr>& code, int root) {
  constexpr int kNew = -1;
  std::vector<int> number(code.size(), kNew);
  std::vector<int> stack{root};
  std::vector<Instr> out;
  while (!stack.empty()) {
    const int at = stack.back();
    const Instr& in = code[static_cast<size_t>(at)];
    const int n = arity(in.op);
    const uint16_t operands[] = {in.a, in.b, in.c};
    bool ready = true;
    for (int i = n - 1; i >= 0; --i)
      if (number[operands[i]] == kNew) {
        stack.push_back(operands[i]);
        ready = false;
      }
    if (!ready) continue;
    stack.pop_back();
    if (number[static_cast<size_t>(at)] != kNew) continue;
    number[static_cast<size_t>(at)] = static_cast<int>(out.size());
    Instr copy = in;
    if (n > 0) copy.a = static_cast<uint16_t>(number[in.a]);
    if (n > 1) copy.b = static_cast<uint16_t>(number[in.b]);
    if (n > 2) copy.c = static_cast<uint16_t>(number[in.c]);
    out.push_back(copy);
  }
  return out;
}

}  // namespace

int arity(ExprOp op) { return row(op).arity; }
std::string_view to_string(ExprOp op) { return row(op).name; }

std::optional<ExprOp> parse_expr_op(std::string_view name) {
  for (int i = 0; i < static_cast<int>(ExprOp::input); ++i)
    if (kRows[i].name == name) return static_cast<ExprOp>(i);
  return std::nullopt;
}

int Expr::push(Instr instr) {
  require_number(instr.type);
  const auto it = std::find(code_.begin(), code_.end(), instr);
  if (it != code_.end()) return static_cast<int>(it - code_.begin());
  if (code_.size() >= kMaxInstructions)
    throw Error(ErrorCode::kUnsupported, "pointwise program is too long: at most ", kMaxInstructions, " instructions");
  code_.push_back(instr);
  return static_cast<int>(code_.size()) - 1;
}

int Expr::add_input(DType type) {
  if (num_inputs() >= kMaxInputs)
    throw Error(ErrorCode::kUnsupported, "pointwise program has too many operands: at most ", kMaxInputs);
  input_types_.push_back(type);
  return input(num_inputs() - 1);
}

int Expr::input(int operand) {
  if (operand < 0 || operand >= num_inputs())
    throw Error(ErrorCode::kInvalidModel, "pointwise program reads operand ", operand, " of ", num_inputs());
  Instr in;
  in.type = input_type(operand);
  in.a = static_cast<uint16_t>(operand);
  return push(in);
}

int Expr::constant(DType type, double value) {
  require_number(type);
  Instr in;
  in.op = ExprOp::constant;
  in.type = type;
  if (is_floating(type))
    in.imm.f = round_to(type, Scalar{.f = value}).f;
  else
    in.imm.i = convert(DType::f64, type, Scalar{.f = value}).i;
  if (in.imm.f != in.imm.f) in.imm.f = std::numeric_limits<double>::quiet_NaN();  // one NaN, so that equal means equal
  return push(in);
}

int Expr::constant_int(DType type, int64_t value) {
  require_number(type);
  Instr in;
  in.op = ExprOp::constant;
  in.type = type;
  const Scalar v = convert(DType::i64, type, Scalar{.i = value});
  if (is_floating(type))
    in.imm.f = v.f;
  else
    in.imm.i = v.i;
  return push(in);
}

int Expr::apply(ExprOp op, int a, int b, int c) {
  const int n = arity(op);
  const int operands[] = {a, b, c};
  if (n == 0 || op == ExprOp::cast)
    throw Error(ErrorCode::kInternal, "Expr::apply(", op, "): use input(), constant() or cast()");
  for (int i = 0; i < 3; ++i) {
    const bool given = operands[i] >= 0;
    if (given != (i < n)) throw Error(ErrorCode::kInvalidModel, op, ": takes ", n, " operands");
    if (given && operands[i] >= static_cast<int>(code_.size()))
      throw Error(ErrorCode::kInvalidModel, op, ": operand ", operands[i], " does not exist");
  }
  const auto type_of = [&](int i) { return code_[static_cast<size_t>(operands[i])].type; };
  Instr in;
  in.op = op;
  in.a = static_cast<uint16_t>(a);
  if (n > 1) in.b = static_cast<uint16_t>(b);
  if (n > 2) in.c = static_cast<uint16_t>(c);
  check_type(op, type_of(0));
  if (op == ExprOp::select) {
    if (type_of(0) != DType::b8)
      throw Error(ErrorCode::kInvalidModel, "select: the condition must be b8, got ", type_of(0));
    check_same(op, type_of(1), type_of(2));
  } else if (n == 2) {
    check_same(op, type_of(0), type_of(1));
  }
  in.type = row(op).result == Result::kBool ? DType::b8 : row(op).result == Result::kSame1 ? type_of(1) : type_of(0);
  return push(in);
}

int Expr::cast(int a, DType to) {
  if (a < 0 || a >= static_cast<int>(code_.size()))
    throw Error(ErrorCode::kInvalidModel, "cast: operand ", a, " does not exist");
  if (code_[static_cast<size_t>(a)].type == to) return a;
  Instr in;
  in.op = ExprOp::cast;
  in.type = to;
  in.a = static_cast<uint16_t>(a);
  return push(in);
}

int Expr::inline_expr(const Expr& other, std::span<const int> inputs) {
  const Expr copy = &other == this ? other : Expr();  // a program may be appended to itself
  const Expr& source = &other == this ? copy : other;
  if (source.is_identity()) {
    if (inputs.size() != 1) throw Error(ErrorCode::kInvalidModel, "the identity takes 1 operand, got ", inputs.size());
    return inputs[0];
  }
  if (static_cast<int>(inputs.size()) != source.num_inputs())
    throw Error(ErrorCode::kInvalidModel, "program takes ", source.num_inputs(), " operands, got ", inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] < 0 || inputs[i] >= static_cast<int>(code_.size()))
      throw Error(ErrorCode::kInvalidModel, "operand ", inputs[i], " does not exist");
    const DType got = code_[static_cast<size_t>(inputs[i])].type, expected = source.input_type(static_cast<int>(i));
    if (got != expected)
      throw Error(ErrorCode::kInvalidModel, "operand ", i, " of the program is ", expected, ", got ", got);
  }
  std::vector<int> moved(source.code_.size());
  for (size_t i = 0; i < source.code_.size(); ++i) {
    Instr in = source.code_[i];
    const int n = arity(in.op);
    if (in.op == ExprOp::input) {
      moved[i] = inputs[in.a];
      continue;
    }
    if (n > 0) in.a = static_cast<uint16_t>(moved[in.a]);
    if (n > 1) in.b = static_cast<uint16_t>(moved[in.b]);
    if (n > 2) in.c = static_cast<uint16_t>(moved[in.c]);
    moved[i] = push(in);
  }
  return moved.back();
}

void Expr::set_result(int index) {
  if (index < 0 || index >= static_cast<int>(code_.size()))
    throw Error(ErrorCode::kInvalidModel, "instruction ", index, " does not exist");
  code_ = reachable(code_, index);
}

bool operator==(const Expr& a, const Expr& b) {
  if (a.input_types_ != b.input_types_ || a.is_identity() != b.is_identity()) return false;
  if (a.code_ == b.code_) return true;
  if (a.is_identity()) return true;
  return reachable(a.code_, static_cast<int>(a.code_.size()) - 1) ==
         reachable(b.code_, static_cast<int>(b.code_.size()) - 1);
}

Expr single(ExprOp op, std::span<const DType> operand_types) {
  Expr e;
  const size_t n = op == ExprOp::cast ? 2 : static_cast<size_t>(arity(op));
  if (op >= ExprOp::input || operand_types.size() != n)
    throw Error(ErrorCode::kInvalidModel, op, ": takes ", n, " types, got ", operand_types.size());
  const int a = e.add_input(operand_types[0]);
  if (op == ExprOp::cast) {
    e.set_result(e.cast(a, operand_types[1]));
    return e;
  }
  const int b = n > 1 ? e.add_input(operand_types[1]) : -1;
  const int c = n > 2 ? e.add_input(operand_types[2]) : -1;
  e.set_result(e.apply(op, a, b, c));
  return e;
}

}  // namespace dvt::expr
