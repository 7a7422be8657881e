#include "backend/cpu/jit/expr_operators.h"

#include <bit>

#include "backend/cpu/jit/vector_math.h"

namespace dvt::cpu::jit {
namespace {

using expr::ExprOp;
using Args = const OperatorArgs&;
constexpr uint32_t kSignBit = 0x80000000u;

// Operators of one instruction: dest = in[0] op second().
#define SIMPLE(name, instruction) \
  void name(Assembler& as, Args r) { as.instruction(r.dest, r.in[0], r.second()); }
SIMPLE(add_f32, vaddps)
SIMPLE(sub_f32, vsubps)
SIMPLE(mul_f32, vmulps)
SIMPLE(div_f32, vdivps)
SIMPLE(add_i32, vpaddd)
SIMPLE(sub_i32, vpsubd)
SIMPLE(mul_i32, vpmulld)
SIMPLE(min_i32, vpminsd)
SIMPLE(max_i32, vpmaxsd)
SIMPLE(bits_and, vandps)
SIMPLE(bits_or, vorps)
SIMPLE(bits_xor, vxorps)
#undef SIMPLE

// Elementary functions of vector_math.h, in place.
#define IN_PLACE(name, function) \
  void name(Assembler& as, Args r) { function(as, r.dest, r.scratch); }
IN_PLACE(exp_f32, emit_exp)
IN_PLACE(log_f32, emit_log)
IN_PLACE(tanh_f32, emit_tanh)
IN_PLACE(sigmoid_f32, emit_sigmoid)
IN_PLACE(erf_f32, emit_erf)
IN_PLACE(softplus_f32, emit_softplus)
IN_PLACE(gelu_erf_f32, emit_gelu_erf)
IN_PLACE(gelu_tanh_f32, emit_gelu_tanh)
IN_PLACE(silu_f32, emit_silu)
IN_PLACE(hard_swish_f32, emit_hard_swish)
#undef IN_PLACE

template <Predicate kPredicate>
void compare_f32(Assembler& as, Args r) {
  as.compare(r.dest, r.in[0], r.second(), kPredicate);
}

// The instruction gives its second source when either is NaN; a constant therefore goes first, and without one the
// first source's NaN is put back.
template <bool kMin>
void min_max_f32(Assembler& as, Args r) {
  const auto emit = [&](const Vec& a, const Vec& b) {
    if (kMin)
      as.vminps(r.dest, a, b);
    else
      as.vmaxps(r.dest, a, b);
  };
  if (r.constant[0]) return emit(r.in[0], r.in[1]);
  if (r.constant[1]) return emit(r.in[1], r.in[0]);
  emit(r.in[0], r.in[1]);
  as.replace_where(r.dest, r.in[0], r.in[0], kUnordered, r.in[0], r.scratch[0]);
}

void relu_f32(Assembler& as, Args r) {
  as.zero(r.scratch[0]);
  as.vmaxps(r.dest, r.scratch[0], r.dest);
}

void relu_i32(Assembler& as, Args r) {
  as.zero(r.scratch[0]);
  as.vpmaxsd(r.dest, r.scratch[0], r.dest);
}

void neg_f32(Assembler& as, Args r) { as.xor_bits(r.dest, r.dest, as.constant_bits(kSignBit)); }
void abs_f32(Assembler& as, Args r) { as.and_bits(r.dest, r.dest, as.constant_bits(~kSignBit)); }
void abs_i32(Assembler& as, Args r) { as.vpabsd(r.dest, r.dest); }

void neg_i32(Assembler& as, Args r) {
  as.zero(r.scratch[0]);
  as.vpsubd(r.dest, r.scratch[0], r.dest);
}

void bits_not(Assembler& as, Args r) { as.xor_bits(r.dest, r.dest, as.constant_bits(0xffffffffu)); }

void sqrt_f32(Assembler& as, Args r) { as.vsqrtps(r.dest, r.dest); }

void recip_f32(Assembler& as, Args r) {
  as.load_constant(r.scratch[0], 1.0f);
  as.vdivps(r.dest, r.scratch[0], r.dest);
}

void rsqrt_f32(Assembler& as, Args r) {
  as.vsqrtps(r.dest, r.dest);
  recip_f32(as, r);
}

template <int kMode>
void round_f32(Assembler& as, Args r) {
  as.round(r.dest, r.dest, kMode);
}

// ±1 with x's sign where x != 0 (NaN included, put back below), 0 elsewhere.
void sign_f32(Assembler& as, Args r) {
  const Vec &nonzero = r.scratch[0], &x = r.scratch[1];
  as.vmovaps(x, r.dest);
  as.load_constant(nonzero, 0.0f);
  as.compare(nonzero, x, nonzero, kNotEqual);
  as.and_bits(r.dest, x, as.constant_bits(kSignBit));
  as.or_bits(r.dest, r.dest, as.constant(1.0f));
  as.and_bits(r.dest, r.dest, nonzero);
  as.replace_where(r.dest, x, x, kUnordered, x, nonzero);
}

void is_nan_f32(Assembler& as, Args r) { as.compare(r.dest, r.dest, r.dest, kUnordered); }

void is_inf_f32(Assembler& as, Args r) {
  as.and_bits(r.dest, r.dest, as.constant_bits(~kSignBit));
  as.compare(r.dest, r.dest, as.constant_bits(0x7f800000u), kEqual);
}

// Integer comparisons come as equal and greater only; b8 masks compare as integers (true = -1, hence swapped below).
void equal_i32(Assembler& as, const Vec& dest, const Vec& a, const Vec& b) {
  if (as.avx512()) {
    as.vpcmpd(Xbyak::util::k7, a, b, 0);
    as.vpmovm2d(dest, Xbyak::util::k7);
  } else {
    as.vpcmpeqd(dest, a, b);
  }
}

void greater_i32(Assembler& as, const Vec& dest, const Vec& a, const Vec& b) {
  if (as.avx512()) {
    as.vpcmpd(Xbyak::util::k7, a, b, 6);
    as.vpmovm2d(dest, Xbyak::util::k7);
  } else {
    as.vpcmpgtd(dest, a, b);
  }
}

template <ExprOp kOp>
void compare_i32(Assembler& as, Args r) {
  if (kOp == ExprOp::eq || kOp == ExprOp::ne)
    equal_i32(as, r.dest, r.in[0], r.in[1]);
  else if (kOp == ExprOp::gt || kOp == ExprOp::le)
    greater_i32(as, r.dest, r.in[0], r.in[1]);
  else
    greater_i32(as, r.dest, r.in[1], r.in[0]);
  if (kOp == ExprOp::ne || kOp == ExprOp::le || kOp == ExprOp::ge) bits_not(as, r);
}

void select_any(Assembler& as, Args r) { as.select(r.dest, r.in[0], r.in[1], r.in[2]); }

void power_f32(Assembler& as, Args r) {
  const double exponent = r.second_constant->imm.f;
  if (exponent == 0.5) return sqrt_f32(as, r);
  if (exponent == -0.5) return rsqrt_f32(as, r);
  if (exponent == -1) return recip_f32(as, r);
  if (exponent == 1) return;
  as.vmulps(r.scratch[0], r.dest, r.dest);
  if (exponent == 2)
    as.vmovaps(r.dest, r.scratch[0]);
  else if (exponent == 3)
    as.vmulps(r.dest, r.dest, r.scratch[0]);
  else  // 4
    as.vmulps(r.dest, r.scratch[0], r.scratch[0]);
}

void keep(Assembler&, Args) {}
void i32_to_f32(Assembler& as, Args r) { as.vcvtdq2ps(r.dest, r.dest); }

// Truncates; the instruction gives 0x80000000 for what does not fit, which is right below and flipped above.
void f32_to_i32(Assembler& as, Args r) {
  const Vec &x = r.scratch[0], &mask = r.scratch[1];
  as.vmovaps(x, r.dest);
  as.vcvttps2dq(r.dest, x);
  as.compare(mask, x, as.constant(0x1p31f), kGreaterEqual);
  as.xor_bits(r.dest, r.dest, mask);
  as.zero(mask);
  as.replace_where(r.dest, x, x, kUnordered, mask, x);
}

void b8_to_f32(Assembler& as, Args r) { as.and_bits(r.dest, r.dest, as.constant(1.0f)); }
void b8_to_i32(Assembler& as, Args r) { as.and_bits(r.dest, r.dest, as.constant_bits(1)); }

void f32_to_b8(Assembler& as, Args r) {
  as.zero(r.scratch[0]);
  as.compare(r.dest, r.dest, r.scratch[0], kNotEqual);
}

void i32_to_b8(Assembler& as, Args r) {
  as.zero(r.scratch[0]);
  equal_i32(as, r.dest, r.dest, r.scratch[0]);
  bits_not(as, r);
}

constexpr Operator simple(void (*emit)(Assembler&, Args)) { return {.emit = emit, .memory_operand = true}; }
constexpr Operator in_place(void (*emit)(Assembler&, Args), int scratch = 0) {
  return {.emit = emit, .scratch = scratch, .in_place = true};
}

#define ROW(op, ...)                             \
  case ExprOp::op: {                             \
    static constexpr Operator row = __VA_ARGS__; \
    return &row;                                 \
  }

const Operator* find_f32(ExprOp op) {
  switch (op) {
    ROW(add, simple(add_f32))
    ROW(sub, simple(sub_f32))
    ROW(mul, simple(mul_f32))
    ROW(div, simple(div_f32))
    ROW(min, {.emit = min_max_f32<true>, .scratch = 1, .separate_result = true})
    ROW(max, {.emit = min_max_f32<false>, .scratch = 1, .separate_result = true})
    ROW(eq, simple(compare_f32<kEqual>))
    ROW(ne, simple(compare_f32<kNotEqual>))
    ROW(lt, simple(compare_f32<kLess>))
    ROW(le, simple(compare_f32<kLessEqual>))
    ROW(gt, simple(compare_f32<kGreater>))
    ROW(ge, simple(compare_f32<kGreaterEqual>))
    ROW(neg, in_place(neg_f32))
    ROW(abs, in_place(abs_f32))
    ROW(sign, in_place(sign_f32, 2))
    ROW(exp, in_place(exp_f32, kExpScratch))
    ROW(log, in_place(log_f32, kLogScratch))
    ROW(sqrt, in_place(sqrt_f32))
    ROW(recip, in_place(recip_f32, 1))
    ROW(rsqrt, in_place(rsqrt_f32, 1))
    ROW(tanh, in_place(tanh_f32, kTanhScratch))
    ROW(erf, in_place(erf_f32, kErfScratch))
    ROW(sigmoid, in_place(sigmoid_f32, kSigmoidScratch))
    ROW(softplus, in_place(softplus_f32, kSoftplusScratch))
    ROW(relu, in_place(relu_f32, 1))
    ROW(gelu_erf, in_place(gelu_erf_f32, kGeluErfScratch))
    ROW(gelu_tanh, in_place(gelu_tanh_f32, kGeluTanhScratch))
    ROW(silu, in_place(silu_f32, kSiluScratch))
    ROW(hard_swish, in_place(hard_swish_f32, kHardSwishScratch))
    ROW(round, in_place(round_f32<0>))
    ROW(floor, in_place(round_f32<1>))
    ROW(ceil, in_place(round_f32<2>))
    ROW(trunc, in_place(round_f32<3>))
    ROW(is_nan, in_place(is_nan_f32))
    ROW(is_inf, in_place(is_inf_f32))
    default:
      return nullptr;
  }
}

const Operator* find_i32(ExprOp op) {
  switch (op) {
    ROW(add, simple(add_i32))
    ROW(sub, simple(sub_i32))
    ROW(mul, simple(mul_i32))
    ROW(min, simple(min_i32))
    ROW(max, simple(max_i32))
    ROW(bit_and, simple(bits_and))
    ROW(bit_or, simple(bits_or))
    ROW(bit_xor, simple(bits_xor))
    ROW(bit_not, in_place(bits_not))
    ROW(eq, {.emit = compare_i32<ExprOp::eq>})
    ROW(ne, {.emit = compare_i32<ExprOp::ne>})
    ROW(lt, {.emit = compare_i32<ExprOp::lt>})
    ROW(le, {.emit = compare_i32<ExprOp::le>})
    ROW(gt, {.emit = compare_i32<ExprOp::gt>})
    ROW(ge, {.emit = compare_i32<ExprOp::ge>})
    ROW(neg, in_place(neg_i32, 1))
    ROW(abs, in_place(abs_i32))
    ROW(relu, in_place(relu_i32, 1))
    default:
      return nullptr;
  }
}

const Operator* find_b8(ExprOp op) {
  switch (op) {
    ROW(bit_and, simple(bits_and))
    ROW(bit_or, simple(bits_or))
    ROW(bit_xor, simple(bits_xor))
    ROW(mul, simple(bits_and))
    ROW(min, simple(bits_and))
    ROW(max, simple(bits_or))
    ROW(bit_not, in_place(bits_not))
    ROW(eq, {.emit = compare_i32<ExprOp::eq>})
    ROW(ne, {.emit = compare_i32<ExprOp::ne>})
    default:
      return nullptr;
  }
}

const Operator* find_cast(DType from, DType to) {
  static constexpr Operator same = in_place(keep), from_i32 = in_place(i32_to_f32), to_i32 = in_place(f32_to_i32, 2),
                            bool_f32 = in_place(b8_to_f32), bool_i32 = in_place(b8_to_i32),
                            f32_bool = in_place(f32_to_b8, 1), i32_bool = in_place(i32_to_b8, 1);
  if (from == to) return &same;
  if (to == DType::f32) return from == DType::i32 ? &from_i32 : &bool_f32;
  if (to == DType::i32) return from == DType::f32 ? &to_i32 : &bool_i32;
  return from == DType::f32 ? &f32_bool : &i32_bool;
}

}  // namespace

const Operator* find_operator(const expr::Expr& e, const expr::Instr& instr) {
  if (instr.op == ExprOp::input || instr.op == ExprOp::constant) return nullptr;
  const DType from = e.code()[instr.a].type;
  if (instr.op == ExprOp::cast) return find_cast(from, instr.type);
  if (instr.op == ExprOp::select) {
    static constexpr Operator row = {.emit = select_any};
    return &row;
  }
  if (instr.op == ExprOp::pow) {
    static constexpr Operator row = {.emit = power_f32, .scratch = 1, .in_place = true, .memory_operand = true};
    const expr::Instr& exponent = e.code()[instr.b];
    if (from != DType::f32 || exponent.op != ExprOp::constant) return nullptr;
    for (double known : {0.5, -0.5, -1.0, 1.0, 2.0, 3.0, 4.0})
      if (exponent.imm.f == known) return &row;
    return nullptr;
  }
  if (from == DType::f32) return find_f32(instr.op);
  if (from == DType::i32) return find_i32(instr.op);
  return from == DType::b8 ? find_b8(instr.op) : nullptr;
}

uint32_t constant_bits(const expr::Instr& constant) {
  if (constant.type == DType::f32) return std::bit_cast<uint32_t>(static_cast<float>(constant.imm.f));
  if (constant.type == DType::b8) return constant.imm.i != 0 ? 0xffffffffu : 0u;
  return static_cast<uint32_t>(constant.imm.i);
}

}  // namespace dvt::cpu::jit
