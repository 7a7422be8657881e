#pragma once
#include "backend/cpu/jit/assembler.h"
#include "base/dtype.h"

namespace dvt::cpu::jit {

// Memory access in the lane form of ExprEmitter: f32 and i32 as they are, b8 (one byte, 0 or 1) as a four-byte mask.

/// Loads one vector of elements. With `masked` (AVX-512) only the lanes of opmask k1 are read, the others are zero.
void load_vector(Assembler& as, DType type, const Vec& dest, const Xbyak::RegExp& address, bool masked = false);
/// The element at the address in every lane.
void broadcast_element(Assembler& as, DType type, const Vec& dest, const Xbyak::RegExp& address,
                       const Xbyak::Reg64& scratch);
/// Stores one vector; `value` is overwritten for b8, and `scratch` used (AVX2).
void store_vector(Assembler& as, DType type, const Xbyak::RegExp& address, const Vec& value, const Vec& scratch,
                  bool masked = false);

}  // namespace dvt::cpu::jit
