#pragma once
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dtype.h"

namespace dvt::expr {

enum class ExprOp : uint8_t {
#define EXPR_OP(name, arity, result) name,
#include "expr/expr_ops.inc"
#undef EXPR_OP
  input,     ///< operand number `a`
  constant,  ///< `imm`
};

int arity(ExprOp op);
std::string_view to_string(ExprOp op);
std::optional<ExprOp> parse_expr_op(std::string_view name);

/// A scalar immediate; integers keep all 64 bits.
struct Immediate {
  double f = 0;   ///< Value when the instruction's type is floating.
  int64_t i = 0;  ///< Value otherwise.
  /// Bit for bit: -0 is not 0.
  friend bool operator==(const Immediate& x, const Immediate& y) {
    return std::bit_cast<uint64_t>(x.f) == std::bit_cast<uint64_t>(y.f) && x.i == y.i;
  }
};

/// One SSA step; operands are indices of earlier instructions.
struct Instr {
  ExprOp op = ExprOp::input;
  DType type = DType::f32;  ///< Type of the result.
  uint16_t a = 0, b = 0, c = 0;
  Immediate imm;
  friend bool operator==(const Instr&, const Instr&) = default;
};

/// A program of pointwise operations from `num_inputs()` operands to one result.
///
/// It stands alone as the body of op `pointwise`, or rides on a node as the epilogue of a matmul, convolution,
/// reduction …, where operand 0 is the op's own result and the others are extra inputs of the node.
/// Arithmetic is done in each instruction's type (f16/bf16 in f32, rounded at the result).
/// The empty expression is the identity. Immutable once built by the builder functions; cheap to compare and print.
/// \threadsafety Const access only.
class Expr {
 public:
  static constexpr int kMaxInstructions = 4096;
  static constexpr int kMaxInputs = 64;

  Expr() = default;
  bool is_identity() const { return code_.empty(); }
  int num_inputs() const { return static_cast<int>(input_types_.size()); }
  DType input_type(int i) const { return input_types_[static_cast<size_t>(i)]; }
  std::span<const Instr> code() const { return code_; }
  /// Type of the result. Precondition: not the identity.
  DType result_type() const { return code_.back().type; }
  /// The same program, whatever the order of its instructions and whatever it computes that nobody reads.
  friend bool operator==(const Expr& a, const Expr& b);

  // Building. Each returns the index of the new instruction; equal instructions are shared, so that the index may be of
  // an earlier one; the last added is the result: end with set_result().
  int add_input(DType type);  ///< A new operand.
  int input(int operand);     ///< The instruction that reads operand `operand`.
  int constant(DType type, double value);
  int constant_int(DType type, int64_t value);
  int apply(ExprOp op, int a, int b = -1, int c = -1);  ///< Checks operand types; throws Error(kInvalidModel).
  int cast(int a, DType to);                            ///< `a` itself when it has the type.
  /// Appends another program; operand k of `other` is replaced by instruction inputs[k]. Returns the index of its
  /// result.
  int inline_expr(const Expr& other, std::span<const int> inputs);
  /// Makes instruction `index` the result, drops instructions nobody reads and puts the rest in canonical order:
  /// earlier indices are void. Operands stay.
  void set_result(int index);

 private:
  friend Expr parse_expr(std::string_view);
  int push(Instr instr);
  std::vector<DType> input_types_;
  std::vector<Instr> code_;
};

/// "(f32,f32) max(add($0,$1),0)" : operand types, then the result as nested calls; a shared instruction is bound first:
/// "(f32) %0=sigmoid($0); mul($0,%0)". A cast is called by its type: "f16($0)". Constants print exactly; a constant's
/// type is that of its sibling operand or written "0.5:f32" where needed. The identity is "()". parse_expr reads all of
/// it back.
std::string to_string(const Expr& e);
/// Throws Error(kInvalidArgument) saying where. Limits size and nesting (plans are untrusted).
Expr parse_expr(std::string_view text);

/// One value in flight in the reference evaluator.
union Scalar {
  double f;
  int64_t i;
};
/// Reference meaning: evaluates one element. `inputs` has num_inputs() values in the class of their type (f for
/// floating, i for integer and boolean; u64 as bits). Floating results are rounded to the instruction's type after each
/// step.
Scalar evaluate(const Expr& e, std::span<const Scalar> inputs);
/// Rounds or wraps to the type: f32/f16/bf16 rounding, integer wrap-around.
Scalar round_to(DType type, Scalar value);
/// The meaning of `cast`: float to integer truncates and saturates (NaN gives 0), except to types below 8 bits, where
/// the low bits are kept; integers wrap; to b8 is x != 0; 8-bit floating types have infinities saturate.
Scalar convert(DType from, DType to, Scalar value);

/// Single-operator programs, for lowering layers: op applied to operands of the given types (casts not inserted).
/// For `cast` the types are the operand's and the result's.
Expr single(ExprOp op, std::span<const DType> operand_types);

}  // namespace dvt::expr
