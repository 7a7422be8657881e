#pragma once
// How a SIMD source is laid out: Highway compiles it once per target, and the tactic picks by the target it plans for.
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "backend/cpu/softmax/row.cpp"
//   #include <hwy/foreach_target.h>
//   #include <hwy/highway.h>
//   HWY_BEFORE_NAMESPACE();
//   namespace dvt::cpu { namespace HWY_NAMESPACE { … } }
//   HWY_AFTER_NAMESPACE();
//   #if HWY_ONCE
//   … DVT_SIMD_PICK(target, function) …
//   #endif
#include <hwy/highway.h>

#include "backend/target.h"

/// Pointer to the build of `function` for the best ISA that the target has. Use inside namespace dvt::cpu, HWY_ONCE.
#if HWY_ARCH_X86
#define DVT_SIMD_PICK(target, function)                           \
  ((target).has(::dvt::backend::Isa::kAvx512) ? &N_AVX3::function \
   : (target).has(::dvt::backend::Isa::kAvx2) ? &N_AVX2::function \
                                              : &HWY_STATIC_DISPATCH(function))
#else
#define DVT_SIMD_PICK(target, function) ((void)(target), &HWY_STATIC_DISPATCH(function))
#endif

/// A loop over i < n whose iterations are independent even where the result is written over an operand.
#define DVT_LOOP _Pragma("GCC ivdep") for (int i = 0; i < n; ++i)
