#include "backend/cpu/jit/vector_math.h"

#include <initializer_list>
#include <limits>

namespace dvt::cpu::jit {
namespace {

constexpr float kLog2e = 1.44269504088896341f;
// ln 2 split so that n * kLn2High is exact for |n| < 2^9 (Cody and Waite's reduction).
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440e-4f;
constexpr uint32_t kSignBit = 0x80000000u;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The limit is the first source: min and max return the second one when either is NaN, so NaN passes.
void clamp(Assembler& as, const Vec& x, float low, float high, const Vec& scratch) {
  as.load_constant(scratch, low);
  as.vmaxps(x, scratch, x);
  as.load_constant(scratch, high);
  as.vminps(x, scratch, x);
}

// dest = c[0] z^n + c[1] z^(n-1) + ... (Horner).
void polynomial(Assembler& as, const Vec& dest, const Vec& z, std::initializer_list<float> c) {
  auto it = c.begin();
  as.load_constant(dest, *it++);
  for (; it != c.end(); ++it) as.vfmadd213ps(dest, z, as.constant(*it));
}

// x = n ln 2 + r with |r| <= ln 2 / 2; leaves r in x, n in `n`.
void reduce_exp(Assembler& as, const Vec& x, const Vec& n) {
  as.vmulps(n, x, as.constant(kLog2e));
  as.round(n, n, 0);
  as.vfnmadd231ps(x, n, as.constant(kLn2High));
  as.vfnmadd231ps(x, n, as.constant(kLn2Low));
}

// q = (e^r - 1 - r) / r^2; e^r - 1 = r + r^2 q within 1.4e-8 relative on |r| <= ln 2 / 2.
void exp_tail(Assembler& as, const Vec& q, const Vec& r) {
  polynomial(as, q, r, {0x1.6beb2ap-10f, 0x1.122d00p-7f, 0x1.555680p-5f, 0x1.5554aap-3f, 0x1.fffffep-2f});
}

// n (integral floats) becomes 2^n. Precondition: -126 <= n <= 127.
void power_of_two(Assembler& as, const Vec& n) {
  as.vcvtps2dq(n, n);
  as.vpaddd(n, n, as.constant_bits(127));
  as.vpslld(n, n, 23);
}

// e^x for x already inside [-104, 89] or NaN.
void exp_bounded(Assembler& as, const Vec& x, Scratch t) {
  const Vec &n = t[0], &p = t[1];
  reduce_exp(as, x, n);
  exp_tail(as, p, x);
  as.vfmadd213ps(p, x, as.constant(1.0f));
  as.vfmadd213ps(p, x, as.constant(1.0f));
  if (as.avx512()) return as.vscalefps(x, p, n);
  // n lies outside the exponents of normal numbers at both ends, so 2^n is applied in two halves.
  as.vcvtps2dq(n, n);
  as.vpsrad(x, n, 1);
  as.vpsubd(n, n, x);
  for (const Vec& half : {x, n}) {
    as.vpaddd(half, half, as.constant_bits(127));
    as.vpslld(half, half, 23);
  }
  as.vmulps(p, p, x);
  as.vmulps(x, p, n);
}

// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1]: f - f^2/2 + f^3 P(f), 6e-9 relative. Leaves it in p.
void log1p_core(Assembler& as, const Vec& f, const Vec& p, const Vec& f2) {
  polynomial(as, p, f,
             {-0.07634429633617401f, 0.12761549651622772f, -0.131601944565773f, 0.14201761782169342f,
              -0.16623356938362122f, 0.20001226663589478f, -0.250008225440979f, 0.3333333134651184f});
  as.vmulps(f2, f, f);
  as.vmulps(p, p, f);
  as.vfmadd213ps(p, f2, f);                   // f + f^3 P
  as.vfnmadd231ps(p, f2, as.constant(0.5f));  // - f^2 / 2
}

}  // namespace

void emit_exp(Assembler& as, const Vec& x, Scratch t) {
  clamp(as, x, -104.0f, 89.0f, t[0]);
  exp_bounded(as, x, t);
}

void emit_log(Assembler& as, const Vec& x, Scratch t) {
  const Vec &f = t[0], &e = t[1], &p = t[2], &z = t[3];
  // Subnormals are scaled up by 2^23 first; `e` starts as the matching correction.
  as.vmulps(f, x, as.constant(0x1p23f));
  as.load_constant_bits(p, 0x00800000u);
  as.compare(e, x, p, kLess);
  as.select(f, e, f, x);
  as.and_bits(e, e, as.constant(-23.0f));
  // Subtracting the bits of sqrt(1/2) aligns the exponent field with [sqrt(1/2), sqrt(2)).
  as.vpsubd(f, f, as.constant_bits(0x3f3504f3u));
  as.vpsrad(z, f, 23);
  as.vcvtdq2ps(z, z);
  as.vaddps(e, e, z);
  as.and_bits(f, f, as.constant_bits(0x007fffffu));
  as.vpaddd(f, f, as.constant_bits(0x3f3504f3u));
  as.vsubps(f, f, as.constant(1.0f));
  log1p_core(as, f, p, z);
  as.vfmadd231ps(p, e, as.constant(kLn2Low));
  as.vfmadd231ps(p, e, as.constant(kLn2High));
  as.load_constant(z, -kInfinity);
  as.zero(e);
  as.replace_where(p, x, e, kEqual, z, f);
  as.load_constant(z, kInfinity);
  as.replace_where(p, x, z, kEqual, z, f);
  as.all_ones(z);  // a NaN
  as.replace_where(p, x, e, kNotGreaterEqual, z, f);
  as.vmovaps(x, p);
}

void emit_tanh(Assembler& as, const Vec& x, Scratch t) {
  // tanh(x) = E / (E + 2) with E = e^(2x) - 1 = 2^n (e^r - 1) + (2^n - 1); beyond 9.02 it rounds to 1.
  const Vec &n = t[0], &p = t[1], &z = t[2];
  clamp(as, x, -9.5f, 9.5f, n);
  as.vaddps(x, x, x);
  reduce_exp(as, x, n);
  exp_tail(as, p, x);
  as.vmulps(z, x, x);
  as.vfmadd213ps(p, z, x);
  power_of_two(as, n);
  as.vsubps(z, n, as.constant(1.0f));
  as.vfmadd213ps(p, n, z);
  as.vaddps(z, p, as.constant(2.0f));
  as.vdivps(x, p, z);
}

void emit_sigmoid(Assembler& as, const Vec& x, Scratch t) {
  as.xor_bits(x, x, as.constant_bits(kSignBit));
  emit_exp(as, x, t);
  as.vaddps(x, x, as.constant(1.0f));
  as.load_constant(t[0], 1.0f);
  as.vdivps(x, t[0], x);
}

void emit_erf(Assembler& as, const Vec& x, Scratch t) {
  const Vec &a = t[0], &big = t[1], &z = t[2], &p = t[3];
  as.and_bits(a, x, as.constant_bits(0x7fffffffu));
  as.load_constant(z, 4.0f);  // erf(4) rounds to 1
  as.vminps(a, z, a);
  // |x| >= 1: 1 - exp(log(erfc(|x|))) with the logarithm as a polynomial (1.1e-9 relative to erf).
  polynomial(as, big, a,
             {0.0001863800862338394f, -0.0029476669151335955f, 0.021838096901774406f, -0.10310681909322739f,
              -0.6381447315216064f, -1.127089262008667f, -0.00034151256296333253f});
  exp_bounded(as, big, std::array<Vec, 2>{z, p});
  as.load_constant(z, 1.0f);
  as.vsubps(big, z, big);
  as.and_bits(z, x, as.constant_bits(kSignBit));
  as.or_bits(big, big, z);
  // |x| < 1: x P(x^2), 1.3e-9 relative.
  as.vmulps(z, x, x);
  polynomial(as, p, z,
             {7.854026625864208e-05f, -0.0008010247838683426f, 0.005188334733247757f, -0.026853816583752632f,
              0.1128358542919159f, -0.3761262595653534f, 1.1283791065216064f});
  as.vmulps(p, p, x);
  as.replace_where(big, a, as.constant(1.0f), kLess, p, z);
  as.vmovaps(x, big);
}

void emit_softplus(Assembler& as, const Vec& x, Scratch t) {
  // max(x, 0) + log(1 + u), u = e^-|x|. For 1 + u >= sqrt(2), log(1 + u) = ln 2 + log(1 + (u - 1) / 2): exact f.
  const Vec &u = t[0], &p = t[1], &z = t[2], &mask = t[3];
  as.or_bits(u, x, as.constant_bits(kSignBit));
  emit_exp(as, u, std::array<Vec, 2>{p, z});
  as.compare(mask, u, as.constant(0.41421356f), kGreater);
  as.vsubps(z, u, as.constant(1.0f));
  as.vmulps(z, z, as.constant(0.5f));
  as.select(u, mask, z, u);
  log1p_core(as, u, p, z);
  as.and_bits(mask, mask, as.constant(0.693147180559945f));
  as.vaddps(p, p, mask);
  as.zero(z);
  as.vmaxps(x, z, x);
  as.vaddps(x, x, p);
}

void emit_gelu_erf(Assembler& as, const Vec& x, Scratch t) {
  const Vec& half = t[4];
  as.vmulps(half, x, as.constant(0.5f));
  as.vmulps(x, x, as.constant(0.707106781186547524f));
  emit_erf(as, x, t.first(4));
  as.vfmadd213ps(x, half, half);
}

void emit_gelu_tanh(Assembler& as, const Vec& x, Scratch t) {
  // (1 + tanh(u)) / 2 = sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3)
  const Vec& keep = t[2];
  as.vmovaps(keep, x);
  as.vmulps(t[0], x, x);
  as.load_constant(t[1], 1.5957691216057308f);
  as.vfmadd132ps(t[0], t[1], as.constant(0.07135481627260025f));
  as.vmulps(x, x, t[0]);
  emit_sigmoid(as, x, t.first(2));
  as.vmulps(x, x, keep);
}

void emit_silu(Assembler& as, const Vec& x, Scratch t) {
  const Vec& keep = t[2];
  as.vmovaps(keep, x);
  emit_sigmoid(as, x, t.first(2));
  as.vmulps(x, x, keep);
}

void emit_hard_swish(Assembler& as, const Vec& x, Scratch t) {
  const Vec& s = t[0];
  as.load_constant(s, 1.0f / 6.0f);
  as.vfmadd213ps(s, x, as.constant(0.5f));
  as.vminps(s, s, as.constant(1.0f));
  as.vmaxps(s, s, as.constant(0.0f));
  as.vmulps(x, x, s);
}

}  // namespace dvt::cpu::jit
