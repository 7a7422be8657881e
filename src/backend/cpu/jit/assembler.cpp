#include "backend/cpu/jit/assembler.h"

#include <bit>

#include "base/error.h"

namespace dvt::cpu::jit {

using namespace Xbyak::util;  // register names

Assembler::Assembler(VectorIsa isa) : Xbyak::CodeGenerator(8192, Xbyak::AutoGrow), isa_(isa) {}

Vec Assembler::vec(int index) const {
  if (avx512()) return Xbyak::Zmm(index);
  return Xbyak::Ymm(index);
}

Xbyak::Address Assembler::constant_bits(uint32_t bits) {
  const int slot = constants_.emplace(bits, static_cast<int>(constants_.size())).first->second;
  if (avx512()) return ptr_b[rip + table_ + slot * 4];
  return ptr[rip + table_ + slot * vector_bytes()];
}

Xbyak::Address Assembler::constant(float value) { return constant_bits(std::bit_cast<uint32_t>(value)); }

void Assembler::load_constant_bits(const Vec& dest, uint32_t bits) {
  if (bits == 0) return zero(dest);
  const int slot = constants_.emplace(bits, static_cast<int>(constants_.size())).first->second;
  if (avx512()) return vbroadcastss(dest, ptr[rip + table_ + slot * 4]);
  vmovups(dest, ptr[rip + table_ + slot * vector_bytes()]);
}

void Assembler::load_constant(const Vec& dest, float value) {
  load_constant_bits(dest, std::bit_cast<uint32_t>(value));
}

void Assembler::zero(const Vec& dest) {
  if (avx512())
    vpxord(dest, dest, dest);
  else
    vxorps(dest, dest, dest);
}

void Assembler::all_ones(const Vec& dest) {
  if (avx512())
    vpternlogd(dest, dest, dest, 0xff);
  else
    vpcmpeqd(dest, dest, dest);
}

void Assembler::round(const Vec& dest, const Xbyak::Operand& source, int mode) {
  const uint8_t imm = static_cast<uint8_t>(mode | 8);  // 8: no inexact exception
  if (avx512())
    vrndscaleps(dest, source, imm);
  else
    vroundps(dest, source, imm);
}

void Assembler::compare(const Vec& dest, const Vec& a, const Xbyak::Operand& b, Predicate predicate) {
  if (!avx512()) return vcmpps(dest, a, b, predicate);
  vcmpps(k7, a, b, predicate);
  vpmovm2d(dest, k7);
}

void Assembler::select(const Vec& dest, const Vec& mask, const Vec& if_true, const Vec& if_false) {
  if (!avx512()) return vblendvps(dest, if_false, if_true, mask);
  vpmovd2m(k7, mask);
  vblendmps(dest | k7, if_false, if_true);
}

void Assembler::replace_where(const Vec& dest, const Vec& a, const Xbyak::Operand& b, Predicate predicate,
                              const Vec& value, const Vec& scratch) {
  if (avx512()) {
    vcmpps(k7, a, b, predicate);
    vmovaps(dest | k7, value);
  } else {
    vcmpps(scratch, a, b, predicate);
    vblendvps(dest, dest, value, scratch);
  }
}

void Assembler::enter(int bytes) {
  push(rbp);
  mov(rbp, rsp);
  push(rbx);
  push(r12);
  push(r13);
  push(r14);
  push(r15);
  sub(rsp, (bytes + 127) / 64 * 64);
  and_(rsp, -64);
}

void Assembler::leave() {
  lea(rsp, ptr[rbp - 40]);
  pop(r15);
  pop(r14);
  pop(r13);
  pop(r12);
  pop(rbx);
  pop(rbp);
  vzeroupper();
  ret();
}

void Assembler::finish() {
  try {
    align(64);
    L(table_);
    std::map<int, uint32_t> by_slot;
    for (const auto& [bits, slot] : constants_) by_slot[slot] = bits;
    for (const auto& [slot, bits] : by_slot)
      for (int i = 0; i < (avx512() ? 1 : lanes()); ++i) dd(bits);
    L(mask_table_);
    for (int i = 0; i < 2 * lanes(); ++i) dd(i < lanes() ? 0xffffffffu : 0u);
    readyRE();
  } catch (const Xbyak::Error& e) {
    if (static_cast<int>(e) == Xbyak::ERR_CANT_PROTECT || static_cast<int>(e) == Xbyak::ERR_CANT_ALLOC)
      throw Error(ErrorCode::kUnsupported, "cannot get executable memory for generated code (", e.what(),
                  "); allow it, or set DOVETAIL_ISA=baseline to do without");
    throw Error(ErrorCode::kInternal, "code generation failed: ", e.what());
  }
}

}  // namespace dvt::cpu::jit
