#pragma once
#include <xbyak/xbyak.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "backend/target.h"

namespace dvt::cpu::jit {

/// The two vector forms that every generator can produce.
enum class VectorIsa : uint8_t { kAvx2, kAvx512 };

constexpr int lanes(VectorIsa isa) { return isa == VectorIsa::kAvx512 ? 16 : 8; }  ///< f32 elements of a vector
constexpr int vector_bytes(VectorIsa isa) { return lanes(isa) * 4; }
constexpr int vector_registers(VectorIsa isa) { return isa == VectorIsa::kAvx512 ? 32 : 16; }
constexpr backend::Isa required_isa(VectorIsa isa) {
  return isa == VectorIsa::kAvx512 ? backend::Isa::kAvx512 : backend::Isa::kAvx2;
}

/// What of a target's abilities code of that form uses.
constexpr uint32_t abilities(VectorIsa isa) {
  constexpr auto kAvx2Form = static_cast<uint32_t>(backend::Isa::kSse42) | static_cast<uint32_t>(backend::Isa::kAvx2);
  return isa == VectorIsa::kAvx512 ? ~0u : kAvx2Form;
}

/// A vector register of the generator's width (Xbyak keeps the width in the operand).
using Vec = Xbyak::Xmm;

/// Comparison predicates of vcmpps; quiet, and false for NaN except kNotEqual and kNotGreaterEqual.
enum Predicate : uint8_t {
  kEqual = 0,
  kNotEqual = 4,
  kNotGreaterEqual = 25,
  kLess = 17,
  kLessEqual = 18,
  kGreaterEqual = 29,
  kGreater = 30,
  kUnordered = 3,
};

/// Xbyak's assembler with what all generators share: the vector width, a constant table, the entry and exit code.
///
/// Code and constants live in one mapping that is written first and then made read-only and executable by finish().
/// The object owns the mapping: whoever keeps an entry point keeps the assembler.
/// Opmask k1 is left to the generator (tails); k6 and k7 are scratch inside the shared emitters.
class Assembler : public Xbyak::CodeGenerator {
 public:
  explicit Assembler(VectorIsa isa);

  VectorIsa isa() const { return isa_; }
  bool avx512() const { return isa_ == VectorIsa::kAvx512; }
  int lanes() const { return jit::lanes(isa_); }
  int vector_bytes() const { return jit::vector_bytes(isa_); }
  Vec vec(int index) const;

  /// A constant in every lane as a memory operand (AVX-512: an embedded broadcast). Valid in vector arithmetic only.
  Xbyak::Address constant(float value);
  Xbyak::Address constant_bits(uint32_t bits);
  void load_constant(const Vec& dest, float value);
  void load_constant_bits(const Vec& dest, uint32_t bits);
  /// AVX2 only: 2 * lanes() integers, first all ones, then zeros; the mask of n lanes starts at element lanes() - n.
  Xbyak::Label& mask_table() { return mask_table_; }

  // Arithmetic spelt differently in VEX and EVEX.
  void and_bits(const Vec& dest, const Vec& a, const Xbyak::Operand& b) { vandps(dest, a, b); }
  void or_bits(const Vec& dest, const Vec& a, const Xbyak::Operand& b) { vorps(dest, a, b); }
  void xor_bits(const Vec& dest, const Vec& a, const Xbyak::Operand& b) { vxorps(dest, a, b); }
  void zero(const Vec& dest);
  void all_ones(const Vec& dest);
  /// mode: 0 nearest even, 1 down, 2 up, 3 towards zero.
  void round(const Vec& dest, const Xbyak::Operand& source, int mode);
  /// dest lanes = all ones where the comparison holds, else zero.
  void compare(const Vec& dest, const Vec& a, const Xbyak::Operand& b, Predicate predicate);
  /// dest = mask ? if_true : if_false, lane by lane; mask as compare() makes it.
  void select(const Vec& dest, const Vec& mask, const Vec& if_true, const Vec& if_false);
  /// dest = value where (a predicate b) holds. `scratch` differs from the others.
  void replace_where(const Vec& dest, const Vec& a, const Xbyak::Operand& b, Predicate predicate, const Vec& value,
                     const Vec& scratch);

  /// Offset of the code emitted next: an entry point, see entry().
  size_t here() const { return getSize(); }
  /// Saves the callee-saved registers and makes a 64-byte aligned frame of `bytes` at rsp (rbp holds the old rsp).
  void enter(int bytes);
  void leave();

  /// Places the tables and makes the code executable. Throws Error(kUnsupported) where the system refuses that.
  void finish();
  /// A function pointer to an entry point. Precondition: finish() was called.
  template <class Function>
  Function entry(size_t offset) const {
    return reinterpret_cast<Function>(reinterpret_cast<uintptr_t>(getCode() + offset));
  }

 private:
  VectorIsa isa_;
  std::map<uint32_t, int> constants_;  // bits -> slot
  Xbyak::Label table_, mask_table_;
};

}  // namespace dvt::cpu::jit
