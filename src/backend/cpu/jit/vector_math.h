#pragma once
#include <span>

#include "backend/cpu/jit/assembler.h"

namespace dvt::cpu::jit {

// Elementary functions of one vector of f32, in place: x becomes f(x). `t` are scratch registers, at least as many as
// the constant beside each function says, distinct from x. NaN stays NaN.
//
// Polynomials are near-minimax fits (Lawson's iteration on Chebyshev nodes in double, then rounded to f32). Errors were
// measured against the C library in double over all exponents; they are bounds for results that are normal numbers.
// Results below 2^-126 may come out as zero.
using Scratch = std::span<const Vec>;

inline constexpr int kExpScratch = 2;
void emit_exp(Assembler& as, const Vec& x, Scratch t);  ///< 2 ulp. Overflows to infinity above 88.72.

inline constexpr int kLogScratch = 4;
void emit_log(Assembler& as, const Vec& x, Scratch t);  ///< 2 ulp. log(0) = -inf, log(x < 0) = NaN.

inline constexpr int kTanhScratch = 3;
void emit_tanh(Assembler& as, const Vec& x, Scratch t);  ///< 4 ulp.

inline constexpr int kSigmoidScratch = 2;
void emit_sigmoid(Assembler& as, const Vec& x, Scratch t);  ///< 4 ulp.

inline constexpr int kErfScratch = 4;
void emit_erf(Assembler& as, const Vec& x, Scratch t);  ///< 4 ulp.

inline constexpr int kSoftplusScratch = 4;
void emit_softplus(Assembler& as, const Vec& x, Scratch t);  ///< 4 ulp.

inline constexpr int kGeluErfScratch = 5;
void emit_gelu_erf(Assembler& as, const Vec& x, Scratch t);  ///< 4 ulp for x >= 0; 3e-7 * |x| absolute below.

inline constexpr int kGeluTanhScratch = 3;
void emit_gelu_tanh(Assembler& as, const Vec& x, Scratch t);  ///< As x * sigmoid(2u): 3e-7 * |x|.

inline constexpr int kSiluScratch = 3;
void emit_silu(Assembler& as, const Vec& x, Scratch t);  ///< 5 ulp; zero below -88.73.

inline constexpr int kHardSwishScratch = 1;
void emit_hard_swish(Assembler& as, const Vec& x, Scratch t);

}  // namespace dvt::cpu::jit
