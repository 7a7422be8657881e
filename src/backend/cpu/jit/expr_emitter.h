#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backend/cpu/jit/assembler.h"
#include "expr/expr.h"

namespace dvt::cpu::jit {

/// Emits a pointwise program for one vector of elements, wherever the caller keeps them: in a matmul's tile, a flat
/// loop, a reduction. One element a lane, four bytes wide: f32 and i32 as such, b8 as a mask (all ones or zero).
///
/// Values live in the caller's pool of registers; what does not fit goes to the caller's spill area.
class ExprEmitter {
 public:
  /// Called where operand `k` is first needed: emits code that puts its vector into `dest`.
  using Load = std::function<void(int operand, const Vec& dest)>;

  /// Why the program cannot be emitted; empty when it can.
  static std::string refusal(const expr::Expr& e);

  /// `e` must outlive the emitter. Precondition: refusal(e) is empty and e is not the identity.
  ExprEmitter(Assembler& as, const expr::Expr& e);

  /// Registers that avoid every spill, the result's own included. At least kMinRegisters are needed in any case.
  int registers() const { return registers_; }
  static constexpr int kMinRegisters = 9;
  /// Rough number of machine instructions of one emit(), to weigh unrolling.
  int instructions() const { return instructions_; }
  /// Bytes of spill area that emit() may use when the pool has fewer than registers().
  int spill_bytes() const { return max_live_ * as_.vector_bytes(); }
  void set_spill_area(Xbyak::Reg64 base, int offset) { spill_base_ = base, spill_offset_ = offset; }

  /// Emits the program once. `result` and `pool` are distinct registers, all overwritten.
  /// With `operand0_in_result`, `result` holds operand 0 at the start and `load` is never asked for it.
  void emit(const Vec& result, std::span<const int> pool, const Load& load, bool operand0_in_result = false);

 private:
  struct Place {
    int reg = -1;   // vector register, or
    int slot = -1;  // spill slot
  };
  const expr::Instr& instr(int v) const { return e_.code()[static_cast<size_t>(v)]; }
  bool is_constant(int v) const { return instr(v).op == expr::ExprOp::constant; }
  std::vector<int> operands(int v) const;
  void analyse();
  int take_register();
  void release(int reg) { free_.push_back(reg); }
  void evict();
  Vec in_register(int v);
  void drop_if_dead(int v);
  void emit_instruction(int v);

  Assembler& as_;
  const expr::Expr& e_;
  std::vector<int> last_use_;
  int registers_ = 0, max_live_ = 0, instructions_ = 0;
  Xbyak::Reg64 spill_base_;
  int spill_offset_ = 0;

  // State of one emit().
  std::vector<int> free_, pinned_;
  std::vector<Place> place_;
  std::vector<bool> slot_used_;
  const Load* fetch_ = nullptr;
  bool operand0_resident_ = false;
  int now_ = 0;
};

}  // namespace dvt::cpu::jit
