#include "backend/cpu/jit/vector_memory.h"

namespace dvt::cpu::jit {

using namespace Xbyak::util;

void load_vector(Assembler& as, DType type, const Vec& dest, const Xbyak::RegExp& address, bool masked) {
  if (type != DType::b8) {
    if (masked)
      as.vmovups(dest | k1 | T_z, ptr[address]);
    else
      as.vmovups(dest, ptr[address]);
    return;
  }
  if (masked)
    as.vpmovzxbd(dest | k1 | T_z, ptr[address]);
  else
    as.vpmovzxbd(dest, ptr[address]);
  as.vpslld(dest, dest, 31);
  as.vpsrad(dest, dest, 31);
}

void broadcast_element(Assembler& as, DType type, const Vec& dest, const Xbyak::RegExp& address,
                       const Xbyak::Reg64& scratch) {
  if (type != DType::b8) return as.vbroadcastss(dest, ptr[address]);
  as.movzx(scratch.cvt32(), byte[address]);
  as.neg(scratch.cvt32());
  as.vmovd(Xbyak::Xmm(dest.getIdx()), scratch.cvt32());
  as.vbroadcastss(dest, Xbyak::Xmm(dest.getIdx()));
}

void store_vector(Assembler& as, DType type, const Xbyak::RegExp& address, const Vec& value, const Vec& scratch,
                  bool masked) {
  if (type != DType::b8) {
    if (masked)
      as.vmovups(ptr[address] | k1, value);
    else
      as.vmovups(ptr[address], value);
    return;
  }
  as.vpsrld(value, value, 31);
  if (as.avx512()) {
    if (masked)
      as.vpmovdb(ptr[address] | k1, value);
    else
      as.vpmovdb(ptr[address], value);
    return;
  }
  const Xbyak::Xmm low(value.getIdx()), high(scratch.getIdx());
  as.vextracti128(high, Xbyak::Ymm(value.getIdx()), 1);
  as.vpackssdw(low, low, high);
  as.vpackuswb(low, low, low);
  as.vmovq(ptr[address], low);
}

}  // namespace dvt::cpu::jit
