#pragma once
#include <array>

#include "backend/cpu/jit/assembler.h"
#include "expr/expr.h"

namespace dvt::cpu::jit {

inline constexpr int kMaxScratch = 5;

/// What an operator's code works on.
struct OperatorArgs {
  Vec dest;
  std::array<Vec, 3> in;  ///< in[1] is not set where `has_memory`.
  Xbyak::Address memory{0};
  bool has_memory = false;
  std::array<bool, 3> constant{};
  std::array<Vec, kMaxScratch> scratch;
  const expr::Instr* second_constant = nullptr;  ///< Operand 1 when it is a constant.

  const Xbyak::Operand& second() const {
    if (has_memory) return memory;
    return in[1];
  }
};

/// How one pointwise operator becomes code.
struct Operator {
  void (*emit)(Assembler& as, const OperatorArgs& args);
  int scratch = 0;
  bool in_place = false;         ///< `dest` holds operand 0 at the start; code works on dest alone.
  bool separate_result = false;  ///< `dest` must not be an operand's register.
  bool memory_operand = false;   ///< Operand 1 may be a constant in memory.
};

/// The code for an instruction of `e`; nullptr when there is none for its operator and types, and for loads.
const Operator* find_operator(const expr::Expr& e, const expr::Instr& instr);

/// The bits of a constant in its four-byte lane form.
uint32_t constant_bits(const expr::Instr& constant);

}  // namespace dvt::cpu::jit
